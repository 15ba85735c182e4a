"""What an export measured, in a file of its own: a bundle never changes once it is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgener import artefact


def report_path(out: Path) -> Path:
    """Beside the bundle."""
    return out.with_name(f"{out.name}.report.json")


def write_report(out: Path, report: Mapping[str, Any]) -> None:
    artefact.write_file(report_path(out), artefact.canonical_json(report))


def read_report(out: Path) -> dict[str, Any]:
    """The report of the export that made the bundle at `out`; without it, the bundle's files alone."""
    found = artefact.find(out)
    place = report_path(out)
    if found is not None and place.is_file():
        report = artefact.read_json(place)
        if isinstance(report, dict) and report.get("request") == found.manifest.get("request"):
            return report
    return {"fp32": None, "parity": None, "gate": None, "found": {}, "variants": {}, "files": artefact.file_table(out)}
