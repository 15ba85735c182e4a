"""Commands run in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from edgener import cli

Capture = pytest.CaptureFixture[str]


def run(*arguments: str | Path) -> int:
    return cli.run([str(argument) for argument in arguments])


def refused(capfd: Capture, code: int, *arguments: str | Path) -> str:
    """Run a command that must fail with this code, one line on stderr and nothing on stdout; returns the line."""
    assert run(*arguments) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("edgener: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


def answers(capfd: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]
