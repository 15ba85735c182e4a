"""Another dropout than the checkpoint's, for as long as something is learnt."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from transformers import PreTrainedModel

from edgener.errors import UserError


def check_dropout(share: float) -> None:
    if not 0 <= share < 1:
        raise UserError(f"--dropout {share:g}: expected a share such as 0.1, or 0")


@contextmanager
def dropout_of(model: PreTrainedModel, share: float) -> Iterator[None]:
    """Another dropout for a while; what the config says of it stays."""
    modules = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    # The fused attention of BERT and XLM-R keeps a number of its own.
    attention = [module for module in model.modules() if isinstance(getattr(module, "dropout_prob", None), float)]
    before = [module.p for module in modules], [module.dropout_prob for module in attention]
    try:
        for module in modules:
            module.p = share
        for module in attention:
            module.dropout_prob = share
        yield
    finally:
        for module, old in zip(modules, before[0], strict=True):
            module.p = old
        for module, old in zip(attention, before[1], strict=True):
            module.dropout_prob = old
