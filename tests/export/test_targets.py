"""Targets: what each asks for, and what a runtime says where it does not have it."""

import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import onnx
from onnx import TensorProto, numpy_helper

from edgener.bundle.verify import open_bundle, problems
from edgener.errors import CheckFailed, UserError
from edgener.export import targets
from edgener.export.config import ExportConfig
from edgener.export.report import read_report
from edgener.export.run import export
from edgener.runtime import Ner, cpu
from edgener.text import sample
from tests.helpers.commands import Capture, answers, refused, run

TEXTS = sample.sentences()["hau"]


@pytest.mark.parametrize("name", targets.names())
def test_every_target_makes_a_bundle(name: str, tiny_model: Path, tmp_path: Path) -> None:
    config = targets.applied(ExportConfig(gate=False), targets.load(name), frozenset())
    bundle = open_bundle(export(str(tiny_model), config, tmp_path / "b"))
    model = bundle.manifest["model"]
    assert model["target"] == name
    assert set(model["needs"]) <= set(targets.load(name).machines)
    saturates = targets.load(name).weight_bits == 8
    assert bool(model["exact_with"]) == saturates
    operators = (bundle.path / "model.onnx").read_bytes()
    assert (b"GatherBlockQuantized" in operators) == (name in ("android-arm64", "ios-arm64"))
    assert (read_report(bundle.path)["footprint"] is not None) == (name == "ios-arm64")


def test_options_of_the_user_count_more_than_the_target() -> None:
    web = targets.load("web")
    assert targets.applied(ExportConfig(quant="fp16"), web, frozenset({"quant"})).quant == "fp16"
    assert targets.applied(ExportConfig(quant="fp16"), web, frozenset()).quant == "int8"
    assert targets.applied(ExportConfig(), None, frozenset()) == ExportConfig()


def test_a_target_that_there_is_none_of(tmp_path: Path, tiny_model: Path, capfd: Capture) -> None:
    line = refused(capfd, 2, "export", tiny_model, "--target", "toaster", "--out", tmp_path / "b")
    assert "--target toaster: expected android-arm64, ios-arm64, pi4, pi5, web, x86-avx2, x86-vnni" in line


def test_the_list(capfd: Capture) -> None:
    assert run("export", "--list-targets") == 0
    shown = capfd.readouterr().out
    assert "Raspberry Pi 4" in shown
    assert "7-bit weights" in shown
    assert run("export", "--list-targets", "--json") == 0
    assert [one["name"] for one in answers(capfd)[0]["targets"]] == targets.names()


def test_a_bundle_that_is_too_large_for_its_platform(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    small = replace(targets.load("web"), max_mb=0.01)
    monkeypatch.setattr(targets, "load", lambda name: small)
    with pytest.raises(CheckFailed, match=r"MB, target web takes at most 0\.01; trim the vocabulary"):
        export(str(tiny_model), ExportConfig(gate=False, target="web"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_takes_too_much_memory_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    pi4 = targets.load("pi4")
    assert pi4.max_peak_mb
    monkeypatch.setattr(targets, "load", lambda name: replace(pi4, max_peak_mb=20.0))
    with pytest.raises(CheckFailed, match=r"loading the bundle takes \d+ MB, target pi4 has 20; trim"):
        export(str(tiny_model), ExportConfig(gate=False, target="pi4"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(targets, "load", lambda name: pi4)
    assert problems(export(str(tiny_model), ExportConfig(gate=False, target="pi4"), tmp_path / "b")) == []


WHERE = Path("b/manifest.json")


def test_a_bundle_of_another_cpu_is_refused_on_such_a_machine_only() -> None:
    model = {"target": "pi5", "needs": {"aarch64": ["asimddp"]}}
    cpu.check(model, WHERE, "aarch64", frozenset({"asimd", "asimddp"}))
    cpu.check(model, WHERE, "x86_64", frozenset({"avx2"}))
    with pytest.raises(UserError, match="made for target pi5, which needs asimddp; this CPU has none"):
        cpu.check(model, WHERE, "aarch64", frozenset({"asimd"}))


def test_where_sums_can_saturate_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    model = {"exact_with": {"x86_64": ["avx512_vnni", "avx_vnni"]}}
    for present in ({"avx2", "avx_vnni"}, {"avx512_vnni"}):
        cpu.check(model, WHERE, "x86_64", frozenset(present))
    cpu.check(model, WHERE, "aarch64", frozenset({"asimd"}))
    assert capsys.readouterr().err == ""
    cpu.check(model, WHERE, "x86_64", frozenset({"avx2"}))
    assert "warning: b: without avx512_vnni or avx_vnni this CPU's int8 sums can saturate" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [None, [], "avx2", {"x86_64": "avx2"}, {"x86_64": []}, {"x86_64": None}, {"aarch64": [7]}]
)
def test_what_a_manifest_says_amiss_asks_for_nothing(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for field in ("needs", "exact_with"):
        cpu.check({field: asked}, WHERE, "x86_64", frozenset({"avx2"}))
    assert capsys.readouterr().err == ""


def test_features_are_those_of_the_first_core(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nFeatures\t: fp asimd asimddp\n\nFeatures : other\n")
    assert cpu.features(tmp_path / "cpuinfo") == {"fp", "asimd", "asimddp"}
    assert cpu.features(tmp_path / "none") is None
    if platform.system() == "Linux":
        assert cpu.features()


def test_seven_bits_answer_alike(tiny_model: Path, tmp_path: Path) -> None:
    eight, seven = (
        Ner.load(export(str(tiny_model), ExportConfig(gate=False, weight_bits=bits), tmp_path / str(bits)))
        for bits in (8, 7)
    )
    tags = [[tag for text in TEXTS for tag in ner.tag_words([text.split()])[0]] for ner in (eight, seven)]
    assert sum(one != other for one, other in zip(*tags, strict=True)) <= 0.05 * len(tags[0])


def _largest(bundle: Path) -> int:
    """Of the int8 numbers of the linears."""
    model = onnx.load(bundle / "model.onnx")
    numbers = [one for one in model.graph.initializer if one.data_type == TensorProto.INT8 and "words" not in one.name]
    return max(int(np.abs(numpy_helper.to_array(one).astype(int)).max()) for one in numbers)


def test_seven_bits_are_63_at_most(tiny_model: Path, tmp_path: Path) -> None:
    config = targets.applied(ExportConfig(gate=False), targets.load("x86-avx2"), frozenset())
    assert _largest(export(str(tiny_model), config, tmp_path / "ours")) == 63
    assert _largest(export(str(tiny_model), ExportConfig(gate=False), tmp_path / "eight")) == 127


def test_a_target_suggests_threads(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgener.runtime.settings import Settings, chosen_for

    monkeypatch.setenv("EDGENER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    config = targets.applied(ExportConfig(gate=False), targets.load("pi4"), frozenset())
    bundle = open_bundle(export(str(tiny_model), config, tmp_path / "b"))
    assert chosen_for(bundle, 0) == Settings(3), "four, but there are three"
    assert chosen_for(bundle, 1) == Settings(1)


def test_int4_embeddings_ask_for_the_runtime_that_knows_them(tiny_model: Path, tmp_path: Path) -> None:
    for embeddings, version in {"int8": "1.18.0", "int4": "1.20.0"}.items():
        config = ExportConfig(gate=False, embeddings=embeddings)
        bundle = open_bundle(export(str(tiny_model), config, tmp_path / embeddings))
        assert bundle.manifest["model"]["min_onnxruntime"] == version


def test_what_a_manifest_says_is_printable_before_it_is_printed() -> None:
    model = {"target": "x\x1b[2J\n" * 100, "needs": {"x86_64": ["\x1b[31mred\n"]}}
    with pytest.raises(UserError) as error:
        cpu.check(model, WHERE, "x86_64", frozenset({"avx2"}))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300
