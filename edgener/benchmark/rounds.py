"""The measuring plan: fresh processes for cold starts, then rounds in which every contestant has its turn.

In each round every contestant does the same small piece of work, in an order that changes from round to round, so that
a machine that slows down or heats up slows all of them. Ratios are taken within a round. Each turn begins with work
that is not kept; whoever has no turn blocks on its stdin.
"""

import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, islice
from typing import Any, TypeVar

from edgener.benchmark import machine
from edgener.benchmark.contestants import Contestant, Running
from edgener.console import Progress

Item = TypeVar("Item")
TOKENS = (16, 32, 64, 128)
BATCHES = (1, 8, 32)
WARM_UP = 3
REPEATS = (5, 100)
LINES = (16, 200)


@dataclass(frozen=True)
class Plan:
    """rounds: of each measurement. seconds: aimed at for one turn. cold_starts: kept ones; one more is not counted.

    tokens: window lengths, special tokens included. batches: windows that share a forward pass; () leaves them out.
    """

    rounds: int = 10
    seconds: float = 0.4
    cold_starts: int = 5
    tokens: tuple[int, ...] = TOKENS
    batches: tuple[int, ...] = BATCHES

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def quick(self) -> "Plan":
        return replace(self, rounds=5, seconds=0.1, cold_starts=3)


Samples = dict[str, dict[str, Any]]
"""contestant -> measurement -> raw samples, one entry a round (texts, latency: a list of ms; throughput: a number).

`hello` is what the process said of itself, `cold_starts` its like from fresh processes, `memory` its peaks in bytes.
A window that is longer than a model reads has no samples.
"""


@dataclass(frozen=True)
class Measured:
    """The samples, the order of the contestants in each round, and the device before and after each round.

    `lines`: how many different lines of text were measured one at a time (`single`) and in batches (`batches`).
    `sittings`: how many rounds were done when all processes were started; more than one number when it was resumed.
    """

    samples: Samples
    lines: dict[str, int] = field(default_factory=dict)
    order: list[list[str]] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    sittings: list[int] = field(default_factory=list)


def measure(
    contestants: Sequence[Contestant],
    plan: Plan,
    threads: int,
    lines: Sequence[str],
    reading: Callable[[], dict[str, Any]] = machine.reading,
    before: Measured | None = None,
    kept: Callable[[Measured], None] = lambda _: None,
) -> Measured:
    """Every raw sample; see the module for how they are taken.

    before: what a run of the same contestants, plan and lines had kept; its rounds are not run again. kept: is given
    all that was measured, behind each round.
    """
    nothing: Samples = {
        one.name: {"cold_starts": [], "latency": {}, "texts": [], "throughput": {}} for one in contestants
    }
    found = (
        Measured(nothing) if before is None else replace(before, samples={one: before.samples[one] for one in nothing})
    )
    found.sittings.append(len(found.readings) // 2)
    turns = plan.cold_starts + 1 + plan.rounds * (len(plan.tokens) + 1 + len(plan.batches))
    with Progress("benchmarking", turns * len(contestants), "turns") as progress:
        _cold_starts(contestants, plan, threads, found.samples, progress)
        kept(found)
        with ExitStack() as stack:
            running = [stack.enter_context(Running(one, threads)) for one in contestants]
            for one in running:
                found.samples[one.contestant.name]["hello"] = one.hello()
            rounds = _Rounds(running, plan, found, reading, progress, kept)
            if len(found.order) < plan.rounds:
                rounds.single(lines)
                _peaks(running, found.samples, "peak_bytes")
                kept(found)
            # Last: no phone runs such batches, and the memory that they take stays taken.
            rounds.batches(lines)
            _peaks(running, found.samples, "peak_with_batches_bytes")
    return found


def in_turn(items: Sequence[Item], number: int) -> list[Item]:
    """The order of one round: everyone is first equally often, and each time around the direction changes.

    Rotation alone would leave everyone behind the same neighbour.
    """
    start = number % len(items)
    order = [*items[start:], *items[:start]]
    return order[::-1] if (number // len(items)) % 2 else order


def _cold_starts(
    contestants: Sequence[Contestant], plan: Plan, threads: int, samples: Samples, progress: Progress
) -> None:
    """Alternating. The first of each finds files that are perhaps not cached, and is thrown away."""
    done = min(len(found["cold_starts"]) for found in samples.values())
    progress.advance(done * len(contestants))
    for number in range(plan.cold_starts + 1 - done):
        for one in in_turn(contestants, number):
            with Running(one, threads) as running:
                hello = running.hello()
            if number:
                samples[one.name]["cold_starts"].append(hello)
            progress.advance()


def _peaks(running: Sequence[Running], samples: Samples, name: str) -> None:
    for one in running:
        samples[one.contestant.name].setdefault("memory", {})[name] = one.ask("memory")["peak_bytes"]


@dataclass(frozen=True)
class _Rounds:
    """Contestants that run, and where their samples go."""

    running: Sequence[Running]
    plan: Plan
    found: Measured
    reading: Callable[[], dict[str, Any]]
    progress: Progress
    kept: Callable[[Measured], None]

    def single(self, lines: Sequence[str]) -> None:
        """Batch 1: forward passes at each length, then text to entities, round after round."""
        repeats = [self._repeats(one) for one in self.running]
        done = len(self.found.order)
        each = len(self._samples(0)["texts"][0]) if done else self._affordable(lines, LINES[1])
        self.found.lines["single"] = min(len(lines), each * self.plan.rounds)
        self.progress.advance(done * len(self.running) * (len(self.plan.tokens) + 1))
        stream = islice(cycle(lines), done * each, None)
        for number in range(done, self.plan.rounds):
            order = in_turn(range(len(self.running)), number)
            self.found.order.append([self.running[place].contestant.name for place in order])
            self._read("single", number, "before")
            for tokens in self.plan.tokens:
                for place in order:
                    self._latency(self.running[place], tokens, repeats[place].get(tokens))
            part = list(islice(stream, each))
            for place in order:
                answer = self.running[place].ask("texts", lines=part, warmup=WARM_UP)
                self._samples(place)["texts"].append(answer["ms"])
                self.progress.advance()
            self._read("single", number, "after")
            if number + 1 < self.plan.rounds:  # the last is kept with the peak that all of them reached
                self.kept(self.found)

    def batches(self, lines: Sequence[str]) -> None:
        """Sentences a second from text to entities, the same sentences at each batch size: whole batches only."""
        if not self.plan.batches:
            return
        largest, done = max(self.plan.batches), len(self.found.readings) // 2 - self.plan.rounds
        wanted = self._affordable(list(islice(cycle(lines), LINES[1])), LINES[1])
        sentences = list(islice(cycle(lines), max(1, wanted // largest) * largest))
        self.found.lines["batches"] = min(len(lines), len(sentences))
        self.progress.advance(done * len(self.running) * len(self.plan.batches))
        for number in range(done, self.plan.rounds):
            order = in_turn(range(len(self.running)), number)
            self._read("batches", number, "before")
            for batch in self.plan.batches:
                for place in order:
                    seconds = self.running[place].ask("throughput", batch=batch, lines=sentences)["s"]
                    rounds = self._samples(place)["throughput"].setdefault(str(batch), [])
                    rounds.append(len(sentences) / seconds)
                    self.progress.advance()
            self._read("batches", number, "after")
            self.kept(self.found)

    def _latency(self, one: Running, tokens: int, repeats: int | None) -> None:
        self.progress.advance()
        if repeats is not None:
            answer = one.ask("latency", tokens=tokens, repeats=repeats, warmup=WARM_UP)
            rounds = self.found.samples[one.contestant.name]["latency"].setdefault(str(tokens), [])
            rounds.append(answer["ms"])

    def _repeats(self, one: Running) -> dict[int, int]:
        """How often a window of each length fits in a turn, by what it takes when warm."""
        longest = self.found.samples[one.contestant.name]["hello"]["max_length"]
        chosen = {}
        for tokens in self.plan.tokens:
            if tokens <= longest:
                warm = one.ask("latency", tokens=tokens, repeats=WARM_UP, warmup=WARM_UP)["ms"]
                chosen[tokens] = _between(REPEATS, 1000 * self.plan.seconds / statistics.median(warm))
        return chosen

    def _affordable(self, lines: Sequence[str], most: int) -> int:
        """Lines for a turn, the same number for all: as many as the slowest has time for."""
        few = list(lines[: LINES[0]])
        slowest = max(statistics.mean(one.ask("texts", lines=few, warmup=WARM_UP)["ms"]) for one in self.running)
        # Lines differ more than repeats of one window, so a turn with lines is longer.
        return min(len(lines), _between((LINES[0], most), 5000 * self.plan.seconds / slowest))

    def _samples(self, place: int) -> dict[str, Any]:
        return self.found.samples[self.running[place].contestant.name]

    def _read(self, part: str, number: int, when: str) -> None:
        self.found.readings.append({"part": part, "round": number, "when": when, **self.reading()})


def _between(limits: tuple[int, int], wanted: float) -> int:
    return max(limits[0], min(limits[1], int(wanted)))
