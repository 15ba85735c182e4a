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
IR_VERSION = 10  # the mobile and web builds of ONNX Runtime read no newer one
_LARGE = 1024  # bytes
_ALIGNED = 64  # what vector instructions like


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

    def model(self, inputs: Sequence[Any], outputs: Sequence[Any], opset: int) -> onnx.ModelProto:
        """inputs, outputs: ValueInfoProto. The domain of ONNX Runtime's own operators is named where it is used."""
        domains = sorted({node.domain for node in self.nodes} - {""})
        return helper.make_model(
            helper.make_graph(self.nodes, "edgener", list(inputs), list(outputs), list(self.constants.values())),
            opset_imports=[helper.make_opsetid("", opset), *[helper.make_opsetid(one, 1) for one in domains]],
            ir_version=IR_VERSION,
        )


class Weights:
    """The file beside graphs that holds their large tensors, each once, whichever graph it came from.

    ONNX Runtime maps it into memory: an embedding that is never looked up is never read, and a matrix that a kernel
    packs for itself is let go.
    """

    def __init__(self, path: Path) -> None:
        """The file is made anew."""
        self.path = path
        self._places: dict[bytes, int] = {}
        path.write_bytes(b"")

    def take(self, model: onnx.ModelProto) -> None:
        """Move the large tensors of a model here; the model keeps a reference."""
        for tensor in model.graph.initializer:
            if len(tensor.raw_data) >= _LARGE:
                place, length = self._place(tensor.raw_data), len(tensor.raw_data)
                tensor.ClearField("raw_data")
                tensor.data_location = TensorProto.EXTERNAL
                for key, value in (("location", self.path.name), ("offset", place), ("length", length)):
                    tensor.external_data.add(key=key, value=str(value))

    def _place(self, data: bytes) -> int:
        """Where these bytes begin."""
        key = hashlib.sha256(data).digest()
        if key not in self._places:
            with open(self.path, "ab") as file:
                file.write(bytes(-file.tell() % _ALIGNED))
                self._places[key] = file.tell()
                file.write(data)
        return self._places[key]


def save(model: onnx.ModelProto, path: Path, weights: Weights | None = None) -> Path:
    """Write a model, its large tensors to a file beside it; returns its path. weights: a file that others share.

    The model is used up: its large tensors have moved.
    """
    model.ir_version = min(model.ir_version, IR_VERSION)
    model.producer_name, model.producer_version, model.doc_string = "edgener", "", ""
    del model.metadata_props[:]
    (weights or Weights(path.with_name(f"{path.name}.data"))).take(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path
