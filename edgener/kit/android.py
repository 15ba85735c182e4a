"""The Android kit as a folder that Android Studio opens: library module, sample app, the core's sources, the bundle."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

from edgener.benchmark.android_app import ONNXRUNTIME, Growth, growth
from edgener.bundle.layout import Bundle
from edgener.bundle.verify import open_bundle
from edgener.errors import UserError
from edgener.kit.core import sources as core_sources
from edgener.kit.core_tokenizers import check_tokenizer
from edgener.kit.folder import fill, walk
from edgener.kit.site import check_free
from edgener.output import placing

BUNDLE, CORE, TARGET = "assets/bundle", "core", "android-arm64"
# What lies in export/android and is the kit; what a build leaves there is not.
SOURCES = (
    ".gitignore",
    "README.md",
    "build.gradle.kts",
    "edgener/build.gradle.kts",
    "edgener/consumer-rules.pro",
    "edgener/src",
    "gradle",
    "gradle.properties",
    "sample/build.gradle.kts",
    "sample/src",
    "settings.gradle.kts",
)


@dataclass(frozen=True)
class AndroidKit:
    """What was written; bytes: of all its files; growth: of an app that carries the bundle so."""

    path: Path
    bundle: Bundle
    files: tuple[str, ...]
    bytes: int
    growth: Growth


def write_android(bundle: Path, out: Path) -> AndroidKit:
    """Verify a bundle and write the kit with it into `out`, which must not be there or be empty.

    UserError for an unsound bundle, for one that the core or the kit's ONNX Runtime cannot read, and for an `out` that
    is in use.
    """
    check_free(out, bundle)
    sound = open_bundle(bundle)
    check_tokenizer(bundle)
    _check_runtime(sound)
    with placing(out) as scratch:
        carried = ((f"{CORE}/{name}", content) for name, content in core_sources())
        written, size = fill(scratch, chain(_sources(), carried), bundle, BUNDLE)
        grown = growth(scratch / BUNDLE)
    return AndroidKit(out, sound, written, size, grown)


def _sources() -> Iterator[tuple[str, bytes]]:
    """Every file by its name within the kit, as the package carries it."""
    folder = files("edgener.kits") / "android"
    if not (folder / "settings.gradle.kts").is_file():
        raise UserError("this installation of edgener lacks the Android kit's sources; install it again")
    for name in SOURCES:
        yield from walk(folder / name, name)


def _check_runtime(bundle: Bundle) -> None:
    """UserError when the bundle needs a later ONNX Runtime than the kit names."""
    least = str(bundle.manifest["model"].get("min_onnxruntime", "0"))
    if _numbers(least) > _numbers(ONNXRUNTIME):
        raise UserError(f"{bundle.path}: needs ONNX Runtime {least}, the kit has {ONNXRUNTIME}; update edgener")


def _numbers(version: str) -> tuple[int, ...]:
    """Major and minor number, which is what a bundle asks for."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])
