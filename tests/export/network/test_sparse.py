"""Zeros that are not stored come back, bit for bit, in stock ONNX Runtime."""

import subprocess
import sys
from pathlib import Path
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
from tests.helpers.process import environment


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


@pytest.mark.parametrize(("zeros", "block", "most"), [(0.6, 1, 0.61), (0.6, 4, 0.46), (0.9, 1, 0.2), (0.0, 1, 1.01)])
def test_it_is_as_small_as_its_distances_say(zeros: float, block: int, most: float) -> None:
    weight = _matrix(384, 1536, zeros, block, 1)
    found, size = expand(weight)
    np.testing.assert_array_equal(found, weight.T)
    assert size < most * weight.size


def test_a_few_zeros_are_not_worth_it() -> None:
    graph = Graph()
    sparse.stored(graph, _matrix(64, 64, 0.05, 1, 2), "w")
    assert graph.nodes == []


def test_distances_that_four_bits_cannot_say_are_made_in_steps() -> None:
    blocks = np.zeros((100, 1), np.int8)
    blocks[[0, 15, 31, 76, 99]] = 1
    places, distances = sparse.steps(blocks)
    assert places.tolist() == [0, 15, 16, 31, 46, 61, 76, 84, 99]
    assert distances.tolist() == [0, 15, 1, 15, 15, 15, 15, 8, 15]


_LOAD = """
import sys
import onnxruntime
from edgener.benchmark.memory import peak_bytes
before = peak_bytes()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options)
session.run(None, {})
print(peak_bytes() - before)
"""


def test_loading_takes_a_few_bytes_a_weight_and_not_dozens(tmp_path: Path) -> None:
    """What --help and README say of the memory that --sparse takes."""
    graph = Graph()
    for number in range(8):
        whole = sparse.stored(graph, _matrix(1536, 1536, 0.6, 1, number), f"w{number}")
        graph.add("Slice", [whole, graph.numbers(0, 0), graph.numbers(1, 1)], output=f"y{number}")
    outputs = [helper.make_tensor_value_info(f"y{number}", TensorProto.INT8, None) for number in range(8)]
    (tmp_path / "m.onnx").write_bytes(graph.model([], outputs, OPSET).SerializeToString())
    command = [sys.executable, "-c", _LOAD, str(tmp_path / "m.onnx")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert int(done.stdout) < 12 * 8 * 1536 * 1536
