"""CoNLL columns: two or more, split by spaces or tabs, the token first and its tag last; every line has as many.

A line with a tab in it is split at tabs only, so that a token may hold spaces; columns may be empty, but for token and
tag. The first line that is sound says how many columns the file has. A blank line or one with -DOCSTART- in its first
column ends a sentence.

A line that begins with `#` is a comment, unless it looks like the others (as many columns, two while there was none,
the last one a tag): `#EndSARS O` is a token. A single word with `#` is a comment between sentences (`#newdoc`), but a
token without a tag inside one.
"""

from collections.abc import Callable, Iterable, Iterator
from sys import intern

from edgener.text import labels

Report = Callable[[int, str, str], None]
"""Told the line number, the kind and the message of a problem."""


def sentences(
    lines: Iterable[tuple[int, str | None]], report: Report
) -> Iterator[tuple[list[str], list[str], list[int]]]:
    """Tokens, tags and line numbers of each sentence; one with a malformed line is reported and left out.

    `lines`: (number, line without its end), None in place of a line of which a problem is reported already.
    """
    width = first = 0  # the columns of the file, and the line that says so
    tokens: list[str] = []
    tags: list[str] = []
    numbers: list[int] = []
    sound = True
    for number, line in lines:
        if line is None:
            sound = False
            continue
        columns = _columns(line)
        if not columns or columns[0] == "-DOCSTART-":
            if tokens and sound:
                yield tokens, tags, numbers
            tokens, tags, numbers, sound = [], [], [], True
        elif _is_comment(columns, width, inside=bool(tokens) or not sound):
            continue
        elif wrong := _malformed(columns, width, first):
            report(number, *wrong)
            sound = False
        else:
            width, first = width or len(columns), first or number
            # One string object for all its occurrences: a fraction of the memory.
            tokens.append(intern(columns[0]))
            tags.append(intern(columns[-1]))
            numbers.append(number)
    if tokens and sound:
        yield tokens, tags, numbers


def _columns(line: str) -> list[str]:
    """An empty list for a blank line."""
    if "\t" not in line:
        return [column for column in line.split(" ") if column]
    columns = [column.strip(" ") for column in line.split("\t")]
    return columns if any(columns) else []


def _is_comment(columns: list[str], width: int, inside: bool) -> bool:
    if not columns[0].startswith("#"):
        return False
    if not any(columns[1:]):
        return not inside
    return not (labels.is_tag(columns[-1]) and len(columns) == (width or 2))


def _malformed(columns: list[str], width: int, first: int) -> tuple[str, str] | None:
    """Kind and message of what is wrong with a line that should be a token and its tag."""
    if len(columns) == 1 and labels.is_tag(columns[0]):
        return "empty token", f"tag {columns[0]!r} has no token; expected `token tag`"
    if len(columns) == 1:
        hint = " (a comment has a space behind its #)" if columns[0].startswith("#") else ""
        return "columns", f"{short(columns[0])} has no tag; expected `token tag`{hint}"
    if not columns[0]:
        return "empty token", f"tag {columns[-1]!r} has no token; expected `token tag`"
    if width and len(columns) != width:
        hint = "put tabs between the columns where a token holds spaces"
        return "columns", f"found {len(columns)} columns, expected {width} as in line {first}; {hint}"
    if not labels.is_tag(columns[-1]):
        return "unknown tag", f"{short(columns[-1])} is not a tag; expected O or a prefix and a type such as B-PER"
    return None


def short(text: str) -> str:
    """What a message quotes of a text that can be of any length."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
