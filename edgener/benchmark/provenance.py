"""Where a measurement comes from: command, date, commit, machine. It names no host, no user and no folder of theirs."""

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgener.benchmark import machine
from edgener.versions import version

_CHECKOUT = Path(__file__).resolve().parents[2]


def provenance(command: Sequence[str]) -> dict[str, Any]:
    """`command` as one types it, `date` (UTC), `edgener` (version), `commit`, `machine` (edgener.benchmark.machine)."""
    return {
        "command": shlex.join(map(_shown_after, ["", *command], command)),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "edgener": version("edgener"),
        "commit": commit(_CHECKOUT),
        "machine": machine.facts(),
    }


def shown(word: str) -> str:
    """A path out of the current folder, also behind `NAME=`, keeps its last part only: the rest is the machine's.

    A device's address is left out.
    """
    name, equals, path = word.rpartition("=")
    if path.startswith("ssh://"):
        return f"{name}{equals}ssh://DEVICE"
    leaves = Path(path).is_absolute() or Path(path).parts[:1] == ("..",)
    return f"{name}{equals}{Path(path).name if leaves else path}"


def _shown_after(before: str, word: str) -> str:
    """A peer is a whole command line."""
    is_peer = before == "--peer" or word.startswith("--peer=")
    return shlex.join(map(shown, shlex.split(word))) if is_peer else shown(word)


def commit(checkout: Path) -> str | None:
    """The commit of a checkout, with + when it has changes; None where there is none, as in an installed package."""
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return None
    command = [git, "-C", str(checkout), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
