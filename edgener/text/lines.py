"""Text input as it comes from users: a line at a time, of any size up to a cap, from a file or a stream."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edgener.errors import UserError

# A line is one text, and tagging it costs up to 200 bytes of memory a byte: 800 MB at this size.
MAX_LINE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Line:
    """A numbered line: its text, or what is wrong with it."""

    number: int
    text: str
    problem: str | None = None


def lines_of(stream: BinaryIO, jsonl: bool) -> Iterator[Line]:
    """Each line of a UTF-8 text, or the `text` of each JSON line. Bad lines come with their problem; none is lost."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_LINE_BYTES)
            yield Line(number, "", f"longer than {MAX_LINE_BYTES // 2**20} MiB; one text a line is expected")
            continue
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            yield Line(number, "", f"not UTF-8 (byte {error.start + 1})")
            continue
        yield _json_line(number, text) if jsonl else Line(number, text)


def _json_line(number: int, text: str) -> Line:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Line(number, "", f"not JSON ({' '.join(str(error).split())})")
    if not isinstance(document, dict) or not isinstance(document.get("text"), str):
        return Line(number, "", 'expected {"text": "..."}')
    return Line(number, document["text"])


def read_texts(path: Path) -> list[str]:
    """The non-empty lines of a text file. UserError with file:line when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            found = list(lines_of(stream, jsonl=path.suffix == ".jsonl"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    for line in found:
        if line.problem:
            raise UserError(f"{path}:{line.number}: {line.problem}")
    texts = [line.text for line in found if line.text.strip()]
    if not texts:
        raise UserError(f"{path}: no text in this file; expected one sentence a line")
    return texts
