"""The time that the cells of a study take: all of them in one run of the benchmark, when nothing else of it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgener.artefact import canonical_json, read_json, write_file
from edgener.console import say
from edgener.study.executors import Job, run_job

LATENCY = "latency.json"
_MAX_BYTES = 2**28


@dataclass(frozen=True)
class Latency:
    """cells: by cell and number of tokens, ms: `median`, and `low` and `high` with half of the samples between them.

    error: why there are none although there should be.
    """

    cells: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    error: str | None = None


def measure(timed: Mapping[str, tuple[str, Path]], threads: int, rounds: int, out: Path) -> Latency:
    """Of each cell in `timed`, its engine and its model; what was measured so before stands in latency.json."""
    if not timed:
        return Latency()
    contestants = {
        cell: str(model) if engine == "onnxruntime" else f"{engine}={model}" for cell, (engine, model) in timed.items()
    }
    # Models are called after what made them: other data, other names.
    asked = {"contestants": contestants, "threads": threads, "rounds": rounds}
    place = out / LATENCY
    if place.is_file() and (known := read_json(place, _MAX_BYTES)).get("asked") == asked:
        return Latency(known["cells"])
    say(f"timing {len(contestants)} cells in one run")
    measured, log = out / "logs" / LATENCY, out / "logs" / "benchmark.txt"
    arguments = ["benchmark", *contestants.values(), "--threads", str(threads), "--rounds", str(rounds)]
    arguments += ["--no-batches", "--out", str(measured), "--force"]
    outcome = run_job(Job(tuple(arguments), str(Path.cwd()), str(log), threads))
    if outcome.code:
        return Latency(error=outcome.line or f"ended with exit code {outcome.code}")
    document = read_json(measured, _MAX_BYTES)
    names = dict(zip(contestants, document["order"][0], strict=True))
    figures = {cell: _quartiles(document["samples"][name]["latency"]) for cell, name in names.items()}
    write_file(place, canonical_json({**document, "asked": asked, "cells": figures}))
    measured.unlink()
    return Latency(figures)


def _quartiles(rounds_by_tokens: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, dict[str, float]]:
    found = {}
    for tokens, rounds in rounds_by_tokens.items():
        low, median, high = np.percentile([ms for one in rounds for ms in one], [25, 50, 75])
        found[str(tokens)] = {"median": float(median), "low": float(low), "high": float(high)}
    return found
