"""`python -m edgener` in a process of its own, with or without some installed packages."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Everything that a device does not have.
HEAVY = ("torch", "transformers", "optimum", "accelerate", "onnx", "seqeval", "scipy", "sklearn", "safetensors")

# The finders stay as they are, but for the names that they are not to find.
_HIDE = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def environment() -> dict[str, str]:
    """This process's, but for what would change how output is buffered."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def python(script: str, hidden: Sequence[str] = HEAVY, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a script for which the `hidden` packages are not installed."""
    whole = f"HIDDEN = {tuple(hidden)!r}\n{_HIDE}\n{script}"
    return subprocess.run(
        [sys.executable, "-c", whole], env=environment(), input=stdin, capture_output=True, timeout=60, check=False
    )


def edgener(
    *arguments: str | Path, hidden: Sequence[str] = (), stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """`python -m edgener` with these arguments."""
    called = ["edgener", *map(str, arguments)]
    script = f"import runpy\nsys.argv = {called!r}\nrunpy.run_module('edgener', run_name='__main__')"
    return python(script, hidden, stdin)


def kill_when(command: Sequence[str | Path], folder: Path, pattern: str) -> None:
    """Start a command and kill -9 it as soon as something in the folder matches the pattern."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    )
    deadline = time.monotonic() + 120
    while not list(folder.glob(pattern)):
        assert process.poll() is None, f"it ended before {pattern} was there"
        assert time.monotonic() < deadline, f"{pattern} did not come"
        time.sleep(0.01)
    process.kill()
    process.wait()
