"""Five steps from the command line, left alone and killed: trim, train, structure, prune, distill."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener import artefact
from tests.helpers.commands import run
from tests.helpers.process import kill_when

QUICK = ["--learning-rate", "2e-3", "--epochs", "2"]
STEPS = ["trimmed", "model", "cut", "pruned", "student"]


def _commands(folder: Path, encoder: Path, data: Path) -> dict[str, list[str]]:
    """By the name of what each of them makes."""
    place = {name: str(folder / name) for name in STEPS}
    lang = ["--lang", "hau", "--lang", "swa"]
    return {
        "trimmed": ["trim-vocab", str(encoder), "--data", str(data), *lang, "--out", place["trimmed"]],
        "model": ["train", "--data", str(data), *lang, "--encoder", place["trimmed"], *QUICK, "--out", place["model"]],
        "cut": ["structure", place["model"], "--ffn", "0.5", "--steps", "1", *QUICK, "--out", place["cut"]],
        "pruned": ["prune", place["cut"], "--sparsity", "0.5", "--when", "gradual", *QUICK, "--out", place["pruned"]],
        "student": ["distill", place["pruned"], "--layers", "1", *QUICK, "--out", place["student"]],
    }


def _kill(folder: Path, command: list[str], pattern: str) -> None:
    kill_when([sys.executable, "-m", "edgener", *command], folder, pattern)


def test_a_chain_killed_twice_ends_in_the_same_files(tiny_encoder: Path, sample_data: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for command in _commands(whole, tiny_encoder, sample_data).values():
        assert run(*command) == 0
    for name, command in _commands(killed, tiny_encoder, sample_data).items():
        if name in ("model", "pruned"):
            _kill(killed, command, f".{name}.work/*/checkpoint-*/trainer_state.json")
            assert not (killed / name).exists()
        assert run(*command) == 0
    for name in STEPS:
        assert not [path.name for path in killed.glob(".*")], "something was left behind"
        ours, theirs = (sorted(path.name for path in (folder / name).iterdir()) for folder in (whole, killed))
        assert ours == theirs
        for file in ours:
            assert (whole / name / file).read_bytes() == (killed / name / file).read_bytes(), f"{name}/{file}"
    manifest = json.loads((whole / "student" / "manifest.json").read_text())
    assert [step["stage"] for step in manifest["steps"]] == ["trim-vocab", "train", "structure", "prune", "distill"]
    assert manifest["languages"] == ["hau", "swa"]
    assert manifest["pruned"]["sparsity"] == pytest.approx(0.5, abs=0.1)
    assert artefact.check_files(whole / "student", manifest["files"]) == []
    # The same chain again finds every step done.
    before = {name: (whole / name / "manifest.json").stat().st_mtime_ns for name in STEPS}
    for command in _commands(whole, tiny_encoder, sample_data).values():
        assert run(*command) == 0
    assert before == {name: (whole / name / "manifest.json").stat().st_mtime_ns for name in STEPS}
