"""What an interrupted benchmark of a device had measured, in this user's cache until it is done."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.benchmark.rounds import Measured
from edgener.errors import UserError
from edgener.runtime.settings import cache_folder

MAX_BYTES = 256 << 20


class Kept:
    """asked: all that the figures depend on, the device's address included; another question has a file of its own."""

    def __init__(self, asked: Any) -> None:
        self.path: Path = cache_folder() / "benchmarks" / f"{artefact.digest_of(asked)}.json"

    def read(self, device: dict[str, Any]) -> dict[str, Any] | None:
        """What was measured on this very device; None for nothing, or when it has changed since."""
        try:
            found = artefact.read_json(self.path, MAX_BYTES)
            measured = asdict(Measured(**found["measured"]))
        except (UserError, OSError, KeyError, TypeError):
            return None
        return measured if found["device"] == device else None

    def write(self, device: dict[str, Any], measured: dict[str, Any]) -> None:
        document = artefact.canonical_json({"device": device, "measured": measured})
        with suppress(OSError):  # the run goes on; only an interruption would cost more
            artefact.write_file(self.path, document)

    def drop(self) -> None:
        """Also what a run that was killed while it wrote left beside it."""
        for one in (self.path, *self.path.parent.glob(f".{self.path.name}.*.tmp")):
            one.unlink(missing_ok=True)
