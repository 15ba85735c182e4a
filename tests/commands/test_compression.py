"""prune and distill from the command line: JSON, defaults, and wrong uses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener.text import sample
from tests.helpers.commands import Capture, answers, refused, run


def _raw(folder: Path) -> Path:
    """The sample's training sentences as raw text."""
    texts = folder / "texts"
    texts.mkdir()
    for language in ("hau", "swa"):
        lines = [" ".join(tokens) for tokens, _ in sample.generate(language, "train")]
        (texts / f"{language}.txt").write_text("\n".join(lines), encoding="utf-8")
    return texts


def test_prune_prints_one_document_with_where_it_comes_from(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    assert run("prune", tiny_model, "--sparsity", "0.4", "--out", tmp_path / "p", "--json") == 0
    (document,) = answers(capfd)
    assert document["model"] == str(tmp_path / "p")
    assert document["pruned"]["sparsity"] == pytest.approx(0.4, abs=1e-3)
    assert document["command"].startswith("edgener prune")
    assert document["machine"]["cpu"]


def test_prune_shows_what_each_tensor_lost(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    assert run("prune", tiny_model, "--pattern", "1x4", "--permute", "--out", tmp_path / "p") == 0
    out, _ = capfd.readouterr()
    assert "pattern 1x4" in out
    assert "encoder.layer.1.output.dense.weight" in out
    manifest = json.loads((tmp_path / "p" / "manifest.json").read_text())
    kept = manifest["permuted"]["total"]
    assert kept["after"] >= kept["before"]


def test_two_processes_prune_together_and_one_of_them_speaks(tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "p"
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "edgener"]
    options = ["--when", "gradual", "--epochs", "1", "--learning-rate", "2e-3", "--lang", "hau", "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [*launch, "prune", str(tiny_model), *options, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    document = json.loads(done.stdout)  # one document
    assert document["pruned"]["sparsity"] == pytest.approx(0.5, abs=2e-3)
    assert (out / "manifest.json").is_file()


def test_distill_prints_the_geometry(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    options = ["--layers", "1", "--epochs", "1", "--learning-rate", "2e-3"]
    assert run("distill", tiny_model, *options, "--out", tmp_path / "s", "--json") == 0
    (document,) = answers(capfd)
    assert document["geometry"]["layers"] == 1
    assert document["geometry"]["multiply_adds"]["32"] > 0
    assert set(document["training"]["best"]["f1"]) == {"hau", "swa"}


def test_a_task_agnostic_student_is_fine_tuned_like_any_encoder(
    tiny_encoder: Path, sample_data: Path, tmp_path: Path, capfd: Capture
) -> None:
    texts = _raw(tmp_path)
    student = tmp_path / "student"
    options = ["--mode", "task-agnostic", "--raw", texts, "--layers", "1", "--steps", "12", "--batch-size", "4"]
    assert run("distill", tiny_encoder, *options, "--out", student, "--json") == 0
    (document,) = answers(capfd)
    assert document["geometry"]["layers"] == 1
    assert json.loads((student / "tokenizer_config.json").read_text())["model_max_length"] == 256
    record = json.loads((tmp_path / "student.training.json").read_text())
    losses = [step["mean_loss"] for step in record["steps"]]
    assert losses[-1] < losses[0], "the student has not come nearer to its teacher"
    tuned = ["--data", sample_data, "--lang", "hau", "--encoder", student, "--epochs", "1", "--out", tmp_path / "m"]
    assert run("train", *tuned) == 0
    steps = json.loads((tmp_path / "m" / "manifest.json").read_text())["steps"]
    assert [step["stage"] for step in steps] == ["distill", "train"]


def test_a_masked_language_model_teaches_its_guesses_too(tmp_path: Path, capfd: Capture) -> None:
    texts = _raw(tmp_path)
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    shape = ["--layers", "2", "--hidden", "32", "--heads", "2", "--ffn", "64", "--length", "32", "--vocabulary", "300"]
    assert run("pretrain", "--raw", texts, *shape, "--steps", "2", "--batch-size", "2", "--out", teacher) == 0
    capfd.readouterr()
    options = ["--mode", "task-agnostic", "--raw", texts, "--layers", "1", "--steps", "4", "--batch-size", "2"]
    assert run("distill", teacher, *options, "--out", student) == 0
    assert json.loads((student / "config.json").read_text())["architectures"] == ["XLMRobertaForMaskedLM"]


def test_a_student_of_an_encoder_must_have_something_to_learn(
    tiny_encoder: Path, tmp_path: Path, capfd: Capture
) -> None:
    """The encoder has no masked-LM head, so there are no guesses to learn."""
    options = ["--mode", "task-agnostic", "--raw", _raw(tmp_path), "--layers", "1", "--steps", "2"]
    without = ["--hidden-weight", "0", "--relation-weight", "0"]
    line = refused(capfd, 2, "distill", tiny_encoder, *options, *without, "--out", tmp_path / "s")
    assert "without a masked-LM head; give --hidden-weight or --relation-weight" in line
    assert not list(tmp_path.glob(".s*"))


def test_a_finished_model_whose_record_is_gone_is_still_shown(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    cut = ["structure", tiny_model, "--ffn", "0.5", "--epochs", "0", "--out", tmp_path / "s"]
    assert run(*cut) == 0
    (tmp_path / "s.training.json").unlink()
    capfd.readouterr()
    assert run(*cut) == 0
    assert run(*cut, "--json") == 0
    assert answers(capfd)[0]["rounds"] is None


def test_a_tag_that_the_model_does_not_know_is_named(tiny_model: Path, tmp_path: Path, capfd: Capture) -> None:
    """A model can know B-PER without I-PER."""
    lame = Path(shutil.copytree(tiny_model, tmp_path / "lame", ignore=shutil.ignore_patterns("manifest.json")))
    config = json.loads((lame / "config.json").read_text())
    names = {name: label.replace("I-PER", "B-OTHER") for name, label in config["id2label"].items()}
    config |= {"id2label": names, "label2id": {label: int(name) for name, label in names.items()}}
    (lame / "config.json").write_text(json.dumps(config))
    for split in ("train", "dev"):
        (tmp_path / "hau").mkdir(exist_ok=True)
        (tmp_path / "hau" / f"{split}.txt").write_text("Musa B-PER\nSani I-PER\n\n", encoding="utf-8")
    options = ["--epochs", "1", "--data", tmp_path, "--lang", "hau", "--out", tmp_path / "out"]
    assert "hau has tag I-PER" in refused(capfd, 2, "prune", lame, *options)


def test_evaluate_runs_a_torch_model_as_the_baselines_do(
    tiny_model: Path, tiny_bundle: Path, sample_data: Path, capfd: Capture
) -> None:
    pytest.importorskip("seqeval")
    data = ["--data", sample_data, "--lang", "hau", "--split", "dev"]
    sizes = {}
    for engine in ("torch-fp32", "torch-int8", "llm-int8"):
        assert run("evaluate", tiny_model, *data, "--engine", engine, "--json") == 0
        (document,) = answers(capfd)
        assert document["engine"]["name"] == engine
        assert document["steps"][-1]["stage"] == "train"
        assert document["macro_f1"] > 0.2
        sizes[engine] = document["engine"].get("memory_bytes")
    assert sizes["torch-int8"] == pytest.approx(sizes["llm-int8"], rel=0.2)
    assert "runs as it is" in refused(capfd, 2, "evaluate", tiny_bundle, *data, "--engine", "llm-int8")
    assert "expected torch-fp32" in refused(capfd, 2, "evaluate", tiny_model, *data, "--engine", "fast")


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ("prune", ["--sparsity", "1.5"], "--sparsity 1.5: expected a share between 0 and 1"),
        ("prune", ["--permute"], "give --pattern 1x4"),
        ("prune", ["--when", "gradual", "--raw", "missing"], "missing: no such file"),
        ("prune", ["--raw", "missing"], "nothing is trained here"),
        ("prune", ["--epochs", "1", "--dropout", "2"], "--dropout 2: expected a share"),
        ("distill", [], "no student"),
        ("prune", ["--pattern", "1x4", "--permute", "--tensor", "*output*"], "leave --tensor out"),
        ("distill", ["--layers-from", "a,b"], "--layers-from a,b: expected numbers such as 1,3,5"),
        ("distill", ["--mode", "fast"], "--mode fast: expected task-specific or task-agnostic"),
        ("distill", ["--mode", "task-agnostic"], "give --raw"),
        ("distill", ["--mode", "task-agnostic", "--raw", "x", "--data", "y"], "has no use for --data"),
        (
            "distill",
            ["--mode", "task-agnostic", "--epochs", "3", "--patience", "2"],
            "has no use for --epochs, --patience",
        ),
        ("distill", ["--layers", "1", "--steps", "10"], "has no use for --steps"),
        ("distill", ["--mode", "task-agnostic", "--raw", "x", "--learning-rate", "5"], "--learning-rate 5: expected"),
        ("distill", ["--mode", "task-agnostic", "--raw", "x", "--softness", "0"], "--softness 0: expected"),
    ],
)
def test_mistakes_are_one_line(
    command: str, options: list[str], message: str, tiny_model: Path, tmp_path: Path, capfd: Capture
) -> None:
    line = refused(capfd, 2, command, tiny_model, *options, "--out", tmp_path / "out")
    assert message in line
    assert not (tmp_path / "out").exists()
