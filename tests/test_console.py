"""Tables and progress, on a terminal and in a log."""

import os
import pty
import re
import subprocess
import sys

import pytest

from edgener import console

TABLE = """
from edgener.console import print_table
print_table("figures of one", ["", *(f"column {n}" for n in range(9))], [["first", *range(1000, 1009)]])
print_table("a list", ["where"], [["x" * 100]])
"""


def on_a_terminal(program: str, columns: int) -> str:
    ours, theirs = pty.openpty()
    variables = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.Popen([sys.executable, "-c", program], stdout=theirs, stdin=subprocess.DEVNULL, env=variables)
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 4096):
            said += data
    except OSError:  # how Linux says that nobody has the other end
        pass
    os.close(ours)
    assert done.wait() == 0
    return re.sub("\x1b\\[[0-9;]*m", "", said.decode())


def test_a_table_that_is_too_wide_for_the_terminal_is_turned() -> None:
    wide, narrow, tiny = (on_a_terminal(TABLE, columns) for columns in (120, 60, 12))
    assert [line.split()[1] for line in wide.splitlines() if "1008" in line] == ["first"]
    rows = [line.strip("│ ").split(" │ ") for line in narrow.splitlines() if "column " in line]
    assert [[cell.strip() for cell in row] for row in rows] == [[f"column {n}", str(1000 + n)] for n in range(9)]
    assert all("figures of one" in said for said in (wide, narrow, tiny))
    for said, columns in ((wide, 120), (narrow, 60), (tiny, 12)):
        assert max(len(line) for line in said.splitlines() if "of" not in line) <= columns
        assert said.count("x") == 100


def test_a_log_is_told_once_that_all_is_done(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    with console.Progress("working", 3, "steps") as progress:
        for _ in range(3):
            now[0] += 11
            progress.advance()
    assert capfd.readouterr().err.splitlines() == [
        "working: 1/3 (33 %) steps, 0/s, 22 s left",
        "working: 2/3 (67 %) steps, 0/s, 11 s left",
        "working: 3/3 (100 %) steps, 0/s",
    ]
