"""What one process at a time may do: several workers run the tests and share what is made once for a checkout."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.helpers.process import ROOT


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait until no other process of this machine is inside of a block with this name."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
