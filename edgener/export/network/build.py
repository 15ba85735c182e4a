"""The graph of a token classifier, built straight from its weights.

What a tracer leaves to be found again is here from the start: queries, keys and values are one product, with the
attention's 1/sqrt(d) folded into the queries; the constant token type is part of the positions; the mask is computed
once; rows of a batch are one matrix wherever rows do not meet. Every operator of the fp32 form is a standard one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from edgener.export.network.weights import Encoder, Floats, Layer, Linear, Norm
from edgener.export.network.writer import Graph

OPSET = 21
HIDDEN = np.array(-10000.0, np.float32)  # added to what must not be attended to: exp() of it is 0 in fp32 and in fp16

LinearForm = Callable[[Graph, str, Linear, str], str]
"""(graph, name of float32 [rows, inputs], linear, what it is called) -> name of float32 [rows, outputs]."""
LookupForm = Callable[[Graph, str, Floats, str], str]
"""(graph, name of int64 ids [batch, length], float32 [pieces, width], what it is called) -> [batch, length, width]."""


@dataclass(frozen=True)
class Form:
    """How the two kinds of large tensors are stored and computed. length: of the one window that the graph then takes,
    for accelerators that want fixed shapes; None leaves batch and length free.

    packed: padding is left out of whatever is computed row by row, which is all but attention. tanh: GELU in its tanh
    approximation (Hendrycks and Gimpel 2016), within 5e-4 of the exact one and up to three times as fast.
    """

    linear: LinearForm
    lookup: LookupForm
    length: int | None = None
    packed: bool = False
    tanh: bool = False


@dataclass(frozen=True)
class _Batch:
    """Names: of int64 [2], batch and length; of what hides padding (_hidden); and where rows are packed, of int64
    [rows], the place of each row in the batch, and of int64 [batch * length], the row at each place (any, at padding).
    """

    shape: str
    hidden: str
    places: str | None = None
    rows: str | None = None


def plain_linear(graph: Graph, x: str, linear: Linear, name: str) -> str:
    """fp32: Gemm."""
    weight, bias = graph.constant(linear.weight.T, f"{name}.weight"), graph.constant(linear.bias, f"{name}.bias")
    return graph.add("Gemm", [x, weight, bias])


def plain_lookup(graph: Graph, ids: str, table: Floats, name: str) -> str:
    """fp32: Gather."""
    return graph.add("Gather", [graph.constant(table, name), ids], axis=0)


PLAIN = Form(plain_linear, plain_lookup)


def build(encoder: Encoder, form: Form = PLAIN, probes: Sequence[str] = ()) -> onnx.ModelProto:
    """Inputs int64 [batch, length]: input_ids, attention_mask. Output float32 [batch, length, labels]: logits.

    probes: names of float32 vectors that the form's nodes give out, to become outputs behind the logits; a list that
    the form fills as it goes.
    """
    graph = Graph()
    ids, mask = "input_ids", "attention_mask"
    batch = _batch(graph, ids, mask, form.packed)
    x = _embeddings(graph, ids, batch.shape, encoder, form)
    rows = _taken(graph, graph.add("Reshape", [x, graph.numbers(-1, encoder.words.shape[1])]), batch.places)
    if encoder.widen is not None:
        rows = _linear(graph, form, rows, encoder.widen, "widen")
    for number, layer in enumerate(encoder.layers):
        graph.scope = f"layer{number}/"
        rows = _layer(graph, rows, batch, layer, form, encoder.activation)
    graph.scope = ""
    # Labels are few: the classifier is never worth the error of quantising it.
    logits = _taken(graph, plain_linear(graph, rows, encoder.head, "classifier"), batch.rows)
    target = graph.add("Concat", [batch.shape, graph.numbers(len(encoder.head.bias))], axis=0)
    graph.add("Reshape", [logits, target], output="logits")
    sizes = [1, form.length] if form.length else ["batch", "sequence"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in (ids, mask)]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*sizes, len(encoder.head.bias)])
    probed = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in probes]
    return graph.model(inputs, [output, *probed], OPSET)


def _linear(graph: Graph, form: Form, x: str, linear: Linear, name: str) -> str:
    if linear.divisor is not None:
        x = graph.add("Mul", [x, graph.constant(1 / linear.divisor, f"{name}.divisor")])
    if not linear.apart:
        return form.linear(graph, x, linear, name)
    places = list(linear.apart)
    others, rest = np.ones(linear.weight.shape[1], np.float32), linear.weight.copy()
    others[places], rest[:, places] = 0, 0
    whole = form.linear(
        graph, graph.add("Mul", [x, graph.constant(others, f"{name}.others")]), Linear(rest, linear.bias), name
    )
    few = graph.add("Gather", [x, graph.constant(np.array(places, np.int64), f"{name}.apart")], axis=1)
    weight = graph.constant(linear.weight[:, places].T, f"{name}.apart.weight")
    return graph.add("Gemm", [few, weight, whole])


def _batch(graph: Graph, ids: str, mask: str, packed: bool) -> _Batch:
    shape, hidden = graph.add("Shape", [ids]), _hidden(graph, mask)
    if not packed:
        return _Batch(shape, hidden)
    flat = graph.add("Reshape", [mask, graph.numbers(-1)])
    places = graph.add("Squeeze", [graph.add("NonZero", [flat]), graph.numbers(0)])
    counted = graph.add("CumSum", [flat, graph.constant(np.array(0, np.int64), "axis")])
    before = graph.add("Sub", [counted, graph.constant(np.array(1, np.int64), "one")])
    # The padding of a first row without a piece has no row before it.
    rows = graph.add("Max", [before, graph.constant(np.array(0, np.int64), "zero")])
    return _Batch(shape, hidden, places, rows)


def _taken(graph: Graph, rows: str, which: str | None) -> str:
    """These of the rows; all of them for None."""
    return rows if which is None else graph.add("Gather", [rows, which], axis=0)


def _hidden(graph: Graph, mask: str) -> str:
    """float32 [batch, 1, 1, length]: 0 where a piece is read, HIDDEN where it is padding."""
    seen = graph.add("Cast", [mask], to=TensorProto.FLOAT)
    scaled = graph.add("Mul", [seen, graph.constant(-HIDDEN, "hidden")])
    lowered = graph.add("Add", [scaled, graph.constant(HIDDEN, "hidden")])
    return graph.add("Unsqueeze", [lowered, graph.numbers(1, 2)])


def _embeddings(graph: Graph, ids: str, shape: str, encoder: Encoder, form: Form) -> str:
    words = form.lookup(graph, ids, encoder.words, "words")
    length = graph.add("Slice", [shape, graph.numbers(1), graph.numbers(2)])
    table = graph.constant(encoder.positions, "positions")
    positions = graph.add("Slice", [table, graph.numbers(0), length, graph.numbers(0)])
    return _norm(graph, graph.add("Add", [words, positions]), encoder.norm)


def _norm(graph: Graph, x: str, norm: Norm) -> str:
    scale, bias = graph.constant(norm.weight, "norm.weight"), graph.constant(norm.bias, "norm.bias")
    return graph.add("LayerNormalization", [x, scale, bias], axis=-1, epsilon=norm.eps)


def _layer(graph: Graph, x: str, batch: _Batch, layer: Layer, form: Form, activation: str) -> str:
    """x, result: float32 [rows, hidden size]."""
    read = _linear(graph, form, _attention(graph, x, batch, layer, form), layer.project, "project")
    x = _norm(graph, graph.add("Add", [read, x]), layer.attention_norm)
    neurons = _activation(graph, _linear(graph, form, x, layer.up, "up"), activation, form.tanh)
    return _norm(graph, graph.add("Add", [_linear(graph, form, neurons, layer.down, "down"), x]), layer.norm)


def _attention(graph: Graph, x: str, batch: _Batch, layer: Layer, form: Form) -> str:
    """Scaled dot-product attention; float32 [rows, heads * head size]."""
    size = len(layer.query.bias) // layer.heads
    rows = _taken(graph, _linear(graph, form, x, merged(layer, size), "query_key_value"), batch.rows)
    target = graph.add("Concat", [batch.shape, graph.numbers(3 * layer.heads, size)], axis=0)
    parts = graph.add("Reshape", [rows, target])  # [batch, length, 3 * heads, size]
    # One transposition for all three; [batch, 3 * heads, length, size]
    turned = graph.add("Transpose", [parts], perm=[0, 2, 1, 3])
    query, key, value = graph.split(turned, [layer.heads] * 3, axis=1)
    key = graph.add("Transpose", [key], perm=[0, 1, 3, 2])
    scores = graph.add("Add", [graph.add("MatMul", [query, key]), batch.hidden])
    read = graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), value])
    back = graph.add("Transpose", [read], perm=[0, 2, 1, 3])
    return _taken(graph, graph.add("Reshape", [back, graph.numbers(-1, layer.heads * size)]), batch.places)


def merged(layer: Layer, size: int) -> Linear:
    """Queries (divided by the root of the head size), keys and values as one linear."""
    parts = (layer.query.scaled(size**-0.5), layer.key, layer.value)
    weights, biases = np.concatenate([one.weight for one in parts]), np.concatenate([one.bias for one in parts])
    return Linear(weights, biases, layer.query.divisor)


def _activation(graph: Graph, x: str, kind: str, tanh: bool) -> str:
    if kind == "relu":
        return graph.add("Relu", [x])
    return graph.add("Gelu", [x], approximate="tanh" if tanh or kind == "gelu_new" else "none")
