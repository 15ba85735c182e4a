import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
import numpy as np
import onnx

from edgener import artefact
from edgener.benchmark.android_app import growth
from edgener.bundle.verify import open_bundle, problems
from edgener.errors import CheckFailed, UserError
from edgener.export.config import ExportConfig
from edgener.export.run import export
from edgener.runtime import Ner
from edgener.runtime.golden import differences
from edgener.text import sample
from edgener.train.model import load_tagger
from edgener.train.record import report_of
from tests.helpers.commands import run
from tests.helpers.process import kill_when

TEXTS = [text for name in ("hau", "swa") for text in sample.sentences()[name]]
NO_GATE = ExportConfig(quant="none", gate=False)


def test_the_fp32_bundle_answers_like_torch(tiny_model: Path, tiny_fp32: Path) -> None:
    torch_tagger, ner = load_tagger(tiny_model), Ner.load(tiny_fp32)
    for text in TEXTS:
        ours, theirs = ner(text), torch_tagger(text)
        assert [(e.type, e.start, e.end) for e in ours] == [(e.type, e.start, e.end) for e in theirs]
        assert np.allclose([e.score for e in ours], [e.score for e in theirs], atol=1e-4)
    report = json.loads(report_of(tiny_fp32).read_text())
    assert report["fp32"]["max_logit_difference"] <= 1e-4
    assert report["gate"]["reference"] == report["gate"]["bundle"]
    assert report["android"] == growth(tiny_fp32).as_dict()


def test_the_int8_bundle_is_small_sealed_and_golden(tiny_fp32: Path, tiny_bundle: Path) -> None:
    assert problems(tiny_bundle) == []
    bundle = open_bundle(tiny_bundle)
    assert bundle.gated
    assert {record["language"] for record in bundle.golden} <= {"hau", "swa"}
    assert bundle.golden
    assert differences(Ner.load(tiny_bundle), bundle.golden) == []
    sizes = [(folder / "weights.bin").stat().st_size for folder in (tiny_fp32, tiny_bundle)]
    assert sizes[0] / sizes[1] > 2.5  # the graph itself weighs much in so small a network


def test_old_runtimes_read_the_graph_and_its_weights_are_beside_it(tiny_bundle: Path, tiny_fp32: Path) -> None:
    for folder in (tiny_bundle, tiny_fp32):
        model = onnx.load(folder / "model.onnx", load_external_data=False)
        assert model.ir_version <= 10
        assert max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")) <= 21
        places = {
            pair.value for tensor in model.graph.initializer for pair in tensor.external_data if pair.key == "location"
        }
        assert places == {"weights.bin"}
        assert (folder / "model.onnx").stat().st_size < 40_000
        names = [dim.dim_param for dim in model.graph.input[0].type.tensor_type.shape.dim]
        assert all(names)  # batch and sequence are both free


def test_int8_weights_are_per_channel_and_embeddings_are_quantised(tiny_bundle: Path) -> None:
    model = onnx.load(tiny_bundle / "model.onnx")
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    large = [one for one in model.graph.initializer if np.prod(one.dims) > 2000 and one.name != "positions"]
    assert len(large) == 9  # words, and four linears in each of two layers
    assert all(tensor.data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8) for tensor in large)
    scales = [t for t in model.graph.initializer if t.name.endswith(".scale") and t.dims[0] > 1]
    assert scales, kinds


def test_a_bundle_names_no_path_and_carries_the_licence(tiny_bundle: Path, tiny_model: Path) -> None:
    manifest = (tiny_bundle / "manifest.json").read_text() + (tiny_bundle / "README.md").read_text()
    assert str(tiny_model.parent) not in manifest
    assert os.sep + "tmp" + os.sep not in manifest
    assert json.loads((tiny_bundle / "manifest.json").read_text())["licences"]["data"] == ["CC-BY-4.0"]


def test_a_non_commercial_licence_is_said_aloud(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = export(str(tiny_model), NO_GATE, tmp_path / "nc", licence="CC-BY-NC-4.0")
    assert "forbids commercial use" in capsys.readouterr().err
    assert "forbids commercial use" in (out / "README.md").read_text()


def test_the_same_export_is_found_again_and_another_refused(tiny_model: Path, tmp_path: Path) -> None:
    out = export(str(tiny_model), NO_GATE, tmp_path / "bundle")
    seal = (out / "manifest.sha256").read_bytes()
    assert export(str(tiny_model), NO_GATE, out) == out
    with pytest.raises(UserError, match="already exists"):
        export(str(tiny_model), ExportConfig(quant="int8", gate=False), out)
    assert (out / "manifest.sha256").read_bytes() == seal
    again = export(str(tiny_model), NO_GATE, tmp_path / "again")
    assert (again / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process to a core")
def test_another_process_on_one_core_writes_the_same_bytes(tiny_model: Path, tmp_path: Path) -> None:
    here = export(str(tiny_model), ExportConfig(quant="int8-static", gate=False), tmp_path / "here")
    command = [sys.executable, "-m", "edgener", "export", str(tiny_model), "--quant", "int8-static", "--no-gate"]
    one = min(os.sched_getaffinity(0))
    subprocess.run(
        [*command, "--out", str(tmp_path / "there")],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati"},
        preexec_fn=lambda: os.sched_setaffinity(0, {one}),
    )
    for file in here.iterdir():
        assert file.read_bytes() == (tmp_path / "there" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("quant", ["int8-static", "int8-mixed", "int4", "fp16"])
@pytest.mark.parametrize("embeddings", [None, "fp32", "int4"])
def test_every_mode_makes_a_bundle_that_answers(
    quant: str, embeddings: str | None, tiny_model: Path, tiny_fp32: Path, tmp_path: Path
) -> None:
    config = ExportConfig(quant=quant, embeddings=embeddings, max_f1_drop=20.0)
    bundle = export(str(tiny_model), config, tmp_path / "b")
    assert problems(bundle) == []
    opened = open_bundle(bundle)
    assert opened.manifest["model"]["quantization"] == quant
    report = json.loads(report_of(bundle).read_text())
    assert report["parity"]["tag_agreement"] > 0.9
    assert report["found"]["embeddings"] == (embeddings or {"int4": "int4", "fp16": "fp16"}.get(quant, "int8"))
    sizes = [(folder / "weights.bin").stat().st_size for folder in (tiny_fp32, bundle)]
    assert sizes[1] < sizes[0]


def test_static_answers_do_not_depend_on_their_neighbours(tiny_model: Path, tmp_path: Path) -> None:
    bundle = export(str(tiny_model), ExportConfig(quant="int8-static", gate=False), tmp_path / "b")
    ner = Ner.load(bundle)
    alone = [ner(text) for text in TEXTS]
    assert open_bundle(bundle).manifest["model"]["activations"] == "static"
    assert Ner.load(bundle, batch_size=8).batch(TEXTS) == alone


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quant": "int3"}, "--quant int3: expected none, fp16, int8, int8-static, int8-mixed, int4"),
        ({"embeddings": "int2"}, "--embeddings int2: expected fp32, fp16, int8, int4"),
        ({"calibration": "guess"}, "--calibration guess: expected min-max, percentile, entropy"),
        ({"smooth": 1.5}, "--smooth 1.5: expected 0 to 1"),
        ({"extra_size": -1.0}, "--extra-size -1: expected"),
    ],
)
def test_settings_that_make_no_sense(change: dict[str, Any], message: str, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        export(str(tiny_model), ExportConfig(**change), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_is_not_the_model_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgener.export import graph

    original = graph.torch_logits
    monkeypatch.setattr(graph, "torch_logits", lambda *given: [part + 2e-4 for part in original(*given)])
    with pytest.raises(CheckFailed, match="differs from torch"):
        export(str(tiny_model), NO_GATE, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_two_label_sets_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "hau"
    folder.mkdir(parents=True)
    for split in ("train", "dev"):
        (folder / f"{split}.txt").write_text("Kano B-PLACE\nta O\n")
    with pytest.raises(UserError, match="entity type PLACE"):
        export(str(tiny_model), ExportConfig(), tmp_path / "out", data=tmp_path / "data")


@pytest.mark.parametrize("labels", [{"0": "LABEL_0", "1": "LABEL_1"}, {"0": "O", "1": "I-PER"}])
def test_labels_that_cannot_be_decoded_are_refused(labels: dict[str, str], tiny_model: Path, tmp_path: Path) -> None:
    stock = tmp_path / "stock"
    shutil.copytree(tiny_model, stock, ignore=shutil.ignore_patterns("manifest.json"))
    config = json.loads((stock / "config.json").read_text())
    config |= {"id2label": labels, "label2id": {name: int(index) for index, name in labels.items()}}
    (stock / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"config\.json"):
        export(str(stock), NO_GATE, tmp_path / "out")


def test_a_killed_export_leaves_nothing_and_a_rerun_finishes(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "edgener", "export", str(tiny_model), "--quant", "none", "--no-gate"]
    kill_when([*command, "--out", out], tmp_path, ".killed.*.building/*")
    assert not out.exists()
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert problems(out) == []
    assert {path.name for path in tmp_path.iterdir()} == {"killed", "killed.report.json"}


def test_the_model_is_left_as_it_was(tiny_model: Path, tiny_bundle: Path) -> None:
    found = artefact.find(tiny_model)
    assert found is not None
    assert artefact.check_files(tiny_model, found.manifest["files"]) == []


def test_a_fixed_length_answers_as_a_free_one(tiny_model: Path, tmp_path: Path) -> None:
    free = Ner.load(export(str(tiny_model), ExportConfig(quant="none", gate=False), tmp_path / "free"))
    fixed = Ner.load(export(str(tiny_model), ExportConfig(quant="none", gate=False, length=32), tmp_path / "b"))
    assert fixed.spec.max_length == 32
    for text in TEXTS[:10]:
        assert [(one.type, one.text) for one in fixed(text)] == [(one.type, one.text) for one in free(text)]
    assert fixed.batch(TEXTS[:4]) == [fixed(text) for text in TEXTS[:4]]
    with pytest.raises(UserError, match="this encoder reads 8 to 256 pieces"):
        export(str(tiny_model), ExportConfig(quant="none", gate=False, length=5000), tmp_path / "long")


def test_an_archive_replaces_nothing_unasked(
    tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out, zipped = tmp_path / "b", tmp_path / "b.zip"
    arguments = ["export", tiny_model, "--no-gate", "--archive", "--out", out]
    for force in ((), ("--force",)):
        zipped.write_text("mine")
        assert run(*arguments, *force) == 2
        assert "b.zip: not an archive of edgener's" in capfd.readouterr().err
        assert (zipped.read_text(), out.exists()) == ("mine", False)
    zipped.unlink()
    assert run(*arguments) == 0
    assert run(*arguments) == 0, "the same archive is no obstacle"
    before = zipped.read_bytes()
    shutil.rmtree(out)
    assert run(*arguments, "--quant", "none") == 2
    assert "b.zip: already exists; move it, or --force" in capfd.readouterr().err
    assert (zipped.read_bytes(), out.exists()) == (before, False)
    assert run(*arguments, "--quant", "none", "--force") == 0
    assert zipped.read_bytes() != before


def test_a_bundle_does_not_take_the_place_of_its_golden_sentences(
    tiny_model: Path, tiny_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    golden = Path(shutil.copytree(tiny_bundle, tmp_path / "b")) / "mine.txt"
    golden.write_text("Ina kwana.\n")
    assert run("export", tiny_model, "--golden", golden, "--out", golden.parent, "--force") == 2
    assert "mine.txt, which it is made from; choose another --out" in capfd.readouterr().err
    assert golden.is_file()
