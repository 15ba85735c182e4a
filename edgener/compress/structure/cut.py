"""Heads, neurons and layers taken out of a network for real, in a form that Hugging Face's own loader reads back.

FFN neurons   the linears get smaller, `intermediate_size` with them; one size for all layers, as the config has one
layers        the others close ranks, `num_hidden_layers` says how many
heads         `pruned_heads` of the config (edgener.train.heads); their number may differ from layer to layer

Hidden width is left alone. What stays is copied bit by bit, so zeros stay zeros.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from edgener.train.anatomy import encoder_of, layers_of
from edgener.train.heads import lost_heads, remove_heads
from edgener.train.slices import keep_layers, keep_neurons


@dataclass(frozen=True)
class Cut:
    """What stays, each counted as the network counts now: layers; then heads and neurons of each layer that stays."""

    layers: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]
    neurons: tuple[tuple[int, ...], ...]


def cut_of(document: Any) -> Cut:
    """The Cut that `dataclasses.asdict` wrote."""
    heads, neurons = (tuple(tuple(row) for row in document[name]) for name in ("heads", "neurons"))
    return Cut(tuple(document["layers"]), heads, neurons)


def apply_cut(model: PreTrainedModel, cut: Cut) -> None:
    """Take away what does not stay; in place."""
    cut_layers(model, cut.layers)
    cut_heads(model, cut.heads)
    cut_neurons(model, cut.neurons)


def cut_layers(model: PreTrainedModel, keep: Sequence[int]) -> None:
    """Keep these layers, in this order; in place."""
    if not keep:
        raise ValueError("no layer would be left")
    keep_layers(model, keep)


def cut_heads(model: PreTrainedModel, keep: Sequence[Sequence[int]]) -> None:
    """Keep these heads of each layer, counted among those it still has, in their order; in place."""
    gone: dict[int, list[int]] = {}
    for place, (layer, kept) in enumerate(zip(layers_of(model), keep, strict=True)):
        if not kept:
            raise ValueError(f"no head would be left in layer {place}")
        names = _names_of_heads(model, place)
        if len(names) != layer.heads:
            raise ValueError(f"layer {place} has {layer.heads} heads, its config says {len(names)}")
        gone[place] = sorted(set(names) - {names[head] for head in kept})
    remove_heads(model, {place: names for place, names in gone.items() if names})


def _names_of_heads(model: PreTrainedModel, layer: int) -> list[int]:
    """The heads that a layer still has, by the numbers they had when all were there."""
    lost = lost_heads(model.config).get(layer, [])
    return [head for head in range(model.config.num_attention_heads) if head not in lost]


def cut_neurons(model: PreTrainedModel, keep: Sequence[Sequence[int]]) -> None:
    """Keep these FFN neurons of each layer, equally many in each; in place."""
    sizes = {len(kept) for kept in keep}
    if len(sizes) != 1 or sizes == {0}:
        raise ValueError(f"layers of {sorted(sizes)} neurons; a config has one size, of 1 or more")
    for layer, kept in zip(layers_of(model), keep, strict=True):
        keep_neurons(layer, torch.tensor(kept, device=layer.up.weight.device))
    encoder_of(model).config.intermediate_size = model.config.intermediate_size = sizes.pop()
