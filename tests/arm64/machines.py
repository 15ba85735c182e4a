"""This machine, and the emulated ones: a way to run a module on each."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgener.console import say
from tests.arm64.fetch import Parts

ROOT = Path(__file__).resolve().parents[2]
# A Raspberry Pi 4, which has no dot products of 8-bit numbers, and a Raspberry Pi 5, which has.
MODELS = ("cortex-a72", "cortex-a76")


@dataclass(frozen=True)
class Machine:
    """python: its interpreter, which this machine can start. variables: of the environment."""

    name: str
    python: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, module: str, arguments: Sequence[str | Path]) -> tuple[int, str]:
        """`python -m module arguments`, with this checkout's packages: its exit code, and the last line of its stderr.

        Every line of that is said, with the machine's name, as it comes: an emulated machine takes many minutes.
        """
        path = os.pathsep.join(filter(None, [self.variables.get("PYTHONPATH"), str(ROOT)]))
        # What `edgener tune` found is another machine's.
        cache = {"EDGENER_CACHE": os.devnull, "TOKENIZERS_PARALLELISM": "false"}
        last = "it says nothing"
        with subprocess.Popen(
            [self.python, "-m", module, *arguments],
            env={**os.environ, **self.variables, **cache, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stderr or ():
                if line.strip():
                    last = line.strip()
                    say(f"{self.name}: {last}")
        return process.returncode, last


def here() -> Machine:
    return Machine("this machine", Path(sys.executable))


def emulated(model: str, found: Parts, folder: Path) -> Machine:
    """An arm64 Python on a CPU of this model; its interpreter is a script in the folder.

    The script is what Python takes for its own executable, so that the processes which it starts are emulated too.
    """
    script = folder / f"python-{model}"
    words = [str(found.emulator), "-cpu", model, "-L", str(found.root)]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} -0 "$0" {found.root}/usr/bin/python3.11 "$@"\n')
    script.chmod(0o755)
    return Machine(model, script, {"PYTHONHOME": str(found.root / "usr"), "PYTHONPATH": str(found.site)})
