"""The program at the other end by itself: whatever ends it, nothing is left; and it writes in its folder only."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgener.remote import device

PROGRAM = Path(device.__file__)


class Running:
    """The program in a home of its own, without a connection between."""

    def __init__(self, home: Path, silence: float | None = None) -> None:
        self.home = home
        text = PROGRAM.read_text()
        if silence is not None:
            assert "SILENCE_S = 45.0" in text
            text = text.replace("SILENCE_S = 45.0", f"SILENCE_S = {silence}")
        environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-I", "-c", text]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.facts = self.answer()["facts"]

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def ask(self, payload: bytes = b"", **request: Any) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request).encode() + b"\n" + payload)
        self.process.stdin.flush()
        return self.answer()

    def start(self, *command: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"op": "run", "command": command}).encode() + b"\n")
        self.process.stdin.flush()

    @property
    def folders(self) -> list[Path]:
        return list(self.home.glob(".cache/edgener/*"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    yield one
    one.process.kill()
    one.process.wait()


def put(one: Running, name: str, data: bytes) -> dict[str, Any]:
    return one.ask(data, op="put", name=name, bytes=len(data))


def test_files_commands_and_the_end(running: Running, tmp_path: Path) -> None:
    assert running.facts["bits"] == 64
    assert running.facts["free_bytes"] > 0
    data = os.urandom(300_000)
    assert put(running, "a/b c.bin", data) == {"put": "a/b c.bin"}
    assert (running.folders[0] / "a/b c.bin").read_bytes() == data
    running.start("{python}", "-c", "import sys; print(open('a/b c.bin','rb').read(1)[0]); sys.exit(3)")
    assert [running.answer(), running.answer()] == [{"out": str(data[0])}, {"code": 3}]
    assert running.ask(op="end") == {"ended": True}
    assert running.process.wait(10) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", ".", "a//b"])
def test_a_name_that_leads_out_is_refused(running: Running, name: str) -> None:
    assert "error" in put(running, name, b"data")
    assert put(running, "fine", b"more") == {"put": "fine"}  # what belonged to the other was read past
    assert [path.name for path in running.folders[0].iterdir()] == ["fine"]


def test_a_file_that_cannot_be_written_is_told(running: Running) -> None:
    assert put(running, "one", b"x") == {"put": "one"}
    assert put(running, "one", b"y") == {"error": "File exists"}
    assert "error" in put(running, "one/two", b"z")


def test_the_end_of_the_connection_ends_what_runs(running: Running, tmp_path: Path) -> None:
    running.start("{python}", "-c", "import time, os; print(os.getpid(), flush=True); time.sleep(600)")
    child = int(running.answer()["out"])
    assert running.process.stdin
    running.process.stdin.close()
    assert running.process.wait(10) == 1
    assert not Path(f"/proc/{child}").exists()
    assert list(tmp_path.iterdir()) == []


def test_silence_is_the_end_too(tmp_path: Path) -> None:
    one = Running(tmp_path, silence=1.5)
    one.start("{python}", "-c", "import time; time.sleep(600)")
    assert one.process.wait(20) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_signal_is_the_end_too(running: Running, tmp_path: Path) -> None:
    running.process.terminate()
    assert running.process.wait(10) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_loss_of_power_left_goes_with_the_next(running: Running, tmp_path: Path) -> None:
    running.process.kill()
    running.process.wait()
    (left,) = running.folders
    first, second = Running(tmp_path), Running(tmp_path)
    assert left not in first.folders
    assert len(first.folders) == 2  # each leaves the other's alone
    assert put(first, "x", b"1") == {"put": "x"}
    for one in (first, second):
        assert one.ask(op="end") == {"ended": True}
        one.process.wait(10)
    time.sleep(0.1)
    assert first.folders == []
