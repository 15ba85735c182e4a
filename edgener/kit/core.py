"""The C++ core as a folder to build: its sources, with the bundle in place."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edgener.bundle.layout import Bundle
from edgener.bundle.verify import open_bundle
from edgener.errors import UserError
from edgener.kit.core_tokenizers import check_tokenizer
from edgener.kit.folder import fill, walk
from edgener.kit.site import check_free
from edgener.output import placing

BUNDLE = "bundle"
# What builds the library and edgener-cli; tests and fuzz targets stay in edgener's own checkout.
SOURCES = ("CMakeLists.txt", "README.md", "cli", "cmake", "include", "src")


@dataclass(frozen=True)
class CoreKit:
    """What was written; bytes: of all its files."""

    path: Path
    bundle: Bundle
    files: tuple[str, ...]
    bytes: int


def write_core(bundle: Path, out: Path) -> CoreKit:
    """Verify a bundle and write the core's sources and the bundle into `out`, which must not be there or be empty.

    UserError for an unsound bundle, for a tokenizer that the core cannot read, and for an `out` that is in use.
    """
    check_free(out, bundle)
    sound = open_bundle(bundle)
    check_tokenizer(bundle)
    with placing(out) as scratch:
        written, size = fill(scratch, sources(), bundle, BUNDLE)
    return CoreKit(out, sound, written, size)


def sources() -> Iterator[tuple[str, bytes]]:
    """Every source file by its name within the kit, as the package carries it."""
    folder = files("edgener.kits") / "core"
    if not (folder / "CMakeLists.txt").is_file():
        raise UserError("this installation of edgener lacks the core's sources; install it again")
    for name in SOURCES:
        yield from walk(folder / name, name)
