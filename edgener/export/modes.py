"""Quantisation modes by name: what becomes of linears and of embeddings, and what is measured beforehand."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgener.errors import UserError
from edgener.export.config import ExportConfig
from edgener.export.network import forms, sparse
from edgener.export.network.activations import METHODS, Batch, channel_peaks, ranges
from edgener.export.network.build import PLAIN, Form, LinearForm, LookupForm
from edgener.export.network.sensitivity import mixed
from edgener.export.network.smooth import restored, smoothed
from edgener.export.network.weights import Encoder

PACKED = "-packed"
ONNX, ORT = FORMATS = ("onnx", "ort")
NONE, FP16, INT8, INT8_STATIC, INT8_MIXED, INT4 = "none", "fp16", "int8", "int8-static", "int8-mixed", "int4"


@dataclass(frozen=True)
class Mode:
    """embeddings: what they are unless the user says otherwise. activations: `float`, `dynamic` or `static`.

    Where activations are dynamic, their range is over all that is computed together. When to use which: the help of
    `edgener export --quant`.
    """

    embeddings: str
    activations: str
    smooth: bool = False


MODES = {
    NONE: Mode("fp32", "float"),
    FP16: Mode("fp16", "float"),
    INT8: Mode("int8", "dynamic", True),
    INT8_STATIC: Mode("int8", "static", True),
    INT8_MIXED: Mode("int8", "dynamic", True),
    INT4: Mode("int4", "float"),
}
LOOKUPS: dict[str, LookupForm] = {
    "fp32": PLAIN.lookup,
    "fp16": forms.fp16_lookup,
    "int8": forms.int8_lookup,
    "int4": forms.int4_lookup,
}
_WORD_BYTES = {"fp32": 4.0, "fp16": 2.0, "int8": 1.0, "int4": 0.5 + 4 / forms.BLOCK}  # a number
LINEARS: dict[str, LinearForm] = {NONE: PLAIN.linear, FP16: forms.fp16_linear, INT4: forms.int4_linear}


def variant(config: ExportConfig, name: str) -> ExportConfig:
    """The settings of a variant: a mode, or a mode and `-packed`."""
    return replace(config, quant=name.removesuffix(PACKED), packed=name.endswith(PACKED), variants=())


def graphs(config: ExportConfig) -> dict[str, ExportConfig]:
    """The settings of each graph of a bundle by its name; that of the first is empty."""
    return {"": replace(config, variants=()), **{name: variant(config, name) for name in config.variants}}


def check_mode(config: ExportConfig) -> None:
    """UserError for settings that no network could have."""
    names = [*MODES, *(f"{mode}{PACKED}" for mode in MODES)]
    choices: list[tuple[str, str | None, Collection[str]]] = [
        ("--quant", config.quant, MODES),
        ("--embeddings", config.embeddings, LOOKUPS),
        ("--calibration", config.calibration, METHODS),
        ("--format", config.format, FORMATS),
        *(("--variant", name, names) for name in config.variants),
    ]
    for option, value, known in choices:
        if value is not None and value not in known:
            raise UserError(f"{option} {value}: expected {', '.join(known)}")
    for name, one in list(graphs(config).items())[1:]:
        if config.variants.count(name) > 1 or (one.quant, one.packed) == (config.quant, config.packed):
            raise UserError(f"--variant {name}: already in the bundle; name each other mode once")
    if config.format == ORT and (config.variants or config.sparse):
        raise UserError("--format ort: one graph with its weights as they are; leave --variant and --sparse out")
    if config.format == ORT and config.quant == FP16:
        raise UserError("--format ort: ONNX Runtime widens fp16 weights when it writes it; choose --quant int8 or none")
    if config.length is not None and config.length < 8:
        raise UserError(f"--length {config.length}: expected 8 or more pieces, such as 128")
    if config.sparse and not config.quant.startswith(INT8):
        raise UserError(f"--sparse: stores int8 weights without their zeros, not those of {config.quant}; choose int8")
    if config.weight_bits not in (7, 8):
        raise UserError(f"--weight-bits {config.weight_bits}: expected 8, or 7 for x86 without VNNI")
    if not 0 <= config.smooth <= 1:
        raise UserError(f"--smooth {config.smooth:g}: expected 0 to 1, such as 0.8")
    if not 0 <= config.extra_size <= 3:
        raise UserError(f"--extra-size {config.extra_size:g}: expected a share of the int8 size, such as 0.25")


def idle(config: ExportConfig) -> dict[str, str]:
    """Options that no graph of the bundle has a use for: by name, why not."""
    each = list(graphs(config).values())
    quants = {one.quant for one in each}
    int8 = any(one.startswith(INT8) for one in quants)
    found = {
        "calibration": "" if INT8_STATIC in quants else f"only {INT8_STATIC} finds ranges beforehand",
        "extra_size": "" if INT8_MIXED in quants else f"only {INT8_MIXED} chooses what stays fp32",
        "smooth": "" if int8 else f"only {INT8} modes smooth",
        "weight_bits": "" if int8 else f"only {INT8} modes have such weights",
        "max_f1_drop": "" if config.gate else "with --no-gate nothing is compared",
        "data": "" if config.gate or any(map(measures, each)) else "with --no-gate this mode reads none",
        "max_length": "" if config.length is None else f"--length {config.length} is the window",
    }
    return {name: why for name, why in found.items() if why}


def measures(config: ExportConfig) -> bool:
    """Is anything of the mode measured on text before the graph is written?"""
    mode = MODES[config.quant]
    return bool(mode.smooth and config.smooth) or config.quant in (INT8_STATIC, INT8_MIXED)


def facts(config: ExportConfig) -> dict[str, Any]:
    """What a manifest says of a graph."""
    mode = MODES[config.quant]
    embeddings = config.embeddings or mode.embeddings
    return {
        "quantization": config.quant,
        "embeddings": embeddings,
        "activations": mode.activations,
        "packed": config.packed,
    }


def quantised(
    encoder: Encoder, config: ExportConfig, sample: Callable[[], Iterable[Batch]]
) -> tuple[Encoder, Form, dict[str, Any]]:
    """(network, how to write it, what was found out for the report).

    sample: gives (ids, mask) batches of text, anew at each call; whatever is measured is measured on them. UserError
    for a network whose sizes a mode cannot cut.
    """
    mode = MODES[config.quant]
    found: dict[str, Any] = {}
    if mode.smooth and config.smooth:
        encoder = smoothed(encoder, channel_peaks(encoder, sample()), config.smooth)
        found["smooth"] = config.smooth
    embeddings = config.embeddings or mode.embeddings
    _check_blocks(encoder, config.quant == INT4, embeddings)
    # What the tanh form of GELU is off by is far below a step of int8.
    approximate = config.quant in (INT8, INT8_STATIC, INT8_MIXED, INT4)
    # ONNX Runtime's format knows no 4-bit numbers: there they stand in bytes, two in each.
    standard = embeddings == "int4" and (config.operators == "standard" or config.format == ORT)
    lookup = forms.standard_int4_lookup if standard else LOOKUPS[embeddings]
    form = Form(PLAIN.linear, lookup, length=config.length, packed=config.packed, tanh=approximate)
    store: forms.Store = forms.dense
    if config.sparse:
        saved: list[int] = []
        store, found["saved"] = sparse.counting(saved), saved
    dynamic = forms.dynamic_linear(store, config.weight_bits)
    if config.quant == INT8:
        form = replace(form, linear=dynamic)
    elif config.quant == INT8_STATIC:
        form = replace(
            form, linear=forms.static_linear(ranges(config.calibration, encoder, sample), store, config.weight_bits)
        )
        found["calibration"] = config.calibration
    elif config.quant == INT8_MIXED:
        kept, costs = mixed(encoder, form, dynamic, sample, config.extra_size, _WORD_BYTES[embeddings])
        encoder = restored(encoder, kept)
        form = replace(form, linear=forms.named(dict.fromkeys(kept, PLAIN.linear), dynamic))
        found |= {"fp32": kept, "sensitivity": costs}
    else:
        form = replace(form, linear=LINEARS[config.quant])
    return encoder, form, found | {"embeddings": embeddings}


def _check_blocks(encoder: Encoder, linears: bool, embeddings: str) -> None:
    """UserError for a width that int4 cannot cut into blocks."""
    widths: Sequence[int] = [encoder.words.shape[1]] if embeddings == "int4" else []
    if linears:
        widths = [*widths, *([encoder.widen.weight.shape[1]] if encoder.widen else [])]
        widths = [*widths, *(one.weight.shape[1] for layer in encoder.layers for one in layer.linears())]
    for width in widths:
        if width % forms.BLOCK:
            raise UserError(
                f"int4 wants a multiple of {forms.BLOCK} channels, this network has {width}; choose int8 for it"
            )
