"""What commands do not do unasked, what they do not pass over in silence, and models that are not as they were."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from safetensors.torch import load_file, save_file

from edgener.artefact import file_table
from tests.helpers.commands import Capture, answers, refused, run

PRUNE = ("--sparsity", "0.5")


def _copy(model: Path, place: Path) -> Path:
    return Path(shutil.copytree(model, place))


def _change(model: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a manifest."""
    file = model / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest))


def test_a_model_is_not_replaced_by_what_is_made_from_it(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    model = _copy(tiny_model, tmp_path / "models" / "m")
    before = file_table(model)
    commands = (
        ("export", "--no-gate"),
        ("export", "--no-gate", "--quant", "int8-static", "--variant", "int8", "--archive"),
        ("export", "--no-gate", "--target", "pi4", "--format", "ort"),
        ("prune", *PRUNE, "--epochs", "1", "--quant-aware"),
        ("prune", *PRUNE),
        ("distill", "--layers", "1"),
        ("structure", "--ffn", "0.5"),
    )
    for out in (model, model.parent):
        for name, *options in commands:
            line = refused(capfd, 2, name, model, *options, "--out", out, "--force")
            assert "which it is made from; choose another --out" in line
    assert file_table(model) == before


@pytest.mark.parametrize("ending", ["training", "report"])
def test_a_users_file_beside_the_output_stays(tiny_model: Path, tmp_path: Path, capfd: Capture, ending: str) -> None:
    mine = tmp_path / f"out.{ending}.json"
    mine.write_text("mine")
    command = ["export", tiny_model, "--no-gate"] if ending == "report" else ["prune", tiny_model, *PRUNE]
    assert f"out.{ending}.json: not a file of edgener's" in refused(capfd, 2, *command, "--out", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [mine.name]
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    "command", ["prune", "structure", "distill", "trim-vocab", "export", "train", "student", "pretrain"]
)
def test_a_mistyped_folder_is_told_at_once(
    command: str, tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`runs/nope` has the form of a hub id, but runs/ is a folder here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "hau.txt").write_text("Ina kwana.\n")
    lines = {
        "train": ["train", "--data", sample_data, "--encoder", "runs/nope"],
        "structure": ["structure", "runs/nope", "--ffn", "0.5"],
        "trim-vocab": ["trim-vocab", "runs/nope", "--data", sample_data],
        "student": ["distill", tiny_model, "--student", "runs/nope"],
        "pretrain": ["pretrain", "--raw", "texts", "--tokenizer", "runs/nope"],
    }
    began = time.monotonic()
    line = refused(capfd, 2, *lines.get(command, [command, "runs/nope"]), "--out", tmp_path / "out")
    assert "runs/nope: no such model folder" in line
    assert time.monotonic() - began < 10
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["prune", "structure", "export", "distill", "student", "train", "evaluate"])
def test_a_damaged_model_is_not_read(
    command: str, tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: Capture
) -> None:
    model = _copy(tiny_model, tmp_path / "m")
    weights = load_file(model / "model.safetensors")
    weights["classifier.bias"][0] += 1
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    lines = {
        "structure": ["structure", model, "--ffn", "0.5"],
        "student": ["distill", tiny_model, "--student", model],
        "train": ["train", "--data", sample_data, "--encoder", model],
        "evaluate": ["evaluate", model, "--data", sample_data],
    }
    line = refused(capfd, 2, *lines.get(command, [command, model]), "--out", tmp_path / "out")
    assert "model.safetensors: sha256 differs from the manifest; this model was damaged or changed" in line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(schema=99), "schema 99; this edgener reads 1"),
        (lambda manifest: manifest.pop("schema"), "schema None"),
        (lambda manifest: manifest.update(steps="x"), "'steps' is not as edgener writes it"),
        (lambda manifest: manifest.update(steps=[{"stage": "train"}]), "'steps' is not as"),
        (lambda manifest: manifest.update(languages="hau"), "'languages' is not as"),
        (lambda manifest: manifest.update(pruned=[]), "'pruned' is not as"),
        (lambda manifest: manifest.update(data="x"), "'data' is not as"),
        (lambda manifest: manifest.pop("files"), "'files' is not a table"),
        (lambda manifest: manifest.update(kind="bundle"), "a bundle, not a model; give the model it was made from"),
    ],
)
def test_a_manifest_that_edgener_did_not_write_is_refused(
    change: Callable[[dict[str, Any]], Any], message: str, tiny_model: Path, tmp_path: Path, capfd: Capture
) -> None:
    model = _copy(tiny_model, tmp_path / "m")
    _change(model, change)
    assert message in refused(capfd, 2, "prune", model, *PRUNE, "--out", tmp_path / "out")


def test_a_model_without_its_tokenizer_is_told(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    model = _copy(tiny_model, tmp_path / "m")
    for name in ("tokenizer.json", "manifest.json"):
        (model / name).unlink()
    assert "no tokenizer in it; expected tokenizer.json" in refused(capfd, 2, "prune", model, "--out", tmp_path / "o")


def test_a_bundle_is_no_model(tiny_bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "hau.txt").write_text("Ina kwana.\n")
    for command in (["prune", tiny_bundle], ["pretrain", "--raw", tmp_path, "--tokenizer", tiny_bundle]):
        assert "a bundle, not a model" in refused(capfd, 2, *command, "--out", tmp_path / "out")


def test_zeros_that_no_manifest_speaks_of_are_told(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    assert run("prune", tiny_model, *PRUNE, "--out", tmp_path / "p") == 0
    _change(tmp_path / "p", lambda manifest: manifest.pop("pruned"))
    capfd.readouterr()
    options = ["--student", tmp_path / "p", "--epochs", "1", "--lang", "hau", "--out", tmp_path / "s"]
    assert run("distill", tiny_model, *options) == 0
    assert "warning: 50 % of the weights are 0, but no manifest says pruned" in capfd.readouterr().err


def test_pruning_says_what_it_cannot_add(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    blocks = tmp_path / "blocks"
    assert run("prune", tiny_model, "--pattern", "1x4", *PRUNE, "--out", blocks) == 0
    capfd.readouterr()
    again = ["prune", blocks, "--pattern", "1x4", "--out", tmp_path / "again"]
    assert "which --permute would break" in refused(capfd, 2, *again, "--sparsity", "0.6", "--permute")
    assert "50.0 % of these weights are pruned already" in refused(capfd, 2, *again, "--sparsity", "0.3")
    assert run(*again, "--sparsity", "0.6") == 0
    assert "pattern 1x4" in capfd.readouterr().out


def test_a_bundle_names_every_step(tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: Capture) -> None:
    pytest.importorskip("seqeval")
    assert run("prune", tiny_model, *PRUNE, "--out", tmp_path / "p") == 0
    assert run("export", tmp_path / "p", "--no-gate", "--out", tmp_path / "b") == 0
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert [step["stage"] for step in manifest["steps"]] == ["train", "prune"]
    assert manifest["pruned"]["sparsity"] == pytest.approx(0.5, abs=1e-3)
    assert manifest["encoder"]
    assert str(tmp_path) not in json.dumps(manifest), "a bundle is published: it names no path"
    capfd.readouterr()
    assert run("evaluate", tmp_path / "b", "--data", sample_data, "--lang", "hau", "--json") == 0
    assert [step["stage"] for step in answers(capfd)[0]["steps"]] == ["train", "prune"]


def test_a_student_names_the_steps_of_its_teacher(tiny_model: Path, tmp_path: Path) -> None:
    assert run("prune", tiny_model, *PRUNE, "--out", tmp_path / "p") == 0
    options = ["--student", tmp_path / "p", "--epochs", "1", "--lang", "hau", "--out", tmp_path / "s"]
    assert run("distill", tiny_model, *options) == 0
    last = json.loads((tmp_path / "s" / "manifest.json").read_text())["steps"][-1]
    assert [step["stage"] for step in last["teacher"]["steps"]] == ["train"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("prune MODEL --ramp 0.5", "--ramp: with --when after sparsity does not rise"),
        ("prune MODEL --learning-rate 1e-3", "--learning-rate: nothing is trained here"),
        ("structure MODEL --ffn 0.5 --epochs 0 --raw DATA", "--raw: nothing is trained here"),
        ("structure MODEL --ffn 0.5 --data NOBODY", "no entity in the train files"),
        ("distill MODEL --layers 2", "the student would be the teacher itself"),
        ("distill MODEL --student MODEL", "is the teacher itself"),
        (
            "distill ENCODER --mode task-agnostic --layers 1 --raw RAW --length 9999",
            "--length 9999: this encoder reads",
        ),
        ("distill ENCODER --mode task-agnostic --layers 1 --raw RAW --quant-aware", "has no use for --quant-aware"),
        ("structure MODEL --ffn 0.5 --epochs 0 --quant-aware", "--quant-aware: nothing is trained here"),
        ("train --data DATA --encoder ENCODER --max-length 0", "--max-length 0: this encoder reads"),
        ("export MODEL --no-gate --max-length 0", "--max-length 0: this encoder reads"),
        ("export MODEL --length 64 --max-length 32", "--max-length: --length 64 is the window; leave it out"),
        ("export MODEL --calibration entropy", "--calibration: only int8-static finds ranges beforehand"),
        ("export MODEL --extra-size 0.1 --variant int4", "--extra-size: only int8-mixed"),
        ("export MODEL --quant int4 --smooth 0.5", "--smooth: only int8 modes"),
        ("export MODEL --target x86-avx2 --quant none --weight-bits 7", "--weight-bits: only int8 modes"),
        ("export MODEL --no-gate --max-f1-drop 2", "--max-f1-drop: with --no-gate nothing is compared"),
        ("export MODEL --no-gate --quant none --data DATA", "--data: with --no-gate this mode reads none"),
        ("evaluate MODEL --data DATA --variant int8", "--variant int8: for bundles"),
    ],
)
def test_what_would_be_passed_over_is_told(
    command: str,
    message: str,
    tiny_model: Path,
    tiny_encoder: Path,
    sample_data: Path,
    tmp_path: Path,
    capfd: Capture,
) -> None:
    for language in ("hau", "swa"):
        (tmp_path / "nobody" / language).mkdir(parents=True)
        for split in ("train", "dev"):
            (tmp_path / "nobody" / language / f"{split}.txt").write_text("Ina O\nkwana O\n\n")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "hau.txt").write_text("Ina kwana.\n")
    places = {"MODEL": tiny_model, "ENCODER": tiny_encoder, "DATA": sample_data}
    places |= {"NOBODY": tmp_path / "nobody", "RAW": tmp_path / "raw"}
    arguments = [str(places.get(word, word)) for word in command.split()]
    assert message in refused(capfd, 2, *arguments, "--out", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))


def test_a_fine_tuned_encoder_is_told(tiny_model: Path, sample_data: Path, tmp_path: Path, capfd: Capture) -> None:
    options = ["--data", sample_data, "--lang", "hau", "--epochs", "1", "--out", tmp_path / "m"]
    assert run("train", *options, "--encoder", tiny_model) == 0
    assert "already fine-tuned; its training goes on" in capfd.readouterr().err
