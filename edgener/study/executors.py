"""Where the work of a study runs: processes of this machine, or a Ray cluster that shares its files.

Both run the same command in the same folder with the same number of threads, so they make the same files.
"""

import os
import queue
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from edgener.benchmark.contestants import environment
from edgener.errors import MissingExtra, UserError

_TAIL = 4000
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Job:
    """A command of edgener. folder: where it runs. log: gets all that it prints."""

    arguments: tuple[str, ...]
    folder: str
    log: str
    threads: int


@dataclass(frozen=True)
class Outcome:
    """code: of the process; above 128 for a signal. line: what it said last. s: seconds."""

    code: int
    line: str
    s: float


class Executor(Protocol):
    """at_once: how many jobs may run at the same time."""

    at_once: int

    def submit(self, job: Job) -> "Future[Outcome]": ...

    def close(self) -> None: ...


def run_job(job: Job, cpus: Sequence[int] = (), stop: Event | None = None) -> Outcome:
    """Run it to its end, on these CPUs; `stop` ends it before."""
    places = ",".join(map(str, cpus)) or "-"
    command = [sys.executable, "-m", "edgener.study.guard", places, sys.executable, "-m", "edgener", *job.arguments]
    pinned = {**environment(job.threads), "PYTHONUNBUFFERED": "1"}
    log = Path(job.folder, job.log)
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with open(log, "ab") as file:
        # The guard reads a pipe that nobody writes to: it ends when this process does. In a session of its own it
        # outlives a kill of this process's whole group, long enough to end the command.
        guard = subprocess.Popen(
            command,
            cwd=job.folder,
            env=pinned,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with guard:
            while (code := guard.poll()) is None:
                if stop is not None and stop.wait(_POLL_SECONDS):
                    break  # the pipe closes with the block, and the guard kills the command
                if stop is None:
                    guard.wait()
    code = guard.returncode if code is None else code
    return Outcome(code, last_line(log), time.monotonic() - start)


def last_line(log: Path) -> str:
    """The last line that says something; JSON results do not count."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip() and not line.startswith("{")), "")


class Local:
    """Processes of this machine, each on CPUs of its own, so that they do not fight."""

    def __init__(self, jobs: int, threads: int) -> None:
        cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if cpus and jobs * threads > len(cpus):
            raise UserError(f"--jobs {jobs} --threads {threads}: {jobs * threads} threads, but {len(cpus)} CPUs here")
        self.at_once = jobs
        self._slots: queue.SimpleQueue[Sequence[int]] = queue.SimpleQueue()
        for slot in range(jobs):
            self._slots.put(cpus[slot * threads : (slot + 1) * threads])
        self._pool = ThreadPoolExecutor(jobs)
        self._stop = Event()

    def submit(self, job: Job) -> "Future[Outcome]":
        return self._pool.submit(self._run, job)

    def _run(self, job: Job) -> Outcome:
        cpus = self._slots.get()
        try:
            return run_job(job, cpus, self._stop)
        finally:
            self._slots.put(cpus)

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)


class OnRay:
    """A Ray cluster; `address` as ray.init takes it, None starts one on this machine.

    jobs: at a time; None for as many as the cluster has CPUs for.
    """

    def __init__(self, threads: int, address: str | None, jobs: int | None) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("--executor ray", "study") from None
        self._ray: Any = ray
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody asked for reports to its makers
        here = {} if address else {"num_cpus": (jobs or 1) * threads, "include_dashboard": False}
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **here)
        except (ConnectionError, ValueError) as error:
            raise UserError(f"--ray-address {address}: {str(error).splitlines()[0]}") from None
        room = sum(int(node["Resources"].get("CPU", 0)) // threads for node in ray.nodes() if node["Alive"])
        if not room:  # a job would wait for ever
            self.close()
            raise UserError(f"--threads {threads}: no machine of the Ray cluster has so many CPUs")
        self.at_once = min(room, jobs or room)
        self._run = ray.remote(num_cpus=threads, max_retries=0)(run_job)

    def submit(self, job: Job) -> "Future[Outcome]":
        future: Future[Outcome] = self._run.remote(job).future()
        return future

    def close(self) -> None:
        self._ray.shutdown()
