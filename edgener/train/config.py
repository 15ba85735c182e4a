"""What decides the result of a training run, data and network apart."""

from dataclasses import dataclass

from edgener.errors import UserError

PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True)
class FitConfig:
    """Settings of the training loop, whatever is learnt.

    patience: epochs without a better mean dev F1 before stopping. precision: `bf16` multiplies matrices in bfloat16
    while training and for the dev F1 of each epoch; weights stay fp32. temperature: of languages, see quotas().
    """

    epochs: int = 5
    batch_size: int = 16
    learning_rate: float = 5e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    temperature: float = 2.0
    patience: int = 3
    freeze_embeddings: bool = False
    precision: str = "fp32"
    seed: int = 0


@dataclass(frozen=True)
class TrainConfig(FitConfig):
    """Settings of the train stage.

    max_length: window in pieces, special tokens included; None takes 256, or less when the encoder reads less.
    splitter: how raw text will be cut into words; None finds it out from the corpus.
    """

    languages: tuple[str, ...] = ()
    max_length: int | None = None
    splitter: str | None = None


def check_config(config: FitConfig, least_epochs: int = 1) -> None:
    wanted = {
        "--epochs": (config.epochs, config.epochs >= least_epochs, f"{least_epochs} or more"),
        "--batch-size": (config.batch_size, config.batch_size >= 1, "1 or more"),
        "--learning-rate": (config.learning_rate, 0 < config.learning_rate < 1, "between 0 and 1, such as 5e-5"),
        "--temperature": (config.temperature, config.temperature >= 1, "1 or more"),
        "--seed": (config.seed, 0 <= config.seed < 2**32, "0 to 4294967295"),
        "--patience": (config.patience, config.patience >= 1, "1 or more"),
    }
    check_precision(config.precision)
    for name, (value, fine, expected) in wanted.items():
        if not fine:
            raise UserError(f"{name} {value}: expected {expected}")


def check_precision(precision: str) -> None:
    if precision not in PRECISIONS:
        raise UserError(f"--precision {precision}: expected {' or '.join(PRECISIONS)}")


def f1_line(f1: dict[str, float]) -> str:
    mean = sum(f1.values()) / len(f1)
    return " ".join(f"{name} {100 * value:.1f}" for name, value in f1.items()) + f", mean {100 * mean:.1f}"
