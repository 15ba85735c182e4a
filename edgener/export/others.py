"""Architectures that edgener.export.network does not know: the graph by optimum, int8 by ONNX Runtime's quantiser."""

import logging
from pathlib import Path

import onnx

from edgener.errors import UserError
from edgener.export.config import ExportConfig
from edgener.export.modes import INT8, NONE
from edgener.export.network.build import IR_VERSION


def check(config: ExportConfig, architecture: str) -> None:
    """UserError for what these architectures cannot have."""
    if config.quant not in (NONE, INT8):
        raise UserError(f"--quant {config.quant}: for a {architecture} model, expected {NONE} or {INT8}")
    if config.embeddings is not None:
        raise UserError(f"--embeddings: not for a {architecture} model; leave it out")


def write(source: Path, quant: str, out: Path) -> None:
    """The fp32 graph at `source` as it is to be in a bundle. UserError over 2 GB."""
    if quant == INT8:
        quantise(source, out)
        source = out
    save(onnx.load(source), out)


def quantise(source: Path, out: Path) -> None:
    """Dynamic int8: weights per output channel (QInt8, zero point 0), activations per tensor at run time.

    Embedding tables are quantised too: they are most of a multilingual encoder.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it asks for a pre-processing that changes nothing here
    try:
        quantize_dynamic(
            source,
            out,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        logging.disable(logging.NOTSET)


def save(model: onnx.ModelProto, out: Path) -> None:
    """One self-contained file in an IR version that every ONNX Runtime in use can read. UserError over 2 GB."""
    model.ir_version = min(model.ir_version, IR_VERSION)
    model.producer_name, model.producer_version = "edgener", ""
    del model.metadata_props[:]
    model.doc_string = ""
    try:
        out.write_bytes(model.SerializeToString(deterministic=True))
    except ValueError:
        raise UserError(f"{out.name}: over 2 GB, more than an ONNX file can hold; choose another --quant") from None


def opset_of(path: Path) -> int:
    model = onnx.load(path, load_external_data=False)
    return next(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
