"""Seconds, peak memory and exit code of another program, by a process that is smaller than any of them.

A child's peak, as Linux accounts for it, is at least what its parent had when it was started. So whoever wants a peak
has this file run as a program of its own: it imports next to nothing, starts the command, and writes down what it took.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any


def measured(command: Sequence[str], report: str) -> list[str]:
    """The command line that runs `command`, on the same standard streams, and leaves what it took in `report`."""
    return [sys.executable, "-I", "-S", __file__, report, *command]


def taken(report: str) -> dict[str, Any]:
    """`s` from start to end, `peak_bytes` and `code`, once that command line has ended."""
    with open(report, "rb") as file:
        found: dict[str, Any] = json.load(file)
    return found


def _main(report: str, *command: str) -> None:
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    with open(report, "w") as file:
        json.dump({"s": seconds, "peak_bytes": usage.ru_maxrss * unit, "code": process.returncode}, file)


if __name__ == "__main__":
    _main(*sys.argv[1:])
