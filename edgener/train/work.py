"""The working folder of a training run: its checkpoints until the model is written, and who may write them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgener import artefact
from edgener.console import say
from edgener.errors import UserError


def started_processes() -> int:
    """How many processes accelerate or torchrun started for this run; 1 without them."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """True for the process that writes: the only one, or the first of several."""
    return started_processes() == 1 or int(os.environ.get("RANK", "0")) == 0


@contextmanager
def working_folder(out: Path, asked: str) -> Iterator[Path]:
    """A place beside `out` for the checkpoints of this request; those of other requests for `out` are removed.

    It stays when the block fails or is killed, and is removed when it ends well. UserError when another run has it.
    """
    folder = _folder(out)
    mine = folder / asked[:16]
    mine.mkdir(parents=True, exist_ok=True)
    if not is_main_process():
        yield mine
        return
    with _lock(folder) as ours:
        if not ours:
            raise UserError(f"{out}: another process is training to it; wait for it, or choose another --out")
        for other in folder.iterdir():
            if other.is_dir() and other != mine:
                say(f"{out}: the checkpoints of a run with other data or settings are removed")
                shutil.rmtree(other)
        yield mine
        shutil.rmtree(folder, ignore_errors=True)


def is_finished(out: Path, asked: str, force: bool, done: str) -> bool:
    """Is the output of this request there? Then says so, and removes what a run killed behind its last write left.

    done: what has been done to it, such as `trained`. UserError for something else at `out`, unless `force`, and for a
    name that no output can have.
    """
    if out.name in ("", ".."):
        raise UserError(f"{out}: not a name for a folder that edgener makes; choose another --out")
    if not artefact.already_done(out, asked, force):
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
