"""What a stage measured along the way, beside its output: a measurement is no part of an artefact."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgener import artefact


def training_record(out: Path) -> Path:
    """Where the dev F1 (or the held-out loss) of a training run is kept."""
    return out.with_name(f"{out.name}.training.json")


def report_of(out: Path) -> Path:
    """Where a stage without training keeps what its change cost."""
    return out.with_name(f"{out.name}.report.json")


def write_record(place: Path, asked: str, found: Mapping[str, Any]) -> None:
    """Before the output is written, so that whoever finds the output finds this too; nothing found, nothing left.

    asked: digest of the request (artefact.request), by which a record is known to be the output's.
    """
    if found:
        artefact.write_file(place, artefact.canonical_json({"request": asked, **found}))
    else:
        place.unlink(missing_ok=True)


def read_record(place: Path, out: Path) -> dict[str, Any] | None:
    """The record of the artefact that is at `out` now; None when it is gone, or of another output."""
    found = artefact.find(out)
    record = artefact.read_json(place) if found is not None and place.is_file() else None
    ours = isinstance(record, dict) and found is not None and record.get("request") == found.manifest.get("request")
    return record if ours else None
