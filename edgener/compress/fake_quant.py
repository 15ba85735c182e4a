"""Quantisation-aware training: the network learns with the rounding that int8 will do to it.

Weights and inputs of the encoder's linears are rounded in the forward pass as edgener.export.network.forms.int8_linear
rounds them, and gradients pass through as if they were not (Jacob et al. 2018; the straight-through estimator of Bengio
et al. 2013). What export does against rounding, smoothing and neurons apart, comes on top and is not learnt with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from edgener.train.anatomy import linears_of

_TINY = 1e-30
WEIGHT_STEPS = 127  # to the largest magnitude of an output
INPUT_STEPS = 255  # from the least to the greatest of a tensor


@contextmanager
def fake_quantised(model: PreTrainedModel, wanted: bool = True) -> Iterator[None]:
    """For as long as something is learnt; the weights stay what they are. wanted: False leaves all as it is."""
    linears = [linear for _, linear in linears_of(model)] if wanted else []
    try:
        for linear in linears:
            linear.forward = MethodType(_forward, linear)  # type: ignore[method-assign]
        yield
    finally:
        for linear in linears:
            del linear.forward


def _forward(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    return nn.functional.linear(rounded_input(x), rounded_weight(linear.weight), linear.bias)


def rounded_weight(weight: torch.Tensor) -> torch.Tensor:
    """float32 [outputs, inputs]: symmetric, the largest magnitude of an output is WEIGHT_STEPS; 0 stays 0."""
    with torch.no_grad():
        step = (weight.abs().amax(1, keepdim=True) / WEIGHT_STEPS).clamp_min(_TINY)
        error = (weight / step).round() * step - weight
    return weight + error


def rounded_input(x: torch.Tensor) -> torch.Tensor:
    """INPUT_STEPS from the least to the greatest of the whole tensor, 0 being one of them."""
    with torch.no_grad():
        low, high = x.amin().clamp_max(0).float(), x.amax().clamp_min(0).float()
        step = ((high - low) / INPUT_STEPS).clamp_min(_TINY)
        zero = (-low / step).round()
        error = (((x / step).round() + zero).clamp(0, INPUT_STEPS) - zero) * step - x
    rounded: Any = x + error
    return rounded.to(x.dtype)  # type: ignore[no-any-return]
