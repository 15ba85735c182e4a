"""A Swift package with everything in it but ONNX Runtime, which Xcode fetches: sources, the C++ core, the bundle."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from edgener.artefact import write_file
from edgener.bundle.verify import open_bundle, problems
from edgener.errors import UserError
from edgener.kit.core import CoreKit
from edgener.kit.core_tokenizers import check_tokenizer
from edgener.kit.site import check_free
from edgener.kit.third_party import Sources
from edgener.output import placing

BUNDLE = "Sources/EdgenerBundle/bundle"
# Where SwiftPM wants them: headers in include/, for whoever uses a target.
_CORE = {"src": "Sources/CEdgener/src", "include": "Sources/CEdgener/include"}
_THIRD_PARTY = {"yyjson": "Sources/CYyjson", "utf8proc": "Sources/CUtf8proc"}
_KIT = ("Package.swift", "README.md", "Sources", "Tests")


def write_ios(bundle: Path, third_party: Sources, out: Path) -> CoreKit:
    """Verify a bundle and write the package with it into `out`, which must not be there or be empty.

    third_party: from edgener.kit.third_party. UserError for an unsound bundle, for a tokenizer that the core cannot
    read, and for an `out` that is in use.
    """
    check_free(out, bundle)
    sound = open_bundle(bundle)
    check_tokenizer(bundle)
    with placing(out) as scratch:
        for name, source in _carried():
            write_file(scratch / name, source.read_bytes())
        for library, contents in third_party.items():
            for name, content in contents.items():
                write_file(scratch / _THIRD_PARTY[library] / _place(name), content)
        for file in sorted(bundle.iterdir()):
            write_file(scratch / BUNDLE / file.name, file.read_bytes())
        if problems(scratch / BUNDLE):
            raise UserError(f"{bundle}: was changed while it was copied; write the kit again")
        written = sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if path.is_file())
        size = sum((scratch / name).stat().st_size for name in written)
    return CoreKit(out, sound, tuple(written), size)


def _place(name: str) -> str:
    last = name.rpartition("/")[2]
    return f"include/{last}" if last.endswith(".h") else last


def _carried() -> Iterator[tuple[str, Traversable]]:
    """Every file of the package and of the core by its name within the kit."""
    kits = files("edgener.kits")
    if not (kits / "ios" / "Package.swift").is_file() or not (kits / "core" / "src").is_dir():
        raise UserError("this installation of edgener lacks the kit's sources; install it again")
    for name in _KIT:
        yield from _walk(kits / "ios" / name, name)
    for name, place in _CORE.items():
        yield from _walk(kits / "core" / name, place)


def _walk(node: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    if not node.is_dir():
        yield name, node
        return
    for child in sorted(node.iterdir(), key=lambda one: one.name):
        if not child.name.startswith("."):  # what Finder and Swift leave behind
            yield from _walk(child, f"{name}/{child.name}")
