"""The export stage: a model directory in, a verified bundle out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgener import artefact, output
from edgener.bundle.layout import KIND, MODEL
from edgener.bundle.write import forbids_commercial_use, write_bundle
from edgener.console import say
from edgener.errors import CheckFailed, UserError
from edgener.evaluate.run import check_types
from edgener.export import graph, quantize
from edgener.export.gate import Gate, run_gate
from edgener.export.graph import Network
from edgener.export.inputs import ExportConfig, GateData, describe, gate_data
from edgener.export.parity import LOGIT_TOLERANCE, Parity, batches_for, compare
from edgener.runtime import golden
from edgener.runtime.session import OnnxForward
from edgener.text import sample
from edgener.text.pieces import encode
from edgener.text.tagger import Tagger

_GATE_BATCH = 16
_GOLDEN_A_LANGUAGE = 3


class GateFailed(CheckFailed):
    """No bundle was written: a language lost too much. `gate` holds the table."""

    def __init__(self, gate: Gate, quant: str) -> None:
        worst = max(gate.drops, key=lambda name: gate.drops[name])
        super().__init__(
            f"gate failed: {worst} loses {gate.drops[worst]:.2f} F1 on dev with --quant {quant}, {gate.max_f1_drop:g} "
            "is allowed; choose another --quant, or accept the loss with --max-f1-drop"
        )
        self.gate = gate


def export(
    model: str,
    config: ExportConfig,
    out: Path,
    *,
    data: Path | None = None,
    languages: Sequence[str] | None = None,
    golden_texts: Sequence[str] | None = None,
    licence: str | None = None,
    force: bool = False,
) -> Path:
    """Export a model (folder or hub id) to a bundle at `out`; returns `out`.

    golden_texts: candidates for golden.jsonl instead of the built-in sample's. UserError for bad input; CheckFailed
    when the fp32 graph is not the torch model, or when the gate says no. What was measured goes to `<out>.report.json`,
    also when the gate fails.
    """
    if config.quant not in quantize.MODES:
        raise UserError(f"--quant {config.quant}: expected {' or '.join(quantize.MODES)}")
    source = graph.locate(model)
    measured_on = gate_data(source.trained, config, data, languages)
    inputs = {"model": source.digest, **({"data": measured_on.digest} if measured_on.digest else {})}
    inputs |= {"golden": artefact.digest_of(list(golden_texts))} if golden_texts else {}
    settings = {**asdict(config), "licence": licence, "languages": list(languages or [])}
    asked = artefact.request(KIND, settings, inputs)
    if output.already_done(out, asked, force, made_from=(model, data), beside=[report_path]):
        say(f"{out}: already exported with these inputs and settings")
        return out
    classifier = graph.load_classifier(model, max_length=config.max_length)
    check_types(classifier.labels, measured_on.dev, model)
    with output.building(out) as scratch:
        parity = _build_graph(classifier, model, config, measured_on, scratch)
        tagger = Tagger(OnnxForward(scratch / MODEL), classifier.backend, classifier.labels, classifier.spec)
        gate = _measure(classifier, tagger, config, measured_on)
        report: dict[str, Any] = {
            "request": asked,
            "parity": {name: asdict(found) for name, found in parity.items()},
            "gate": gate.as_dict() if gate else None,
        }
        if gate and gate.failing:
            _write_report(out, report)
            raise GateFailed(gate, config.quant)
        manifest = describe(classifier, config, measured_on, licence, languages, quantize.opset_of(scratch / MODEL))
        chosen = _golden(tagger, golden_texts, manifest["languages"])
        write_bundle(
            scratch,
            manifest | {"request": asked, "inputs": inputs},
            tokenizer=classifier.backend.to_str(),
            labels=classifier.labels,
            golden=chosen,
        )
        # Before the bundle takes its place: whoever finds the bundle finds its report too.
        _write_report(out, report | {"golden": len(chosen), "files": artefact.file_table(scratch)})
    for name in [name for name, f1 in gate.reference.items() if not f1] if gate else ():
        say(f"warning: the model itself finds nothing in {name}: F1 0 on dev, of which nothing can be lost")
    if not manifest["gate"]["passed"]:
        say(f"warning: this bundle is ungated: {manifest['gate']['why']}")
    for stated in manifest["licences"]["data"]:
        if forbids_commercial_use(stated):
            say(f"warning: the licence of the training data forbids commercial use of this bundle ({stated})")
    return out


def _build_graph(
    classifier: Network, model: str, config: ExportConfig, measured_on: GateData, scratch: Path
) -> dict[str, Parity]:
    """Write model.onnx to `scratch`; parity with torch of the fp32 graph and of the quantised one."""
    batches = batches_for(
        classifier.spec,
        [list(encode(classifier.backend, text.split()).ids) for text in _parity_texts(measured_on)],
        classifier.backend.get_vocab_size(),
    )
    reference = graph.torch_logits(classifier, batches)
    with TemporaryDirectory(dir=scratch, prefix="fp32-") as folder:
        say(f"exporting {classifier.source.name} to ONNX")
        fp32 = graph.export_graph(model, Path(folder))
        parity = {"fp32": compare(OnnxForward(fp32), batches, reference)}
        if parity["fp32"].max_logit_difference > LOGIT_TOLERANCE:
            raise CheckFailed(
                f"{model}: the ONNX graph differs from torch by {parity['fp32'].max_logit_difference:.2g} in a logit "
                f"(at most {LOGIT_TOLERANCE:g} is allowed); this architecture cannot be exported faithfully"
            )
        if config.quant != "none":
            say(f"quantising: {config.quant}")
        quantize.MODES[config.quant](fp32, scratch / MODEL)
    if config.quant != "none":
        parity[config.quant] = compare(OnnxForward(scratch / MODEL), batches, reference)
    return parity


def _measure(classifier: Network, tagger: Tagger, config: ExportConfig, measured_on: GateData) -> Gate | None:
    if not measured_on.dev:
        return None
    return run_gate(classifier.tagger(batch_size=_GATE_BATCH), tagger, measured_on.dev, config.max_f1_drop)


def _golden(tagger: Tagger, texts: Sequence[str] | None, languages: Sequence[str]) -> list[dict[str, Any]]:
    """Golden sentences: all of `texts` that have a clear margin, or three of the sample in each of the languages."""
    if texts is not None:
        chosen = golden.choose(tagger, {"": texts}, len(texts))
        say(f"golden sentences: {len(chosen)} of {len(texts)} have a clear margin with this model and were taken")
    else:
        known = [language for language in languages if language in sample.LANGUAGES]
        chosen = golden.choose(tagger, sample.sentences(known or None), _GOLDEN_A_LANGUAGE)
    if not chosen:
        say("warning: no golden sentence has a clear margin with this model; --golden FILE gives others")
    return chosen


def _parity_texts(measured_on: GateData) -> list[str]:
    dev = [" ".join(sentence.tokens) for part in measured_on.dev.values() for sentence in part[:10]]
    return dev + [text for texts in sample.sentences().values() for text in texts]


def report_path(out: Path) -> Path:
    """What the export measured: outside the bundle, which never changes."""
    return out.with_name(f"{out.name}.report.json")


def read_report(out: Path) -> dict[str, Any]:
    """The report of the export that made the bundle at `out`; without it, the bundle's files alone."""
    found = artefact.find(out)
    place = report_path(out)
    if found is not None and place.is_file():
        report = artefact.read_json(place)
        if isinstance(report, dict) and report.get("request") == found.manifest.get("request"):
            return report
    return {"parity": {}, "gate": None, "files": artefact.file_table(out)}


def _write_report(out: Path, report: Mapping[str, Any]) -> None:
    artefact.write_file(report_path(out), artefact.canonical_json(report))
