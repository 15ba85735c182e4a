"""Quantisation modes, one function each, by name: the place where deeper ones are added."""

import logging
from collections.abc import Callable
from pathlib import Path

import onnx

from edgener.errors import UserError

IR_VERSION = 10  # the mobile and web builds of ONNX Runtime read no newer one


def none(source: Path, out: Path) -> None:
    """fp32: the graph as it was exported."""
    save(onnx.load(source), out)


def int8(source: Path, out: Path) -> None:
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
    save(onnx.load(out), out)


MODES: dict[str, Callable[[Path, Path], None]] = {"none": none, "int8": int8}
# Activation ranges over the whole batch make an answer depend on its neighbours; the manifest says so.
DYNAMIC = frozenset({"int8"})


def save(model: onnx.ModelProto, out: Path) -> None:
    """One self-contained file in an IR version that every ONNX Runtime in use can read. UserError over 2 GB."""
    model.ir_version = min(model.ir_version, IR_VERSION)
    model.producer_name, model.producer_version = "edgener", ""
    del model.metadata_props[:]
    model.doc_string = ""
    try:
        onnx.save(model, out)
    except ValueError:
        raise UserError(f"{out.name}: over 2 GB, more than an ONNX file can hold; choose another --quant") from None


def opset_of(path: Path) -> int:
    model = onnx.load(path, load_external_data=False)
    return next(int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
