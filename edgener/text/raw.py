"""Unlabelled text on disk: one sentence or short passage a line, UTF-8, a file a language.

    PATH/hau.txt  PATH/swa.txt.xz  PATH/yor.txt.gz ...     several languages
    PATH                                                   one file, named after its language

Files may be compressed with xz or gzip. Lines come out stripped; empty ones are passed over.
"""

import gzip
import hashlib
import io
import lzma
import random
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from edgener.artefact import sha256_file
from edgener.errors import UserError
from edgener.text.lines import lines_of

ENDINGS = (".txt", ".txt.xz", ".txt.gz")
# A small file can unpack to more than any disk holds.
MAX_BYTES = 16 * 2**30


def find(root: Path, languages: Sequence[str] | None = None) -> dict[str, Path]:
    """language -> file, sorted. UserError when nothing is there or a language is missing."""
    if not root.exists():
        raise UserError(f"{root}: no such file or folder; expected raw text, such as a folder with hau.txt in it")
    files = {name: path for path in ([root] if root.is_file() else sorted(root.iterdir())) if (name := _language(path))}
    if not files:
        raise UserError(f"{root}: no raw text here; expected <language>.txt (or .txt.xz, .txt.gz)")
    missing = [language for language in languages or () if language not in files]
    if missing:
        raise UserError(f"{root}: no text in {missing[0]!r} here; it holds {', '.join(files)}")
    return {language: files[language] for language in languages or files}


def _language(path: Path) -> str | None:
    if not path.is_file() or path.name.startswith("."):
        return None
    return next((path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)), None)


def read(path: Path, max_bytes: int = MAX_BYTES) -> Iterator[str]:
    """The lines of a file, one at a time. UserError with file:line for what cannot be read."""
    number = 0
    try:
        with _open(path) as stream:
            taken = 0
            for line in lines_of(stream, jsonl=False):
                number = line.number
                if line.problem:
                    raise UserError(f"{path}:{number}: {line.problem}")
                taken += len(line.text.encode())
                if taken > max_bytes:
                    raise UserError(f"{path}:{number}: more than {max_bytes:,} bytes of text; split the file")
                if text := line.text.strip():
                    yield text
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise UserError(f"{path}:{number + 1}: cannot be read ({error})") from None


def _open(path: Path) -> BinaryIO:
    # Each of them reads ahead by itself, but not for readline().
    if path.name.endswith(".xz"):
        return cast(BinaryIO, io.BufferedReader(lzma.open(path)))  # type: ignore[arg-type]
    if path.name.endswith(".gz"):
        return cast(BinaryIO, io.BufferedReader(gzip.open(path)))  # type: ignore[arg-type]
    return open(path, "rb")


def sample(path: Path, size: int | None, seed: int = 0) -> list[str]:
    """`size` lines of a file, each as likely as any other, in their order; all of them when there are no more.

    Reservoir sampling (Vitter 1985), so that a file of any length is read once and little of it kept.
    """
    choose = random.Random(seed)  # noqa: S311  # which lines are read is no secret
    kept: list[tuple[int, str]] = []
    for place, text in enumerate(read(path)):
        if size is None or place < size:
            kept.append((place, text))
        elif (slot := choose.randrange(place + 1)) < size:
            kept[slot] = (place, text)
    if not kept:
        raise UserError(f"{path}: no text in this file; expected one sentence a line")
    return [text for _, text in sorted(kept)]


def digest(root: Path, languages: Sequence[str]) -> str:
    """sha256 over the files of these languages."""
    total = hashlib.sha256()
    for language, path in find(root, languages).items():
        total.update(f"{language} {sha256_file(path)}\n".encode())
    return total.hexdigest()
