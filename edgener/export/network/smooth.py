"""Moving outliers out of activations before they are quantised (Xiao et al. 2023, SmoothQuant).

A few channels of a Transformer's activations are tens of times larger than the others, and one scale for all of them
leaves the others few of 256 steps. Dividing a channel by a number and multiplying the weights that read it by the same
changes nothing in exact arithmetic, and shares the range more evenly between the two.

Behind the activation function it is one or two neurons of a layer, and weights that took their strength over would have
outliers themselves. Those are computed apart, in fp32 (Dettmers et al. 2022, LLM.int8()), but chosen beforehand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgener.export.network.weights import Encoder, Floats, Layer, Linear

APART = 4  # one or two of a thousand neurons are ten times as strong as the next
_TINY = np.float32(1e-5)
_PARTS = {"query_key_value": ("query", "key", "value"), "project": ("project",), "up": ("up",), "down": ("down",)}


def smoothed(encoder: Encoder, peaks: Mapping[str, Floats], strength: float = 0.5) -> Encoder:
    """The same function, its linears reading divided channels.

    peaks: see edgener.export.network.activations.channel_peaks. strength: 0 leaves all to activations, 1 to weights.
    """
    layers = tuple(_smoothed(layer, peaks, f"layer{number}/", strength) for number, layer in enumerate(encoder.layers))
    return replace(encoder, layers=layers)


def _smoothed(layer: Layer, peaks: Mapping[str, Floats], place: str, strength: float) -> Layer:
    read = _divisor(peaks[f"{place}query_key_value"], (layer.query, layer.key, layer.value), strength)
    # What `project` reads are averages of values, channel by channel: their linear can divide them for free.
    averaged = _divisor(peaks[f"{place}project"], (layer.project,), strength)
    value = Linear(layer.value.weight / averaged[:, None], layer.value.bias / averaged)
    return replace(
        layer,
        query=_divided(layer.query, read),
        key=_divided(layer.key, read),
        value=_divided(value, read),
        project=Linear(layer.project.weight * averaged, layer.project.bias),
        up=_divided(layer.up, _divisor(peaks[f"{place}up"], (layer.up,), strength)),
        down=replace(layer.down, apart=_greatest(peaks[f"{place}down"])),
    )


def restored(encoder: Encoder, names: Collection[str]) -> Encoder:
    """With these linears (`layer3/up`) reading plain channels, and nothing apart: for those that are not quantised."""
    layers = []
    for number, layer in enumerate(encoder.layers):
        wanted = {part for part in _PARTS if f"layer{number}/{part}" in names}
        changes: dict[str, Any] = {one: _plain(getattr(layer, one)) for part in wanted for one in _PARTS[part]}
        layers.append(replace(layer, **changes))
    return replace(encoder, layers=tuple(layers))


def _plain(linear: Linear) -> Linear:
    return Linear(linear.weight if linear.divisor is None else linear.weight / linear.divisor, linear.bias)


def _greatest(peaks: Floats) -> tuple[int, ...]:
    """The inputs with the largest peaks."""
    return tuple(sorted(np.argsort(-peaks)[:APART].tolist()))


def _divided(linear: Linear, divisor: Floats) -> Linear:
    return Linear(linear.weight * divisor, linear.bias, divisor)


def _divisor(peaks: Floats, readers: Sequence[Linear], strength: float) -> Floats:
    """float32 [channels], its geometric mean 1, so that what is quantised stays of the size it was."""
    weight = np.max([np.abs(one.weight).max(axis=0) for one in readers], axis=0)
    raw = np.maximum(peaks, _TINY) ** strength / np.maximum(weight, _TINY) ** (1 - strength)
    found: Floats = (raw / np.exp(np.log(raw).mean())).astype(np.float32)
    return found
