"""Pruned weights stay exactly zero, through every later stage that trains.

A manifest names the pruned tensors under `pruned`; in them, zero means pruned. So the masks need no file of their own
and cannot disagree with the weights.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, TrainerCallback

from edgener.artefact import MANIFEST
from edgener.console import say
from edgener.errors import UserError
from edgener.train.anatomy import encoder_of, linears_of

_NOTABLE = 0.25  # weights of 4-bit origin are exactly 0 up to one time in seven; training leaves none at 0
_LAYER = re.compile(r"(encoder\.layer\.)(\d+)")

Masks = dict[str, torch.Tensor]
"""By name of the tensor: bool, of its shape, True where a weight is kept."""


def pruned_tensors(manifest: Mapping[str, Any]) -> list[str]:
    """Names, relative to the encoder, of the tensors in which zero means pruned."""
    return list(manifest.get("pruned", {}).get("tensors", {}))


def renumbered(names: Iterable[str], layers: Sequence[int]) -> list[str]:
    """What these tensors are called once only the given layers, in this order, are left; others are left out."""
    places = {old: new for new, old in enumerate(layers)}
    found = []
    for name in names:
        match = _LAYER.match(name)
        if match is None:
            found.append(name)
        elif int(match[2]) in places:
            found.append(f"{match[1]}{places[int(match[2])]}{name[match.end() :]}")
    return found


def weights_of(model: PreTrainedModel, names: Iterable[str]) -> dict[str, nn.Parameter]:
    """UserError for a name that the encoder does not have: a manifest's, that is not of this model."""
    base = encoder_of(model)
    try:
        return {name: base.get_parameter(name) for name in names}
    except AttributeError as error:
        raise UserError(f"{MANIFEST}: pruned.tensors is not of this model ({error}); make the model again") from None


def masks_of(model: PreTrainedModel, names: Iterable[str]) -> Masks:
    """The masks that the zeros of these tensors stand for."""
    return {name: weight.detach() != 0 for name, weight in weights_of(model, names).items()}


def apply_masks(model: PreTrainedModel, masks: Mapping[str, torch.Tensor]) -> None:
    """Zero what is not kept; in place."""
    with torch.no_grad():
        for name, weight in weights_of(model, masks).items():
            weight.mul_(masks[name])


def keep_zeros(model: PreTrainedModel, names: Sequence[str]) -> list[TrainerCallback]:
    """What holds the zeros of these tensors through a training; nothing where there are none.

    Says so when there are zeros that no manifest speaks of: they are weights like any others then.
    """
    if not names:
        linears = [linear.weight for _, linear in linears_of(model)]
        zeros = sum(int((weight == 0).sum()) for weight in linears) / sum(weight.numel() for weight in linears)
        if zeros > _NOTABLE:
            say(f"warning: {100 * zeros:.0f} % of the weights are 0, but no manifest says pruned: they will not stay 0")
    return [KeepZeros(model, masks_of(model, names))] if names else []


class KeepZeros(TrainerCallback):  # type: ignore[misc]
    """Holds masks through training: no gradient reaches a pruned weight, and no momentum moves it."""

    def __init__(self, model: PreTrainedModel, masks: Mapping[str, torch.Tensor]) -> None:
        self.model, self.masks = model, dict(masks)
        for name, weight in weights_of(model, self.masks).items():
            if weight.requires_grad:
                # Without it, the gradients of pruned weights would count in the norm that clipping looks at.
                weight.register_hook(lambda gradient, name=name: gradient * self.masks[name])

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        apply_masks(self.model, self.masks)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # The model may have been moved to another device by now.
        self.masks = {
            name: mask.to(weight.device)
            for (name, weight), mask in zip(
                weights_of(self.model, self.masks).items(), self.masks.values(), strict=True
            )
        }
        apply_masks(self.model, self.masks)
