"""edgener pretrain"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, config_of, need_train, print_result


def pretrain(
    context: typer.Context,
    raw: Annotated[
        Path, typer.Option(help="Raw text: a folder with <language>.txt (or .txt.xz, .txt.gz), one sentence a line.")
    ],
    lang: Languages = None,
    preset: Annotated[
        str, typer.Option(help="mini (4 layers of 256), or small, base, large: AfriBERTa's (4, 8, 10 layers of 768).")
    ] = "mini",
    steps: Annotated[int, typer.Option(help="Optimiser steps; 0 writes the encoder with random weights.")] = 10_000,
    batch_size: Annotated[int, typer.Option(help="Sequences a step, in each process.")] = 32,
    length: Annotated[
        int | None, typer.Option(help="Pieces of a packed sequence and longest input of the encoder.")
    ] = None,
    vocabulary: Annotated[int | None, typer.Option(help="Pieces of the tokenizer, special tokens included.")] = None,
    tokenizer: Annotated[
        str | None, typer.Option(help="Take the tokenizer of this model (folder or hub id) instead of training one.")
    ] = None,
    layers: Annotated[int | None, typer.Option(help="Layers, instead of the preset's.")] = None,
    hidden: Annotated[int | None, typer.Option(help="Hidden size, instead of the preset's.")] = None,
    heads: Annotated[int | None, typer.Option(help="Attention heads, instead of the preset's.")] = None,
    ffn: Annotated[
        int | None, typer.Option(help="Neurons of the feed-forward layers, instead of the preset's.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Highest learning rate; decided by the preset by default.")
    ] = None,
    warmup: Annotated[float, typer.Option(help="Share of the steps over which the learning rate rises.")] = 0.06,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 0.01,
    temperature: Annotated[
        float, typer.Option(help="1 draws languages by their size; more lifts small languages.")
    ] = 2.0,
    mask_rate: Annotated[float, typer.Option(help="Share of the pieces to guess.")] = 0.15,
    precision: recovery.Precision = "fp32",
    dropout: Annotated[float, typer.Option(help="Dropout while pretraining.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the weights, of dropout, of the order and of the masks.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Where the encoder goes; runs/<preset>-<languages> by default.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the text, for the manifest and the bundle.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Pretrain a tokenizer and a masked language model on raw text, from nothing.

    A few lines of every language are held out; their loss is shown along the way and written to OUT.training.json. A
    killed run goes on where it was when started again. To tell what pretraining is worth, fine-tune the same encoder
    with random weights: --steps 0 --tokenizer OUT.

    Example: edgener pretrain --raw texts --lang hau --lang swa --preset mini --steps 20000 --out runs/mini

    Several processes or machines: torchrun --nproc-per-node 2 -m edgener pretrain ... (see the README).
    """
    need_train("edgener pretrain")
    from edgener.train.pretrain.presets import PretrainConfig
    from edgener.train.pretrain.stage import pretrain as stage
    from edgener.train.record import read_record, training_record
    from edgener.train.work import is_main_process

    config = config_of(PretrainConfig, context.params)
    place = out or Path("runs") / "-".join([preset, *(lang or ["all"])])
    encoder = stage(raw, config, place, tokenizer=tokenizer, licence=licence, force=force)
    if json and is_main_process():
        print_result(context, {"model": str(encoder), "training": read_record(training_record(encoder), encoder)})
