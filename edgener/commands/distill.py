"""edgener distill"""

from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, print_result
from edgener.console import print_table
from edgener.errors import UserError

SPECIFIC, AGNOSTIC = MODES = ("task-specific", "task-agnostic")


def distill(
    context: typer.Context,
    teacher: Annotated[
        str, typer.Argument(help="The model to learn from: fine-tuned, or an encoder for task-agnostic.")
    ],
    mode: Annotated[
        str,
        typer.Option(
            help="task-specific: learn the teacher's tags. task-agnostic: learn to be such an encoder, from raw text."
        ),
    ] = SPECIFIC,
    student: Annotated[
        str | None,
        typer.Option(help="A model to start from, such as a pruned one; else one is cut out of the teacher."),
    ] = None,
    layers: Annotated[int | None, typer.Option(help="Layers of the student, spread over the teacher's.")] = None,
    layers_from: Annotated[
        str | None, typer.Option(help="Just these layers of the teacher's, counted from 0, such as 1,3,5.")
    ] = None,
    hidden: Annotated[int | None, typer.Option(help="Width of the student, a multiple of the head size.")] = None,
    ffn: Annotated[int | None, typer.Option(help="FFN neurons a layer of the student.")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Task-specific: at most this many passes over the labelled data; 5.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Task-agnostic: steps of training; 10,000.")] = None,
    length: Annotated[int | None, typer.Option(help="Task-agnostic: pieces of a packed sequence; 128.")] = None,
    data: recovery.Data = None,
    lang: Languages = None,
    raw: recovery.Raw = None,
    raw_share: Annotated[
        float | None, typer.Option(help="Task-specific: raw sentences an epoch draws for each labelled one; 1.")
    ] = None,
    raw_lines: Annotated[
        int | None,
        typer.Option(help="Task-specific: choose from a sample of this many lines of raw text; 20,000.", min=1),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the student goes; runs/<teacher>-student by default.")] = None,
    batch_size: recovery.BatchSize = 16,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak of the linear schedule; 1e-4, or 3e-4 for task-agnostic.")
    ] = None,
    temperature: recovery.SamplingTemperature = 2.0,
    patience: Annotated[
        int | None, typer.Option(help="Task-specific: stop after this many epochs without a better mean dev F1; 3.")
    ] = None,
    freeze_embeddings: recovery.Freeze = True,
    precision: recovery.Precision = "fp32",
    label_weight: recovery.LabelWeight = 1.0,
    logit_weight: recovery.LogitWeight = 1.0,
    hidden_weight: recovery.HiddenWeight = 1.0,
    relation_weight: Annotated[
        float | None, typer.Option(help="Weight of attention relations (MiniLMv2); 0, or 1 for task-agnostic.")
    ] = None,
    softness: recovery.Softness = 2.0,
    dropout: recovery.Dropout = 0.0,
    quant_aware: recovery.QuantAware = False,
    seed: recovery.Seed = 0,
    licence: recovery.Licence = None,
    raw_licence: recovery.RawLicence = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a smaller student under a teacher, on labelled text and on raw text that the teacher tags.

    Example: edgener distill runs/model --layers 6 --raw texts --epochs 5

    Task-agnostic: edgener distill ENCODER --mode task-agnostic --layers 6 --raw texts --lang hau --steps 5000
    """
    need_train("edgener distill")
    if mode not in MODES:
        raise UserError(f"--mode {mode}: expected {' or '.join(MODES)}")
    place = out or Path("runs") / f"{name_of(teacher)}-student"
    specific = _given({"epochs": epochs, "patience": patience, "raw_share": raw_share, "raw_lines": raw_lines})
    agnostic = _given({"steps": steps, "length": length})
    if mode == AGNOSTIC:
        others = {"student": student, "data": data, "licence": licence, "quant_aware": quant_aware or None}
        _refuse(mode, [*specific, *_given(others)])
        from edgener.compress.distill.agnostic import AgnosticConfig, distill_encoder

        if raw is None:
            raise UserError("--mode task-agnostic: needs raw text to read; give --raw")
        encoding = config_of(AgnosticConfig, context.params, layers_from=_numbers(layers_from))
        distill_encoder(teacher, encoding, place, raw_text=raw, licence=raw_licence, force=force)
    else:
        _refuse(mode, agnostic)
        from edgener.compress.distill.stage import DistillConfig
        from edgener.compress.distill.stage import distill as stage
        from edgener.compress.recover import Licences

        config = config_of(DistillConfig, context.params, layers_from=_numbers(layers_from))
        licences = Licences(licence, raw_licence)
        stage(teacher, config, place, student=student, data=data, raw_text=raw, licences=licences, force=force)
    _show(context, place, json)


def _numbers(layers: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(layer) for layer in layers.split(",")) if layers else ()
    except ValueError:
        raise UserError(f"--layers-from {layers}: expected numbers such as 1,3,5") from None


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _refuse(mode: str, options: Any) -> None:
    """UserError for options that this mode would pass over."""
    if names := ", ".join(f"--{name.replace('_', '-')}" for name in options):
        raise UserError(f"--mode {mode}: has no use for {names}; leave it out")


def _show(context: typer.Context, place: Path, json: bool) -> None:
    from edgener.artefact import find
    from edgener.train.record import read_record, training_record
    from edgener.train.work import is_main_process

    if not is_main_process():
        return
    found = find(place)
    assert found is not None
    geometry = found.manifest["geometry"]
    if json:
        training = read_record(training_record(place), place)
        print_result(context, {"model": str(place), "geometry": geometry, "training": training})
        return
    sizes = {"layers": geometry["layers"], "hidden": geometry["hidden"], "ffn": geometry["ffn"]}
    costs = {
        f"million multiply-adds, {length} pieces": count / 1e6 for length, count in geometry["multiply_adds"].items()
    }
    print_table(f"{place}", ["", "student"], [[name, value] for name, value in {**sizes, **costs}.items()])
