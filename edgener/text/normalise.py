"""Normalisation with alignment: section 1 of the decode contract (tests/conformance/README.md)."""

import re
import unicodedata
from array import array
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

DROPPED = "\u200b\u200d\u00ad\ufeff"
_DROP = re.compile(f"[{DROPPED}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Code points that can take part in a composition with the one before them: conjoining Hangul vowels and finals and
# the Kirat Rai vowel signs (Unicode 16) are not marks by category but compose; every other such code point is a mark.
_JOINING = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U00016d63\U00016d67-\U00016d6a]")

# Real text stacks a few marks on a letter; in longer runs the order of the marks is made here, see nfc().
_LONG_RUN = 32


@dataclass(frozen=True)
class Normalised:
    """Normalised text; `starts[i]:ends[i]` is the range of its code point i in the original string."""

    text: str
    starts: "array[int]"
    ends: "array[int]"

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original range of the non-empty normalised range `[start, end)`."""
        return self.starts[start], self.ends[end - 1]


def nfc(text: str) -> str:
    """Exactly unicodedata.normalize("NFC", text), but in O(n log n) for any text; what foreign text goes through."""
    if unicodedata.is_normalized("NFC", text):
        return text
    if len(text) > _LONG_RUN:
        # CPython orders marks by insertion sort: without this, a word of 500 KB can take more than a minute.
        text = "".join(_ordered("".join(run)) if moves else "".join(run) for moves, run in groupby(text, _moves))
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=65536)
def _moves(char: str) -> bool:
    """Is it a mark that canonical ordering moves? Of U+0F73, say, only the decomposition tells."""
    return unicodedata.combining(unicodedata.normalize("NFD", char)[0]) != 0


def _ordered(run: str) -> str:
    """A run of such marks; a long one decomposed and in canonical order, so that nothing is left to be sorted."""
    if len(run) <= _LONG_RUN:
        return run
    marks = "".join(unicodedata.normalize("NFD", char) for char in run)
    return "".join(sorted(marks, key=unicodedata.combining))


def normalise_word(word: str) -> str:
    """The normalised form of a corpus token, where no alignment is needed."""
    return nfc(_SURROGATE.sub("\ufffd", _DROP.sub("", word)))


def normalise(text: str) -> Normalised:
    """Normalise and keep, for every resulting code point, where it came from. O(n log n) at worst."""
    kept = [place for place, char in enumerate(text) if char not in DROPPED] if _DROP.search(text) else None
    source = _SURROGATE.sub("\ufffd", _DROP.sub("", text))
    starts = array("L", range(len(text)) if kept is None else kept)
    if unicodedata.is_normalized("NFC", source):
        return Normalised(source, starts, array("L", (place + 1 for place in starts)))
    return _compose(source, starts)


def _compose(source: str, places: "array[int]") -> Normalised:
    parts: list[str] = []
    starts, ends = array("L"), array("L")
    for first, last in _segments(source):
        segment = source[first:last]
        composed = nfc(segment)
        parts.append(composed)
        if composed == segment:
            starts.extend(places[first:last])
            ends.extend(place + 1 for place in places[first:last])
        else:
            starts.extend([places[first]] * len(composed))
            ends.extend([places[last - 1] + 1] * len(composed))
    return Normalised("".join(parts), starts, ends)


def _segments(source: str) -> list[tuple[int, int]]:
    bounds = [
        place
        for place, char in enumerate(source)
        if place == 0 or not (unicodedata.category(char)[0] == "M" or _JOINING.match(char))
    ]
    return list(zip(bounds, [*bounds[1:], len(source)], strict=True))
