"""The working folder of a training run: its checkpoints until the model is written, and who may write them."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgener import output
from edgener.console import say
from edgener.errors import UserError


def started_processes() -> int:
    """How many processes accelerate or torchrun started for this run; 1 without them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """True for the process that writes: the only one, or the first of several."""
    return started_processes() == 1 or int(os.environ.get("RANK", "0")) == 0


@contextmanager
def working_folder(out: Path, asked: str, force: bool = False) -> Iterator[Path]:
    """A place beside `out` for the checkpoints of this request, on which the next run of it goes on.

    It stays when the block is killed or a disk is full, and is removed when the block ends well or with a UserError,
    which would come again. force: checkpoints of another request for `out` may be removed. UserError when they may not,
    and when another run has the folder.
    """
    folder = _folder(out)
    mine = folder / asked[:16]
    output.make_beside(out, mine)
    if not is_main_process():
        yield mine
        return
    with _lock(folder) as ours:
        if not ours:
            raise UserError(f"{out}: another process is training to it; wait for it, or choose another --out")
        _make_room(folder, mine, out, force)
        try:
            yield mine
        except UserError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def _make_room(folder: Path, mine: Path, out: Path, force: bool) -> None:
    """Remove what runs of other requests left; what holds files only when it may be."""
    others = [other for other in folder.iterdir() if other.is_dir() and other != mine]
    kept = [other for other in others if any(path.is_file() for path in other.rglob("*"))]
    if kept and not force:
        if not any(mine.iterdir()):
            mine.rmdir()
        raise UserError(
            f"{out}: a run with other data or settings was stopped here and can still go on; start it again as it was, "
            "choose another --out, or --force to remove its checkpoints"
        )
    if kept:
        say(f"{out}: the checkpoints of a run with other data or settings are removed")
    for other in others:
        shutil.rmtree(other)


def is_finished(
    out: Path,
    asked: str,
    force: bool,
    done: str,
    made_from: Iterable[str | Path | None],
    beside: Iterable[Callable[[Path], Path]] = (),
) -> bool:
    """Is the output of this request there? Then says so, and removes what a run killed behind its last write left.

    done: what has been done to it, such as `trained`. The rest, and the errors: see edgener.output.already_done.
    """
    if not output.already_done(out, asked, force, made_from=made_from, beside=beside):
        return False
    if is_main_process():
        say(f"{out}: already {done} with these inputs and settings")
        _clear(out)
    return True


def _clear(out: Path) -> None:
    """Not what a run has that still goes on."""
    folder = _folder(out)
    if folder.is_dir():
        with _lock(folder) as ours:
            if ours:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """True when no other process has the folder; then none gets it before the block ends."""
    with open(folder / "lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _folder(out: Path) -> Path:
    return out.parent / f".{out.name}.work"
