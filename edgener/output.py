"""Outputs of stages: written beside their place, hashed, fsynced and renamed; nothing is replaced unasked.

The manifest is written last and the directory is renamed last, so whatever has its final name is whole.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgener.artefact import (
    MANIFEST,
    SCHEMA,
    canonical_json,
    check_files,
    file_table,
    find,
    read_json,
    sync,
    write_file,
)
from edgener.errors import UserError


def already_done(
    out: Path,
    asked: str,
    force: bool,
    *,
    made_from: Iterable[str | Path | None] = (),
    beside: Iterable[Callable[[Path], Path]] = (),
) -> bool:
    """True when `out` is the finished answer to this request. UserError when something else is there.

    force: another artefact may be replaced. Whatever edgener did not make is never removed, nothing is put inside of
    another artefact, whose files would then be more than its manifest says, and nothing takes the place of what it is
    `made_from` (folders, files, or hub ids, which are passed over). beside: from `out` to a
    file that the stage will write next to it; a file of that name that is no record of edgener's stays.
    """
    check_place(out, made_from)
    for place in beside:
        _check_record(place(out), out)
    if not out.exists() and not out.is_symlink():
        return False
    if not out.is_dir() or out.is_symlink():
        raise UserError(f"{out}: already exists and is no folder of edgener's; choose another --out")
    if not any(out.iterdir()):
        return False
    artefact = find(out)
    if artefact is None:
        raise UserError(f"{out}: a folder that edgener did not make; choose another --out")
    if force:
        return False
    if artefact.manifest.get("request") == asked:
        damage = check_files(out, artefact.manifest.get("files"))
        if not damage:
            return True
        raise UserError(f"{damage[0]}; use --force to build it again")
    raise UserError(f"{out}: already exists and is something else; choose another --out, or --force to replace it")


def check_place(out: Path, made_from: Iterable[str | Path | None]) -> None:
    """UserError unless something may be made at `out`: a name, outside of artefacts, replacing none of `made_from`."""
    if out.name in ("", ".."):
        raise UserError(f"{out}: not a name for a folder that edgener makes; choose another --out")
    here = out.resolve()
    for given in made_from:
        there = Path(given).resolve() if given is not None and Path(given).exists() else None
        if there is not None and (here == there or here in there.parents):
            raise UserError(f"{out}: would take the place of {given}, which it is made from; choose another --out")
    if inside := next((one for one in here.parents if _is_artefact(one)), None):
        raise UserError(f"{out}: lies inside of {inside.name}, which edgener made; choose another --out")
    above = next(one for one in here.parents if one.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        why = "cannot be written to" if above.is_dir() else "is a file"
        raise UserError(f"{out}: {above} {why}; choose another --out")


def _is_artefact(folder: Path) -> bool:
    """A manifest.json alone proves little: web pages have one too."""
    try:
        found = find(folder)
    except UserError:
        return False
    return found is not None and "schema" in found.manifest and "files" in found.manifest


def _check_record(path: Path, out: Path) -> None:
    """UserError for a file in the place of a record (edgener.train.record) that is none."""
    if not path.exists() and not path.is_symlink():
        return
    try:
        found = read_json(path)
    except UserError:
        found = None
    if not isinstance(found, dict) or "request" not in found:
        raise UserError(f"{path}: not a file of edgener's, and {out.name} would replace it; choose another --out")


@contextmanager
def building(out: Path) -> Iterator[Path]:
    """As `placing`, for an artefact: the caller writes its files and calls `seal`."""
    with placing(out) as scratch:
        yield scratch
        if not (scratch / MANIFEST).is_file():
            raise RuntimeError(f"{out}: the stage ended without sealing its output")


@contextmanager
def placing(out: Path) -> Iterator[Path]:
    """A fresh directory beside `out` that takes its place when the block ends well.

    On an error the directory is removed; after a kill it stays under a dotted name that nothing reads, and the next
    build of the same output removes it.
    """
    check_place(out, ())
    make_beside(out, out.parent)
    _remove_stale(out)
    scratch = _scratch(out)
    make_beside(out, scratch)
    try:
        yield scratch
        _take_place(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def make_beside(out: Path, folder: Path) -> None:
    """Make a folder that an output needs, with all above it; UserError with the output's name, which the user knows."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); choose another --out") from None


def seal(directory: Path, kind: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Hash and fsync every file, then write the manifest. Returns the manifest."""
    mask = os.umask(0)
    os.umask(mask)
    for path in directory.iterdir():
        path.chmod(0o666 & ~mask)  # some writers keep their files from everybody else
        sync(path)
    whole = {"kind": kind, "schema": SCHEMA, **manifest, "files": file_table(directory)}
    write_file(directory / MANIFEST, canonical_json(whole))
    sync(directory)
    return whole


def _take_place(scratch: Path, out: Path) -> None:
    old = _scratch(out) if out.exists() or out.is_symlink() else None
    if old is not None:
        os.rename(out, old)
    os.rename(scratch, out)
    sync(out.parent)
    if old is not None:
        _remove(old)


def _scratch(out: Path) -> Path:
    return out.parent / f".{out.name}.{os.getpid()}-{uuid.uuid4().hex[:6]}.building"


def _remove_stale(out: Path) -> None:
    """Remove what a killed build of the same output left; a build that still runs keeps its directory."""
    # The whole name: `.m.*` would also take the directories of an output called `m.int8`.
    ours = re.compile(rf"\.{re.escape(out.name)}\.(\d{{1,9}})-[0-9a-f]{{6}}\.building")
    for stale in out.parent.iterdir():
        match = ours.fullmatch(stale.name)
        if match and not _is_running(int(match[1])):
            _remove(stale)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
