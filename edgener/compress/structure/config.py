"""What decides the result of structured pruning, data and network apart."""

from dataclasses import dataclass

from edgener.compress.recover import RecoverConfig, check_recovery
from edgener.errors import UserError


@dataclass(frozen=True)
class StructureConfig(RecoverConfig):
    """What stays. heads, ffn: shares, above 0 and up to 1; layers: how many; None: all.

    `ffn` is rounded to a multiple of 32 neurons; `heads` is of those in the layers that stay, each of which keeps one
    at least. steps: rounds of cutting, each followed by `epochs` epochs of recovery (0: none). examples: sentences that
    importance is computed on.
    """

    epochs: int = 3
    heads: float | None = None
    ffn: float | None = None
    layers: int | None = None
    steps: int = 2
    examples: int = 512


def check_structure(config: StructureConfig) -> None:
    check_recovery(config, 0)
    for option, share in (("--heads", config.heads), ("--ffn", config.ffn)):
        if share is not None and not 0 < share <= 1:
            raise UserError(f"{option} {share:g}: expected the share that stays, above 0 and up to 1, such as 0.5")
    for option, count in (("--layers", config.layers), ("--steps", config.steps), ("--examples", config.examples)):
        if count is not None and count < 1:
            raise UserError(f"{option} {count}: expected 1 or more")
    if config.relation_weight:
        # Relations are split into as many heads on both sides, and heads are what is removed.
        raise UserError("--relation-weight: not for structured pruning; hidden states are compared instead")
