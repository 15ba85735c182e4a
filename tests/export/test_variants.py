"""Other graphs over the same weights, packed batches, and ONNX Runtime's own format."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import onnx

from edgener.bundle.verify import open_bundle, problems
from edgener.errors import UserError
from edgener.export import modes
from edgener.export.config import ExportConfig
from edgener.export.run import GateFailed, export
from edgener.runtime import Ner
from edgener.runtime.golden import differences
from edgener.runtime.settings import Settings
from edgener.text import sample
from edgener.train.record import report_of
from tests.helpers.commands import Capture, run

TEXTS = [text for name in ("hau", "swa") for text in sample.sentences()[name]]
VARIANTS = ("int8-static", "int8-static-packed", "int8-packed")


@pytest.fixture(scope="module")
def bundle(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = ExportConfig(variants=VARIANTS, max_f1_drop=20.0)
    return export(str(tiny_model), config, tmp_path_factory.mktemp("variants") / "b")


def test_variants_share_their_weights(bundle: Path, tiny_bundle: Path) -> None:
    assert problems(bundle) == []
    assert open_bundle(bundle).variants == sorted(VARIANTS)
    sizes = [(folder / "weights.bin").stat().st_size for folder in (bundle, tiny_bundle)]
    assert sizes[0] < 1.02 * sizes[1]
    told = open_bundle(bundle).manifest["model"]["variants"]
    assert {name: (one["activations"], one["packed"]) for name, one in told.items()} == {
        "int8-static": ("static", False),
        "int8-static-packed": ("static", True),
        "int8-packed": ("dynamic", True),
    }


def test_every_variant_has_parity_and_a_gate_and_answers_golden_sentences(bundle: Path, capfd: Capture) -> None:
    report = json.loads(report_of(bundle).read_text())
    assert set(report["variants"]) == set(VARIANTS)
    for one in report["variants"].values():
        assert one["parity"]["tag_agreement"] > 0.9
        assert set(one["gate"]["bundle"]) == {"hau", "swa"}
    golden = open_bundle(bundle).golden
    assert golden
    for name in VARIANTS:
        assert differences(Ner.load(bundle, settings=Settings(variant=name)), golden) == []
    assert run("verify", bundle) == 0


def test_verify_runs_the_variants_too(bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    """A variant that answers otherwise is a problem of the bundle, though its hashes are right."""
    import shutil

    from tests.helpers.onnx_bundle import reseal

    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    graph = onnx.load(copy / "model.int8-static.onnx", load_external_data=False)
    bias = next(one for one in graph.graph.initializer if one.name == "classifier.bias")
    bias.raw_data = (np.frombuffer(bias.raw_data, np.float32)[::-1] * 50).tobytes()
    (copy / "model.int8-static.onnx").write_bytes(graph.SerializeToString())
    assert run("verify", reseal(copy)) == 1
    out = capfd.readouterr().out
    assert "variant int8-static: golden sentence " in out
    assert "packed" not in out


def test_packed_answers_do_not_depend_on_padding(tiny_model: Path, tmp_path: Path) -> None:
    plain = Ner.load(export(str(tiny_model), ExportConfig(quant="none", gate=False), tmp_path / "a"))
    packed = export(str(tiny_model), ExportConfig(quant="none", packed=True, gate=False), tmp_path / "b")
    for size in (1, 3, 8):
        found = Ner.load(packed, batch_size=size).batch(TEXTS)
        for ours, theirs in zip(found, plain.batch(TEXTS), strict=True):
            assert [one.text for one in ours] == [one.text for one in theirs]
            assert np.allclose([one.score for one in ours], [one.score for one in theirs], atol=1e-5)


def test_a_variant_that_loses_too_much_fails_the_export(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    original = modes.quantised

    def ruin(encoder: Any, config: ExportConfig, texts: Any) -> Any:
        network, form, found = original(encoder, config, texts)
        bias = (
            network.head.bias + np.float32(100) * (config.quant == "int8-static") * np.eye(1, len(network.head.bias))[0]
        )
        return replace(network, head=replace(network.head, bias=bias.astype(np.float32))), form, found

    monkeypatch.setattr(modes, "quantised", ruin)
    with pytest.raises(GateFailed, match="with --variant int8-static, 5 is allowed; leave --variant int8-static out"):
        export(str(tiny_model), ExportConfig(variants=("int8-static",), max_f1_drop=5.0), tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_ort_format_answers_alike_and_names_its_operators(tiny_model: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = export(str(tiny_model), ExportConfig(format="ort", max_f1_drop=20.0), tmp_path / "b")
    assert problems(bundle) == []
    assert sorted(path.name for path in bundle.iterdir() if path.name.startswith(("model", "weights"))) == ["model.ort"]
    whole = Ner.load(tiny_bundle)
    assert [[e.text for e in one] for one in Ner.load(bundle).batch(TEXTS)] == [
        [e.text for e in one] for one in whole.batch(TEXTS)
    ]
    operators = (bundle / "required_operators.config").read_text()
    assert "com.microsoft;1;DynamicQuantizeMatMul" in operators
    assert str(tmp_path) not in operators
    usability = json.loads(report_of(bundle).read_text())["found"]["usability"]
    assert usability["use"] == ["cpu"]
    assert usability["accelerators"]["nnapi"]["nodes"] > usability["accelerators"]["nnapi"]["taken"]
    assert "`model.ort`" in (bundle / "README.md").read_text()


@pytest.mark.parametrize("quant", ["int8", "int4"])
def test_ort_format_has_int4_embeddings_too(tiny_model: Path, tmp_path: Path, quant: str) -> None:
    found = {}
    for form in ("onnx", "ort"):
        config = ExportConfig(quant=quant, embeddings="int4", format=form, gate=False)
        found[form] = export(str(tiny_model), config, tmp_path / form)
    rows = [[(e.text, e.type) for e in one] for one in Ner.load(found["onnx"]).batch(TEXTS)]
    assert rows == [[(e.text, e.type) for e in one] for one in Ner.load(found["ort"]).batch(TEXTS)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variants": ("int3",)}, "--variant int3: expected none, "),
        ({"variants": ("int8",)}, "--variant int8: already in the bundle"),
        ({"variants": ("int4", "int4")}, "--variant int4: already in the bundle"),
        ({"format": "tflite"}, "--format tflite: expected onnx, ort"),
        ({"format": "ort", "variants": ("int4",)}, "--format ort: one graph"),
        ({"format": "ort", "sparse": True}, "--format ort: one graph"),
    ],
)
def test_settings_that_make_no_sense(change: dict[str, Any], message: str, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        export(str(tiny_model), ExportConfig(**change), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_the_command_with_variants_and_tune(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    bundle = tmp_path / "b"
    asked = ("--variant", "int8-static", "--variant", "int8-packed", "--max-f1-drop", "20")
    assert run("export", tiny_model, "--out", bundle, *asked) == 0
    out = capfd.readouterr().out
    assert len(out.splitlines()) < 10
    assert "variant int8-static: " in out
    assert run("tune", bundle, "--rounds", "3", "--json") == 0
    names = json.loads(capfd.readouterr().out)["ms"]
    assert sum(name.startswith("variant int8") for name in names) == 2


def test_a_variant_that_is_not_there(bundle: Path) -> None:
    with pytest.raises(UserError, match=r"no variant 'int4' \(its variants: int8\-packed, int8-static"):
        Ner.load(bundle, settings=Settings(variant="int4"))
