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
from typing import Any, BinaryIO, cast

from edgener.artefact import sha256_file
from edgener.console import say
from edgener.errors import UserError
from edgener.text.lines import lines_of
from edgener.text.normalise import normalise
from edgener.text.words import split

ENDINGS = (".txt", ".txt.xz", ".txt.gz")
# A small file can unpack to more than any disk holds.
MAX_BYTES = 16 * 2**30


def find(root: Path, languages: Sequence[str] | None = None) -> dict[str, Path]:
    """language -> file, sorted. UserError when nothing is there or a language is missing."""
    if not root.exists():
        raise UserError(f"{root}: no such file or folder; expected raw text, such as a folder with hau.txt in it")
    files: dict[str, Path] = {}
    for path in [root] if root.is_file() else sorted(root.iterdir()):
        if name := _language(path):
            if name in files:
                raise UserError(f"{root}: both {files[name].name} and {path.name} would be the text in {name}")
            files[name] = path
    if not files:
        raise UserError(f"{root}: no raw text here; expected <language>.txt (or .txt.xz, .txt.gz)")
    missing = [language for language in languages or () if language not in files]
    if missing:
        raise UserError(f"{root}: no text in {missing[0]!r} here; it holds {', '.join(files)}")
    return {language: files[language] for language in languages or files}


def find_any(root: Path, languages: Sequence[str]) -> dict[str, Path]:
    """find() of those languages that are there; says which are not. UserError when none is."""
    there = find(root)
    found = {language: there[language] for language in languages if language in there}
    if not found:
        raise UserError(f"{root}: no text in {' or '.join(languages)} here; it holds {', '.join(there)}")
    if missing := [language for language in languages if language not in there]:
        say(f"{root}: no raw text in {', '.join(missing)}")
    return found


def _language(path: Path) -> str | None:
    if not path.is_file() or path.name.startswith("."):
        return None
    return next((path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)), None)


def read(path: Path, max_bytes: int = MAX_BYTES) -> Iterator[str]:
    """The lines of a file, one at a time. UserError with file:line for what cannot be read."""
    number = 0
    try:
        with _open(path) as file, io.BufferedReader(_Capped(file, max_bytes)) as stream:
            for line in lines_of(stream, jsonl=False):
                number = line.number
                if line.problem:
                    raise UserError(f"{path}:{number}: {line.problem}")
                if text := line.text.strip():
                    yield text
    except _TooMuch:
        raise UserError(f"{path}:{number + 1}: more than {max_bytes:,} bytes of text; split the file") from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise UserError(f"{path}:{number + 1}: cannot be read ({error})") from None


def _open(path: Path) -> BinaryIO:
    if path.name.endswith(".xz"):
        return cast(BinaryIO, lzma.open(path))
    if path.name.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path))
    return open(path, "rb")


class _TooMuch(Exception):
    pass


class _Capped(io.RawIOBase):
    """A stream that fails behind so many bytes, be they one line or many. It also makes readline() fast."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream, self._left = stream, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(min(len(buffer), self._left) or 1)  # type: ignore[attr-defined]
        if data and self._left == 0:
            raise _TooMuch
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


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


def words_of(line: str, splitter: str) -> list[str]:
    """Its words as the runtime reads them: normalised, and cut by the splitter."""
    text = normalise(line).text
    return [text[start:end] for start, end in split(text, splitter)]


def digest(root: Path, languages: Sequence[str]) -> str:
    """sha256 over the files of these languages."""
    total = hashlib.sha256()
    for language, path in find(root, languages).items():
        total.update(f"{language} {sha256_file(path)}\n".encode())
    return total.hexdigest()
