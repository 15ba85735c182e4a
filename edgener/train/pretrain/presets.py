"""Sizes of encoders to pretrain, and what decides the result of a pretraining run, the text apart."""

from dataclasses import dataclass

from edgener.errors import UserError
from edgener.train.config import check_precision

MIN_LENGTH = 16
MIN_VOCABULARY = 200


@dataclass(frozen=True)
class Geometry:
    """The shape of an XLM-R encoder, and the learning rate that suits its size.

    vocabulary: pieces, special tokens included. length: pieces of a packed sequence, <s> and </s> included; the
    position table is as long, since a position that no step has trained would be a random vector.
    """

    layers: int
    hidden: int
    heads: int
    ffn: int
    vocabulary: int
    length: int
    learning_rate: float


# small, base, large: AfriBERTa (Ogueji et al. 2021, "Small Data? No Problem!", table 2). mini is ours: a few million
# weights outside the embeddings, so that some ten thousand steps are a matter of hours on a CPU.
PRESETS = {
    "mini": Geometry(layers=4, hidden=256, heads=4, ffn=1024, vocabulary=16_000, length=128, learning_rate=1e-3),
    "small": Geometry(layers=4, hidden=768, heads=6, ffn=3072, vocabulary=70_000, length=512, learning_rate=1e-4),
    "base": Geometry(layers=8, hidden=768, heads=6, ffn=3072, vocabulary=70_000, length=512, learning_rate=1e-4),
    "large": Geometry(layers=10, hidden=768, heads=6, ffn=3072, vocabulary=70_000, length=512, learning_rate=1e-4),
}


@dataclass(frozen=True)
class StepsConfig:
    """A run of so many steps over raw text.

    batch_size: sequences a step, in each process. warmup: share of the steps over which the learning rate rises; then
    it falls linearly to 0. temperature: language l gets a share of the sequences proportional to n_l **
    (1 / temperature), n_l being the number that it has. mask_rate: share of the pieces that are to be predicted.
    precision: `bf16` multiplies matrices in bfloat16; the weights stay fp32.
    """

    languages: tuple[str, ...] = ()
    steps: int = 10_000
    batch_size: int = 32
    warmup: float = 0.06
    weight_decay: float = 0.01
    temperature: float = 2.0
    mask_rate: float = 0.15
    precision: str = "fp32"
    seed: int = 0


@dataclass(frozen=True)
class PretrainConfig(StepsConfig):
    """Settings of the pretrain stage; what is None is decided by the preset. steps: 0 writes random weights.

    dropout: while pretraining; text that is seen once or twice cannot be learnt by heart (Geiping & Goldstein 2023).
    """

    preset: str = "mini"
    vocabulary: int | None = None
    layers: int | None = None
    hidden: int | None = None
    heads: int | None = None
    ffn: int | None = None
    length: int | None = None
    learning_rate: float | None = None
    dropout: float = 0.0


def geometry_of(config: PretrainConfig) -> Geometry:
    """The preset with what the config puts in its place. UserError for a shape that no encoder can have."""
    if config.preset not in PRESETS:
        raise UserError(f"--preset {config.preset}: expected {', '.join(PRESETS)}")
    asked = {name: getattr(config, name) for name in Geometry.__dataclass_fields__}
    shape = Geometry(**vars(PRESETS[config.preset]) | {name: one for name, one in asked.items() if one is not None})
    for name in ("layers", "hidden", "heads", "ffn"):
        if getattr(shape, name) < 1:
            raise UserError(f"--{name} {getattr(shape, name)}: expected 1 or more")
    if shape.hidden % shape.heads:
        raise UserError(f"--hidden {shape.hidden}: {shape.heads} heads cannot share it; expected a multiple of --heads")
    if shape.length < MIN_LENGTH:
        raise UserError(f"--length {shape.length}: expected {MIN_LENGTH} pieces or more")
    if shape.vocabulary < MIN_VOCABULARY:
        raise UserError(f"--vocabulary {shape.vocabulary}: expected {MIN_VOCABULARY} pieces or more")
    if not 0 < shape.learning_rate < 1:
        raise UserError(f"--learning-rate {shape.learning_rate:g}: expected a number between 0 and 1, such as 5e-4")
    return shape


def check_steps(config: StepsConfig) -> None:
    wanted = {
        "--steps": (config.steps, config.steps >= 0, "0 or more"),
        "--batch-size": (config.batch_size, config.batch_size >= 1, "1 or more"),
        "--warmup": (config.warmup, 0 <= config.warmup < 1, "a share of the steps, such as 0.06"),
        "--weight-decay": (config.weight_decay, 0 <= config.weight_decay < 1, "0 or more, less than 1"),
        "--temperature": (config.temperature, config.temperature >= 1, "1 or more"),
        "--mask-rate": (config.mask_rate, 0 < config.mask_rate < 1, "a share of the pieces, such as 0.15"),
        "--seed": (config.seed, 0 <= config.seed < 2**32, "0 to 4294967295"),
    }
    check_precision(config.precision)
    for name, (value, fine, expected) in wanted.items():
        if not fine:
            raise UserError(f"{name} {value}: expected {expected}")
