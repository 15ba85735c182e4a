"""The command contract: exit codes, one line on stderr for what went wrong, only results on stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgener.bundle.layout import GOLDEN, LABELS, MODEL, TOKENIZER
from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, answers, refused, run
from tests.helpers.process import HEAVY, edgener, environment


@pytest.mark.parametrize("command", ["predict", "verify"])
def test_no_such_bundle(tmp_path: Path, capfd: Capture, command: str) -> None:
    assert str(tmp_path / "nothing") in refused(capfd, 2, command, tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refused(capfd, 2, command, tmp_path / "file")


@pytest.mark.parametrize("command", ["predict", "verify"])
def test_a_text_in_place_of_a_bundle(capfd: Capture, command: str) -> None:
    for text in ("Ada daga Kano\nzuwa Lagos .", "Ada daga Kano . " * 1000):
        line = refused(capfd, 2, command, text)
        assert "no such bundle" in line
        assert len(line) < 400


@pytest.mark.parametrize("name", onnx_bundle.FILES)
def test_a_damaged_bundle(bundle: Path, capfd: Capture, name: str) -> None:
    (bundle / name).write_bytes(b"damaged")
    assert str(bundle / name) in refused(capfd, 2, "predict", bundle, "Kano")
    assert run("verify", bundle) == 1
    out, err = capfd.readouterr()
    assert str(bundle / name) in out
    assert err == f"edgener: {bundle}: 1 problem found; do not ship this bundle\n"
    assert run("verify", bundle, "--json") == 1
    report = json.loads(capfd.readouterr().out)
    assert (report["ok"], len(report["problems"])) == (False, 1)


@pytest.mark.parametrize(("name", "content"), [(MODEL, b""), (TOKENIZER, b"{}"), (LABELS, b"[]"), (GOLDEN, b"{")])
def test_a_bundle_with_right_hashes_that_does_not_load(bundle: Path, capfd: Capture, name: str, content: bytes) -> None:
    onnx_bundle.replace(bundle, name, content)
    assert name in refused(capfd, 2, "predict", bundle, "Kano")
    assert run("verify", bundle) == 1
    out, err = capfd.readouterr()
    assert name in out
    assert err.startswith("edgener: ")
    assert err.count("\n") == 1


def test_a_graph_that_fails_on_a_text(bundle: Path, capfd: Capture) -> None:
    """The tokenizer gives a piece that the embedding table does not have."""
    tokenizer = json.loads((bundle / TOKENIZER).read_bytes())
    tokenizer["model"] = {"type": "WordLevel", "vocab": {"<unk>": 3, "\u2581Kano": 999_999}, "unk_token": "<unk>"}
    onnx_bundle.replace(bundle, TOKENIZER, json.dumps(tokenizer))
    assert run("predict", bundle, "daga Kano", "Ada") == 1
    out, err = capfd.readouterr()
    assert out == "Ada\n"  # unknown to this tokenizer, so outside
    assert err.splitlines()[0].startswith(f"edgener: line 1: {bundle / MODEL}: ONNX Runtime cannot run it")
    assert "out of data bounds" in err.splitlines()[0]


def test_wrong_golden_answers_fail_the_check(bundle: Path, capfd: Capture) -> None:
    golden = (bundle / GOLDEN).read_text(encoding="utf-8")
    assert golden.count('"B-LOC"') == 2
    onnx_bundle.replace(bundle, GOLDEN, golden.replace('"B-LOC"', '"B-PER"', 1))
    assert run("verify", bundle) == 1
    out, err = capfd.readouterr()
    assert out == "golden sentence 1: tags differ from what the bundle states\n"
    assert err == f"edgener: {bundle}: 1 problem found; do not ship this bundle\n"


def test_a_sound_bundle(bundle: Path, capfd: Capture) -> None:
    assert run("verify", bundle) == 0
    assert capfd.readouterr() == (f"{bundle}: every hash is right; 3 golden sentences answered as stated\n", "")
    assert run("verify", bundle, "--json") == 0
    assert answers(capfd) == [
        {"bundle": str(bundle), "ok": True, "problems": [], "golden": 3, "gated": True, "why": None}
    ]


def test_an_ungated_bundle_says_so_in_one_line(bundle: Path, capfd: Capture) -> None:
    gate = {"passed": False, "why": "no dev data\nedgener: all is well\x1b[2J"}
    onnx_bundle.reseal(bundle, lambda manifest: manifest.update(gate=gate))
    for arguments in (("verify", bundle), ("predict", bundle, "Kano")):
        assert run(*arguments) == 0
        err = capfd.readouterr().err
        assert err.startswith("warning: ")
        assert "ungated: no dev data edgener" in err
        assert err.count("\n") == 1
        assert "\x1b" not in err


WRONG_USAGE = {
    "--nonsense": "--nonsense",
    "nonsense": "nonsense",
    "predict": "Missing argument",
    "verify": "Missing argument",
    "verify a b": "extra argument",
    "predict BUNDLE Kano --nonsense": "--nonsense",
    "predict BUNDLE Kano --min-score": "--min-score",
    "predict BUNDLE Kano --min-score 2": "--min-score",
    "predict BUNDLE Kano --min-score -0.1": "--min-score",
    "predict BUNDLE Kano --min-score much": "--min-score",
    "predict BUNDLE Kano --min-score nan": "--min-score",
    "predict BUNDLE Kano --recall-bias nan": "--recall-bias",
    "predict BUNDLE Kano --recall-bias inf": "--recall-bias",
    "predict BUNDLE Kano --threads -1": "--threads",
    "predict BUNDLE Kano --batch-size 0": "--batch-size",
    "predict BUNDLE Kano --input texts.txt": "not several of them",
    "predict BUNDLE Kano --jsonl": "not several of them",
    "predict BUNDLE --input missing.txt": "missing.txt: cannot be read (No such file or directory)",
    "predict BUNDLE --input .": ".: cannot be read (Is a directory)",
}


@pytest.mark.parametrize("line", WRONG_USAGE)
def test_wrong_usage(sound: Path, capfd: Capture, line: str) -> None:
    arguments = [str(sound) if word == "BUNDLE" else word for word in line.split()]
    assert WRONG_USAGE[line] in refused(capfd, 2, *arguments)


@pytest.mark.parametrize("count", [1, 20_000])
@pytest.mark.parametrize("read", [0, 1])
def test_a_reader_that_goes_away_is_no_error(sound: Path, tmp_path: Path, count: int, read: int) -> None:
    """`edgener predict ... | head -1`, and a reader that reads nothing at all."""
    path = tmp_path / "texts.txt"
    path.write_text("Ada daga Kano\n" * count)
    command = [sys.executable, "-m", "edgener", "predict", str(sound), "--input", str(path), "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(), stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(read):
            assert json.loads(process.stdout.readline())["line"] == 1
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_export_without_torch_says_what_to_install(tmp_path: Path) -> None:
    done = edgener("export", tmp_path, "--out", tmp_path / "out", hidden=HEAVY)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().endswith("run: pip install 'edgener[train]'\n")
    assert done.stderr.count(b"\n") == 1
    assert not os.path.lexists(tmp_path / "out")


def test_a_closed_stdout_is_no_error(sound: Path) -> None:
    command = f"{sys.executable} -m edgener predict {sound} Kano >&-"
    done = subprocess.run(["sh", "-c", command], env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_names_that_no_file_system_takes(sound: Path, capfd: Capture) -> None:
    name = "a" * 300
    for arguments in (("evaluate", sound, "--data", name), ("data", "check", name), ("benchmark", name)):
        assert "File name too long" in refused(capfd, 2, *arguments)


@pytest.mark.parametrize("command", ["evaluate BUNDLE --data DATA", "benchmark BUNDLE"])
def test_a_result_that_cannot_be_written_is_refused_before_the_work(
    sound: Path, tmp_path: Path, capfd: Capture, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgener.runtime import Ner

    monkeypatch.setattr(Ner, "load", lambda *_, **__: pytest.fail("the work has begun"))
    (tmp_path / "file").write_text("")
    given = [{"BUNDLE": sound, "DATA": tmp_path}.get(word, word) for word in command.split()]
    for out, problem in {"file/x.json": "cannot be written", ".": "a folder"}.items():
        assert problem in refused(capfd, 2, *given, "--out", tmp_path / out, "--force")


def test_an_unreadable_bundle(bundle: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgener.bundle import verify

    def denied(path: Path) -> list[str]:
        raise PermissionError(13, "Permission denied", str(path / MODEL))

    monkeypatch.setattr(verify, "problems", denied)
    assert refused(capfd, 2, "predict", bundle, "Kano") == (
        f"edgener: {bundle / MODEL}: cannot be read (Permission denied)\n"
    )


def test_an_output_that_takes_no_more_is_one_line(sound: Path) -> None:
    command = f"{sys.executable} -m edgener predict {sound} Kano > /dev/full"
    done = subprocess.run(["sh", "-c", command], env=environment(), capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr == b"edgener: No space left on device; choose another --out, or free some space\n"
