"""A stage that is killed leaves nothing that looks finished, and the next one clears up behind it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgener import artefact
from tests.helpers.stage import build, hidden

# Runs an action again and again, killed at its first, second, third ... call of os, until it gets to its end.
CRASHES = """
import os, signal, sys
from pathlib import Path
from edgener import artefact, output

action, root = sys.argv[1], Path(sys.argv[2])

def stage(out, content):
    with output.building(out) as scratch:
        (scratch / "weights.bin").write_bytes(content)
        output.seal(scratch, "model", {"request": "r"})

def act(out):
    if action == "write":
        artefact.write_file(out, b"new" * 1000)
    else:
        stage(out, b"new" * 1000)

for step in range(200):
    out = root / str(step) / "out"
    if action == "replace":
        stage(out, b"old")
    elif action == "write":
        artefact.write_file(out, b"old")
    child = os.fork()
    if not child:
        left = step
        def counted(real):
            def call(*arguments, **options):
                global left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return real(*arguments, **options)
            return call
        for name in ("mkdir", "open", "fsync", "replace", "rename", "rmdir", "unlink"):
            setattr(os, name, counted(getattr(os, name)))
        act(out)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
else:
    sys.exit("never got to its end")
"""


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env=environment, text=True, stdin=pipe, stdout=pipe
    )


def crashes(action: str, root: Path) -> list[Path]:
    """The folders of all runs of an action that was killed after ever more steps."""
    with python(CRASHES, action, str(root)) as process:
        assert process.wait() == 0
    return sorted(root.iterdir(), key=lambda folder: int(folder.name))


def test_wherever_a_build_is_killed_it_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    runs = crashes("build", tmp_path)
    unfinished = [run / "out" for run in runs if not (run / "out").exists()]
    assert len(unfinished) > 5
    assert any(hidden(out.parent) for out in unfinished)
    for out in (run / "out" for run in runs):
        found = artefact.find(out) if out.exists() else None
        assert found is None or artefact.check_files(out, found.manifest["files"]) == []
        assert out.exists() == (found is not None)
        build(out)
        assert hidden(out.parent) == []


def test_wherever_a_replacement_is_killed_the_output_is_old_or_new_or_gone_but_never_half(tmp_path: Path) -> None:
    sizes = set()
    for run in crashes("replace", tmp_path):
        found = artefact.find(run / "out") if (run / "out").exists() else None
        sizes.add(found and found.manifest["files"]["weights.bin"]["bytes"])
        assert found is None or artefact.check_files(found.path, found.manifest["files"]) == []
        build(run / "out")
        assert hidden(run) == []
    assert {3, 3000} <= sizes


def test_wherever_write_file_is_killed_the_file_is_old_or_new(tmp_path: Path) -> None:
    contents = {(run / "out").read_bytes() for run in crashes("write", tmp_path)}
    assert contents == {b"old", b"new" * 1000}


def test_a_build_that_still_runs_keeps_its_directory(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from edgener import output\n"
        "with output.building(Path(sys.argv[1])) as scratch:\n"
        "    print(scratch, flush=True); sys.stdin.readline()\n"
        "    (scratch / 'late').write_bytes(b'late')\n"
        "    output.seal(scratch, 'model', {})\n"
    )
    out = tmp_path / "out"
    with python(script, str(out)) as process:
        assert process.stdout is not None
        scratch = Path(process.stdout.readline().strip())
        build(out)
        assert scratch.is_dir()
        process.communicate("go on\n")
    assert process.returncode == 0
    assert (out / "late").read_bytes() == b"late"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("name", ["m.int8", "mm", "m.1-abcdef.building"])
def test_only_leftovers_of_the_same_output_are_cleared(tmp_path: Path, name: str) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    running = tmp_path / f".{name}.{os.getpid()}-0123ab.building"
    killed = tmp_path / f".m.{gone.pid}-0123ab.building"
    strange = tmp_path / ".m.99999999999999999999-0123ab.building"
    for folder in (running, killed, strange):
        folder.mkdir()
    build(tmp_path / "m")
    assert not killed.exists()
    assert running.is_dir()
    build(tmp_path / "?")
    assert running.is_dir()
