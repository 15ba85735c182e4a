"""edgener predict: every line is answered in order or reported by its number."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from edgener.bundle.layout import TOKENIZER
from edgener.text import lines
from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, answers, run
from tests.helpers.process import edgener


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_bad_lines_are_numbered_and_the_others_answered_in_order(sound: Path, tmp_path: Path, capfd: Capture) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("Kano\n\xe9\nAda 😀\r\n\nLagos".encode("latin-1", "ignore") + b"\n\xff\xfe\nMusa daga Zinder")
    assert run("predict", sound, "--input", path, "--json") == 1
    out, err = capfd.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert [(one["line"], [entity["text"] for entity in one["entities"]]) for one in found] == [
        (1, ["Kano"]),
        (3, ["Ada"]),
        (4, []),
        (5, ["Lagos"]),
        (7, ["Zinder"]),
    ]
    assert err.splitlines() == [
        "edgener: line 2: not UTF-8 (byte 1)",
        "edgener: line 6: not UTF-8 (byte 1)",
        "edgener: 2 of the lines could not be answered; the others were",
    ]


JSON_LINES = [
    '{"text": "Kano"}',
    '{"text": "Ka',
    "[]",
    '{"text": 1}',
    "[" * 200_000,
    '{"n": ' + "9" * 10_000 + "}",
    '{"id": 7, "text": "Ada \\n Lagos"}',
    "null",
]


@pytest.mark.parametrize("batch_size", [1, 2])
def test_bad_json_lines(sound: Path, tmp_path: Path, capfd: Capture, batch_size: int) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(JSON_LINES))
    assert run("predict", sound, "--input", path, "--json", "--batch-size", str(batch_size)) == 1
    out, err = capfd.readouterr()
    found = [json.loads(line) for line in out.splitlines()]
    assert [(one["line"], one["text"]) for one in found] == [(1, "Kano"), (7, "Ada \n Lagos")]
    assert [entity["text"] for entity in found[1]["entities"]] == ["Ada", "Lagos"]
    assert [line.split(":")[1] for line in err.splitlines()[:-1]] == [
        f" line {number}" for number in (2, 3, 4, 5, 6, 8)
    ]
    assert err.splitlines()[-1].startswith("edgener: 6 of the lines")


def test_json_lines_on_stdin(sound: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b'{"text": "Ada"}\n{"text": ""}\n')
    assert run("predict", sound, "--jsonl", "--json") == 0
    assert [(one["text"], len(one["entities"])) for one in answers(capfd)] == [("Ada", 1), ("", 0)]


def test_a_line_that_is_too_long_is_passed_over(
    sound: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    path = tmp_path / "texts.txt"
    path.write_text(f"Ada\n{'a' * 1000}\nKano\n{'a' * 99}\n{'a' * 102}")
    assert run("predict", sound, "--input", path, "--json") == 1
    out, err = capfd.readouterr()
    assert [json.loads(line)["line"] for line in out.splitlines()] == [1, 3, 4]
    assert [line.partition(": ")[2][:7] for line in err.splitlines()] == ["line 2:", "line 5:", "2 of th"]


@pytest.mark.parametrize("name", ["empty.txt", "empty.jsonl"])
@pytest.mark.parametrize("json_", [[], ["--json"]])
def test_an_empty_file_has_no_answers(sound: Path, tmp_path: Path, capfd: Capture, name: str, json_: list[str]) -> None:
    (tmp_path / name).write_bytes(b"")
    assert run("predict", sound, "--input", tmp_path / name, *json_) == 0
    assert capfd.readouterr() == ("", "")


def test_texts_as_arguments_are_marked(sound: Path, capfd: Capture) -> None:
    assert run("predict", sound, "Ibrahim Musa ya je Kano .", "", "ya") == 0
    assert capfd.readouterr() == ("[PER Ibrahim Musa] ya je [LOC Kano] .\n\nya\n", "")


def test_json_states_positions_in_three_units_and_nothing_else(sound: Path, capfd: Capture) -> None:
    assert run("predict", sound, "😀 Kano", "--json") == 0
    (answer,) = answers(capfd)
    (entity,) = answer["entities"]
    assert 0 < entity.pop("score") <= 1
    assert answer == {"line": 1, "text": "😀 Kano", "entities": [entity]}
    assert (entity.pop("type"), entity.pop("text")) == ("LOC", "Kano")
    assert (entity.pop("start"), entity.pop("end")) == (2, 6)
    assert entity == {"start_utf16": 3, "end_utf16": 7, "start_utf8": 5, "end_utf8": 9}


def test_a_lone_surrogate_comes_back_as_json(sound: Path) -> None:
    done = edgener("predict", sound, "--jsonl", "--json", stdin=b'{"text": "\\ud800 Kano \\u00e9"}\n')
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout.decode("utf-8"))
    assert answer["text"] == "\ud800 Kano é"
    assert [(entity["start"], entity["start_utf8"]) for entity in answer["entities"]] == [(2, 4)]
    plain = edgener("predict", sound, "--jsonl", stdin=b'{"text": "\\ud800 Kano"}\n')
    assert (plain.returncode, plain.stdout) == (0, b"\\ud800 [LOC Kano]\n")


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_text_that_cannot_be_tagged_is_reported_and_the_others_answered(
    sound: Path, tmp_path: Path, capfd: Capture, batch_size: int
) -> None:
    """This tokenizer has no piece for an unknown word, which its library reports as an error."""
    bundle = Path(shutil.copytree(sound, tmp_path / "bundle"))
    tokenizer = json.loads((bundle / TOKENIZER).read_bytes())
    pieces = {"\u2581Ada": 11, "\u2581Kano": 4}
    tokenizer["model"] = {"type": "WordLevel", "vocab": pieces, "unk_token": "[MISSING]"}
    onnx_bundle.replace(bundle, TOKENIZER, json.dumps(tokenizer))
    (tmp_path / "texts.txt").write_text("Ada\nxyz\nKano\n")
    given = ("predict", bundle, "--input", tmp_path / "texts.txt", "--json", "--batch-size", str(batch_size))
    assert run(*given) == 1
    out, err = capfd.readouterr()
    assert [json.loads(line)["line"] for line in out.splitlines()] == [1, 3]
    assert err.splitlines()[0].startswith(f"edgener: line 2: {bundle}/tokenizer.json: the tokenizer fails")
    assert err.splitlines()[-1] == "edgener: 1 of the lines could not be answered; the others were"
