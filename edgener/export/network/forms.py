"""How large tensors are stored and computed: int8 products and lookups, int4 lookups.

Weights are symmetric: zero point 0, so that a zero stays a zero. Rounding is to nearest, ties to even (ONNX's).
"""

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto

from edgener.export.network.build import LinearForm
from edgener.export.network.weights import Bytes, Floats, Linear
from edgener.export.network.writer import MICROSOFT, Graph

_UINT8 = 255
_TINY = float(np.finfo(np.float32).tiny)
Store = Callable[[Graph, Bytes, str], str]
"""(graph, int8 [outputs, inputs], what it is called) -> name of int8 [inputs, outputs]."""

BLOCK = 32  # channels that share a scale in an int4 table


def int8_linear(graph: Graph, x: str, linear: Linear, name: str) -> str:
    """Weights int8, one scale an output; inputs uint8, one scale and zero point a tensor, found as it comes.

    The inputs' range is over all rows that are computed together, so in a batch an answer depends on its neighbours.
    """
    return dynamic_linear(dense)(graph, x, linear, name)


def dynamic_linear(store: Store, bits: int = 8) -> LinearForm:
    """int8_linear with another way to store weights, and weights of so many bits."""

    def form(graph: Graph, x: str, linear: Linear, name: str) -> str:
        weight, scale = rows_to_int8(linear.weight, bits)
        given = [
            x,
            store(graph, weight, f"{name}.weight"),
            graph.constant(scale, f"{name}.scale"),
            "",
            graph.constant(linear.bias, f"{name}.bias"),
        ]
        return graph.add("DynamicQuantizeMatMul", given, domain=MICROSOFT)

    return form


def dense(graph: Graph, weight: Bytes, name: str) -> str:
    """int8 [outputs, inputs] as it is; returns the name of [inputs, outputs]."""
    return graph.constant(weight.T, name)


def static_linear(ranges: Mapping[str, tuple[float, float]], store: Store = dense, bits: int = 8) -> LinearForm:
    """As int8_linear, but with the inputs' range known beforehand: an answer depends on its own text alone.

    ranges: least and greatest input of each linear by name, 0 among them; what is beyond is clipped.
    """

    def form(graph: Graph, x: str, linear: Linear, name: str) -> str:
        low, high = ranges[f"{graph.scope}{name}"]
        step = np.float32(max((high - low) / _UINT8, _TINY))
        scale = graph.constant(np.array(step), f"{name}.input_scale")
        zero = graph.constant(np.array(np.rint(-low / step), np.uint8), f"{name}.input_zero")
        weight, weight_scale = rows_to_int8(linear.weight, bits)
        given = [
            graph.add("QuantizeLinear", [x, scale, zero]),
            store(graph, weight, f"{name}.weight"),
            scale,
            graph.constant(weight_scale, f"{name}.scale"),
            zero,
            "",
            graph.constant(linear.bias, f"{name}.bias"),
        ]
        return graph.add("MatMulIntegerToFloat", given, domain=MICROSOFT)

    return form


def int4_linear(graph: Graph, x: str, linear: Linear, name: str) -> str:
    """Weights int4 in blocks of 32 inputs; inputs int8 in the same blocks. Half the bytes, not half the time."""
    outputs, inputs = linear.weight.shape
    values, scales = blocks_to_int4(linear.weight)
    data = (values + 8).astype(np.uint8).reshape(outputs, inputs // BLOCK, BLOCK)
    packed = data[..., 0::2] | data[..., 1::2] << 4
    given = [x, graph.constant(packed, f"{name}.weight"), graph.constant(scales, f"{name}.scale"), "", ""]
    return graph.add(
        "MatMulNBits",
        [*given, graph.constant(linear.bias, f"{name}.bias")],
        domain=MICROSOFT,
        K=inputs,
        N=outputs,
        bits=4,
        block_size=BLOCK,
        accuracy_level=4,
    )


def fp16_linear(graph: Graph, x: str, linear: Linear, name: str) -> str:
    """Weights stored as fp16 and computed in fp32: CPUs have no fast fp16 product in ONNX Runtime."""
    weight = graph.constant(linear.weight.T.astype(np.float16), f"{name}.weight")
    wide = graph.add("Cast", [weight], to=TensorProto.FLOAT)
    return graph.add("Gemm", [x, wide, graph.constant(linear.bias, f"{name}.bias")])


def fp16_lookup(graph: Graph, ids: str, table: Floats, name: str) -> str:
    """Rows are fp16, and widened as they are looked up."""
    found = graph.add("Gather", [graph.constant(table.astype(np.float16), name), ids], axis=0)
    return graph.add("Cast", [found], to=TensorProto.FLOAT)


def named(by_name: Mapping[str, LinearForm], otherwise: LinearForm) -> LinearForm:
    """A form for each linear by its name, such as `layer3/up`; another for all that are not named."""

    def form(graph: Graph, x: str, linear: Linear, name: str) -> str:
        return by_name.get(f"{graph.scope}{name}", otherwise)(graph, x, linear, name)

    return form


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


def standard_int4_lookup(graph: Graph, ids: str, table: Floats, name: str) -> str:
    """The numbers of int4_lookup in ONNX's own operators, for runtimes without GatherBlockQuantized.

    A byte holds a channel of the lower half and one of the upper half of the row.
    """
    values, scales = blocks_to_int4(table)
    width = table.shape[1]
    codes = (values + 8).astype(np.uint8)
    packed = graph.constant(codes[:, : width // 2] | codes[:, width // 2 :] << 4, name)
    found = graph.add("Gather", [packed, ids], axis=0)
    low = graph.add("BitwiseAnd", [found, graph.constant(np.array(15, np.uint8), "low")])
    high = graph.add("BitShift", [found, graph.constant(np.array(4, np.uint8), "four")], direction="RIGHT")
    both = graph.add("Cast", [graph.add("Concat", [low, high], axis=-1)], to=TensorProto.FLOAT)
    centred = graph.add("Sub", [both, graph.constant(np.array(8, np.float32), "eight")])
    blocks = graph.add("Reshape", [centred, graph.numbers(0, 0, width // BLOCK, BLOCK)])
    scale = graph.add("Gather", [graph.constant(scales[..., None], f"{name}.scale"), ids], axis=0)
    return graph.add("Reshape", [graph.add("Mul", [blocks, scale]), graph.numbers(0, 0, width)])


def rows_to_int8(rows: Floats, bits: int = 8) -> tuple[Bytes, Floats]:
    """(int8 of the same shape, float32 scale of each row): its largest magnitude becomes 127, or 63 for 7 bits."""
    largest = 2 ** (bits - 1) - 1
    scales = np.maximum(np.abs(rows).max(axis=1) / largest, _TINY).astype(np.float32)
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
    scales = np.where(np.abs(largest) < 8 * _TINY, 1, largest / -8).astype(np.float32)
    values = np.clip(np.rint(blocks / scales), -8, 7).astype(np.int8)
    return values.reshape(count, width), scales[..., 0]
