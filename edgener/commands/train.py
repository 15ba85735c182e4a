"""edgener train"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, print_result


def train(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Folder with <language>/train.txt, dev.txt (CoNLL or JSONL).")],
    encoder: Annotated[str, typer.Option(help="Hugging Face folder or hub id of an encoder.")],
    lang: Languages = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the model goes; runs/<encoder>-<languages> by default.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="At most this many passes over the data.")] = 5,
    batch_size: Annotated[int, typer.Option(help="Sentences a step (and a process).")] = 16,
    learning_rate: Annotated[
        float, typer.Option(help="Peak of the linear schedule; 1.5e-4 suits small encoders.")
    ] = 5e-5,
    temperature: Annotated[float, typer.Option(help="1 samples languages as they are; more lifts small ones.")] = 2.0,
    patience: Annotated[int, typer.Option(help="Stop after this many epochs without a better mean dev F1.")] = 3,
    freeze_embeddings: Annotated[
        bool,
        typer.Option(
            "--freeze-embeddings", help="Leave the word embeddings as they are: about half the time and memory."
        ),
    ] = False,
    max_length: Annotated[
        int | None, typer.Option(help="Longest window in pieces; 256 or what the encoder reads.")
    ] = None,
    splitter: Annotated[
        str | None, typer.Option(help="How raw text is cut: unicode-1 or char; found out from the data by default.")
    ] = None,
    precision: recovery.Precision = "fp32",
    seed: Annotated[int, typer.Option(help="Seed of the classifier's weights, of dropout and of the order.")] = 0,
    licence: Annotated[str | None, typer.Option(help="Licence of the data, for the manifest and the bundle.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Fine-tune an encoder for NER on one or more languages.

    Stops early on the mean dev F1 and keeps the best epoch. A killed run goes on where it was when started again.

    Example: edgener train --data masakhaner --lang hau --lang swa --encoder xlm-roberta-base

    Several processes or machines: torchrun --nproc-per-node 2 -m edgener train ... (see the README).
    """
    need_train("edgener train")
    from edgener.errors import UserError
    from edgener.text.words import SPLITTERS
    from edgener.train.config import TrainConfig
    from edgener.train.finetune import finetune
    from edgener.train.record import read_record, training_record
    from edgener.train.work import is_main_process

    if splitter is not None and splitter not in SPLITTERS:
        raise UserError(f"--splitter {splitter}: expected {' or '.join(SPLITTERS)}")
    config = config_of(TrainConfig, context.params)
    place = out or Path("runs") / "-".join([name_of(encoder), *(lang or ["all"])])
    model = finetune(encoder, data, config, place, licence=licence, force=force)
    if json and is_main_process():
        print_result(context, {"model": str(model), "training": read_record(training_record(model), model)})
