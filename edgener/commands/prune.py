"""edgener prune"""

from pathlib import Path
from typing import Annotated

import typer

from edgener.commands import recovery
from edgener.commands.common import Force, Json, Languages, config_of, name_of, need_train, print_result
from edgener.console import print_table
from edgener.errors import UserError


def prune(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Fine-tuned model, or an encoder for --when before.")],
    sparsity: Annotated[float, typer.Option(help="Share of the weights to prune, 0 to 1.")] = 0.5,
    when: Annotated[
        str,
        typer.Option(help="before fine-tuning; after it, at once; gradual: while training, on a cubic schedule."),
    ] = "after",
    scope: Annotated[
        str, typer.Option(help="global compares all tensors; layer prunes the same share of each.")
    ] = "global",
    pattern: Annotated[
        str, typer.Option(help="unstructured; 1x4: four inputs of an output together; 2:4: two of each four.")
    ] = "unstructured",
    permute: Annotated[
        bool,
        typer.Option("--permute", help="First reorder channels so that weak weights share blocks; changes no answer."),
    ] = False,
    tensor: Annotated[
        list[str] | None,
        typer.Option(help="Only tensors of this name, such as '*output.dense*'; all encoder linears by default."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs of training under the dense model; 3 for gradual, else 0.")
    ] = None,
    ramp: Annotated[
        float | None, typer.Option(help="Gradual: share of the training in which sparsity rises; 0.6.")
    ] = None,
    data: recovery.Data = None,
    lang: Languages = None,
    raw: recovery.Raw = None,
    raw_share: recovery.RawShare = 1.0,
    raw_lines: recovery.RawLines = 20_000,
    out: Annotated[Path | None, typer.Option(help="Where the result goes; runs/<model>-pruned by default.")] = None,
    batch_size: recovery.BatchSize = 16,
    learning_rate: recovery.LearningRate = 1e-4,
    temperature: recovery.SamplingTemperature = 2.0,
    patience: recovery.Patience = 3,
    freeze_embeddings: recovery.Freeze = True,
    precision: recovery.Precision = "fp32",
    label_weight: recovery.LabelWeight = 1.0,
    logit_weight: recovery.LogitWeight = 1.0,
    hidden_weight: recovery.HiddenWeight = 1.0,
    relation_weight: recovery.RelationWeight = 0.0,
    softness: recovery.Softness = 2.0,
    dropout: recovery.Dropout = 0.0,
    quant_aware: recovery.QuantAware = False,
    seed: recovery.Seed = 0,
    licence: recovery.Licence = None,
    raw_licence: recovery.RawLicence = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Prune weights by magnitude; they stay exactly zero through every later stage.

    Training after or during pruning learns from the dense model: tags of labelled text, and the teacher's tags and
    hidden states, on raw text too.

    Example: edgener prune runs/model --sparsity 0.6 --when gradual --raw texts --epochs 3
    """
    need_train("edgener prune")
    from edgener.artefact import find
    from edgener.compress.prune.stage import GRADUAL, PruneConfig
    from edgener.compress.prune.stage import prune as stage
    from edgener.compress.recover import Licences
    from edgener.train.record import read_record, training_record
    from edgener.train.work import is_main_process

    if ramp is not None and when != GRADUAL:
        raise UserError(f"--ramp: with --when {when} sparsity does not rise step by step; leave --ramp out")
    if when != GRADUAL and not epochs:
        recovery.refuse_training(context)
    config = config_of(
        PruneConfig,
        context.params,
        epochs=epochs if epochs is not None else 3 if when == GRADUAL else 0,
        tensors=tuple(tensor or ["*"]),
    )
    place = out or Path("runs") / f"{name_of(model)}-pruned"
    stage(model, config, place, data=data, raw_text=raw, licences=Licences(licence, raw_licence), force=force)
    if not is_main_process():
        return
    found = find(place)
    assert found is not None
    pruned = found.manifest["pruned"]
    if json:
        training = read_record(training_record(place), place)
        permuted = found.manifest.get("permuted")
        print_result(context, {"model": str(place), "pruned": pruned, "permuted": permuted, "training": training})
        return
    rows = [[name, 100 * share] for name, share in pruned["tensors"].items()]
    print_table(
        f"{place}: pattern {pruned['pattern']}", ["tensor", "pruned %"], [*rows, ["together", 100 * pruned["sparsity"]]]
    )
