"""What every table is made with: results read from benchmarks/results, Markdown, and where the figures come from."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgener.benchmark.report import MB

RESULTS = Path(__file__).resolve().parent / "results"

Document = dict[str, Any]
_SHOWN = 4  # more links than these are folded away


def read(name: str, results: Path = RESULTS) -> Document:
    document: Document = json.loads((results / f"{name}.json").read_bytes())
    return document


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table: the first column left-aligned, the others right-aligned."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def source(*names: str) -> str:
    """The command behind a table and the files with those of its other rows; machine, dates and commits of them all."""
    documents = [read(name) for name in names]
    links = ", ".join(f"[{name}](benchmarks/results/{name}.json)" for name in names)
    command = f"`{documents[0]['command']}`{', and so on' * (len(names) > 1)}"
    if len(names) <= _SHOWN:
        return f"\n{command}: {links}. {_places(documents)}\n"
    summary = f"<summary>{len(names)} files of results, each with its command</summary>"
    return f"\n{command}. {_places(documents)}\n\n<details>{summary}\n\n{links}\n</details>\n"


def _places(documents: Sequence[Document]) -> str:
    """Each machine once, with the dates and commits of what was measured on it."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for document, machine in _made_on(documents):
        vnni = ", VNNI" if "avx512_vnni" in machine["flags"] else ""
        card = f", {machine['accelerator']}" if machine.get("accelerator") else ""
        dates, commits = found.setdefault(f"{machine['cpu']}, {machine['cores']} cores{vnni}{card}", (set(), set()))
        dates.update(machine.get("days", [document["date"][:10]]))
        commits.update(machine.get("commits", [document["commit"]]))
    return " ".join(
        f"{machine}; {', '.join(sorted(dates))}; commit{'s' * (len(commits) > 1)} {', '.join(sorted(commits))}."
        for machine, (dates, commits) in found.items()
    )


def _made_on(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Each document with each machine that it has figures of: a study's evaluations may have run on several."""
    for document in documents:
        for machine in [*document.get("machines", []), document["machine"]]:
            yield document, machine


def mb(value: float) -> str:
    return f"{value / MB:.1f}"


def percent(value: float) -> str:
    return f"{round(100 * value, 2) + 0.0:.2f}"  # no -0.00
