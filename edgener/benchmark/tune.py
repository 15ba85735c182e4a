"""Which session settings are fastest for a bundle on this device.

Every candidate runs in a process of its own, in alternating rounds, as in the benchmark. The winner has the shortest
median time from text to entities; it takes the place of the defaults only when it is faster in most rounds, and by more
than the noise between two runs.
"""

import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from edgener.benchmark.contestants import Contestant, Running
from edgener.benchmark.rounds import WARM_UP, in_turn
from edgener.bundle.layout import KIND
from edgener.console import Progress
from edgener.runtime.settings import DEFAULT, Settings

GAIN = 0.02  # less than this between two candidates is noise


@dataclass(frozen=True)
class Tuned:
    """best: settings. ms: by candidate (`str(settings)`), the median of a line in each round."""

    best: Settings
    ms: dict[str, list[float]]

    def ratios(self, settings: Settings) -> list[float]:
        """Round by round, the time of the defaults divided by that of these."""
        return [one / other for one, other in zip(self.ms[str(DEFAULT)], self.ms[str(settings)], strict=True)]


def candidates(cores: int) -> list[Settings]:
    """The defaults first. Threads: powers of two up to the cores, and all of them."""
    counts = sorted({count for count in (1, 2, 4, 8) if count < cores} | {min(cores, 16)})
    found = [DEFAULT]
    for count in counts:
        found += [Settings(count), Settings(count, "none")]
        found += [Settings(count, "all", False)] if count > 1 else []
    return found


def tune(bundle: Path, chosen: Sequence[Settings], lines: Sequence[str], rounds: int = 7) -> Tuned:
    """Measure the candidates, the defaults among them. UserError when one cannot run."""
    contestants = [_contestant(bundle, settings) for settings in chosen]
    ms: dict[str, list[float]] = {one.name: [] for one in contestants}
    with Progress("tuning", rounds * len(contestants), "turns") as progress, ExitStack() as stack:
        running = [stack.enter_context(Running(one, 0)) for one in contestants]
        for one in running:
            one.hello()
        stream = cycle(lines)
        for number in range(rounds):
            part = list(islice(stream, min(len(lines), 24)))
            for one in in_turn(running, number):
                ms[one.contestant.name].append(statistics.median(one.ask("texts", lines=part, warmup=WARM_UP)["ms"]))
                progress.advance()
    return Tuned(best_of(chosen, ms), ms)


def best_of(chosen: Sequence[Settings], ms: dict[str, list[float]]) -> Settings:
    """The fastest by its median; the defaults unless it beats them in most rounds, and by more than GAIN."""
    fastest = min(chosen, key=lambda one: statistics.median(ms[str(one)]))
    ratios = [other / one for one, other in zip(ms[str(fastest)], ms[str(DEFAULT)], strict=True)]
    clearly = statistics.median(ratios) > 1 + GAIN and sum(ratio > 1 for ratio in ratios) > 0.7 * len(ratios)
    return fastest if clearly else DEFAULT


def _contestant(bundle: Path, settings: Settings) -> Contestant:
    options = ["--threads", str(settings.threads), "--optimisation", settings.optimisation]
    options += [] if settings.spinning else ["--no-spinning"]
    command = (sys.executable, "-m", "edgener.benchmark.worker", str(bundle), *options)
    return Contestant(str(settings), KIND, bundle, command, bundle)


def facts_of(found: Tuned) -> dict[str, Any]:
    """For the cache: the medians, in ms."""
    return {"ms": {name: round(statistics.median(rounds), 4) for name, rounds in found.ms.items()}}
