"""A study: a recipe's cells done, and what came of them written down.

The folder of a study holds

    recipe.toml    as it was given last
    steps/         what each step made, shared by all cells that need it; and how large it is, so that weights of a
                   study that is done may be removed
    evaluations/   a JSON for each evaluation
    logs/          what each command printed
    results.jsonl  a line for each cell, in the recipe's order; no time of day, no duration, no machine
    timings.jsonl  how long each piece of work took, as it was done
    latency.json   the benchmark of the cells that are timed, all in one run
    study.json     the document that tables and report are made from
    tables.md, tables.csv, report.html
"""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from edgener.artefact import canonical_json, read_json, write_file
from edgener.benchmark.provenance import provenance
from edgener.errors import UserError
from edgener.study import tables
from edgener.study.executors import Executor, Job, Outcome
from edgener.study.grid import EVALUATE, Cell, Grid, Work
from edgener.study.latency import Latency, measure
from edgener.study.machines import machines_of
from edgener.study.recipe import Recipe, read_recipe
from edgener.study.report import write_report
from edgener.study.schedule import Estimates, run_all, step_of
from edgener.study.sizes import record, sizes_of

RECIPE, RESULTS, TIMINGS, STUDY = "recipe.toml", "results.jsonl", "timings.jsonl", "study.json"
_SCORES = ("f1", "precision", "recall", "support")
Row = dict[str, Any]


@dataclass(frozen=True)
class StudyConfig:
    """threads: of each piece of work, and of the benchmark. rounds: of the benchmark."""

    threads: int = 1
    rounds: int = 10


@dataclass(frozen=True)
class Findings:
    """rows: of results.jsonl. latency: of the cells that are timed. machines: what they were evaluated on."""

    rows: Sequence[Row]
    latency: Latency
    machines: Sequence[Row]


def study(recipe: Recipe, grid: Grid, executor: Executor, config: StudyConfig, out: Path) -> Findings:
    """Do what is not done; write results.jsonl and latency.json.

    UserError when the folder is another study's, or another process is at it.
    """
    with _ours(out, recipe):
        write_file(out / RECIPE, recipe.text.encode())
        estimates = Estimates(past(out))

        def job_of(work: Work) -> Job:
            return Job(work.arguments, str(Path.cwd()), str(out / "logs" / f"{work.out.name}.txt"), config.threads)

        def finished(work: Work, outcome: Outcome) -> None:
            _note(out, work, outcome, config.threads)
            if work.command != EVALUATE and outcome.code == 0 and work.is_done:
                with suppress(UserError):  # damage is told where its cell is
                    record(work.out)

        failed = run_all(grid.work, executor, job_of, estimates, finished)
        rows = [_row(cell, grid, failed, out) for cell in grid.cells]
        write_file(out / RESULTS, b"".join(_line(row) for row in rows))
        timed = {
            cell.name: (row["engine"], grid.work[cell.steps[-2]].out)
            for cell, row in zip(grid.cells, rows, strict=True)
            if cell.chain.latency and row["state"] == "done" and cell.seed == cell.chain.seeds[0]
        }
        machines = machines_of(grid.work[cell.steps[-1]].out for cell in grid.cells)
        return Findings(rows, measure(timed, config.threads, config.rounds, out), machines)


def _line(row: Row) -> bytes:
    return (json.dumps(row, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n").encode()


@contextmanager
def _ours(out: Path, recipe: Recipe) -> Iterator[None]:
    """The folder, for this process alone and for studies of one name."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: a file; choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    found = out / RECIPE
    if not found.is_file() and any(one for one in out.iterdir() if one.name != "lock"):
        raise UserError(f"{out}: a folder that no study made; choose another --out")
    if found.is_file() and (name := read_recipe(found).name) != recipe.name:
        raise UserError(f"{out}: the study {name} has this folder, not {recipe.name}; choose another --out")
    with open(out / "lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{out}: another process runs this study; wait for it, or choose another --out") from None
        yield


def past(out: Path) -> dict[str, list[float]]:
    """Seconds by step and by command, of this study and of those beside it."""
    found: dict[str, list[float]] = {}
    for file in sorted(out.parent.glob(f"*/{TIMINGS}")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                names, s, code = (str(entry["step"]), str(entry["command"])), float(entry["s"]), entry["code"]
            except (ValueError, KeyError, TypeError):  # half a line, of a study that was killed
                continue
            for name in names if code == 0 else ():
                found.setdefault(name, []).append(s)
    return found


def _note(out: Path, work: Work, outcome: Outcome, threads: int) -> None:
    entry = {
        "step": step_of(work),
        "command": work.command,
        "key": work.key,
        "s": round(outcome.s, 3),
        "code": outcome.code,
        "threads": threads,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with open(out / TIMINGS, "ab") as file:
        file.write(_line(entry))


def _row(cell: Cell, grid: Grid, failed: Mapping[str, str], out: Path) -> Row:
    steps = [grid.work[key] for key in cell.steps]
    row: Row = {
        "cell": cell.name,
        "chain": cell.chain.name,
        "settings": dict(cell.settings),
        "trained_on": list(cell.trained_on),
        "seed": cell.seed,
        "engine": cell.chain.engine if steps[-2].command != "export" else "onnxruntime",
        "artefact": steps[-2].out.name,
        "steps": [step.key[:10] for step in steps],
    }
    error = next((failed[step.key] for step in steps if step.key in failed), None)
    try:
        if error is None:
            return row | {"state": "done", "error": None, **_figures(steps)}
    except UserError as damage:
        error = str(damage)
    # The same study in another folder has the same results.
    return row | {"state": "failed", "error": error.replace(f"{out}/", "")}


def _figures(steps: Sequence[Work]) -> dict[str, Any]:
    """Of a cell whose steps are all done. UserError for damage."""
    evaluation = read_json(steps[-1].out)
    f1 = {
        language: {**{part: found["overall"][part] for part in _SCORES}, "interval": found["interval"]}
        for language, found in evaluation["languages"].items()
    }
    sizes = sizes_of([step.out for step in steps if step.command != EVALUATE])
    if "memory_bytes" in evaluation["engine"]:  # no file has that form
        sizes["bytes"] = evaluation["engine"]["memory_bytes"]
    return {"f1": f1, "mean_f1": fmean(one["f1"] for one in f1.values()), **sizes}


def write_document(recipe: Recipe, findings: Findings, command: Sequence[str], out: Path) -> dict[str, Any]:
    """study.json, and what is made from it: tables and the report. Returns the document."""
    timed = findings.latency.cells
    cells = [row | ({"latency_ms": timed[row["cell"]]} if row["cell"] in timed else {}) for row in findings.rows]
    document = {
        **provenance(command),
        "name": recipe.name,
        "title": recipe.title,
        "about": recipe.about,
        "languages": list(dict.fromkeys(language for chain in recipe.chains for language in chain.languages)),
        "reference": recipe.reference,
        "machines": list(findings.machines),
        "cells": cells,
    }
    write_file(out / STUDY, canonical_json(document))
    write_file(out / "tables.md", tables.markdown(document).encode())
    write_file(out / "tables.csv", tables.csv(document).encode())
    write_report(document, out / "report.html")
    return document
