"""Normalisation and its alignment, for any text: section 1 of the decode contract."""

import sys
import time
import unicodedata
from collections.abc import Callable
from itertools import groupby, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.text.normalise import nfc, normalise, normalise_word

relaxed = settings(deadline=None, max_examples=300)

DELETED = "\u200b\u200d\u00ad\ufeff"
# Letters and marks that compose, and that do not; marks that change places; Hangul in pieces; singletons, composition
# exclusions and a mark that decomposes; unpaired surrogates; what is deleted.
LATIN = ["e", "o", "x\u0301", "o\u0338\u0301", "e\u0301", "o\u0323\u0301", "o\u0301\u0323", "\u1ecd\u0301", "<\u0338"]
MARKS = ["\u0301", "\u0323", "\u0327", "\u0338", "\u0344", "\u0f73"]
HANGUL = ["\u1100", "\u1161", "\u11a8", "\u1100\u1161\u11a8", "\uac00", "\uac00\u11a8"]
TRICKY = [*LATIN, *MARKS, *HANGUL, "\u212b", "\u2126", "\u0958", "\ufb1d"]
CHUNKS = st.sampled_from([*TRICKY, *TRICKY, *"\ud83d\ude00 \u200b\u200d\u00ad\ufeff"])
TEXT = st.lists(st.one_of(CHUNKS, st.text(st.characters(), max_size=3)), max_size=12).map("".join)


def cleaned(text: str) -> str:
    """Steps 1 and 2: what is deleted, and what stands for an unpaired surrogate."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text if char not in DELETED)


@relaxed
@given(TEXT)
def test_result_is_nfc_of_the_cleaned_text(text: str) -> None:
    normal = normalise(text).text
    assert normal == unicodedata.normalize("NFC", cleaned(text))
    assert normalise(normal).text == normal
    assert normalise_word(text) == normal


@relaxed
@given(TEXT)
def test_ranges_rise_inside_the_original(text: str) -> None:
    normal = normalise(text)
    ranges = list(zip(normal.starts, normal.ends, strict=True))
    assert len(ranges) == len(normal.text)
    assert all(0 <= start < end <= len(text) for start, end in ranges)
    for before, after in pairwise(ranges):
        assert before == after or before[1] <= after[0]


@relaxed
@given(TEXT)
def test_each_range_holds_what_became_of_it(text: str) -> None:
    normal = normalise(text)
    ranges = list(zip(normal.starts, normal.ends, strict=True))
    covered = [False] * len(text)
    for (start, end), places in groupby(range(len(ranges)), key=lambda place: ranges[place]):
        result = "".join(normal.text[place] for place in places)
        source = cleaned(text[start:end])
        assert unicodedata.normalize("NFC", source) == result
        # What NFC leaves alone maps code point to code point; no range begins or ends with a deleted character.
        assert len(source) == 1 or source != result
        assert text[start] not in DELETED
        assert text[end - 1] not in DELETED
        covered[start:end] = [True] * (end - start)
    assert all(done or char in DELETED for done, char in zip(covered, text, strict=True))


@relaxed
@given(TEXT)
def test_nfc_text_maps_to_itself(text: str) -> None:
    text = unicodedata.normalize("NFC", cleaned(text))
    normal = normalise(text)
    assert normal.text == text
    assert list(normal.starts) == list(range(len(text)))
    assert list(normal.ends) == list(range(1, len(text) + 1))


@relaxed
@given(TEXT, st.data())
def test_original_range_of_a_part(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    if not normal.text:
        return
    start = data.draw(st.integers(0, len(normal.text) - 1))
    end = data.draw(st.integers(start + 1, len(normal.text)))
    first, last = normal.original(start, end)
    # Normalising the original part gives at least the asked part.
    assert normal.text[start:end] in normalise(text[first:last]).text


def test_every_pair_that_composes_stays_in_one_segment() -> None:
    checked = 0
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pair = "".join(chr(int(part, 16)) for part in parts)
            assert normalise(pair).text == unicodedata.normalize("NFC", pair), hex(code)
            checked += 1
    assert checked > 900


@pytest.mark.parametrize("syllable", ["가", "각", "힣", "뷁"])
def test_hangul_composes(syllable: str) -> None:
    pieces = unicodedata.normalize("NFD", syllable)
    normal = normalise("a" + pieces + "b")
    assert normal.text == "a" + syllable + "b"
    assert normal.original(1, 2) == (1, 1 + len(pieces))


def test_every_reordered_character_is_a_mark() -> None:
    """Only marks change places in NFC, so cutting before every non-mark cannot change the result."""
    assert all(
        unicodedata.category(chr(code))[0] == "M"
        for code in range(sys.maxunicode + 1)
        if unicodedata.combining(chr(code))
    )


def test_nothing_left() -> None:
    for text in ("", DELETED, DELETED * 3):
        normal = normalise(text)
        assert (normal.text, list(normal.starts), list(normal.ends)) == ("", [], [])


# Runs of marks are long here: of one class, of several, of marks that only their decomposition shows to move (U+0F73).
BASES = ["e", "\u00e9", "\u1ec7", "\u0f40", "<", "\u0915", " ", *HANGUL]
MOVING = [*MARKS, "\u0f75", "\u0f81", "\u093c", "\u05b0", "\u0345", "\u0301\u0323"]
RUNS = st.tuples(st.sampled_from(BASES), st.lists(st.sampled_from(MOVING), max_size=80)).map(
    lambda parts: parts[0] + "".join(parts[1])
)


@relaxed
@given(st.lists(st.one_of(RUNS, st.sampled_from(MOVING), st.text(st.characters(), max_size=3)), max_size=6))
def test_nfc_is_nfc(parts: list[str]) -> None:
    text = "".join(parts)
    assert nfc(text) == unicodedata.normalize("NFC", text)


def test_nfc_of_runs_about_as_long_as_those_that_are_sorted() -> None:
    for base, mark, length in product(BASES, MOVING, (1, 30, 31, 32, 33, 34, 70)):
        run = base + (mark + "\u0316") * (length // 2) + mark * (length % 2)
        for text in (run, run + run):
            assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "text", ["e" + "\u0301\u0323" * 125_000, "\u0f40" + "\u0f73" * 125_000, "\u0301\u0323" * 125_000]
)
@pytest.mark.parametrize("work", [nfc, normalise, normalise_word])
def test_a_hostile_run_of_marks_takes_no_quadratic_time(work: Callable[[str], object], text: str) -> None:
    start = time.perf_counter()
    work(text)
    assert time.perf_counter() - start < 5, "in the order of CPython it is more than 40 s"


def test_long_runs_take_linear_time() -> None:
    text = "e\u0301" * 200_000 + DELETED * 100_000
    assert normalise(text).text == "\u00e9" * 200_000
