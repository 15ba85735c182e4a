"""edgener study"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgener.commands.common import Json, need_train
from edgener.console import print_json, print_table, say
from edgener.errors import CheckFailed, UserError

if TYPE_CHECKING:
    from edgener.study.executors import Executor
    from edgener.study.grid import Grid

LOCAL, RAY = "local", "ray"


def study(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="A recipe (TOML); benchmarks/suites has some.")],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", help="NAME=PATH: what the recipe calls NAME, such as data=masakhaner."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the study; runs/study-<name> by default.")] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Pieces of work at a time, each on CPUs of its own: 1, or all that a cluster has room for.",
            min=1,
            max=1024,
        ),
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads of each piece of work.", min=1, max=1024)] = 1,
    executor: Annotated[str, typer.Option(help="local, or ray: a Ray cluster that shares this folder.")] = LOCAL,
    ray_address: Annotated[
        str | None, typer.Option(help="Of the cluster, such as auto; without it Ray starts on this machine.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds of the benchmark of timed cells.", min=2, max=1000)] = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long it may take.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a grid of chains: train, compress, export and evaluate for each cell; tables and a report of them all.

    What several cells need is made once. A study that was killed goes on where it was, and a recipe with more cells
    adds them to the same folder. A cell that fails is written down and the others go on; then the exit code is 1.

    Example: edgener study benchmarks/suites/quick.toml --input data=runs/sample --input encoder=runs/tiny
    """
    need_train("edgener study")
    from edgener.study.grid import expand
    from edgener.study.recipe import read_recipe
    from edgener.study.run import StudyConfig, write_document
    from edgener.study.run import study as run

    found = read_recipe(recipe)
    place = out or Path("runs") / f"study-{found.name}"
    _check_executor(executor, ray_address)
    grid = expand(found, _inputs(inputs or []), place, threads)
    _check(context, grid)
    if dry_run:
        _show_plan(grid, place, jobs or 1, json)
        return
    findings = run(found, grid, _executor(executor, jobs, threads, ray_address), StudyConfig(threads, rounds), place)
    document = write_document(found, findings, context.obj, place)
    if json:
        print_json(document)
    else:
        _show(findings.rows, place)
    if failed := sum(row["state"] == "failed" for row in findings.rows):
        total = len(findings.rows)
        raise CheckFailed(f"{failed} of {total} cells failed; see {place / 'results.jsonl'} and {place / 'logs'}")
    if findings.latency.error:
        raise CheckFailed(f"no latency was measured: {findings.latency.error}; see {place / 'logs' / 'benchmark.txt'}")


def _inputs(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UserError(f"--input {text}: expected NAME=PATH, such as data=masakhaner")
        if name in found:
            raise UserError(f"--input {name}: given twice")
        found[name] = value
    return found


def _check_executor(name: str, address: str | None) -> None:
    if name not in (LOCAL, RAY):
        raise UserError(f"--executor {name}: expected {LOCAL} or {RAY}")
    if address and name != RAY:
        raise UserError("--ray-address: for --executor ray")


def _executor(name: str, jobs: int | None, threads: int, address: str | None) -> "Executor":
    from edgener.study.executors import Local, OnRay

    return OnRay(threads, address, jobs) if name == RAY else Local(jobs or 1, threads)


def _check(context: typer.Context, grid: "Grid") -> None:
    """Every command line of the study, before any of them runs."""
    commands: Any = context.find_root().command
    for work in grid.work.values():
        command = commands.commands[work.command]
        try:
            with command.make_context(work.command, list(work.arguments[1:]), resilient_parsing=False):
                pass
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            raise UserError(
                f"step {work.title}: {error.format_message()}; see: edgener {work.command} --help"
            ) from None


def _show_plan(grid: "Grid", place: Path, jobs: int, as_json: bool) -> None:
    from edgener.study.run import past
    from edgener.study.schedule import Estimates, duration

    estimates = Estimates(past(place))
    left = [work for work in grid.work.values() if not work.is_done]
    total, known = estimates.total(left, jobs)
    if as_json:
        cells = [{"cell": cell.name, "steps": [_plan(grid.work[key]) for key in cell.steps]} for cell in grid.cells]
        print_json({"cells": cells, "left": len(left), "seconds": total if known else None, "estimated": known})
        return
    rows = [
        [
            cell.name,
            " > ".join(grid.work[key].command for key in cell.steps),
            sum(not grid.work[key].is_done for key in cell.steps),
        ]
        for cell in grid.cells
    ]
    print_table(f"{place}: {len(grid.cells)} cells", ["cell", "steps", "to do"], rows)
    say(f"{len(left)} of {len(grid.work)} pieces of work are to be done")
    if known:
        say(f"about {duration(total)} for the {known} of them of whose kind one was done before")
    elif left:
        say("how long they take is known when some of them are done")


def _plan(work: Any) -> dict[str, Any]:
    return {"title": work.title, "arguments": list(work.arguments), "done": work.is_done}


def _show(rows: Sequence[dict[str, Any]], place: Path) -> None:
    languages = list(dict.fromkeys(language for row in rows for language in row.get("f1", {})))
    shown, failed = [], any(row["error"] for row in rows)
    for row in rows:
        f1 = row.get("f1", {})
        figures = [100 * f1[language]["f1"] if language in f1 else None for language in languages]
        size = row["bytes"] / 1e6 if row["state"] == "done" else None
        mean = 100 * row["mean_f1"] if row["state"] == "done" else None
        shown.append([row["cell"], *figures, mean, size, *([row["error"] or ""] if failed else [])])
    print_table(f"{place}: test F1", ["cell", *languages, "mean", "MB", *(["failed"] if failed else [])], shown)
    say(f"{place}: results.jsonl, tables.md, tables.csv, report.html")
