"""Architectures that edgener.export.network does not know: the graph by optimum, int8 by ONNX Runtime's quantiser."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from edgener.errors import UserError
from edgener.export.config import ExportConfig
from edgener.export.modes import INT8, NONE
from edgener.export.network.writer import Weights, save


def check(config: ExportConfig, architecture: str) -> None:
    """UserError for what these architectures cannot have."""
    if config.quant not in (NONE, INT8):
        raise UserError(f"--quant {config.quant}: for a {architecture} model, expected {NONE} or {INT8}")
    if config.embeddings is not None:
        raise UserError(f"--embeddings: not for a {architecture} model; leave it out")
    if config.packed:
        raise UserError(f"--packed: not for a {architecture} model; leave it out")


def write(source: Path, quant: str, out: Path, weights: Weights) -> int:
    """The fp32 graph at `source` as it is to be in a bundle. Returns its opset."""
    with TemporaryDirectory(dir=source.parent) as folder:
        if quant == INT8:
            quantised = Path(folder) / "model.onnx"
            quantise(source, quantised)
            source = quantised
        model = onnx.load(source)
    save(model, out, weights)
    return next(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))


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
