"""Word splitters by name: section 2 of the decode contract (tests/conformance/README.md)."""

import unicodedata
from functools import lru_cache

from edgener.errors import UserError

UNICODE_1 = "unicode-1"
CHAR = "char"
SPLITTERS = (UNICODE_1, CHAR)

# The White_Space property; str.isspace() also accepts U+001C to U+001F.
WHITE_SPACE = frozenset(
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_JOINERS = frozenset("'\u2019-")


@lru_cache(maxsize=65536)
def _class(char: str) -> str:
    """`L`, `M` or `N` for what words are made of, ` ` for white space, `.` for all else."""
    if char in WHITE_SPACE:
        return " "
    category = unicodedata.category(char)[0]
    return category if category in "LMN" else "."


def split(text: str, splitter: str) -> list[tuple[int, int]]:
    """Ranges of the words of a normalised text, in code points. UserError for an unknown splitter."""
    if splitter == UNICODE_1:
        return _unicode_1(text)
    if splitter == CHAR:
        return [(place, place + 1) for place, char in enumerate(text) if char not in WHITE_SPACE]
    raise UserError(f"unknown word splitter {splitter!r}; this version knows {', '.join(SPLITTERS)}")


def _unicode_1(text: str) -> list[tuple[int, int]]:
    words = []
    place, length = 0, len(text)
    while place < length:
        kind = _class(text[place])
        start, place = place, place + 1
        if kind == " ":
            continue
        if kind != ".":
            place = _end_of_word(text, place)
        words.append((start, place))
    return words


def _end_of_word(text: str, place: int) -> int:
    """The end of the word whose first code point is directly before `place`."""
    length = len(text)
    while place < length:
        if _class(text[place]) in "LMN":
            place += 1
        elif (
            text[place] in _JOINERS
            and _class(text[place - 1]) in "LM"
            and place + 1 < length
            and _class(text[place + 1]) == "L"
        ):
            place += 2
        else:
            break
    return place
