"""What the kits made of sources share: carried files by name, and a folder of them with a bundle in place."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from edgener.artefact import write_file
from edgener.bundle.verify import problems
from edgener.errors import UserError

LICENCE = "LICENSE"  # of the sources: whoever passes them on passes it on too


def walk(node: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of a file, or of every file of a folder, but for what Finder and builds leave behind in it."""
    if not node.is_dir():
        yield name, node.read_bytes()
        return
    for child in sorted(node.iterdir(), key=lambda one: one.name):
        if not child.name.startswith("."):
            yield from walk(child, f"{name}/{child.name}")


def fill(folder: Path, contents: Iterable[tuple[str, bytes]], bundle: Path, place: str) -> tuple[tuple[str, ...], int]:
    """Write the contents, edgener's licence, and the bundle at `place`; the names of all files, and their bytes.

    UserError when the bundle that arrived is not sound.
    """
    for name, content in contents:
        write_file(folder / name, content)
    write_file(folder / LICENCE, (files("edgener.kits") / LICENCE).read_bytes())
    for file in sorted(bundle.iterdir()):
        write_file(folder / place / file.name, file.read_bytes())
    if problems(folder / place):
        raise UserError(f"{bundle}: was changed while it was copied; write the kit again")
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return tuple(written), sum((folder / name).stat().st_size for name in written)
