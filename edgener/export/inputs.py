"""What an export starts from: its settings, the dev data of its gate, and what the manifest will say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edgener.bundle.layout import spec_as_dict
from edgener.errors import UserError
from edgener.export import modes, targets
from edgener.export.config import ExportConfig
from edgener.export.gate import Gate
from edgener.export.graph import Network
from edgener.text import corpus, sample
from edgener.versions import versions

NOT_STATED = "not stated"
_NO_GATE = "exported with --no-gate"


@dataclass(frozen=True)
class GateData:
    """Dev sentences by language; empty with the reason when there is no gate, or nothing to measure on.

    train: of the same corpus, for what is measured before the gate; empty where none is known.
    """

    dev: Mapping[str, Sequence[corpus.Sentence]]
    digest: str | None
    why_not: str = ""
    train: Mapping[str, Sequence[corpus.Sentence]] = field(default_factory=dict)

    @property
    def sampled(self) -> str:
        """What `texts` are of, in words."""
        return f"train of {', '.join(self.train)}" if self.train else "the built-in sample"

    def texts(self, sentences: int) -> list[list[str]]:
        """So many train sentences of each language, evenly spread, as words; the built-in sample where there are none.

        Never dev, which the gate is to judge on, and never test.
        """
        if not self.train:
            return [text.split() for texts in sample.sentences().values() for text in texts]
        found = []
        for part in self.train.values():
            step = max(1, len(part) // sentences)
            found += [list(one.tokens) for one in part[::step][:sentences]]
        return found


def gate_data(
    trained: dict[str, Any], config: ExportConfig, data: Path | None, languages: Sequence[str] | None
) -> GateData:
    """Dev data for the gate, and train data to calibrate on: --data, else what the model was trained on if it is still
    there, unchanged.
    """
    if data is not None:
        return _read(data, tuple(corpus.find(data, languages)), config.gate)
    found = _recorded(trained, config.gate, languages)
    return found if config.gate else replace(found, why_not=_NO_GATE)


def _read(path: Path, languages: Sequence[str], gate: bool) -> GateData:
    train, digest = _train(path, languages), corpus.digest(path, languages)
    dev = corpus.load(path, "dev", languages) if gate else {}
    return GateData(dev, digest, "" if gate else _NO_GATE, train)


def _recorded(trained: dict[str, Any], gate: bool, languages: Sequence[str] | None) -> GateData:
    """What the model was trained on."""
    recorded = trained.get("data")
    if not recorded:
        return GateData({}, None, "no dev data is known for this model (--data gives some)")
    names, path = recorded["languages"], Path(recorded["path"])
    if unknown := [language for language in languages or () if language not in names]:
        raise UserError(f"--lang {unknown[0]}: the model was trained on {', '.join(names)}; --data gives others")
    try:
        if corpus.digest(path, names) == recorded["digest"]:
            return _read(path, tuple(languages or names), gate)
        return GateData({}, None, "the training data has changed since (--data gives the gate its own)")
    except UserError:
        return GateData({}, None, "the training data is no longer where it was (--data gives the gate its own)")


def _train(path: Path, languages: Sequence[str]) -> dict[str, list[corpus.Sentence]]:
    """The train split of those languages that have one."""
    found: dict[str, list[corpus.Sentence]] = {}
    for language in languages:
        try:
            found |= corpus.load(path, "train", (language,))
        except UserError:
            continue
    return found


def describe(
    classifier: Network,
    config: ExportConfig,
    measured_on: GateData,
    licence: str | None,
    languages: Sequence[str] | None,
    asked: tuple[int, str],
    gate: Gate | None,
) -> dict[str, Any]:
    """The manifest, but for inputs and files. It names no path: a bundle is published.

    asked: see edgener.export.requirements.asked_of_runtime. gate: that it passed; None where nothing was measured.
    """
    trained, made = classifier.source.trained, classifier.source.manifest
    stated = [*made.get("licences", []), licence]
    # What the user says of the training data answers for what the model does not know of it.
    known = [one for one in stated if one and not (licence and one == NOT_STATED)]
    licences = list(dict.fromkeys(known)) or [NOT_STATED]
    languages_ = list(trained.get("languages") or languages or measured_on.dev)
    return {
        "name": f"{classifier.source.name}-{config.quant}",
        "languages": languages_,
        "model": {
            **modes.facts(config),
            "exact_with": _exact_with(config),
            **_asked_by(config),
            "architecture": classifier.model.config.model_type,
            "opset": asked[0],
            "min_onnxruntime": asked[1],
        },
        "gate": _verdict(gate, measured_on, languages_),
        "decode": spec_as_dict(classifier.spec),
        "licences": {"data": licences},
        "encoder": made.get("encoder", classifier.source.name),
        "steps": made.get("steps", []),
        **{name: made[name] for name in ("geometry", "pruned") if name in made},
        "config": asdict(config),
        "versions": versions(),
    }


def _exact_with(config: ExportConfig) -> dict[str, list[str]]:
    """Where int8 sums are exact: ONNX Runtime adds pairs of 8-bit products in 16 bits on x86 without VNNI."""
    quants = {one.quant for one in modes.graphs(config).values()}
    saturates = config.weight_bits == 8 and any(modes.MODES[one].activations != "float" for one in quants)
    return {machine: ["avx512_vnni", "avx_vnni"] for machine in ("x86_64", "AMD64")} if saturates else {}


def _asked_by(config: ExportConfig) -> dict[str, Any]:
    """What the target asks of the CPU, and suggests to who runs the bundle."""
    if config.target is None:
        return {}
    target = targets.load(config.target)
    needs = {machine: list(target.needs) for machine in target.machines if target.needs}
    return {"target": target.name, "needs": needs, "threads": target.threads}


def _verdict(gate: Gate | None, measured_on: GateData, languages: Sequence[str]) -> dict[str, Any]:
    """What verify and predict say of the bundle; a bundle that failed its gate is never written."""
    if gate is None:
        return {"passed": False, "why": measured_on.why_not}
    unmeasured = [language for language in languages if language not in measured_on.dev]
    if unmeasured:
        return {"passed": False, "why": f"{', '.join(unmeasured)} not measured, only {', '.join(measured_on.dev)}"}
    return {
        "passed": True,
        "split": "dev",
        "max_f1_drop": max(gate.allowed.values()),
        "languages": list(measured_on.dev),
    }
