"""edgener structure"""

from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, print_result
from edgener.console import print_table


def structure(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Fine-tuned model: a folder or a hub id.")],
    heads: Annotated[
        float | None, typer.Option(help="Share of the attention heads that stays, of those in the layers that stay.")
    ] = None,
    ffn: Annotated[
        float | None, typer.Option(help="Share of each layer's FFN neurons that stays, to a multiple of 32.")
    ] = None,
    layers: Annotated[int | None, typer.Option(help="How many layers stay.")] = None,
    steps: Annotated[int, typer.Option(help="Rounds of cutting, each followed by recovery.")] = 2,
    epochs: Annotated[int, typer.Option(help="Epochs of recovery after each cut; 0 leaves it out.")] = 3,
    examples: Annotated[int, typer.Option(help="Labelled sentences on which importance is computed.")] = 512,
    data: recovery.Data = None,
    lang: Languages = None,
    raw: recovery.Raw = None,
    raw_share: recovery.RawShare = 1.0,
    raw_lines: recovery.RawLines = 20_000,
    out: Annotated[Path | None, typer.Option(help="Where the result goes; runs/<model>-cut by default.")] = None,
    batch_size: recovery.BatchSize = 16,
    learning_rate: recovery.LearningRate = 1e-4,
    temperature: recovery.SamplingTemperature = 2.0,
    patience: recovery.Patience = 3,
    freeze_embeddings: recovery.Freeze = True,
    precision: recovery.Precision = "fp32",
    label_weight: recovery.LabelWeight = 1.0,
    logit_weight: recovery.LogitWeight = 1.0,
    hidden_weight: recovery.HiddenWeight = 1.0,
    softness: recovery.Softness = 2.0,
    dropout: recovery.Dropout = 0.0,
    quant_aware: recovery.QuantAware = False,
    seed: recovery.Seed = 0,
    licence: recovery.Licence = None,
    raw_licence: recovery.RawLicence = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Remove attention heads, FFN neurons and layers: a smaller network that any runtime computes faster.

    The weakest go first, by how much the loss on labelled text depends on them. After each cut the network learns from
    the original one: its tags and its hidden states, on raw text too.

    Example: edgener structure runs/model --heads 0.5 --ffn 0.5 --layers 8 --raw texts
    """
    need_train("edgener structure")
    from edgener.compress.recover import Licences
    from edgener.compress.structure.config import StructureConfig
    from edgener.compress.structure.stage import structure as stage
    from edgener.train.record import read_record, training_record
    from edgener.train.work import is_main_process

    if not epochs:
        recovery.refuse_training(context, but=("data", "temperature"))
    config = config_of(StructureConfig, context.params)
    place = out or Path("runs") / f"{name_of(model)}-cut"
    stage(model, config, place, data=data, raw_text=raw, licences=Licences(licence, raw_licence), force=force)
    if not is_main_process():
        return
    record = read_record(training_record(place), place)
    rounds = record["rounds"] if record else None
    if json:
        print_result(context, {"model": str(place), "rounds": rounds})
    if json or rounds is None:
        return
    sizes = [("before", rounds[0]["before"], None)]
    sizes += [(f"round {number}", one["after"], one.get("best")) for number, one in enumerate(rounds, 1)]
    columns = ["", "layers", "heads", "neurons", "M parameters", "M multiply-adds, 32", "128 pieces", "dev F1"]
    print_table(f"{place}", columns, [_row(*one) for one in sizes])
    typer.echo(f"heads by layer: {' '.join(map(str, rounds[-1]['after']['heads']))}")


def _row(name: str, size: dict[str, Any], best: dict[str, Any] | None) -> list[object]:
    work = [size["multiply_adds"][length] / 1e6 for length in ("32", "128")]
    f1 = 100 * best["mean_f1"] if best else None
    return [name, size["layers"], sum(size["heads"]), size["ffn"], size["parameters"] / 1e6, *work, f1]
