"""The export stage: a model directory in, a verified bundle out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgener import artefact, output
from edgener.benchmark import footprint
from edgener.benchmark.android_app import growth
from edgener.benchmark.sizes import gzip_bytes
from edgener.bundle.layout import KIND, MODEL, ORT_MODEL, WEIGHTS, variant_file
from edgener.bundle.write import forbids_commercial_use, write_bundle
from edgener.console import say
from edgener.errors import CheckFailed
from edgener.evaluate.run import check_types
from edgener.export import graph, modes
from edgener.export.advice import options_of, passing
from edgener.export.config import ExportConfig
from edgener.export.fit import check_target
from edgener.export.gate import Gate, reference_of, run_gate
from edgener.export.graph import Network
from edgener.export.inputs import GateData, describe, gate_data
from edgener.export.make import Made, Maker, folder_for
from edgener.export.network.writer import Weights
from edgener.export.parity import Parity
from edgener.export.requirements import newest
from edgener.runtime import golden
from edgener.runtime.session import OnnxForward
from edgener.text import sample
from edgener.text.tagger import Tagger
from edgener.train.record import report_of, write_record

_GATE_BATCH = 16
_GOLDEN_A_LANGUAGE = 3


class GateFailed(CheckFailed):
    """No bundle was written: a language lost too much. `gate` holds the table.

    variant: which of the graphs asked for it was, empty for the first. passing: options that were measured too, and
    passed; None when none did.
    """

    def __init__(self, gate: Gate, asked: str, variant: str, passing: str | None) -> None:
        kind = gate.worst_type(gate.worst)
        where = f"{gate.worst} loses {gate.drops[gate.worst]:.2f} F1 on dev"
        most = f" (most: {kind[0]}, {kind[1]:.2f})" if kind else ""
        way = f"`{passing}` was measured and passes" if passing else "no other mode that was tried passes"
        asked, way = (f"--variant {variant}", f"leave --variant {variant} out") if variant else (asked, way)
        super().__init__(
            f"gate failed: {where}{most} with {asked}, {gate.allowed[gate.worst]:g} is allowed; {way}; or accept the "
            "loss with --max-f1-drop"
        )
        self.gate, self.passing = gate, passing


@dataclass(frozen=True)
class Graph:
    """One graph of the bundle. gate: None where there was nothing to measure on."""

    config: ExportConfig
    file: Path
    made: Made
    gate: Gate | None

    def as_dict(self) -> dict[str, Any]:
        gate = self.gate.as_dict() if self.gate else None
        return {"parity": asdict(self.made.parity), "gate": gate, "found": self.made.found}


def export(
    model: str,
    config: ExportConfig,
    out: Path,
    *,
    data: Path | None = None,
    languages: Sequence[str] | None = None,
    golden_texts: Sequence[str] | None = None,
    also_from: Sequence[Path] = (),
    licence: str | None = None,
    force: bool = False,
) -> Path:
    """Export a model (folder or hub id) to a bundle at `out`; returns `out`.

    golden_texts: candidates for golden.jsonl instead of the built-in sample's. also_from: files, such as theirs, whose
    place the bundle may not take either. UserError for bad input; CheckFailed
    when the fp32 graph is not the torch model, or when the gate says no. What was measured goes to `<out>.report.json`,
    also when the gate fails.
    """
    modes.check_mode(config)
    source = graph.locate(model)
    measured_on = gate_data(source.trained, config, data, languages)
    inputs = {"model": source.digest, **({"data": measured_on.digest} if measured_on.digest else {})}
    inputs |= {"golden": artefact.digest_of(list(golden_texts))} if golden_texts else {}
    settings = {**asdict(config), "licence": licence, "languages": list(languages or [])}
    asked = artefact.request(KIND, settings, inputs)
    if output.already_done(out, asked, force, made_from=(model, data, *also_from), beside=[report_of]):
        say(f"{out}: already exported with these inputs and settings")
        return out
    classifier = graph.load_classifier(model, source=source, max_length=config.length or config.max_length)
    check_types(classifier.labels, measured_on.dev, model)
    with output.building(out) as scratch:
        try:
            fp32, made = _make(classifier, model, config, measured_on, scratch)
        except GateFailed as failure:
            if not out.exists():  # what is there has a report of its own
                write_record(report_of(out), asked, {"gate": failure.gate.as_dict(), "passing": failure.passing})
            raise
        first, *others = made.values()
        taggers = {name: _tagger(classifier, one.file) for name, one in made.items()}
        manifest = describe(classifier, config, measured_on, licence, languages, _asked(made.values()), first.gate)
        manifest["model"]["variants"] = {
            name: modes.facts(one.config) for name, one in zip(config.variants, others, strict=True)
        }
        chosen = _golden(taggers, golden_texts, manifest["languages"])
        write_bundle(
            scratch,
            manifest | {"request": asked, "inputs": inputs},
            tokenizer=classifier.backend.to_str(),
            labels=classifier.labels,
            golden=chosen,
        )
        check_target(config, scratch)
        report = {
            "fp32": asdict(fp32),
            **first.as_dict(),
            "variants": {name: one.as_dict() for name, one in zip(config.variants, others, strict=True)},
            "golden": len(chosen),
            "files": artefact.file_table(scratch),
            # What a server or a store sends, which compresses what it can.
            "download_bytes": sum(gzip_bytes(file) for file in scratch.iterdir()),
            "android": growth(scratch).as_dict(),
            "footprint": footprint.of_bundle(scratch) if config.target == footprint.TARGET else None,
        }
        # Before the bundle takes its place: whoever finds the bundle finds its report too.
        write_record(report_of(out), asked, report)
    for name in [name for name, f1 in first.gate.reference.items() if not f1] if first.gate else ():
        say(f"warning: the model itself finds nothing in {name}: F1 0 on dev, of which nothing can be lost")
    if not manifest["gate"]["passed"]:
        say(f"warning: this bundle is ungated: {manifest['gate']['why']}")
    for stated in manifest["licences"]["data"]:
        if forbids_commercial_use(stated):
            say(f"warning: the licence of the training data forbids commercial use of this bundle ({stated})")
    return out


def _make(
    classifier: Network, model: str, config: ExportConfig, measured_on: GateData, scratch: Path
) -> tuple[Parity, dict[str, Graph]]:
    """Write the graphs to `scratch`; (parity of fp32, the graphs by name). GateFailed for the first that loses."""
    dev, found = measured_on.dev, {}
    with folder_for(scratch) as folder:
        maker, weights = Maker(classifier, model, measured_on, Path(folder)), Weights(scratch / WEIGHTS)
        before = reference_of(classifier.tagger(batch_size=_GATE_BATCH), dev) if dev else None
        for name, one in modes.graphs(config).items():
            file = scratch / (variant_file(name) if name else ORT_MODEL if config.format == modes.ORT else MODEL)
            made = maker.write(one, file, weights)
            gate = run_gate(before, _tagger(classifier, file), dev, config.max_f1_drop) if before else None
            if before and gate and gate.failing:
                better = None if name else passing(maker, before, one, Path(folder))
                raise GateFailed(gate, options_of(one), name, better)
            found[name] = Graph(one, file, made, gate)
    if not weights.path.stat().st_size:
        weights.path.unlink()
    return maker.parity, found


def _asked(graphs: Iterable[Graph]) -> tuple[int, str]:
    """What the runtime of the bundle has to know: all that any of its graphs asks for."""
    each = [one.made.asked for one in graphs]
    return max(opset for opset, _ in each), newest(version for _, version in each)


def _tagger(classifier: Network, graph_: Path) -> Tagger:
    return Tagger(OnnxForward(graph_), classifier.backend, classifier.labels, classifier.spec)


def _golden(
    taggers: Mapping[str, Tagger], texts: Sequence[str] | None, languages: Sequence[str]
) -> list[dict[str, Any]]:
    """Golden sentences: all of `texts` that have a clear margin, or three of the sample in each of the languages.

    taggers: that of the bundle, and of its variants by name, which have to answer the same. CheckFailed for a variant
    that answers none of them so.
    """
    (_, tagger), *others = taggers.items()
    if texts is not None:
        chosen = golden.choose(tagger, {"": texts}, len(texts))
    else:
        known = [language for language in languages if language in sample.LANGUAGES]
        chosen = golden.choose(tagger, sample.sentences(known or None), _GOLDEN_A_LANGUAGE)
    for name, other in others:
        alike = [one for one in chosen if not golden.differences(other, [one])]
        if chosen and not alike:
            raise CheckFailed(f"--variant {name} answers no golden sentence as the bundle does; leave it out")
        chosen = alike
    if texts is not None:
        say(f"golden sentences: {len(chosen)} of {len(texts)} have a clear margin with this model and were taken")
    if not chosen:
        say("warning: no golden sentence has a clear margin with this model; --golden FILE gives others")
    return chosen
