"""What is ready runs, what failed is written down, and the rest goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.study.executors import Job, Local, Outcome, last_line, run_job
from edgener.study.grid import EVALUATE, Work
from edgener.study.schedule import Estimates, run_all
from tests.helpers.process import ROOT

BROKE = Outcome(2, "edgener: it broke", 1.0)


class Fake:
    """Does each job at once: writes its output, unless its name is among `broken`."""

    def __init__(self, broken: dict[str, Outcome | Exception], at_once: int = 2) -> None:
        self.at_once, self.broken, self.ran, self.closed = at_once, broken, list[str](), False

    def submit(self, job: Job) -> "Future[Outcome]":
        out = Path(job.arguments[0])
        future: Future[Outcome] = Future()
        self.ran.append(out.name)
        how = self.broken.get(out.name)
        if isinstance(how, Exception):
            future.set_exception(how)
        elif how is not None:
            future.set_result(how)
        else:
            out.write_text("{}")
            future.set_result(Outcome(0, "", 2.0))
        return future

    def close(self) -> None:
        self.closed = True


def _work(folder: Path, needs: dict[str, tuple[str, ...]]) -> dict[str, Work]:
    return {name: Work(name, name, EVALUATE, (str(folder / name),), folder / name, of) for name, of in needs.items()}


def _run(work: dict[str, Work], executor: Fake) -> dict[str, str]:
    def job_of(one: Work) -> Job:
        return Job(one.arguments, ".", "log", 1)

    return run_all(work, executor, job_of, Estimates({}), lambda one, outcome: None)


def test_all_is_done_after_what_it_needs_and_only_once(tmp_path: Path) -> None:
    work = _work(tmp_path, {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})
    executor = Fake({})
    assert _run(work, executor) == {}
    assert sorted(executor.ran) == ["a", "b", "c", "d"]
    assert executor.ran[0] == "a"
    assert executor.ran[-1] == "d"
    assert executor.closed
    assert _run(work, again := Fake({})) == {}
    assert again.ran == []


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (Outcome(137, "epoch 3 of 5", 1.0), "killed by signal 9, perhaps for want of memory"),
        (Outcome(-15, "epoch 3 of 5", 1.0), "killed by signal 15"),
        (Outcome(1, "", 1.0), "ended with exit code 1"),
        (Outcome(0, "", 1.0), "ended with exit code 0"),  # and made nothing
        (RuntimeError("a machine was lost\nand more"), "a machine was lost"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_whatever_happens_to_a_job_the_others_go_on(tmp_path: Path, how: Outcome | Exception, why: str) -> None:
    work = _work(tmp_path, {"a": (), "b": ()})
    executor = Fake({"a": how})
    assert _run(work, executor) == {"a": why}
    assert executor.ran == ["a", "b"]


def test_what_needs_a_failed_step_is_not_tried_and_the_rest_goes_on(tmp_path: Path) -> None:
    work = _work(tmp_path, {"a": (), "b": ("a",), "c": ("b",), "d": (), "e": ("d",)})
    executor = Fake({"a": BROKE})
    failed = _run(work, executor)
    assert failed == {"a": "edgener: it broke", "b": "needs a", "c": "needs a"}
    assert sorted(executor.ran) == ["a", "d", "e"]
    # Mended, it is tried again, with all that needs it.
    assert _run(work, mended := Fake({})) == {}
    assert sorted(mended.ran) == ["a", "b", "c"]


def test_time_left_is_of_the_same_step_or_else_of_the_same_command(tmp_path: Path) -> None:
    estimates = Estimates({"prune, sparsity 0.5": [10.0, 20.0, 30.0], "prune": [100.0]})

    def work(title: str, command: str) -> Work:
        return Work(title, title, command, (), tmp_path / "x", ())

    known = work("prune, sparsity 0.5, on hau, seed 3", "prune")
    assert estimates.of(known) == 20
    assert estimates.of(work("prune, sparsity 0.9, on hau, seed 0", "prune")) == 100
    assert estimates.of(work("teacher, on hau, seed 0", "train")) is None
    assert estimates.total([known, known, work("teacher, on hau", "train")], 2) == (20, 2)


def test_a_job_says_its_exit_code_and_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    outcome = run_job(Job(("verify", "nowhere"), str(tmp_path), str(tmp_path / "logs" / "x.txt"), 1))
    assert outcome.code == 2
    assert outcome.line.startswith("edgener: nowhere")
    assert outcome.s > 0


def test_results_in_json_are_no_last_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('first\nsecond\n\n{"a": 1}\n')
    assert last_line(tmp_path / "log") == "second"
    assert last_line(tmp_path / "none") == ""


def test_more_threads_than_cpus_are_refused() -> None:
    with pytest.raises(UserError, match=r"--jobs 500 --threads 2: 1000 threads, but \d+ CPUs here"):
        Local(500, 2)


SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


def _guarded(file: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "edgener.study.guard", "-", sys.executable, "-c", SLEEPER, str(file)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE)
    _text_of(file)
    return guard


def _text_of(file: Path) -> str:
    """As soon as there is any."""
    deadline = time.monotonic() + 60
    while not (file.is_file() and file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return file.read_text()


def test_a_killed_command_has_the_code_that_a_shell_gives_it(tmp_path: Path) -> None:
    guard = _guarded(tmp_path / "pid")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert guard.wait(30) == 128 + signal.SIGKILL


STARTER = """
import sys
from edgener.study import executors
executors.sys.executable = sys.argv[1]
executors.run_job(executors.Job(("ignored",), ".", sys.argv[2], 1))
"""


def test_a_command_ends_when_the_whole_group_of_its_starter_is_killed(tmp_path: Path) -> None:
    # Stands in for python: as the guard it is python, as the command it sleeps.
    stand_in = tmp_path / "python"
    sleep = f'[ "$2" = edgener ] && {{ echo $$ > {tmp_path}/pid; exec sleep 600; }}'
    stand_in.write_text(f'#!/bin/sh\n{sleep}\nexec {sys.executable} "$@"\n')
    stand_in.chmod(0o755)
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(stand_in), str(tmp_path / "log")], cwd=ROOT, start_new_session=True
    )
    child = int(_text_of(tmp_path / "pid"))
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait(30)
    assert _ends(child)


def _ends(pid: int) -> bool:
    for _ in range(500):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.is_file() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def test_a_command_ends_with_whoever_started_it(tmp_path: Path) -> None:
    guard = _guarded(tmp_path / "pid")
    child = int((tmp_path / "pid").read_text())
    assert guard.stdin is not None
    guard.stdin.close()  # as the kernel does when a process is killed with -9
    assert _ends(child)
    guard.wait(30)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_command_ends_when_its_guard_does(tmp_path: Path, how: signal.Signals) -> None:
    guard = _guarded(tmp_path / "pid")
    guard.send_signal(how)
    assert _ends(int((tmp_path / "pid").read_text()))
    guard.wait(30)


def test_a_job_runs_on_its_cpus(tmp_path: Path) -> None:
    show = "import os, json, sys; json.dump(sorted(os.sched_getaffinity(0)), open(sys.argv[1], 'w'))"
    cpu = str(min(os.sched_getaffinity(0)))
    command = [sys.executable, "-m", "edgener.study.guard", cpu, sys.executable, "-c", show, str(tmp_path / "cpus")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as guard:
        assert guard.wait(60) == 0
    assert json.loads((tmp_path / "cpus").read_text()) == [int(cpu)]
