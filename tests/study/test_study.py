"""A study from the command line: alone, killed with -9 twice, on Ray; what fails, what is asked for wrongly."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener import artefact
from tests.helpers.commands import run
from tests.helpers.process import ROOT, kill_when

RECIPE = """
name = "small"
about = "Pruned models of a tiny encoder."
languages = ["hau", "swa"]
reference = "dense"
[steps]
teacher = { command = "train", epochs = 2, learning-rate = 3e-3, lang = ["hau"] }
[[chain]]
name = "dense"
steps = ["teacher"]
[[chain]]
name = "pruned"
steps = ["teacher", { command = "prune", sparsity = "{sparsity}" }]
vary = { sparsity = [0.5, 1.5] }
"""


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, sample_data: Path) -> list[str]:
    recipe = tmp_path_factory.mktemp("recipes") / "small.toml"
    recipe.write_text(RECIPE)
    return ["study", str(recipe), "--input", f"data={sample_data}", "--input", f"encoder={tiny_encoder}"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, arguments: list[str]) -> Path:
    """Left alone; sparsity 1.5 is refused by `prune`, so the exit code is 1."""
    out = tmp_path_factory.mktemp("studies") / "alone"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        assert run(*arguments, "--out", str(out)) == 1
    return out


def _rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def test_cells_are_done_or_say_why_not(alone: Path) -> None:
    dense, pruned, failed = _rows(alone)
    assert [dense["state"], pruned["state"], failed["state"]] == ["done", "done", "failed"]
    assert "--sparsity 1.5" in str(failed["error"])
    assert dense["parameters"] == pruned["parameters"]
    assert int(str(pruned["non_zeros"])) < int(str(dense["non_zeros"]))
    assert set(dict(dense["f1"])) == {"hau", "swa"}  # type: ignore[call-overload]
    assert len(list((alone / "steps").glob("teacher-*/manifest.json"))) == 1, "one teacher for all cells"
    (manifest,) = (alone / "steps").glob("prune-*/manifest.json")
    assert artefact.check_files(manifest.parent, json.loads(manifest.read_bytes())["files"]) == []


def test_tables_and_report_are_there(alone: Path) -> None:
    assert "| pruned, sparsity 0.5 |" in (alone / "tables.md").read_text()
    assert "--sparsity 1.5" in (alone / "tables.md").read_text()
    assert (alone / "tables.csv").read_text().count("\n") == 3
    assert "<svg" in (alone / "report.html").read_text()
    document = json.loads((alone / "study.json").read_bytes())
    assert str(Path.home()) not in json.dumps(document["cells"])


def test_results_hold_no_time_and_no_place(alone: Path) -> None:
    text = (alone / "results.jsonl").read_text()
    assert str(alone.parent) not in text
    assert not set(_rows(alone)[0]) & {"s", "date", "machine", "latency_ms"}
    assert all("s" in json.loads(line) for line in (alone / "timings.jsonl").read_text().splitlines())


def test_a_second_start_finds_all_of_it(
    alone: Path, arguments: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before = (alone / "results.jsonl").read_bytes()
    assert run(*arguments, "--out", str(alone), "--dry-run") == 0
    assert "2 of 6 pieces of work are to be done" in capfd.readouterr().err  # the failed step and its evaluation
    assert run(*arguments, "--out", str(alone), "--json") == 1
    out, err = capfd.readouterr()
    assert json.loads(out)["cells"][0]["state"] == "done"
    assert err.count(": begins") == 1, "only what failed is tried again"
    assert (alone / "results.jsonl").read_bytes() == before


def test_weights_of_a_study_that_is_done_may_be_removed(
    alone: Path, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    out = tmp_path / "lean"
    shutil.copytree(alone, out)
    for weights in (out / "steps").glob("*/model.safetensors"):
        weights.unlink()
    assert run(*arguments, "--out", str(out)) == 1
    assert (out / "results.jsonl").read_bytes() == (alone / "results.jsonl").read_bytes()
    (told,) = (out / "steps").glob("prune-*.sizes.json")
    told.unlink()
    assert run(*arguments, "--out", str(out)) == 1
    (row,) = [row for row in _rows(out) if row["settings"] == {"sparsity": 0.5}]
    assert "model.safetensors: gone, and its size was not written down" in str(row["error"])


def test_the_document_tells_where_cells_were_evaluated(alone: Path) -> None:
    document = json.loads((alone / "study.json").read_bytes())
    (machine,) = document["machines"]
    assert (machine["cpu"], machine["evaluations"]) == (document["machine"]["cpu"], 2)


def test_killed_twice_it_ends_in_the_same_results(alone: Path, arguments: list[str], tmp_path: Path) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "edgener", *arguments, "--out", str(out)]
    kill_when(command, out, "steps/.teacher-*.work/*")
    kill_when(command, out, "evaluations/teacher-*.json")
    (out / "timings.jsonl").write_bytes((out / "timings.jsonl").read_bytes()[:-9])  # a line half written
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == 1
    assert (out / "results.jsonl").read_bytes() == (alone / "results.jsonl").read_bytes()
    assert not list((out / "steps").glob(".*"))
    for file in (alone / "steps").glob("*/*"):
        assert (out / "steps" / file.parent.name / file.name).read_bytes() == file.read_bytes(), file


def test_ray_gives_the_same_results(
    alone: Path, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    out = tmp_path / "ray"
    assert run(*arguments, "--out", str(out), "--executor", "ray", "--jobs", "2") == 1
    assert (out / "results.jsonl").read_bytes() == (alone / "results.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (["--input", "data"], "--input data: expected NAME=PATH"),
        (["--input", "data=x", "--input", "data=y"], "--input data: given twice"),
        (["--executor", "cloud"], "--executor cloud: expected local or ray"),
        (["--ray-address", "auto"], "--ray-address: for --executor ray"),
        (["--jobs", "1000"], "1000 threads, but"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, arguments: list[str], change: list[str], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = arguments[:2] if "--input" in change else arguments
    assert run(*given, "--out", str(tmp_path / "s"), *change) == 2
    err = capfd.readouterr().err
    assert line in err
    assert "Traceback" not in err
    assert not (tmp_path / "s").exists()


def test_a_wrong_option_of_a_step_is_found_before_anything_runs(
    tmp_path: Path, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.toml").write_text(RECIPE.replace("sparsity =", "sparsty =", 1))
    assert run("study", str(tmp_path / "r.toml"), *arguments[2:], "--out", str(tmp_path / "s")) == 2
    assert "step prune, sparsty 0.5" in (err := capfd.readouterr().err)
    assert "No such option: --sparsty" in err
    assert not (tmp_path / "s").exists()


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("x")
    assert run(*arguments, "--out", str(tmp_path)) == 2
    assert "a folder that no study made" in capfd.readouterr().err
    assert run(*arguments, "--out", str(tmp_path / "mine")) == 2
    assert "mine: a file; choose another --out" in capfd.readouterr().err


def test_a_folder_is_one_study_s(
    alone: Path, arguments: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.toml").write_text(RECIPE.replace('"small"', '"other"'))
    assert run("study", str(tmp_path / "other.toml"), *arguments[2:], "--out", str(alone)) == 2
    assert "the study small has this folder, not other" in capfd.readouterr().err


def test_a_damaged_result_fails_its_cell_alone(
    alone: Path, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shutil.copytree(alone, out := tmp_path / "damaged")
    (weights,) = (out / "steps").glob("prune-*/model.safetensors")
    weights.write_bytes(b"half of it")
    assert run(*arguments, "--out", str(out)) == 1
    dense, pruned, _ = _rows(out)
    assert (dense["state"], pruned["state"]) == ("done", "failed")
    assert str(pruned["error"]).startswith(f"steps/{weights.parent.name}/model.safetensors: damaged")
