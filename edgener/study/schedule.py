"""Do the work of a grid: what is ready runs, what failed is written down, and the rest goes on."""

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from signal import SIGKILL

from edgener.console import say
from edgener.study.executors import Executor, Job, Outcome, last_line
from edgener.study.grid import Work

SHOWN_SECONDS = 30.0


class Estimates:
    """How long work takes, from how long work of the same step, or command, took; seconds."""

    def __init__(self, past: Mapping[str, list[float]]) -> None:
        self.past = {name: list(found) for name, found in past.items()}

    def add(self, work: Work, s: float) -> None:
        for name in (step_of(work), work.command):
            self.past.setdefault(name, []).append(s)

    def of(self, work: Work) -> float | None:
        """None when nothing like it has been done."""
        found = self.past.get(step_of(work)) or self.past.get(work.command)
        return statistics.median(found) if found else None

    def total(self, left: list[Work], at_once: int) -> tuple[float, int]:
        """(seconds until all of it is done, of how much of it that is known)."""
        known = [s for work in left if (s := self.of(work)) is not None]
        return sum(known) / max(1, at_once), len(known)


def step_of(work: Work) -> str:
    """Its step with what varies, without languages and seed."""
    return work.title.partition(", on ")[0]


def run_all(
    work: Mapping[str, Work],
    executor: Executor,
    job_of: Callable[[Work], Job],
    estimates: Estimates,
    finished: Callable[[Work, Outcome], None],
) -> dict[str, str]:
    """Do what is not done yet; the error, in a line, of what failed and of what could not be tried, by key.

    finished: is told of each that ran.
    """
    failed: dict[str, str] = {}
    left = {key: one for key, one in work.items() if not one.is_done}
    total, running = len(left), dict[Future[Outcome], Work]()
    shown = time.monotonic()
    try:
        while left or running:
            for key, one in list(left.items()):
                bad = next((need for need in one.needs if need in failed), None)
                if bad is not None:
                    failed[key] = failed[bad] if failed[bad].startswith("needs ") else f"needs {work[bad].title}"
                    del left[key]
                elif len(running) < executor.at_once and all(
                    need not in left and work[need] not in running.values() for need in one.needs
                ):
                    say(f"{one.title}: begins")
                    running[executor.submit(job_of(left.pop(key)))] = one
            done, _ = wait(running, timeout=SHOWN_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                one, outcome = running.pop(future), _outcome(future)
                if outcome.code or not one.is_done:
                    failed[one.key] = _why(outcome)
                    say(f"{one.title}: failed: {failed[one.key]}")
                else:
                    estimates.add(one, outcome.s)
                    so_far = _progress(left, running, total, estimates, executor)
                    say(f"{one.title}: done in {duration(outcome.s)}; {so_far}")
                finished(one, outcome)
            if time.monotonic() - shown > SHOWN_SECONDS:
                shown = time.monotonic()
                for one in running.values():
                    say(f"  {one.title}: {last_line(Path(job_of(one).folder, job_of(one).log))[:150]}")
    finally:
        executor.close()
    return failed


def _outcome(future: "Future[Outcome]") -> Outcome:
    """A job that could not be run at all, as when a machine of the cluster is lost, has failed like any other."""
    try:
        return future.result()
    except Exception as error:
        return Outcome(1, next(iter(str(error).splitlines()), "") or type(error).__name__, 0.0)


def _why(outcome: Outcome) -> str:
    """What a killed command said last was no error."""
    if outcome.code > 128 or outcome.code < 0:  # the guard itself, below 0
        signal = outcome.code - 128 if outcome.code > 0 else -outcome.code
        return f"killed by signal {signal}" + (", perhaps for want of memory" if signal == SIGKILL else "")
    return outcome.line or f"ended with exit code {outcome.code}"


def _progress(
    left: Mapping[str, Work], running: Mapping["Future[Outcome]", Work], total: int, estimates: Estimates, on: Executor
) -> str:
    undone = [*left.values(), *running.values()]
    s, known = estimates.total(undone, on.at_once)
    time_left = f", {'about' if known == len(undone) else 'more than'} {duration(s)} left" if known else ""
    return f"{total - len(undone)} of {total}{time_left}"


def duration(s: float) -> str:
    if s < 100:
        return f"{s:.0f} s"
    return f"{s / 60:.0f} min" if s < 6000 else f"{s / 3600:.1f} h"
