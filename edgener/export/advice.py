"""What to export instead when the gate says no: options that were measured, not guessed."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from edgener.console import say
from edgener.errors import UserError
from edgener.evaluate.score import Evaluation
from edgener.export import modes, targets
from edgener.export.config import ExportConfig
from edgener.export.gate import run_gate
from edgener.export.make import Maker
from edgener.export.network.writer import Weights
from edgener.runtime.session import OnnxForward
from edgener.text.tagger import Tagger

_SAID = ("embeddings", "smooth", "calibration", "extra_size", "weight_bits", "length", "sparse", "packed", "format")


def options_of(config: ExportConfig) -> str:
    """As one types them: mode and target, and all else that is not as it would be without."""
    target = targets.load(config.target) if config.target else None
    usual = targets.applied(ExportConfig(), target, frozenset())
    said = {*_SAID} - {*modes.idle(config)}
    parts = [f"--target {config.target}"] if config.target else []
    parts.append(f"--quant {config.quant}")
    for one in fields(config):
        value = getattr(config, one.name)
        if one.name in said and value != getattr(usual, one.name) and value is not None:
            option = f"--{one.name.replace('_', '-')}"
            parts.append(option if value is True else f"{option} {value}")
    return " ".join(parts)


def passing(maker: Maker, before: Evaluation, config: ExportConfig, folder: Path) -> str | None:
    """The options of the first alternative that passes the gate and fits the target; None when none does."""
    most = targets.load(config.target).max_mb if config.target else None
    for other in alternatives(config, maker.encoder is not None):
        say(f"the gate says no; trying {options_of(other)}")
        # ONNX Runtime tells its own format by the name of the file.
        made, weights = folder / f"other.{other.format}", Weights(folder / "other.bin")
        maker.write(other, made, weights)
        size = made.stat().st_size + weights.path.stat().st_size
        if most is not None and size > most * 1e6:
            continue
        classifier = maker.classifier
        tagger = Tagger(OnnxForward(made), classifier.backend, classifier.labels, classifier.spec)
        if not run_gate(before, tagger, maker.measured_on.dev, config.max_f1_drop).failing:
            return options_of(other)
    return None


def alternatives(config: ExportConfig, built: bool) -> Iterator[ExportConfig]:
    """What may keep more F1 than this, the smaller first. built: by edgener, and not by optimum."""
    usual = modes.MODES[config.quant].embeddings
    wanted = [replace(config, embeddings=usual)] if config.embeddings in ("int4", "int8") and built else []
    quants = (modes.INT8_STATIC, modes.INT8, modes.INT8_MIXED, modes.FP16, modes.NONE) if built else (modes.NONE,)
    for quant in quants:
        sparse = config.sparse and quant.startswith(modes.INT8)
        embeddings = modes.MODES[quant].embeddings if config.embeddings else None
        wanted.append(replace(config, quant=quant, embeddings=embeddings, sparse=sparse, variants=()))
    for other in wanted:
        same = (other.quant, other.embeddings or usual) == (config.quant, config.embeddings or usual)
        try:
            modes.check_mode(other)
        except UserError:
            continue
        if not same:
            yield other
