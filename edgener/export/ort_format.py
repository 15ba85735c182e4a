"""ONNX Runtime's own format, which its reduced builds read, and what such a build has to contain.

See "ORT model format" and "Custom build" in ONNX Runtime's documentation.
"""

import contextlib
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import onnxruntime

from edgener.bundle.layout import OPERATORS


def convert(source: Path, out: Path) -> None:
    """Write the ONNX graph at `source` in ONNX Runtime's format at `out`, its weights inside.

    Constants are computed; nothing is done that would suit this CPU alone.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def write_operators(graph: Path) -> Path:
    """Write what ONNX Runtime's build script takes as --include_ops_by_config beside a graph in its format."""
    from onnxruntime.tools.ort_format_model import create_config_from_models

    out = graph.with_name(OPERATORS)
    with TemporaryDirectory() as folder:
        made = Path(folder) / OPERATORS
        with _silence():
            create_config_from_models([graph], made, enable_type_reduction=True)
        # Its comments name the place of the graph on this machine.
        kept = [line for line in made.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    out.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return out


def usability(graph: Path) -> dict[str, Any]:
    """What ONNX Runtime's checker says of an ONNX graph on a phone: of NNAPI, of CoreML, and of the CPU.

    operators: all that the graph uses, by domain. For an accelerator: how many of the nodes it would take, in how many
    partitions, and ONNX Runtime's verdict (YES, MAYBE or NO). Where none is YES the CPU is what it says to use.
    """
    from onnxruntime.tools.mobile_helpers import usability_checker as checker

    model = onnx.load(graph, load_external_data=False)
    domains: dict[str, set[str]] = {}
    for node in model.graph.node:
        domains.setdefault(node.domain or "ai.onnx", set()).add(node.op_type)
    with _silence():
        found = {
            "nnapi": checker.check_nnapi_partitions(model, require_fixed_input_sizes=False),
            "coreml": checker.check_coreml_partitions(model, False, "coreml_supported_mlprogram_ops.md"),
        }
    accelerators = {
        name: {
            "nodes": one.num_nodes,
            "taken": one.num_supported_nodes,
            "partitions": one.num_partitions,
            "verdict": one.suitability().name,
        }
        for name, one in found.items()
    }
    use = [name for name, one in accelerators.items() if one["verdict"] == "YES"] or ["cpu"]
    return {"operators": {name: sorted(ops) for name, ops in domains.items()}, "accelerators": accelerators, "use": use}


@contextlib.contextmanager
def _silence():  # type: ignore[no-untyped-def]
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
