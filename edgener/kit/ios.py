"""A Swift package with everything in it but ONNX Runtime, which Xcode fetches: sources, the C++ core, the bundle."""

from collections.abc import Iterator
from importlib.resources import files
from itertools import chain
from pathlib import Path

from edgener.bundle.verify import open_bundle
from edgener.errors import UserError
from edgener.kit.core import CoreKit
from edgener.kit.core_tokenizers import check_tokenizer
from edgener.kit.folder import fill, walk
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
        written, size = fill(scratch, chain(_carried(), _libraries(third_party)), bundle, BUNDLE)
    return CoreKit(out, sound, written, size)


def _libraries(third_party: Sources) -> Iterator[tuple[str, bytes]]:
    for library, contents in third_party.items():
        for name, content in contents.items():
            last = name.rpartition("/")[2]
            yield f"{_THIRD_PARTY[library]}/{'include/' * last.endswith('.h')}{last}", content


def _carried() -> Iterator[tuple[str, bytes]]:
    """Every file of the package and of the core by its name within the kit."""
    kits = files("edgener.kits")
    if not (kits / "ios" / "Package.swift").is_file() or not (kits / "core" / "src").is_dir():
        raise UserError("this installation of edgener lacks the kit's sources; install it again")
    for name in _KIT:
        yield from walk(kits / "ios" / name, name)
    for name, place in _CORE.items():
        yield from walk(kits / "core" / name, place)
