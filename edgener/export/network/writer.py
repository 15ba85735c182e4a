"""A small writer of ONNX graphs: nodes in order, constants by content, names that say what they are for."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
MICROSOFT = "com.microsoft"
_MOST = 2_000_000_000  # bytes of weights in one file


class Graph:
    """A graph under construction. `scope` stands before the names of nodes, such as `layer3/`."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.scope = ""
        self._seen: dict[str, str] = {}
        self._used: dict[str, int] = {}

    def add(
        self, operator: str, inputs: Sequence[str], *, domain: str = "", output: str | None = None, **attributes: Any
    ) -> str:
        """Append a node; returns the name of its output. output: a name to be known by outside of the graph."""
        name = self._name(operator)
        result = output or name
        self.nodes.append(helper.make_node(operator, list(inputs), [result], name=name, domain=domain, **attributes))
        return result

    def split(self, x: str, sizes: Sequence[int], axis: int) -> list[str]:
        """Append a Split; returns the names of its outputs."""
        name = self._name("Split")
        results = [f"{name}_{place}" for place in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [x, self.numbers(*sizes)], results, name=name, axis=axis))
        return results

    def constant(self, value: Array, name: str = "constant") -> str:
        """An initializer; the same value is stored once."""
        array = np.ascontiguousarray(value)
        # ascontiguousarray makes a scalar a vector of one.
        array = array.reshape(np.shape(value))
        return self._store(numpy_helper.from_array(array), name)

    def packed(self, data: bytes, shape: Sequence[int], kind: int, name: str) -> str:
        """An initializer of a type that numpy lacks, such as int4: its bytes as ONNX packs them."""
        tensor = TensorProto(dims=list(shape), data_type=kind, raw_data=data)
        return self._store(tensor, name)

    def numbers(self, *values: int) -> str:
        """int64 [n]: shapes, axes, places."""
        return self.constant(np.array(values, np.int64), "numbers")

    def _store(self, tensor: onnx.TensorProto, name: str) -> str:
        head = f"{tensor.data_type} {list(tensor.dims)} "
        key = hashlib.sha256(head.encode() + tensor.raw_data).hexdigest()
        if key not in self._seen:
            self._seen[key] = tensor.name = self._name(name)
            self.constants[tensor.name] = tensor
        return self._seen[key]

    def _name(self, what: str) -> str:
        name = f"{self.scope}{what}"
        number = self._used[name] = self._used.get(name, 0) + 1
        return name if number == 1 else f"{name}_{number}"

    def model(self, inputs: Sequence[Any], outputs: Sequence[Any], opset: int, ir_version: int) -> onnx.ModelProto:
        """inputs, outputs: ValueInfoProto. The domain of ONNX Runtime's own operators is named where it is used."""
        domains = sorted({node.domain for node in self.nodes} - {""})
        return helper.make_model(
            helper.make_graph(self.nodes, "edgener", list(inputs), list(outputs), list(self.constants.values())),
            opset_imports=[helper.make_opsetid("", opset), *[helper.make_opsetid(one, 1) for one in domains]],
            ir_version=ir_version,
            producer_name="edgener",
        )


def save(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model; over 2 GB, which no protobuf can hold, its weights go to a file beside it. Returns the path."""
    large = sum(len(tensor.raw_data) for tensor in model.graph.initializer) > _MOST
    onnx.save_model(model, path, save_as_external_data=large, location=f"{path.name}.data")
    return path
