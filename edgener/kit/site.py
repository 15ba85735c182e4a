"""A folder of static files that runs a bundle in a browser: page, worker, runtime and bundle, no outside request."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edgener.artefact import write_file
from edgener.bundle.layout import Bundle
from edgener.bundle.verify import open_bundle, problems
from edgener.errors import UserError
from edgener.output import check_place, placing

PAGE, BUNDLE, RUNTIME, FACTS = "index.html", "bundle", "runtime", "site.js"


@dataclass(frozen=True)
class Site:
    """What was written; bytes: of all its files."""

    path: Path
    bundle: Bundle
    files: tuple[str, ...]
    bytes: int


def write_site(bundle: Path, runtime: Mapping[str, bytes], out: Path) -> Site:
    """Verify a bundle and write its page into `out`, which must not be there or be empty.

    runtime: the files of edgener.kit.ort_web. UserError for an unsound bundle, and for an `out` that is in use.
    """
    check_free(out, bundle)
    sound = open_bundle(bundle)
    with placing(out) as scratch:
        shell = _page()
        for name, content in shell.items():
            write_file(scratch / name, content)
        for name, content in runtime.items():
            write_file(scratch / RUNTIME / name, content)
        for file in sorted(bundle.iterdir()):
            write_file(scratch / BUNDLE / file.name, file.read_bytes())
        if problems(scratch / BUNDLE):
            raise UserError(f"{bundle}: was changed while it was copied; write the page again")
        write_file(scratch / FACTS, _facts(scratch, sorted(shell)))
        written = _names(scratch)
        size = sum((scratch / name).stat().st_size for name in written)
    return Site(out, sound, tuple(written), size)


def check_free(out: Path, bundle: Path) -> None:
    """UserError unless `out` is not there, or an empty folder, and lies in no artefact: the bundle must stay whole."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UserError(f"{out}: already exists and is no folder; choose another --out")
    if out.is_dir() and any(out.iterdir()):
        raise UserError(f"{out}: already exists and is not empty; choose another --out")
    check_place(out, [bundle])


def _page() -> dict[str, bytes]:
    """The built page, as the package carries it."""
    folder = files("edgener.kits") / "web" / "dist" / "page"
    if not folder.is_dir():
        raise UserError("this installation of edgener lacks the built page; install it again")
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


def _facts(folder: Path, shell: list[str]) -> bytes:
    """What the service worker keeps: `shell` at once, the other files as they are fetched; a version for each build."""
    names = _names(folder)
    total = hashlib.sha256()
    for name in names:
        total.update(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
    facts = {"version": total.hexdigest()[:16], "shell": shell, "files": names}
    return f"self.SITE = {json.dumps(facts, indent=1)};\n".encode()


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
