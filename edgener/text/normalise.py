"""Normalisation with alignment: section 1 of the decode contract (tests/conformance/README.md)."""

import re
import unicodedata
from array import array
from dataclasses import dataclass

DROPPED = "\u200b\u200d\u00ad\ufeff"
_DROP = re.compile(f"[{DROPPED}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Code points that can take part in a composition with the one before them: conjoining Hangul vowels and finals and
# the Kirat Rai vowel signs (Unicode 16) are not marks by category but compose; every other such code point is a mark.
_JOINING = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U00016d63\U00016d67-\U00016d6a]")


@dataclass(frozen=True)
class Normalised:
    """Normalised text; `starts[i]:ends[i]` is the range of its code point i in the original string."""

    text: str
    starts: "array[int]"
    ends: "array[int]"

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original range of the non-empty normalised range `[start, end)`."""
        return self.starts[start], self.ends[end - 1]


def normalise_word(word: str) -> str:
    """The normalised form of a corpus token, where no alignment is needed."""
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", _DROP.sub("", word)))


def normalise(text: str) -> Normalised:
    """Normalise and keep, for every resulting code point, where it came from. O(len(text))."""
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
        composed = unicodedata.normalize("NFC", segment)
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
