"""train, export and demo as they are typed: what they print, what they refuse, what a full disk does to them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener.bundle.verify import problems
from edgener.commands import demo
from edgener.export import gate
from edgener.runtime import golden
from tests.helpers.commands import Capture, refused, run


def test_export_takes_the_newest_finished_model(
    tiny_model: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no finished model here" in refused(capfd, 2, "export")
    shutil.copytree(tiny_model, tmp_path / "runs" / "older")
    shutil.copytree(tiny_model, tmp_path / "runs" / "newer")
    (tmp_path / "runs" / ".half.work").mkdir()
    (tmp_path / "runs" / "newer" / "manifest.json").touch()
    assert run("export", "--quant", "none", "--no-gate", "--json") == 0
    out, err = capfd.readouterr()
    document = json.loads(out)
    assert document["bundle"] == "runs/newer-none"
    assert document["report"]["fp32"]["max_logit_difference"] <= 1e-4
    assert "warning: this bundle is ungated: exported with --no-gate\n" in err
    assert problems(Path("runs/newer-none")) == []


def test_a_failed_gate_prints_its_table_and_leaves_no_bundle(
    tiny_model: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate.Gate, "failing", ["hau"])
    monkeypatch.setattr(gate.Gate, "drops", {"hau": 7.5, "swa": 0.0})
    arguments = ("export", tiny_model, "--quant", "none", "--max-f1-drop", "1", "--out", tmp_path / "out")
    assert run(*arguments) == 1
    out, err = capfd.readouterr()
    assert [line for line in out.splitlines() if "hau" in line and "7.50" in line and "too much" in line]
    last = err.splitlines()[-1]
    assert last.startswith("edgener: gate failed: hau loses 7.50 F1 on dev (most: DATE, 0.00) with --quant none, 1 is")
    assert run(*arguments, "--json") == 1
    assert json.loads(capfd.readouterr().out)["bundle"] is None
    assert not (tmp_path / "out").exists()


def test_wrong_uses_of_export(tiny_model: Path, tiny_bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    out = ("--out", tmp_path / "out")
    assert "--quant int3: expected none, fp16, int8" in refused(capfd, 2, "export", tiny_model, "--quant", "int3", *out)
    assert "no such model folder" in refused(capfd, 2, "export", tmp_path / "nothing", *out)
    assert "a bundle, not a model" in refused(capfd, 2, "export", tiny_bundle, *out)
    assert "the model was trained on hau, swa" in refused(capfd, 2, "export", tiny_model, "--lang", "xyz", *out)
    (tmp_path / "empty.txt").write_text("")
    assert "empty.txt: no text" in refused(capfd, 2, "export", tiny_model, "--golden", tmp_path / "empty.txt", *out)
    assert "--max-f1-drop" in refused(capfd, 2, "export", tiny_model, "--max-f1-drop", "much", *out)
    assert not (tmp_path / "out").exists()


def test_own_golden_sentences_and_windows(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    golden = tmp_path / "golden.txt"
    golden.write_text("Ibrahim Musa ya ziyarci Kano .\nBa haka ba ne .\n")
    arguments = ("export", tiny_model, "--quant", "none", "--no-gate", "--golden", golden, "--max-length", "32")
    assert run(*arguments, "--out", tmp_path / "out") == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["decode"]["max_length"] == 32
    for line in (tmp_path / "out" / "golden.jsonl").read_text().splitlines():
        assert json.loads(line)["text"] in golden.read_text()


def test_all_own_golden_sentences_with_a_clear_margin_are_taken(
    tiny_model: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "MARGIN", 0.0)
    (tmp_path / "golden.txt").write_text("".join(f"Musa ya je Kano {number} .\n" for number in range(7)))
    arguments = ("export", tiny_model, "--quant", "none", "--no-gate", "--golden", tmp_path / "golden.txt")
    assert run(*arguments, "--out", tmp_path / "out") == 0
    assert "golden sentences: 7 of 7 have a clear margin" in capfd.readouterr().err
    assert len((tmp_path / "out" / "golden.jsonl").read_text().splitlines()) == 7


def test_a_bundle_whose_report_is_gone_or_another_is_still_found(
    tiny_model: Path, tmp_path: Path, capfd: Capture
) -> None:
    """The state after a kill between report and bundle, or after a failed gate with --force."""
    arguments = ("export", tiny_model, "--quant", "none", "--no-gate", "--out", tmp_path / "out")
    assert run(*arguments) == 0
    report = tmp_path / "out.report.json"
    report.write_text('{"request": "another", "gate": null, "parity": null}')
    assert run(*arguments) == 0
    report.unlink()
    capfd.readouterr()
    assert run(*arguments, "--json") == 0
    assert "model.onnx" in json.loads(capfd.readouterr().out)["report"]["files"]


def test_licences_of_the_data_are_added_up(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["licences"] = ["CC-BY-NC-4.0"]
    (model / "manifest.json").write_text(json.dumps(manifest))
    arguments = ("export", model, "--quant", "none", "--no-gate", "--licence", "MIT", "--out", tmp_path / "out")
    assert run(*arguments) == 0
    assert "forbids commercial use of this bundle (CC-BY-NC-4.0)" in capfd.readouterr().err
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["licences"]["data"] == ["CC-BY-NC-4.0", "MIT"]


def test_a_graph_with_its_weights_beside_it_ends_in_one_file(
    tiny_model: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the exporter does with a model of over 2 GB."""
    monkeypatch.setenv("FORCE_ONNX_EXTERNAL_DATA", "1")
    assert run("export", tiny_model, "--quant", "int8", "--no-gate", "--out", tmp_path / "out") == 0
    assert problems(tmp_path / "out") == []
    assert run("verify", tmp_path / "out") == 0


def test_train_says_what_is_wrong_in_one_line(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, capfd: Capture
) -> None:
    given = ("train", "--encoder", tiny_encoder, "--out", tmp_path / "out")
    assert "no such file or folder" in refused(capfd, 2, *given, "--data", tmp_path / "nothing")
    assert "no language 'xyz'" in refused(capfd, 2, *given, "--data", sample_data, "--lang", "xyz")
    assert "expected unicode-1 or char" in refused(capfd, 2, *given, "--data", sample_data, "--splitter", "words")
    assert "--epochs 0" in refused(capfd, 2, *given, "--data", sample_data, "--epochs", "0")
    assert "Missing option '--encoder'" in refused(capfd, 2, "train", "--data", sample_data)
    wrong = tmp_path / "wrong" / "hau"
    wrong.mkdir(parents=True)
    (wrong / "train.txt").write_text("Kano B-LOC\nta X\n")
    (wrong / "dev.txt").write_text("Kano B-LOC\n")
    assert "train.txt:2: 'X' is not a tag" in refused(capfd, 2, *given, "--data", wrong.parent)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 400 KB left."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system of 400 KB needs Linux and root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_line_and_leaves_nothing(
    tiny_encoder: Path, tiny_model: Path, sample_data: Path, small_disk: Path, capfd: Capture
) -> None:
    train = ("train", "--encoder", tiny_encoder, "--data", sample_data, "--lang", "hau", "--epochs", "1")
    for arguments in (train, ("export", tiny_model, "--quant", "none", "--no-gate")):
        assert run(*arguments, "--out", small_disk / "out") == 2
        last = capfd.readouterr().err.splitlines()[-1]
        assert last.startswith("edgener: ")
        assert "No space left on device" in last
        assert not (small_disk / "out").exists()


def test_demo_ends_with_a_table_and_three_sentences(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole chain, with less training than `make demo` has."""
    monkeypatch.setattr(demo, "SETTINGS", {**demo.SETTINGS, "epochs": 2})
    monkeypatch.setattr(gate, "USUAL_DROP", 100.0)
    assert run("demo", "--out", tmp_path / "runs") == 0
    out, err = capfd.readouterr()
    for word in (
        "MB",
        "start s",
        "ms, 32 tokens",
        "RSS MB",
        "F1 hau",
        "F1 amh",
        "demo-int8",
        "demo-fp32",
        "torch-fp32",
    ):
        assert word in out
    sentences = out[out.index("torch-fp32") :].splitlines()
    assert len([line for line in sentences if line.endswith((".", "።", "?", "]"))]) >= 3
    assert f"{tmp_path}/runs/demo-int8: verified" in err
    assert problems(tmp_path / "runs" / "demo-int8") == []
