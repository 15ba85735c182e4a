"""What an export measured, in a file of its own: a bundle never changes once it is written."""

from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.train.record import read_record, report_of


def read_report(out: Path) -> dict[str, Any]:
    """The report of the export that made the bundle at `out`; without it, the bundle's files alone."""
    if (report := read_record(report_of(out), out)) is not None:
        return report
    return {"fp32": None, "parity": None, "gate": None, "found": {}, "variants": {}, "files": artefact.file_table(out)}
