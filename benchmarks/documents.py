"""What every table is made with: results read from benchmarks/results, Markdown, and where the figures come from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgener.benchmark.report import MB

RESULTS = Path(__file__).resolve().parent / "results"

Document = dict[str, Any]


def read(name: str, results: Path = RESULTS) -> Document:
    document: Document = json.loads((results / f"{name}.json").read_bytes())
    return document


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table: the first column left-aligned, the others right-aligned."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def source(*names: str) -> str:
    """The command behind a table and the files with those of its other rows; machine, date and commit of them all."""
    documents = [read(name) for name in names]
    links = [f"[{name}](benchmarks/results/{name}.json)" for name in names]
    places = {
        f"{document['machine']['cpu']}, {document['machine']['cores']} cores"
        f"{', VNNI' if 'avx512_vnni' in document['machine']['flags'] else ''}; {document['date'][:10]}, "
        f"commit {document['commit']}"
        for document in documents
    }
    others = f", and so on: {', '.join(links)}" if len(links) > 1 else f": {links[0]}"
    return f"\n`{documents[0]['command']}`{others}. {'; '.join(sorted(places))}.\n"


def mb(value: float) -> str:
    return f"{value / MB:.1f}"


def percent(value: float) -> str:
    return f"{round(100 * value, 2) + 0.0:.2f}"  # no -0.00
