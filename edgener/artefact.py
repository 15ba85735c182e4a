"""Stage directories and their manifests: reading, hashing and checking them.

Every stage reads directories and writes one (edgener.output). An artefact is a directory with a `manifest.json` that
names its kind, what it was made from and the sha256 of each file.
"""

import hashlib
import json
import math
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgener.errors import UserError

MANIFEST = "manifest.json"
SCHEMA = 1
MAX_JSON_BYTES = 16 * 2**20
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def canonical_json(document: Any) -> bytes:
    """The one byte form of a JSON document that digests are taken of."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # an unpaired surrogate: UTF-8 cannot carry it, a JSON escape can
        return (json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def digest_of(document: Any) -> str:
    return hashlib.sha256(canonical_json(document)).hexdigest()


def sha256_file(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_json(data: bytes) -> Any:
    """Strict JSON in UTF-8: no NaN, no Infinity. ValueError or RecursionError otherwise."""
    return json.loads(data.decode("utf-8-sig"), parse_constant=_finite, parse_float=_finite)


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise ValueError(f"{number[:20]} is not a number in JSON")
    return float(number)


def read_json(path: Path, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Parse a JSON file of bounded size and depth; UserError with the place when it is not JSON."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise UserError(f"{path}: {size:,} bytes is too large for this file (at most {max_bytes:,})")
        return parse_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except ValueError as error:
        raise UserError(f"{path}:{getattr(error, 'lineno', 1)}: not valid JSON ({error})") from None


@dataclass(frozen=True)
class Artefact:
    """A finished stage directory and its manifest."""

    path: Path
    manifest: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.manifest["kind"])

    @property
    def digest(self) -> str:
        """sha256 of the manifest, which holds the sha256 of every file: the artefact's identity."""
        return digest_of(self.manifest)


def find(path: Path) -> Artefact | None:
    """The finished artefact at `path`, or None when there is none (no directory, or no manifest)."""
    if not (path / MANIFEST).is_file():
        return None
    manifest = read_json(path / MANIFEST)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("kind"), str):
        raise UserError(f"{path / MANIFEST}: not an edgener manifest (no kind)")
    return Artefact(path, manifest)


def file_table(directory: Path) -> dict[str, dict[str, Any]]:
    """sha256 and size of each file of a flat directory, the manifest excepted."""
    return {
        path.name: {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(directory.iterdir())
        if path.name != MANIFEST
    }


def check_files(directory: Path, files: object) -> list[str]:
    """Compare a directory with the `files` table of its manifest; one line for each difference."""
    if not isinstance(files, dict):
        return [f"{directory / MANIFEST}: 'files' is not a table of files"]
    problems = []
    for name, entry in files.items():
        path = directory / name
        if not (isinstance(name, str) and _FILE_NAME.fullmatch(name) and isinstance(entry, dict)):
            problems.append(f"{directory / MANIFEST}: {name!r} is not an entry for a plain file name")
        elif path.is_symlink() or not path.is_file():
            problems.append(f"{path}: missing, or not a plain file")
        elif path.stat().st_size != entry.get("bytes"):
            problems.append(f"{path}: {path.stat().st_size:,} bytes, the manifest says {entry.get('bytes')}")
        elif sha256_file(path) != entry.get("sha256"):
            problems.append(f"{path}: sha256 differs from the manifest")
    return problems


def write_file(path: Path, data: bytes) -> None:
    """Write beside, fsync, rename: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with open(scratch, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    sync(path.parent)


def request(kind: str, config: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Digest of what was asked for: the same request finds the same finished output."""
    return digest_of({"kind": kind, "schema": SCHEMA, "config": dict(config), "inputs": dict(inputs)})


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
