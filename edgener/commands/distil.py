"""edgener distil"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, name_of, need_train, print_result
from edgener.console import print_table


def distil(
    context: typer.Context,
    teacher: Annotated[
        str, typer.Argument(help="The model to learn from: fine-tuned, or an encoder for task-agnostic.")
    ],
    mode: Annotated[
        str,
        typer.Option(
            help="task-specific: learn the teacher's tags. task-agnostic: learn to be such an encoder, from raw text."
        ),
    ] = "task-specific",
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
    epochs: Annotated[int, typer.Option(help="Task-specific: at most this many passes over the labelled data.")] = 5,
    steps: Annotated[int, typer.Option(help="Task-agnostic: steps of training.", min=1)] = 10_000,
    data: recovery.Data = None,
    lang: Languages = None,
    raw: recovery.Raw = None,
    raw_share: recovery.RawShare = 1.0,
    raw_lines: recovery.RawLines = 20_000,
    out: Annotated[Path | None, typer.Option(help="Where the student goes; runs/<teacher>-student by default.")] = None,
    batch_size: recovery.BatchSize = 16,
    learning_rate: recovery.LearningRate = 1e-4,
    temperature: recovery.SamplingTemperature = 2.0,
    patience: recovery.Patience = 3,
    freeze_embeddings: recovery.Freeze = True,
    precision: recovery.Precision = "fp32",
    label_weight: recovery.LabelWeight = 1.0,
    logit_weight: recovery.LogitWeight = 1.0,
    hidden_weight: recovery.HiddenWeight = 1.0,
    relation_weight: Annotated[
        float | None,
        typer.Option(help="Weight of the teacher's attention relations (MiniLMv2); 1 for task-agnostic, else 0."),
    ] = None,
    softness: recovery.Softness = 2.0,
    dropout: recovery.Dropout = 0.0,
    seed: recovery.Seed = 0,
    licence: recovery.Licence = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Train a smaller student under a teacher, on labelled text and on raw text that the teacher tags.

    Example: edgener distil runs/model --layers 6 --raw texts --epochs 5

    Task-agnostic: edgener distil ENCODER --mode task-agnostic --layers 6 --raw texts --lang hau --steps 5000
    """
    need_train("edgener distil")
    from edgener.compress.distil.agnostic import AgnosticConfig, distil_encoder
    from edgener.compress.distil.stage import DistilConfig
    from edgener.compress.distil.stage import distil as stage
    from edgener.errors import UserError

    try:
        chosen = tuple(int(layer) for layer in layers_from.split(",")) if layers_from else ()
    except ValueError:
        raise UserError(f"--layers-from {layers_from}: expected numbers such as 1,3,5") from None
    place = out or Path("runs") / f"{name_of(teacher)}-student"
    if mode == "task-agnostic":
        if raw is None:
            raise UserError("--mode task-agnostic: needs raw text to read; give --raw")
        if student is not None or data is not None:
            raise UserError("--mode task-agnostic: reads raw text alone; leave --student and --data out")
        encoder_config = AgnosticConfig(
            languages=tuple(lang or ()),
            steps=steps,
            batch_size=batch_size,
            temperature=temperature,
            precision=precision,
            seed=seed,
            learning_rate=learning_rate,
            layers=layers,
            layers_from=chosen,
            hidden=hidden,
            ffn=ffn,
            label_weight=label_weight,
            logit_weight=logit_weight,
            hidden_weight=hidden_weight,
            relation_weight=relation_weight if relation_weight is not None else 1.0,
            softness=softness,
            freeze_embeddings=freeze_embeddings,
        )
        distil_encoder(teacher, encoder_config, place, raw_text=raw, licence=licence, force=force)
        _show(context, place, json)
        return
    if mode != "task-specific":
        raise UserError(f"--mode {mode}: expected task-specific or task-agnostic")
    config = DistilConfig(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        temperature=temperature,
        patience=patience,
        freeze_embeddings=freeze_embeddings,
        precision=precision,
        seed=seed,
        languages=tuple(lang or ()),
        label_weight=label_weight,
        logit_weight=logit_weight,
        hidden_weight=hidden_weight,
        relation_weight=relation_weight or 0.0,
        softness=softness,
        dropout=dropout,
        raw_share=raw_share,
        raw_lines=raw_lines,
        layers=layers,
        layers_from=chosen,
        hidden=hidden,
        ffn=ffn,
    )
    stage(teacher, config, place, student=student, data=data, raw_text=raw, licence=licence, force=force)
    _show(context, place, json)


def _show(context: typer.Context, place: Path, json: bool) -> None:
    from edgener import artefact

    found = artefact.find(place)
    assert found is not None
    geometry = found.manifest["geometry"]
    if json:
        print_result(context, {"model": str(place), "geometry": geometry})
        return
    costs = {
        f"million multiply-adds, {length} pieces": count / 1e6 for length, count in geometry["multiply_adds"].items()
    }
    sizes = {"layers": geometry["layers"], "hidden": geometry["hidden"], "ffn": geometry["ffn"]}
    print_table(f"{place}", ["", "student"], [[name, value] for name, value in {**sizes, **costs}.items()])
