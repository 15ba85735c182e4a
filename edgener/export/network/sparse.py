"""Matrices of many zeros, stored without them, in operators that every ONNX Runtime has.

What is stored are the numbers that are not zero, or blocks of four where zeros come in blocks, and for each how far it
is from the one before, in four bits; where it is further, a zero is stored on the way. The graph adds these distances
up and scatters the numbers. ONNX Runtime computes that once, when it loads the graph, and keeps the dense matrix: files
and downloads get smaller, time and what stays in memory do not, and loading takes more of both.

ONNX's own sparse_initializer has an int64 for each number, nine bytes in place of one and a half: it is smaller than
the dense matrix beyond 89 % of zeros, and than this one beyond 98.8 %, where no network is left.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from edgener.export.network.forms import Store
from edgener.export.network.weights import Bytes
from edgener.export.network.writer import Graph

BLOCK = 4  # consecutive inputs, as `prune --pattern 1x4` leaves them
_FARTHEST = 15  # what four bits can say
_NODES = 900  # bytes that the operators take in the file, about


def stored(graph: Graph, weight: Bytes, name: str) -> str:
    """int8 [outputs, inputs] in the smallest form; returns the name of the dense tensor [inputs, outputs]."""
    block = best_block(weight)
    if bytes_of(weight, block) + _NODES >= weight.size:
        return graph.constant(weight.T, name)
    return _scattered(graph, weight, block, name)


def counting(saved: list[int]) -> Store:
    """`stored`, which appends to `saved` how many bytes fewer than dense each matrix has."""

    def store(graph: Graph, weight: Bytes, name: str) -> str:
        saved.append(max(0, weight.size - bytes_of(weight, best_block(weight)) - _NODES))
        return stored(graph, weight, name)

    return store


def best_block(weight: Bytes) -> int:
    """1 or BLOCK: how many places share a distance."""
    whole = weight.shape[1] % BLOCK == 0
    return BLOCK if whole and bytes_of(weight, BLOCK) < bytes_of(weight, 1) else 1


def bytes_of(weight: Bytes, block: int) -> int:
    """Of the stored form: numbers, and half a byte for each distance."""
    count = len(steps(blocks_of(weight, block))[0])
    return count * block + -(-count // 2)


def blocks_of(weight: Bytes, block: int) -> Bytes:
    """int8 [places, block] in the order of the transposed matrix: inputs (or blocks of them), then outputs."""
    outputs, inputs = weight.shape
    return weight.reshape(outputs, inputs // block, block).transpose(1, 0, 2).reshape(-1, block)


def steps(blocks: Bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(places that are stored, rising; the distance of each from the one before, the first from 0, at most 15)."""
    kept = np.flatnonzero(blocks.any(axis=1))
    gaps = np.diff(kept, prepend=0)
    # How many places on the way to each are too far apart for one distance.
    between = np.maximum(gaps - 1, 0) // _FARTHEST
    ends = np.repeat(kept, between + 1)
    place_in_gap = np.arange(len(ends)) - np.repeat(np.cumsum(between + 1) - between - 1, between + 1)
    left = np.repeat(between, between + 1) - place_in_gap
    places = ends - left * _FARTHEST
    return places, np.diff(places, prepend=0).astype(np.uint8)


def _scattered(graph: Graph, weight: Bytes, block: int, name: str) -> str:
    outputs, inputs = weight.shape
    blocks = blocks_of(weight, block)
    places, distances = steps(blocks)
    numbers = graph.constant(blocks[places] if block > 1 else blocks[places, 0], f"{name}.numbers")
    where = _added_up(graph, distances, name)
    zero = graph.constant(np.array(0, np.int8), "zero")
    if block == 1:
        # ONNX Runtime computes an Expand when it loads the graph, a ConstantOfShape each time that the graph runs.
        nothing = graph.add("Expand", [zero, graph.numbers(len(blocks))])
        found = graph.add("ScatterElements", [nothing, where, numbers], axis=0)
        return graph.add("Reshape", [found, graph.numbers(inputs, outputs)])
    nothing = graph.add("Expand", [zero, graph.numbers(len(blocks), block)])
    column = graph.add("Unsqueeze", [graph.add("Cast", [where], to=TensorProto.INT64), graph.numbers(1)])
    found = graph.add("ScatterND", [nothing, column, numbers])
    parts = graph.add("Reshape", [found, graph.numbers(inputs // block, outputs, block)])
    return graph.add("Reshape", [graph.add("Transpose", [parts], perm=[0, 2, 1]), graph.numbers(inputs, outputs)])


def _added_up(graph: Graph, distances: NDArray[np.uint8], name: str) -> str:
    """int32 [numbers]: places. A byte holds a distance of the first half and one of the second."""
    half = -(-len(distances) // 2)
    low, high = distances[:half], np.zeros(half, np.uint8)
    high[: len(distances) - half] = distances[half:]
    packed = graph.constant(low | high << 4, f"{name}.distances")
    first = graph.add("BitwiseAnd", [packed, graph.constant(np.array(15, np.uint8), "low")])
    second = graph.add("BitShift", [packed, graph.constant(np.array(4, np.uint8), "four")], direction="RIGHT")
    both = graph.add("Concat", [first, second], axis=0)
    if len(distances) % 2:
        both = graph.add("Slice", [both, graph.numbers(0), graph.numbers(len(distances))])
    wide = graph.add("Cast", [both], to=TensorProto.INT32)
    return graph.add("CumSum", [wide, graph.constant(np.array(0, np.int64), "axis")])
