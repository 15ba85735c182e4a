"""The operators of an optimised graph that work on 8-bit numbers."""

from collections import Counter
from pathlib import Path

import onnx

_SMALL = (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
# What they give is of the type that they are given, or 8-bit whatever they are given.
_KEEP = ("Gather", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze")
_MAKE = ("DynamicQuantizeLinear", "QuantizeLinear")


def eight_bit(graph: Path) -> dict[str, int]:
    """How many of each name, the most frequent first; empty for a graph of floats."""
    model = onnx.load(graph, load_external_data=False)
    small = {tensor.name for tensor in model.graph.initializer if tensor.data_type in _SMALL}
    found: list[str] = []
    for node in model.graph.node:  # each stands behind what it needs
        if node.op_type in _MAKE or not small.isdisjoint(node.input):
            found.append(node.op_type)
            if node.op_type in (*_KEEP, *_MAKE):
                small.add(node.output[0])
    return dict(sorted(Counter(found).items(), key=lambda pair: (-pair[1], pair[0])))


def shown(operators: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in operators.items()) or "none"
