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
    """UserError for what these architectures cannot have. Activations are not smoothed, nothing is left apart."""
    asked = f"target {config.target} asks for that" if config.target else "leave it out"
    if config.quant not in (NONE, INT8):
        raise UserError(f"--quant {config.quant}: for a {architecture} model, expected {NONE} or {INT8}")
    if config.embeddings is not None:
        raise UserError(f"--embeddings {config.embeddings}: not for a {architecture} model; {asked}")
    if config.operators != "microsoft":
        raise UserError(f"standard operators: not for a {architecture} model; {asked}")
    if config.smooth != ExportConfig.smooth:
        raise UserError(f"--smooth {config.smooth:g}: not for a {architecture} model; leave it out")
    for option in ("packed", "sparse", "length"):
        if getattr(config, option):
            raise UserError(f"--{option}: not for a {architecture} model; leave it out")


def write(source: Path, config: ExportConfig, out: Path, weights: Weights) -> None:
    """The fp32 graph at `source` as it is to be in a bundle."""
    with TemporaryDirectory(dir=source.parent) as folder:
        if config.quant == INT8:
            quantised = Path(folder) / "model.onnx"
            quantise(source, quantised, config.weight_bits)
            source = quantised
        model = onnx.load(source)
    save(model, out, weights)


def quantise(source: Path, out: Path, weight_bits: int = 8) -> None:
    """Dynamic int8: weights (7 or 8 bits) per output channel, zero point 0, activations per tensor at run time.

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
            reduce_range=weight_bits == 7,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        logging.disable(logging.NOTSET)
