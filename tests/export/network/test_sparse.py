"""Zeros that are not stored come back, bit for bit, in stock ONNX Runtime."""

from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from edgener.export.network import sparse
from edgener.export.network.build import OPSET
from edgener.export.network.writer import Graph


def expand(weight: Any) -> tuple[Any, int]:
    """(what ONNX Runtime makes of the stored matrix, bytes of the file)."""
    graph = Graph()
    graph.add("Identity", [sparse.stored(graph, weight, "w")], output="y")
    model = graph.model([], [helper.make_tensor_value_info("y", TensorProto.INT8, None)], OPSET)
    data = model.SerializeToString()
    return onnxruntime.InferenceSession(data).run(None, {})[0], len(data)


def _matrix(rows: int, columns: int, zeros: float, block: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    weight = random.integers(-127, 128, (rows, columns)).astype(np.int8)
    kept = random.random((rows, -(-columns // block))) >= zeros
    return weight * np.repeat(kept, block, axis=1)[:, :columns]


@given(st.integers(1, 40), st.integers(1, 70), st.sampled_from([0.0, 0.3, 0.6, 0.95, 1.0]), st.sampled_from([1, 4]))
@settings(max_examples=40, deadline=None)
def test_a_matrix_comes_back_as_it_was(rows: int, columns: int, zeros: float, block: int) -> None:
    weight = _matrix(rows, columns, zeros, block, rows * 100 + columns)
    found, _ = expand(weight)
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found, weight.T)


@pytest.mark.parametrize(("zeros", "block", "most"), [(0.6, 1, 0.54), (0.6, 4, 0.45), (0.9, 1, 0.24), (0.0, 1, 1.01)])
def test_it_is_as_small_as_its_bits_say(zeros: float, block: int, most: float) -> None:
    weight = _matrix(384, 1536, zeros, block, 1)
    found, size = expand(weight)
    np.testing.assert_array_equal(found, weight.T)
    assert size < most * weight.size


def test_a_few_zeros_are_not_worth_it() -> None:
    graph = Graph()
    sparse.stored(graph, _matrix(64, 64, 0.05, 1, 2), "w")
    assert graph.nodes == []
