"""What the linears of a network read, over a sample of text: the ground for smoothing and for static scales.

Computed by the fp32 graph one batch at a time; whatever is kept of a batch has the size of its result.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from edgener.export.network.build import PLAIN, build, plain_linear
from edgener.export.network.weights import Encoder, Floats, Linear
from edgener.export.network.writer import Graph, save

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""(ids, mask), int64 [batch, length]."""
Range = tuple[float, float]

_READ = "read/"
_BINS = 2048
_LEVELS = 128  # of a magnitude, in 8 bits with a sign


def activations(encoder: Encoder, batches: Iterable[Batch]) -> Iterator[dict[str, Floats]]:
    """For each batch what each linear reads, by its name (`layer3/up`): float32 [pieces without padding, inputs]."""
    probes: list[str] = []

    def probed(graph: Graph, x: str, linear: Linear, name: str) -> str:
        probes.append(f"{_READ}{graph.scope}{name}")
        graph.add("Identity", [x], output=probes[-1])
        return plain_linear(graph, x, linear, name)

    session = session_of(build(encoder, replace(PLAIN, linear=probed), probes))
    for ids, mask in batches:
        seen = mask.reshape(-1).astype(bool)
        found = session.run(probes, {"input_ids": ids, "attention_mask": mask})
        yield {name.removeprefix(_READ): rows[seen] for name, rows in zip(probes, found, strict=True)}


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A session over a graph in memory, by way of a file: 2 GB is the most that a buffer may have."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    with TemporaryDirectory() as folder:
        path = save(model, Path(folder) / "model.onnx")
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def channel_peaks(encoder: Encoder, batches: Iterable[Batch]) -> dict[str, Floats]:
    """Largest magnitude of each channel that each linear reads; float32 [inputs] by name."""
    peaks: dict[str, Floats] = {}
    for read in activations(encoder, batches):
        for name, rows in read.items():
            peaks[name] = np.maximum(peaks.get(name, np.float32(0)), np.abs(rows).max(axis=0))
    return peaks


def least_and_greatest(encoder: Encoder, batches: Iterable[Batch]) -> dict[str, Range]:
    """The range of what each linear reads, with 0 in it."""
    found: dict[str, Range] = {}
    for read in activations(encoder, batches):
        for name, rows in read.items():
            low, high = found.get(name, (0.0, 0.0))
            found[name] = min(low, float(rows.min())), max(high, float(rows.max()))
    return found


def percentile(encoder: Encoder, batches: Callable[[], Iterable[Batch]], share: float = 0.9999) -> dict[str, Range]:
    """The narrowest range around 0 that holds this share of all magnitudes. batches: gives them anew at each call."""
    return _clipped(encoder, batches, lambda counts, widest: _holding(counts, share) * widest)


def entropy(encoder: Encoder, batches: Callable[[], Iterable[Batch]]) -> dict[str, Range]:
    """The range whose quantised distribution is nearest to the real one by KL divergence (Migacz 2017)."""
    return _clipped(encoder, batches, lambda counts, widest: _least_divergence(counts) * widest)


METHODS = ("min-max", "percentile", "entropy")


def ranges(method: str, encoder: Encoder, batches: Callable[[], Iterable[Batch]]) -> dict[str, Range]:
    """By one of METHODS."""
    if method == "min-max":
        return least_and_greatest(encoder, batches())
    return percentile(encoder, batches) if method == "percentile" else entropy(encoder, batches)


def _clipped(
    encoder: Encoder, batches: Callable[[], Iterable[Batch]], limit: Callable[[NDArray[np.int64], float], float]
) -> dict[str, Range]:
    """limit: (counts of magnitudes in equal bins, the widest magnitude) -> the largest magnitude to be told apart."""
    whole = least_and_greatest(encoder, batches())
    widest = {name: max(-low, high, 1e-30) for name, (low, high) in whole.items()}
    counts = {name: np.zeros(_BINS, np.int64) for name in whole}
    for read in activations(encoder, batches()):
        for name, rows in read.items():
            counts[name] += np.histogram(np.abs(rows), _BINS, (0.0, widest[name]))[0]
    found = {}
    for name, (low, high) in whole.items():
        most = limit(counts[name], widest[name])
        found[name] = max(low, -most), min(high, most)
    return found


def _holding(counts: NDArray[np.int64], share: float) -> float:
    """Of the widest magnitude, the part below which this share of all lies."""
    reached = np.cumsum(counts)
    return (int(np.searchsorted(reached, share * reached[-1])) + 1) / len(counts)


def _least_divergence(counts: NDArray[np.int64]) -> float:
    """Of the widest magnitude, the part to clip at."""
    best, place = np.inf, len(counts)
    for end in range(_LEVELS, len(counts) + 1, 16):
        real = counts[:end].astype(np.float64)
        real[-1] += counts[end:].sum()  # what is clipped becomes the largest
        kept = counts[:end].astype(np.float64)
        edges = np.linspace(0, end, _LEVELS + 1).round().astype(int)
        sums = np.add.reduceat(kept, edges[:-1])
        filled = np.add.reduceat((kept > 0).astype(np.float64), edges[:-1])
        level = np.repeat(sums / np.maximum(filled, 1), np.diff(edges)) * (kept > 0)
        divergence = _divergence(real, level)
        if divergence < best:
            best, place = divergence, end
    return place / len(counts)


def _divergence(real: Floats | NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """KL(real || other) of two histograms, a little of everything added to the other."""
    p = real / max(real.sum(), 1)
    q = (other + 1e-9) / (other.sum() + 1e-9 * len(other))
    held = p > 0
    return float((p[held] * np.log(p[held] / q[held])).sum())
