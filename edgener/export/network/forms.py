"""How large tensors are stored and computed: int8 products and lookups, int4 lookups.

Weights are symmetric: zero point 0, so that a zero stays a zero. Rounding is to nearest, ties to even (ONNX's).
"""

import numpy as np
from onnx import TensorProto

from edgener.export.network.weights import Bytes, Floats, Linear
from edgener.export.network.writer import MICROSOFT, Graph

_LARGEST = 127
BLOCK = 32  # channels that share a scale in an int4 table


def int8_linear(graph: Graph, x: str, linear: Linear, name: str) -> str:
    """Weights int8, one scale an output; inputs uint8, one scale and zero point a tensor, found as it comes.

    The inputs' range is over all rows that are computed together, so in a batch an answer depends on its neighbours.
    """
    weight, scale = rows_to_int8(linear.weight)
    given = [
        x,
        graph.constant(weight.T, f"{name}.weight"),
        graph.constant(scale, f"{name}.scale"),
        "",
        graph.constant(linear.bias, f"{name}.bias"),
    ]
    return graph.add("DynamicQuantizeMatMul", given, domain=MICROSOFT)


def int8_lookup(graph: Graph, ids: str, table: Floats, name: str) -> str:
    """A row is int8 with a scale of its own; standard operators only."""
    rows, scales = rows_to_int8(table)
    found = graph.add("Gather", [graph.constant(rows, name), ids], axis=0)
    scale = graph.add("Gather", [graph.constant(scales[:, None], f"{name}.scale"), ids], axis=0)
    return graph.add("Mul", [graph.add("Cast", [found], to=TensorProto.FLOAT), scale])


def int4_lookup(graph: Graph, ids: str, table: Floats, name: str) -> str:
    """Blocks of 32 channels are int4 with a scale; ONNX Runtime's GatherBlockQuantized."""
    values, scales = blocks_to_int4(table)
    low, high = values[:, 0::2] & 0xF, values[:, 1::2] & 0xF
    data = graph.packed((low | high << 4).astype(np.uint8).tobytes(), table.shape, TensorProto.INT4, name)
    given = [data, ids, graph.constant(scales, f"{name}.scale")]
    return graph.add("GatherBlockQuantized", given, domain=MICROSOFT, gather_axis=0, quantize_axis=1, block_size=BLOCK)


def rows_to_int8(rows: Floats) -> tuple[Bytes, Floats]:
    """(int8 of the same shape, float32 scale of each row): the row's largest magnitude becomes 127."""
    scales = np.maximum(np.abs(rows).max(axis=1) / _LARGEST, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def blocks_to_int4(rows: Floats) -> tuple[Bytes, Floats]:
    """(int8 from -8 to 7, float32 scales [rows, blocks]). The value of the largest magnitude becomes -8.

    With its sign in the scale, all sixteen values are used. ValueError for a width that is no multiple of BLOCK.
    """
    count, width = rows.shape
    if width % BLOCK:
        raise ValueError(f"{width} channels cannot be cut into blocks of {BLOCK}")
    blocks = rows.reshape(count, width // BLOCK, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)
    scales = np.where(largest == 0, 1, largest / -8).astype(np.float32)
    values = np.clip(np.rint(blocks / scales), -8, 7).astype(np.int8)
    return values.reshape(count, width), scales[..., 0]
