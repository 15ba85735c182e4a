"""What a graph asks of the ONNX Runtime that is to load it."""

from collections.abc import Iterable
from pathlib import Path

import onnx

# The first that reads opset 21 and IR 10, the newest that edgener writes (ONNX Runtime's release notes).
LEAST = "1.18.0"
# Operators that came later, tried with that version and the one before it.
_SINCE = {"GatherBlockQuantized": "1.20.0"}


def asked_of_runtime(graph: Path) -> tuple[int, str]:
    """(opset of ONNX's own operators, the oldest ONNX Runtime that knows all of them) of an ONNX file."""
    model = onnx.load(graph, load_external_data=False)
    opset = next(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return opset, newest([LEAST, *(_SINCE[node.op_type] for node in model.graph.node if node.op_type in _SINCE)])


def newest(versions: Iterable[str]) -> str:
    """Of versions such as 1.20.0."""
    return max(versions, key=lambda version: [int(part) for part in version.split(".")])
