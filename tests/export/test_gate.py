"""The gate: what it stops, what it saw, and the options that it names instead."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from edgener.bundle.verify import open_bundle
from edgener.evaluate.score import combine, score_words
from edgener.export.advice import options_of
from edgener.export.config import ExportConfig
from edgener.export.gate import allowed_drops
from edgener.export.run import GateFailed, export
from edgener.train.record import report_of


def _ruined(monkeypatch: pytest.MonkeyPatch, modes_that_ruin: set[str]) -> None:
    """Quantisers that make the classifier say O to everything."""
    from edgener.export import modes

    original = modes.quantised

    def ruin(encoder: Any, config: ExportConfig, sample: Any) -> Any:
        network, form, found = original(encoder, config, sample)
        bias = network.head.bias.copy()
        bias[0] += 100.0 if config.quant in modes_that_ruin else 0.0
        return replace(network, head=replace(network.head, bias=bias)), form, found

    monkeypatch.setattr(modes, "quantised", ruin)


def test_the_gate_stops_a_bundle_that_loses_too_much_and_names_what_passes(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ruined(monkeypatch, {"int8", "int8-static"})
    with pytest.raises(GateFailed, match=r"F1 on dev \(most: [A-Z]+, \d+\.\d\d\) with --quant int8, 5 is") as caught:
        export(str(tiny_model), ExportConfig(quant="int8", max_f1_drop=5.0), tmp_path / "ruined")
    assert "`--quant int8-mixed` was measured and passes" in str(caught.value)
    assert caught.value.gate.failing == ["hau", "swa"]
    assert set(caught.value.gate.reference_types["hau"]) >= {"LOC", "PER"}
    assert not (tmp_path / "ruined").exists()
    report = json.loads(report_of(tmp_path / "ruined").read_text())
    assert report["gate"]["allowed"] == {"hau": 5.0, "swa": 5.0}
    assert report["passing"] == "--quant int8-mixed"
    assert [path.name for path in tmp_path.iterdir()] == ["ruined.report.json"]


def test_the_gate_says_when_nothing_passes(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgener.export import modes

    _ruined(monkeypatch, set(modes.MODES))
    with pytest.raises(GateFailed, match="no other mode that was tried passes"):
        export(str(tiny_model), ExportConfig(), tmp_path / "ruined")


def test_without_data_the_bundle_is_marked_ungated(tiny_model: Path, sample_data: Path, tmp_path: Path) -> None:
    """A stock Hugging Face folder knows no data; --data gives the gate some."""
    stock = tmp_path / "stock"
    shutil.copytree(tiny_model, stock, ignore=shutil.ignore_patterns("manifest.json"))
    ungated = open_bundle(export(str(stock), ExportConfig(quant="int8"), tmp_path / "ungated"))
    assert not ungated.gated
    assert "no dev data is known" in ungated.manifest["gate"]["why"]
    config = ExportConfig(quant="int8", max_f1_drop=5.0)
    gated = open_bundle(export(str(stock), config, tmp_path / "gated", data=sample_data, languages=["hau"]))
    assert gated.gated
    assert gated.manifest["languages"] == ["hau"]


def test_a_gate_that_did_not_see_every_language_is_not_passed(
    tiny_model: Path, sample_data: Path, tmp_path: Path
) -> None:
    config = ExportConfig(quant="none")
    for name, given in {
        "one of two": {"languages": ["hau"]},
        "one of two, other data": {"data": sample_data, "languages": ["hau"]},
        "another": {"data": sample_data, "languages": ["yor"]},
    }.items():
        bundle = open_bundle(export(str(tiny_model), config, tmp_path / name, **given))  # type: ignore[arg-type]
        assert not bundle.gated
        assert "swa not measured, only" in bundle.why_ungated
        assert bundle.manifest["languages"] == ["hau", "swa"]
    whole = open_bundle(export(str(tiny_model), config, tmp_path / "whole", data=sample_data, languages=["swa", "hau"]))
    assert whole.gated
    assert "in any of swa, hau" in (whole.path / "README.md").read_text()


def test_a_failed_gate_leaves_the_report_of_the_bundle_that_is_there(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = export(str(tiny_model), ExportConfig(quant="none"), tmp_path / "b")
    before = report_of(bundle).read_bytes()
    _ruined(monkeypatch, {"int8"})
    with pytest.raises(GateFailed):
        export(str(tiny_model), ExportConfig(quant="int8", max_f1_drop=5.0), bundle, force=True)
    assert report_of(bundle).read_bytes() == before


@pytest.mark.parametrize("change", [{"format": "ort"}, {"target": "x86-avx2", "weight_bits": 7, "smooth": 0.5}])
def test_advice_is_what_was_measured(
    change: dict[str, Any], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ruined(monkeypatch, {"int8", "int8-static"})
    with pytest.raises(GateFailed) as caught:
        export(str(tiny_model), ExportConfig(max_f1_drop=5.0, **change), tmp_path / "b")
    wanted = {
        "format": "--quant int8-mixed --format ort",
        "target": "--target x86-avx2 --quant int8-mixed --smooth 0.5",
    }
    assert caught.value.passing == wanted[next(iter(change))]


def test_advice_names_no_option_that_would_be_refused() -> None:
    config = ExportConfig(smooth=0.5, weight_bits=7, calibration="entropy")
    assert options_of(config) == "--quant int8 --smooth 0.5 --weight-bits 7"
    assert options_of(replace(config, quant="fp16")) == "--quant fp16"


def test_without_a_gate_it_is_still_calibrated_on_train_sentences(
    tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a study measures without gates is what a user gets with one."""
    gated = export(str(tiny_model), ExportConfig(quant="int8-static", max_f1_drop=50.0), tmp_path / "gated")
    free = export(str(tiny_model), ExportConfig(quant="int8-static", gate=False), tmp_path / "free")
    assert (gated / "weights.bin").read_bytes() == (free / "weights.bin").read_bytes()
    assert (gated / "model.onnx").read_bytes() == (free / "model.onnx").read_bytes()
    assert json.loads(report_of(free).read_text())["found"]["measured_on"] == "train of hau, swa"
    assert "built-in sample" not in capfd.readouterr().err
    stock = Path(shutil.copytree(tiny_model, tmp_path / "stock", ignore=shutil.ignore_patterns("manifest.json")))
    export(str(stock), ExportConfig(), tmp_path / "unknown")
    assert "warning: activations are measured on the built-in sample; --data gives" in capfd.readouterr().err


def test_two_entities_of_a_small_dev_set_may_fall_the_other_way() -> None:
    gold = {"hau": [["B-LOC"]] * 50, "swa": [["B-LOC"]] * 500, "yor": [["O"]]}
    before = combine({name: score_words(tags, tags) for name, tags in gold.items()}, False, None)
    assert allowed_drops(before, None) == {"hau": 4.0, "swa": 1.0, "yor": 1.0}
    assert allowed_drops(before, 0.5) == {"hau": 0.5, "swa": 0.5, "yor": 0.5}
