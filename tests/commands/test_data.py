"""`edgener data`: tables, JSON and exit codes over edgener.text.check and edgener.text.fetch."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from edgener.commands import data
from edgener.errors import CheckFailed, UserError

# 30 stray tags; with as many B- again as there are I-, so that the file stays IOB2.
STRAY = "Ada B-PER\nin O\nKano B-LOC\n\n" + "Kofi B-LOC\nKwesi I-PER\n\n" * 30


def run(*arguments: object) -> int:
    command = typer.main.get_command(data.app)
    code: Any = command.main([str(argument) for argument in arguments], prog_name="data", standalone_mode=False)
    return code or 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "dev", "test"):
        (tmp_path / "hau").mkdir(exist_ok=True)
        (tmp_path / "hau" / f"{split}.txt").write_text(f"{split.title()} B-PER\nin O\nKano B-LOC\n")
    return tmp_path


def test_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hau" / "train.txt").write_text(STRAY)
    assert run("check", folder) == 0
    out, error = capsys.readouterr()
    assert re.search(r"hau/train\W+IOB2\W+unicode-1\W+31\W+63\W", out)
    assert out.count("I-PER goes on with no entity") == 20
    assert "stray I-: 30" in out
    assert "... and 10 more" in out
    assert f"{folder}: nothing fatal; warnings: 59" in error
    assert run("check", folder, "--limit", 0) == 0
    out = capsys.readouterr().out
    assert out.count("I-PER goes on with no entity") == 30
    assert " more;" not in out


def test_repeated_sentences(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hau" / "test.txt").write_bytes((folder / "hau" / "train.txt").read_bytes())
    assert run("check", folder) == 0
    out = capsys.readouterr().out
    assert re.search(r"hau: train in test\W+1\W+1\W", out)
    assert "train in dev" not in out


def test_fatal_problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hau" / "train.txt").write_text(STRAY + "bad\n")
    with pytest.raises(CheckFailed, match=r"fatal problems: 1; the first: .*train\.txt:95: "):
        run("check", folder, "--limit", 3)
    out = capsys.readouterr().out
    assert "columns: 1 (fatal)" in out
    assert out.index("columns: 1") < out.index("stray I-: 30")


def test_one_json_document_has_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "hau" / "train.txt").write_text(STRAY + "bad\n")
    with pytest.raises(CheckFailed):
        run("check", folder, "--json", "--limit", 1)
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [problem["kind"] for problem in document["problems"]].count("stray I-") == 30
    assert [(problem["line"], problem["kind"]) for problem in document["problems"] if problem["fatal"]] == [
        (95, "columns")
    ]
    assert document["files"][0]["path"] == str(folder / "hau" / "train.txt")
    assert document["files"][0]["entities"] == {"LOC": 31, "PER": 31}
    assert document["leaks"][1] == {"language": "hau", "source": "train", "into": "test", "sentences": 0, "total": 1}


def test_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", folder, "--lang", "hau", "--long", 2, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [problem["kind"] for problem in document["problems"]] == ["long sentence"] * 3
    with pytest.raises(UserError, match="no language 'xho'"):
        run("check", folder, "--lang", "xho")
    with pytest.raises(UserError, match="no such file or folder"):
        run("check", folder / "nowhere")


@pytest.mark.parametrize("command", ["check", "fetch"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    assert f"Example: edgener data {command} " in capsys.readouterr().out


def test_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "data"
    base = "http://127.0.0.1/x"

    def fetch(name: str, to: Path, **options: Any) -> list[Path]:
        assert (name, options) == ("masakhaner2", {"base": base, "languages": ["hau", "yor"]})
        to.mkdir()
        (to / "SOURCE.json").write_text('{"licence": "CC-BY-NC-4.0"}')
        return [to / "hau" / "train.txt"]

    monkeypatch.setattr("edgener.text.fetch.fetch", fetch)
    assert run("fetch", "masakhaner2", "--to", to, "--lang", "hau", "--lang", "yor", "--base", base, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "masakhaner2",
        "licence": "CC-BY-NC-4.0",
        "files": [str(to / "hau" / "train.txt")],
    }


def test_fetch_of_an_unknown_corpus(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose one of masakhaner1"):
        run("fetch", "conll2003", "--to", tmp_path)
