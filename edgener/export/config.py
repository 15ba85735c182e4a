"""Settings of an export."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportConfig:
    """quant: a name of edgener.export.modes.MODES. max_f1_drop: points of 100, per language, on dev; None for what
    edgener.export.gate allows.

    embeddings: fp32, fp16, int8 or int4; None: as the mode has them. smooth: how much of the outliers of activations
    weights take over before int8, 0 to 1 (edgener.export.network.smooth). calibration: how int8-static finds the range
    of activations (edgener.export.network.activations.METHODS), on so many `sentences` a language. extra_size: how much
    larger than int8 int8-mixed may be, as a share. sparse: int8 weights without their zeros, where that is smaller.
    packed: padding is left out of what is computed row by row, for batches. variants: other modes whose graphs ship
    beside this one over the same weights (edgener.export.modes.variant). format: `onnx`, or `ort` for reduced builds of
    ONNX Runtime. weight_bits, operators, length, target: see edgener.export.targets.
    """

    quant: str = "int8"
    embeddings: str | None = None
    smooth: float = 0.8
    calibration: str = "percentile"
    sentences: int = 48
    extra_size: float = 0.25
    sparse: bool = False
    packed: bool = False
    variants: tuple[str, ...] = ()
    format: str = "onnx"
    weight_bits: int = 8
    operators: str = "microsoft"
    length: int | None = None
    target: str | None = None
    max_f1_drop: float | None = None
    gate: bool = True
    max_length: int | None = None
