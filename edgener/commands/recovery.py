"""Options of every command that trains a compressed network under a teacher."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edgener.errors import UserError

Data = Annotated[
    Path | None,
    typer.Option(help="Labelled data, <language>/train.txt and dev.txt; what the model was trained on by default."),
]
Raw = Annotated[
    Path | None,
    typer.Option(help="Raw text for the teacher to tag: a folder with <language>.txt (or .txt.xz, .txt.gz)."),
]
RawShare = Annotated[float, typer.Option(help="Raw sentences an epoch draws for each labelled one.")]
RawLines = Annotated[int, typer.Option(help="Choose from a sample of this many lines of raw text a language.", min=1)]
LearningRate = Annotated[float, typer.Option(help="Peak of the linear schedule.")]
SamplingTemperature = Annotated[float, typer.Option(help="1 samples languages as they are; more lifts small ones.")]
Patience = Annotated[int, typer.Option(help="Stop after this many epochs without a better mean dev F1.")]
Precision = Annotated[
    str, typer.Option(help="fp32, or bf16: up to twice as fast on CPUs with AVX512-BF16 or AMX and on GPUs.")
]
Freeze = Annotated[
    bool, typer.Option("--freeze-embeddings/--train-embeddings", help="Leave the word embeddings as they are.")
]
LabelWeight = Annotated[float, typer.Option(help="Weight of the tags of labelled text in the loss.")]
LogitWeight = Annotated[float, typer.Option(help="Weight of the teacher's tags.")]
HiddenWeight = Annotated[float, typer.Option(help="Weight of the teacher's hidden states; needs one width.")]
RelationWeight = Annotated[float, typer.Option(help="Weight of the teacher's attention relations (MiniLMv2).")]
Softness = Annotated[float, typer.Option(help="Temperature of the teacher's tags.")]
Dropout = Annotated[float, typer.Option(help="Dropout while training under the teacher.")]
BatchSize = Annotated[int, typer.Option(help="Sentences a step (and a process).")]
Seed = Annotated[int, typer.Option(help="Seed of dropout and of the order.")]
Licence = Annotated[str | None, typer.Option(help="Licence of the data, for the manifest and the bundle.")]
RawLicence = Annotated[str | None, typer.Option(help="Licence of the raw text.")]
QuantAware = Annotated[
    bool,
    typer.Option("--quant-aware", help="Learn with the rounding of int8, for a model that int8 export hurts too much."),
]

_OF_TRAINING = (
    "data",
    "raw",
    "raw_share",
    "raw_lines",
    "batch_size",
    "learning_rate",
    "temperature",
    "patience",
    "freeze_embeddings",
    "precision",
    "label_weight",
    "logit_weight",
    "hidden_weight",
    "relation_weight",
    "softness",
    "dropout",
    "raw_licence",
    "quant_aware",
)


def refuse_training(context: typer.Context, but: Sequence[str] = ()) -> None:
    """UserError for an option of training that was given to a command that is to train nothing."""
    for name in _OF_TRAINING:
        source = context.get_parameter_source(name)
        if name not in but and source is not None and source.name == "COMMANDLINE":
            option = name.replace("_", "-")
            raise UserError(f"--{option}: nothing is trained here; give --epochs too, or leave --{option} out")
