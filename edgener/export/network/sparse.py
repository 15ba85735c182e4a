"""Matrices of many zeros, stored without them, in operators that every ONNX Runtime has.

What is stored are the numbers that are not zero and one bit for each place (or for each block of four, where zeros come
in blocks). The graph puts them where they belong: a running sum of the bits says which number stands where. ONNX
Runtime computes that once, when it loads the graph, and keeps the dense matrix: files and downloads get smaller, memory
and time do not.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from edgener.export.network.weights import Bytes
from edgener.export.network.writer import Graph

BLOCK = 4  # consecutive inputs, as `prune --pattern 1x4` leaves them
_NODES = 600  # bytes that the expansion itself takes in the file, about


def stored(graph: Graph, weight: Bytes, name: str) -> str:
    """int8 [outputs, inputs] in the smallest form; returns the name of the dense tensor [inputs, outputs]."""
    size = bytes_of(weight, best_block(weight))
    if size + _NODES >= weight.size:
        return graph.constant(weight.T, name)
    return _expanded(graph, weight, best_block(weight), name)


def best_block(weight: Bytes) -> int:
    """1 or BLOCK: which places share a bit."""
    whole = weight.shape[1] % BLOCK == 0
    return BLOCK if whole and bytes_of(weight, BLOCK) < bytes_of(weight, 1) else 1


def bytes_of(weight: Bytes, block: int) -> int:
    """Of the stored form: the kept numbers, the bits in whole bytes, and where each output's numbers begin."""
    kept = kept_blocks(weight, block)
    return int(kept.sum()) * block + -(-kept.size // 8) + 4 * len(weight)


def kept_blocks(weight: Bytes, block: int) -> NDArray[np.bool_]:
    """bool [outputs, blocks]: which have a number in them."""
    return np.asarray(weight.reshape(len(weight), -1, block).any(axis=2))


def _expanded(graph: Graph, weight: Bytes, block: int, name: str) -> str:
    outputs, inputs = weight.shape
    kept = kept_blocks(weight, block)
    # In front of the numbers stands a block of zeros: place 0, where nothing was kept.
    numbers = np.concatenate([np.zeros((1, block), np.int8), weight.reshape(outputs, -1, block)[kept]])
    begin = np.concatenate([[0], np.cumsum(kept.sum(axis=1))[:-1]]).astype(np.int32)
    # Inputs come first: ONNX Runtime's CumSum takes a step for each place along its axis, and adds whole rows in it.
    bits = graph.constant(np.packbits(kept.T, bitorder="little"), f"{name}.bits")
    powers = graph.constant(np.array([[1, 2, 4, 8, 16, 32, 64, 128]], np.uint8), "powers")
    spread = graph.add("BitwiseAnd", [graph.add("Unsqueeze", [bits, graph.numbers(1)]), powers])
    flags = graph.add("Reshape", [graph.add("Cast", [spread], to=TensorProto.BOOL), graph.numbers(-1)])
    exact = graph.add("Slice", [flags, graph.numbers(0), graph.numbers(kept.size)])
    ones = graph.add("Cast", [graph.add("Reshape", [exact, graph.numbers(-1, outputs)])], to=TensorProto.INT32)
    counted = graph.add("CumSum", [ones, graph.constant(np.array(0, np.int64), "axis")])
    places = graph.add("Mul", [graph.add("Add", [counted, graph.constant(begin, f"{name}.begin")]), ones])
    values = graph.constant(numbers if block > 1 else numbers[:, 0], f"{name}.numbers")
    found = graph.add("Gather", [values, places], axis=0)
    if block == 1:
        return found
    return graph.add("Reshape", [graph.add("Transpose", [found], perm=[0, 2, 1]), graph.numbers(inputs, outputs)])
