"""What a person sees on stderr, and what a machine reads on stdout.

stdout carries results only; progress and prose go to stderr, so that `--json` output can be piped.
"""

import json
import os
import re
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.table import Table

Item = TypeVar("Item")
_SURROGATE = re.compile("[\ud800-\udfff]")
COLOURS = (31, 32, 33, 34, 35, 36)
_USUAL = {"PER": 34, "ORG": 32, "LOC": 35, "DATE": 33}


def say(message: str) -> None:
    """One line for the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


def print_json(document: Any, flush: bool = True) -> None:
    """One JSON document, or one line of a JSON Lines stream, on stdout."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    if _SURROGATE.search(text):  # not a character: UTF-8 cannot carry it, a JSON escape can
        text = json.dumps(document, allow_nan=False)
    sys.stdout.write(text + "\n")
    if flush:
        sys.stdout.flush()


def highlight(text: str, entities: Sequence[tuple[int, int, str]]) -> str:
    """The text with its (start, end, type) marked: in colour on a terminal, as `[PER Ibrahim]` elsewhere."""
    parts, place = [], 0
    for start, end, kind in entities:
        if start < place:  # two words cut from one composed character share its range
            continue
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            colour = COLOURS[zlib.crc32(kind.encode()) % len(COLOURS)] if kind not in _USUAL else _USUAL[kind]
            marked = f"\x1b[1;{colour}m{text[start:end]}\x1b[0m\x1b[2m/{kind}\x1b[0m"
        else:
            marked = f"[{kind} {text[start:end]}]"
        parts += [text[place:start], marked]
        place = end
    return "".join([*parts, text[place:]])


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout: the first column left-aligned, the others right-aligned.

    On a terminal that is too narrow for it the columns become rows, when that fits: a folded number cannot be read.
    """
    from rich.console import Console

    # A pipe has no width: rich would fold at 80 columns, which breaks tables that are redirected.
    width = None if sys.stdout.isatty() else 200
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    upright = [list(columns), *([cell(value) for value in row] for row in rows)]
    turned = [list(line) for line in zip(*upright, strict=True)]
    tables = [_table(lines) for lines in (upright, turned) if len(lines) > 1]
    unbound = console.options.update(max_width=sys.maxsize)
    fitting = (one for one in tables if console.measure(one, options=unbound).maximum <= console.width)
    console.print(title, style="italic", soft_wrap=True)  # a table's own title is folded to its width
    console.print(next(fitting, _table(upright)))


def _table(lines: Sequence[Sequence[str]]) -> "Table":
    from rich.table import Table

    table = Table()
    for place, name in enumerate(lines[0]):
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for line in lines[1:]:
        table.add_row(*line)
    return table


def cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return "<0.01" if 0 < value < 0.005 else f"{value:.2f}"
    return str(value)


class Progress:
    """A progress line on stderr, drawn at most five times a second; silent for work under two seconds.

    On a terminal the line is redrawn in place; in a log it is printed every ten seconds instead.
    """

    def __init__(self, what: str, total: int | None = None, unit: str = "", silent: bool = False) -> None:
        self.what, self.total, self.unit, self.silent = what, total, unit, silent
        self.done = 0
        self.started = self.drawn = time.monotonic()
        self.live = sys.stderr.isatty()
        self.visible = False
        self.told = -1

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.visible and (self.live or self.told != self.done):
            self._draw(final=True)

    def advance(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        pause = 0.2 if self.live else 10.0
        if not self.silent and now - self.started > 2 and now - self.drawn >= pause:
            self.drawn = now
            self._draw()

    def _draw(self, final: bool = False) -> None:
        self.visible, self.told = True, self.done
        seconds = time.monotonic() - self.started
        rate = self.done / seconds if seconds else 0.0
        text = f"{self.what}: {self.done:,}"
        if self.total:
            text += f"/{self.total:,} ({100 * self.done / self.total:.0f} %)"
        text += f" {self.unit}, {rate:,.0f}/s" if self.unit else f", {rate:,.1f}/s"
        if self.total and rate and self.done < self.total and not final:
            text += f", {(self.total - self.done) / rate:.0f} s left"
        if self.live:
            print(f"\r\x1b[K{text}", end="\n" if final else "", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)


def track(items: Iterable[Item], what: str, total: int | None = None, unit: str = "") -> Iterator[Item]:
    """Yield the items, with a progress line once they take more than two seconds."""
    with Progress(what, total, unit) as progress:
        for item in items:
            yield item
            progress.advance()
