"""Moving outliers out of activations before they are quantised (Xiao et al. 2023, SmoothQuant).

A few channels of a Transformer's activations are tens of times larger than the others, and one scale for all of them
leaves the others few of 256 steps. Dividing a channel by a number and multiplying the weights that read it by the same
changes nothing in exact arithmetic, and shares the range more evenly between the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edgener.export.network.build import PLAIN, build, plain_linear
from edgener.export.network.weights import Encoder, Floats, Layer, Linear
from edgener.export.network.writer import Graph

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
_PEAK = "peak/"
_TINY = np.float32(1e-5)


def channel_peaks(encoder: Encoder, batches: Iterable[Batch]) -> dict[str, Floats]:
    """Largest magnitude of each input channel of each linear over (ids, mask) batches, by name: `layer3/up`.

    Computed in the graph; what is kept is one vector a linear, whatever the number of batches.
    """
    probes: list[str] = []

    def probed(graph: Graph, x: str, linear: Linear, name: str) -> str:
        if graph.scope:  # a layer's
            probes.append(f"{_PEAK}{graph.scope}{name}")
            graph.add("ReduceMax", [graph.add("Abs", [x]), graph.numbers(0)], keepdims=0, output=probes[-1])
        return plain_linear(graph, x, linear, name)

    model = build(encoder, replace(PLAIN, linear=probed), probes)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    peaks: dict[str, Floats] = {}
    for ids, mask in batches:
        for name, found in zip(probes, session.run(probes, {"input_ids": ids, "attention_mask": mask}), strict=True):
            place = name.removeprefix(_PEAK)
            peaks[place] = np.maximum(peaks.get(place, 0), found)
    return peaks


def smoothed(encoder: Encoder, peaks: Mapping[str, Floats], strength: float = 0.5) -> Encoder:
    """The same function, its linears reading divided channels. strength: 0 leaves all to activations, 1 to weights."""
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
        down=_divided(layer.down, _divisor(peaks[f"{place}down"], (layer.down,), strength)),
    )


def _divided(linear: Linear, divisor: Floats) -> Linear:
    return Linear(linear.weight * divisor, linear.bias, divisor)


def _divisor(peaks: Floats, readers: Sequence[Linear], strength: float) -> Floats:
    """float32 [channels], its geometric mean 1, so that what is quantised stays of the size it was."""
    weight = np.max([np.abs(one.weight).max(axis=0) for one in readers], axis=0)
    raw = np.maximum(peaks, _TINY) ** strength / np.maximum(weight, _TINY) ** (1 - strength)
    found: Floats = (raw / np.exp(np.log(raw).mean())).astype(np.float32)
    return found
