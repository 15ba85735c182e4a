"""Which of a bundle's graphs and which session settings are fastest on this device.

Every candidate runs in a process of its own, in alternating rounds with the defaults, as in the benchmark. The winner
has the best median ratio of the time from text to entities; it takes the place of the defaults only when it is faster
in most rounds, and by more than the noise between two runs.
"""

import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from edgener.benchmark.contestants import Contestant, Running
from edgener.benchmark.rounds import WARM_UP, in_turn
from edgener.bundle.layout import KIND
from edgener.console import Progress
from edgener.runtime.settings import DEFAULT, Settings

GAIN = 0.02  # less than this between two candidates is noise
AT_ONCE = 3  # beside the defaults


@dataclass(frozen=True)
class Measured:
    """ms: the median of a line in each round. ratios: round by round, the time of the defaults divided by it."""

    settings: Settings
    ms: list[float]
    ratios: list[float]


def candidates(cores: int) -> list[Settings]:
    """The defaults first. Threads: powers of two up to the cores, and all of them."""
    counts = sorted({count for count in (1, 2, 4, 8) if count < cores} | {min(cores, 16)})
    found = [DEFAULT]
    for count in counts:
        found += [Settings(count), Settings(count, "none")]
        found += [Settings(count, "all", False)] if count > 1 else []
    return found


def tune(
    bundle: Path, variants: Sequence[str], cores: int, lines: Sequence[str], rounds: int = 7
) -> tuple[Settings, list[Measured]]:
    """(the best, all that was measured): settings, then variants under the best of them.

    Not every pair: each is a process with the bundle in its memory, and settings that suit one graph suit its siblings.
    UserError when a candidate cannot run.
    """
    found = _in_groups(bundle, candidates(cores)[1:], lines, rounds)
    best = best_of(found)
    if not variants:
        return best, found
    again = [*([best] * (best != DEFAULT)), *(replace(best, variant=name) for name in variants)]
    others = _in_groups(bundle, again, lines, rounds)
    return best_of(others), found + [one for one in others if one.settings.variant]


def _in_groups(bundle: Path, chosen: Sequence[Settings], lines: Sequence[str], rounds: int) -> list[Measured]:
    """The defaults, and each of `chosen` beside them. A few at a time: every process has the bundle in its memory."""
    default, others = Measured(DEFAULT, [], []), []
    for start in range(0, max(1, len(chosen)), AT_ONCE):
        first, *rest = _measure(bundle, [DEFAULT, *chosen[start : start + AT_ONCE]], lines, rounds)
        default.ms.extend(first.ms)
        default.ratios.extend(first.ratios)
        others += rest
    return [default, *others]


def _measure(bundle: Path, chosen: Sequence[Settings], lines: Sequence[str], rounds: int) -> list[Measured]:
    """Each in a process of its own, in alternating rounds; the defaults are the first."""
    contestants = [_contestant(bundle, settings) for settings in chosen]
    ms: list[list[float]] = [[] for _ in chosen]
    with Progress("tuning", rounds * len(contestants), "turns") as progress, ExitStack() as stack:
        running = [stack.enter_context(Running(one, 0)) for one in contestants]
        for one in running:
            one.hello()
        stream = cycle(lines)
        for number in range(rounds):
            part = list(islice(stream, min(len(lines), 24)))
            for place in in_turn(range(len(running)), number):
                answer = running[place].ask("texts", lines=part, warmup=WARM_UP)
                ms[place].append(statistics.median(answer["ms"]))
                progress.advance()
    return [
        Measured(one, own, [before / after for before, after in zip(ms[0], own, strict=True)])
        for one, own in zip(chosen, ms, strict=True)
    ]


def best_of(found: Sequence[Measured]) -> Settings:
    """The best ratio to the defaults; they stay unless it beats them in most rounds, and by more than GAIN."""
    fastest = max(found, key=lambda one: statistics.median(one.ratios))
    faster = sum(ratio > 1 for ratio in fastest.ratios)
    clearly = statistics.median(fastest.ratios) > 1 + GAIN and faster > 0.7 * len(fastest.ratios)
    return fastest.settings if clearly else DEFAULT


def _contestant(bundle: Path, settings: Settings) -> Contestant:
    options = ["--threads", str(settings.threads), "--optimisation", settings.optimisation]
    options += [] if settings.spinning else ["--no-spinning"]
    options += ["--variant", settings.variant] if settings.variant else []
    command = (sys.executable, "-m", "edgener.benchmark.worker", str(bundle), *options)
    return Contestant(str(settings), KIND, bundle, command, bundle)


def facts_of(found: Sequence[Measured]) -> dict[str, Any]:
    """For the cache: the medians, in ms."""
    return {"ms": {str(one.settings): round(statistics.median(one.ms), 4) for one in found}}
