"""Quantised forms, each against a plain computation of what it is to mean."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("torch")
from onnx import TensorProto, helper

from edgener.export.network import activations, forms, smooth
from edgener.export.network.build import OPSET, PLAIN, build
from edgener.export.network.weights import Linear
from edgener.export.network.writer import Graph
from tests.export.network.test_build import encoder_of, logits_of

MATRICES = arrays(np.float32, (6, 64), elements=st.floats(-100, 100, width=32))


def run(graph: Graph, value: Any, kind: int) -> Any:
    """What a graph of one input `x` and one output `y` makes of a value."""
    made = graph.model(
        [helper.make_tensor_value_info("x", kind, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        OPSET,
    )
    return onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": value})[0]


def _named(graph: Graph, last: str) -> Graph:
    graph.add("Identity", [last], output="y")
    return graph


@given(MATRICES)
@settings(max_examples=30, deadline=None)
def test_int8_rows_are_near_and_zeros_stay_zero(table: Any) -> None:
    table[:, ::3] = 0
    graph = Graph()
    ids = np.array([[0, 5, 3], [2, 2, 1]])
    found = run(_named(graph, forms.int8_lookup(graph, "x", table, "words")), ids, TensorProto.INT64)
    step = np.abs(table).max(axis=1, keepdims=True) / 127
    assert (np.abs(found - table[ids]) <= step[ids] * 0.501 + 1e-6).all()
    assert not found[table[ids] == 0].any()


@given(MATRICES)
@settings(max_examples=30, deadline=None)
def test_int4_blocks_are_near_and_zeros_stay_zero(table: Any) -> None:
    table[:, ::3] = 0
    graph = Graph()
    ids = np.array([[0, 5, 3], [2, 2, 1]])
    found = run(_named(graph, forms.int4_lookup(graph, "x", table, "words")), ids, TensorProto.INT64)
    values, scales = forms.blocks_to_int4(table)
    expected = values.reshape(6, 2, 32) * scales[..., None]
    np.testing.assert_allclose(found, expected.reshape(6, 64)[ids], rtol=1e-6)
    largest = np.abs(table.reshape(6, 2, 32)).max(-1, keepdims=True)
    # Seven eighths of the largest, with the other sign, is as far as the steps go.
    assert (np.abs(expected - table.reshape(6, 2, 32)) <= largest / 8 + 1e-6).all()
    assert not found[table[ids] == 0].any()


def test_int4_wants_whole_blocks() -> None:
    with pytest.raises(ValueError, match="40 channels cannot be cut into blocks of 32"):
        forms.blocks_to_int4(np.zeros((2, 40), np.float32))


def test_an_int8_product_is_that_of_its_quantised_parts() -> None:
    random = np.random.default_rng(1)
    linear = Linear(random.normal(size=(7, 48)).astype(np.float32), random.normal(size=7).astype(np.float32))
    linear.weight[:, 5:9] = 0
    x = random.normal(size=(4, 48)).astype(np.float32)
    graph = Graph()
    found = run(_named(graph, forms.int8_linear(graph, "x", linear, "up")), x, TensorProto.FLOAT)
    low, high = min(0.0, x.min()), max(0.0, x.max())
    step = (high - low) / 255
    zero = np.rint(-low / step)
    levels = np.clip(np.rint(x / step) + zero, 0, 255)
    weight, scales = forms.rows_to_int8(linear.weight)
    assert np.abs(weight).max(axis=1).tolist() == [127] * 7
    assert not weight[:, 5:9].any()
    expected = (levels - zero) @ weight.T.astype(np.float64) * step * scales + linear.bias
    np.testing.assert_allclose(found, expected, atol=2 * step * np.abs(linear.weight).max())


@pytest.mark.parametrize("strength", [0.5, 0.8, 1.0])
def test_smoothing_changes_no_answer(strength: float, build_model: Callable[..., Any], batch: Any) -> None:
    encoder = encoder_of(build_model("xlm-roberta"))
    peaks = activations.channel_peaks(encoder, [(batch["input_ids"], batch["attention_mask"])])
    assert set(peaks) == {f"layer{n}/{name}" for n in (0, 1) for name in ("query_key_value", "project", "up", "down")}
    changed = smooth.smoothed(encoder, peaks, strength)
    assert not np.allclose(changed.layers[0].up.weight, encoder.layers[0].up.weight)
    np.testing.assert_allclose(logits_of(build(changed), batch), logits_of(build(encoder), batch), atol=5e-5)


def test_a_divisor_lets_int8_come_nearer_where_channels_differ() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(16, 64)).astype(np.float32)
    x[:, 3] *= 50
    linear = Linear(random.normal(size=(8, 64)).astype(np.float32), np.zeros(8, np.float32))
    errors = []
    for divisor in (np.ones(64, np.float32), np.abs(x).max(axis=0)):
        graph = Graph()
        divided = Linear(linear.weight * divisor, linear.bias)
        found = run(_named(graph, forms.int8_linear(graph, "x", divided, "up")), x / divisor, TensorProto.FLOAT)
        errors.append(np.abs(found - x @ linear.weight.T).mean())
    assert errors[1] < 0.7 * errors[0]


def test_channels_computed_apart_leave_the_others_their_steps(build_model: Callable[..., Any], batch: Any) -> None:
    """With one neuron far above the rest, as trained networks have them behind the activation function."""
    encoder = encoder_of(build_model("bert"))
    first = encoder.layers[0]
    up, down = first.up.bias.copy(), first.down.weight.copy()
    up[5] += 60
    down[:, 5] /= 60
    loud = replace(first, up=replace(first.up, bias=up), down=replace(first.down, weight=down))
    encoder = replace(encoder, layers=(loud, *encoder.layers[1:]))
    expected = logits_of(build(encoder), batch)
    form = replace(PLAIN, linear=forms.named({"layer0/down": forms.int8_linear}, PLAIN.linear))
    errors = []
    for places in ((), (2, 5)):
        apart = replace(loud, down=replace(loud.down, apart=places))
        changed = replace(encoder, layers=(apart, *encoder.layers[1:]))
        np.testing.assert_allclose(logits_of(build(changed), batch), expected, atol=5e-5)
        errors.append(np.abs(logits_of(build(changed, form), batch) - expected).mean())
    assert errors[1] < 0.3 * errors[0]


def test_forms_are_combined(build_model: Callable[..., Any], batch: Any) -> None:
    encoder = encoder_of(build_model("bert"))
    seen = batch["attention_mask"] == 1
    expected = logits_of(build(encoder), batch)[seen]
    for form in (replace(PLAIN, lookup=forms.int8_lookup), replace(PLAIN, lookup=forms.int4_lookup)):
        found = logits_of(build(encoder, form), batch)[seen]
        assert 0 < np.abs(found - expected).mean() < 0.5 * np.abs(expected).mean()


def test_a_static_product_is_the_dynamic_one_of_that_range() -> None:
    random = np.random.default_rng(3)
    linear = Linear(random.normal(size=(7, 48)).astype(np.float32), random.normal(size=7).astype(np.float32))
    x = random.normal(size=(4, 48)).astype(np.float32)
    found = []
    for form in (forms.int8_linear, forms.static_linear({"up": (float(x.min()), float(x.max()))})):
        graph = Graph()
        found.append(run(_named(graph, form(graph, "x", linear, "up")), x, TensorProto.FLOAT))
    np.testing.assert_allclose(found[0], found[1], atol=0.05)
    clipped = Graph()
    form = forms.static_linear({"up": (-0.1, 0.1)})
    narrow = run(_named(clipped, form(clipped, "x", linear, "up")), x, TensorProto.FLOAT)
    np.testing.assert_allclose(narrow, np.clip(x, -0.1, 0.1) @ linear.weight.T + linear.bias, atol=0.05)


def test_an_int4_product_is_near_that_of_its_weights() -> None:
    random = np.random.default_rng(4)
    linear = Linear(random.normal(size=(7, 64)).astype(np.float32), random.normal(size=7).astype(np.float32))
    x = random.normal(size=(4, 64)).astype(np.float32)
    graph = Graph()
    found = run(_named(graph, forms.int4_linear(graph, "x", linear, "up")), x, TensorProto.FLOAT)
    values, scales = forms.blocks_to_int4(linear.weight)
    weight = (values.reshape(7, 2, 32) * scales[..., None]).reshape(7, 64)
    np.testing.assert_allclose(found, x @ weight.T + linear.bias, atol=0.3)


def test_fp16_forms_round_weights_and_nothing_else() -> None:
    random = np.random.default_rng(5)
    linear = Linear(random.normal(size=(7, 64)).astype(np.float32), random.normal(size=7).astype(np.float32))
    x = random.normal(size=(4, 64)).astype(np.float32)
    graph = Graph()
    found = run(_named(graph, forms.fp16_linear(graph, "x", linear, "up")), x, TensorProto.FLOAT)
    weight = linear.weight.astype(np.float16).astype(np.float32)
    np.testing.assert_allclose(found, x @ weight.T + linear.bias, atol=1e-5)


def test_ranges(build_model: Callable[..., Any], batch: Any) -> None:
    encoder = encoder_of(build_model("electra"))
    given = [(batch["input_ids"], batch["attention_mask"])]
    whole = activations.ranges("min-max", encoder, lambda: given)
    assert "widen" in whole
    assert all(low <= 0 <= high for low, high in whole.values())
    padded = [(np.concatenate([ids, np.full((3, 4), 1)], 1), np.pad(mask, ((0, 0), (0, 4)))) for ids, mask in given]
    again = activations.ranges("min-max", encoder, lambda: padded)
    for name, one in whole.items():
        np.testing.assert_allclose(again[name], one, rtol=1e-4)
    for method in ("percentile", "entropy"):
        narrow = activations.ranges(method, encoder, lambda: given)
        assert all(whole[name][0] <= low <= high <= whole[name][1] for name, (low, high) in narrow.items())


def test_a_percentile_leaves_out_what_is_rare() -> None:
    counts = np.zeros(2048, np.int64)
    counts[:100], counts[-1] = 1000, 1
    assert activations._holding(counts, 0.9999) == 100 / 2048
    assert activations._holding(counts, 1.0) == 1.0
    values = np.append(np.abs(np.random.default_rng(6).laplace(size=100_000)), 100.0)
    assert activations._least_divergence(np.histogram(values, 2048, (0.0, 100.0))[0]) < 0.3


def test_linears_may_have_forms_of_their_own(build_model: Callable[..., Any], batch: Any) -> None:
    encoder = encoder_of(build_model("bert"))
    form = forms.named({"layer1/down": forms.int8_linear}, PLAIN.linear)
    graph = build(encoder, replace(PLAIN, linear=form))
    assert [node.name for node in graph.graph.node if node.domain] == ["layer1/DynamicQuantizeMatMul"]
