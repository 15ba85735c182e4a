"""Tags and entities against brute force: sections 5 and 6 of the decode contract."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.text.decode import Decoder, Units, entities
from edgener.text.normalise import normalise
from edgener.text.words import split

relaxed = settings(deadline=None)

LABEL_SETS = (
    ["O", "B-PER", "I-PER"],
    ["I-PER", "B-PER", "O"],
    ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"],
    ["I-LOC", "B-PER", "I-PER", "O", "B-LOC"],
    ["B-LOC", "O", "B-PER", "I-PER"],
)
Rows = list[list[float] | None]


def legal(tags: list[str]) -> bool:
    pairs = zip(["O", *tags], tags, strict=False)
    return all(tag[0] != "I" or before in (f"B-{tag[2:]}", f"I-{tag[2:]}") for before, tag in pairs)


@st.composite
def problems(draw: st.DrawFn, most_words: int = 4) -> tuple[list[str], Rows, float]:
    """Labels, logits (None for a word without pieces) and a bias; few different values, so that ties are common."""
    names = draw(st.sampled_from(LABEL_SETS))
    value = st.integers(-4, 4).map(lambda number: number / 2)
    row = st.lists(value, min_size=len(names), max_size=len(names))
    rows = draw(st.lists(st.one_of(row, row, row, st.none()), max_size=most_words))
    return names, rows, draw(st.sampled_from([0.0, 0.0, 0.5, 2.0, -1.5]))


def arrays(names: list[str], rows: Rows) -> tuple[np.ndarray[Any, Any], list[bool]]:
    # The row of a word without pieces must not matter; 9 would win if it did.
    logits = np.array([row or [9.0] * len(names) for row in rows], np.float32).reshape(len(rows), len(names))
    return logits, [row is not None for row in rows]


def brute_force(names: list[str], rows: Rows, bias: float) -> list[int]:
    """The best of all legal sequences; on a tie the label listed first, from the last word to the first one."""
    outside = names.index("O")

    def score(path: tuple[int, ...]) -> float:
        gained = [0.0 if row is None else row[label] for row, label in zip(rows, path, strict=True)]
        return sum(gained) - bias * sum(row is not None and k == outside for row, k in zip(rows, path, strict=True))

    paths = [
        path
        for path in product(range(len(names)), repeat=len(rows))
        if legal([names[label] for label in path])
        and all(row is not None or label == outside for row, label in zip(rows, path, strict=True))
    ]
    best = min(paths, key=lambda path: (-score(path), path[::-1]))
    return list(best)


@settings(deadline=None, max_examples=400)
@given(problems())
def test_best_is_the_best_of_all_legal_sequences(problem: tuple[list[str], Rows, float]) -> None:
    names, rows, bias = problem
    logits, has_pieces = arrays(names, rows)
    before = logits.copy()
    assert Decoder(names).best(logits, has_pieces, bias) == brute_force(names, rows, bias)
    assert (logits == before).all(), "the caller's logits stay as they are"


@relaxed
@given(problems(most_words=30))
def test_long_sentences_are_legal(problem: tuple[list[str], Rows, float]) -> None:
    names, rows, bias = problem
    logits, has_pieces = arrays(names, rows)
    path = Decoder(names).best(logits, has_pieces, bias)
    assert len(path) == len(rows)
    assert legal([names[label] for label in path])
    assert all(row is not None or names[label] == "O" for row, label in zip(rows, path, strict=True))


@relaxed
@given(problems(most_words=12))
def test_short_cut_equals_viterbi(problem: tuple[list[str], Rows, float]) -> None:
    names, rows, _ = problem
    rows = [row for row in rows if row is not None]
    if rows:
        logits, has_pieces = arrays(names, rows)
        decoder = Decoder(names)
        assert decoder.best(logits, has_pieces) == decoder._viterbi(logits.astype(np.float64))


@relaxed
@given(problems())
def test_confidence_is_the_softmax_of_the_chosen_label(problem: tuple[list[str], Rows, float]) -> None:
    names, rows, bias = problem
    logits, has_pieces = arrays(names, rows)
    if not rows:
        return
    decoder = Decoder(names)
    path = decoder.best(logits, has_pieces, bias)
    for row, label, confidence in zip(logits.tolist(), path, decoder.confidence(logits, path), strict=True):
        assert confidence == pytest.approx(math.exp(row[label]) / sum(map(math.exp, row)))


def test_confidence_of_large_logits() -> None:
    confidence = Decoder(["O", "B-PER", "I-PER"]).confidence(np.array([[1e4, -1e4, 0.0], [-1e4] * 3]), [0, 1])
    assert confidence.tolist() == pytest.approx([1.0, 1 / 3])


@relaxed
@given(st.text(st.one_of(st.sampled_from("aé\u0301国🎉\ud83d\ude00"), st.characters()), max_size=20), st.data())
def test_units(text: str, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    units = Units(text)
    for place in places:
        passed = text[:place]
        utf16 = sum(2 if char > "\uffff" else 1 for char in passed)
        utf8 = sum(len(char.encode("utf-8", "surrogatepass")) for char in passed)
        assert units.at(place) == (utf16, utf8)
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert Units(text).at(len(text)) == (len(text.encode("utf-16-le")) // 2, len(text.encode()))


def test_words_that_share_a_range() -> None:
    """The marks of `<` change places in NFC: the words `<` and the marks both stand for all three code points."""
    text = "a <\u0301\u0323"
    normal = normalise(text)
    words = [normal.original(*range_) for range_ in split(normal.text, "unicode-1")]
    assert words == [(0, 1), (2, 5), (2, 5)]
    found = entities(text, words, ["O", "B-PER", "B-LOC"], [1.0, 1.0, 1.0])
    assert [(hit.start, hit.end, hit.end_utf16, hit.end_utf8) for hit in found] == [(2, 5, 5, 7)] * 2


def test_entities() -> None:
    text = "🎉 Ada Kwame, Kánò! Ada"
    words = [(0, 1), (2, 5), (6, 11), (11, 12), (13, 17), (17, 18), (19, 22)]
    tags = ["O", "B-PER", "I-PER", "O", "B-LOC", "O", "B-PER"]
    found = entities(text, words, tags, [1.0, 0.9, 0.5, 1.0, 0.8, 1.0, 0.6])
    assert [(hit.type, hit.text, hit.start, hit.end) for hit in found] == [
        ("PER", "Ada Kwame", 2, 11),
        ("LOC", "Kánò", 13, 17),
        ("PER", "Ada", 19, 22),
    ]
    assert [hit.score for hit in found] == pytest.approx([0.7, 0.8, 0.6])
    utf16, utf8 = text.encode("utf-16-le"), text.encode()
    for hit in found:
        assert utf16[2 * hit.start_utf16 : 2 * hit.end_utf16].decode("utf-16-le") == hit.text
        assert utf8[hit.start_utf8 : hit.end_utf8].decode() == hit.text


def test_entities_that_touch_stay_two() -> None:
    found = entities("a b c", [(0, 1), (2, 3), (4, 5)], ["B-PER", "B-PER", "I-PER"], [1.0, 1.0, 1.0])
    assert [(hit.start, hit.end) for hit in found] == [(0, 1), (2, 5)]
