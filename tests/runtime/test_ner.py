"""From text to entities with a whole bundle: positions, long texts, strange texts, options."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.bundle.layout import MODEL
from edgener.runtime import Entity, Ner
from tests.helpers import onnx_bundle
from tests.helpers.onnx_bundle import BOS, EOS, LABELS, NO_PIECE, WORDS

MAX_LENGTH, STRIDE = 14, 5
CAPACITY = MAX_LENGTH - 2
STRANGE = ("Zoe\u0308", "Ko\u0301", "\u200dKa\u00adno", "😀", "\ud800")
Logits = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "fp32", max_length=MAX_LENGTH, stride=STRIDE)


@pytest.fixture(scope="module")
def ner(bundle: Path) -> Ner:
    return Ner.load(bundle, threads=1)


def short(entities: Sequence[Entity]) -> list[tuple[str, str, int, int]]:
    return [(entity.type, entity.text, entity.start, entity.end) for entity in entities]


def places(entity: Entity) -> list[tuple[int, int]]:
    """In code points, UTF-16 units and UTF-8 bytes."""
    return [
        (entity.start, entity.end),
        (entity.start_utf16, entity.end_utf16),
        (entity.start_utf8, entity.end_utf8),
    ]


def assert_cuts_the_text(text: str, entity: Entity) -> None:
    """All three ranges cut the same string out of the text, which is what the entity says it is."""
    utf16, utf8 = text.encode("utf-16-le", "surrogatepass"), text.encode("utf-8", "surrogatepass")
    assert text[entity.start : entity.end] == entity.text
    assert utf16[2 * entity.start_utf16 : 2 * entity.end_utf16].decode("utf-16-le", "surrogatepass") == entity.text
    assert utf8[entity.start_utf8 : entity.end_utf8].decode("utf-8", "surrogatepass") == entity.text


def test_entities_of_plain_text(ner: Ner) -> None:
    assert short(ner("Ibrahim Musa ya je Kano.")) == [("PER", "Ibrahim Musa", 0, 12), ("LOC", "Kano", 19, 23)]
    assert short(ner("ya je daga")) == []


def test_positions_in_three_units_behind_emoji_and_marks(ner: Ner) -> None:
    text = "😀 Ko\u0301 zuwa Zoe\u0308 Musa 👍🏽 عدن"
    entities = ner(text)
    assert [(entity.type, entity.text) for entity in entities] == [
        ("LOC", "Ko\u0301"),
        ("PER", "Zoe\u0308 Musa"),
        ("LOC", "عدن"),
    ]
    assert places(entities[0]) == [(2, 5), (3, 6), (5, 9)]
    assert places(entities[1]) == [(11, 20), (12, 21), (15, 25)]
    assert places(entities[2]) == [(24, 27), (27, 30), (35, 41)]
    for entity in entities:
        assert_cuts_the_text(text, entity)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, *STRANGE]) | st.text(), max_size=30))
def test_every_position_cuts_the_text_it_names(ner: Ner, words: list[str]) -> None:
    text = " ".join(words)
    place = 0
    for entity in ner(text):
        assert_cuts_the_text(text, entity)
        assert entity.start >= place
        assert 0 < entity.score <= 1
        place = entity.start


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0\u3000", "\u200b\ufeff\u00ad", NO_PIECE, f" {NO_PIECE} " * 50])
def test_text_without_a_word_has_no_entity(ner: Ner, text: str) -> None:
    assert ner(text) == []
    assert short(ner(f"Kano {text} Ada")) == [("LOC", "Kano", 0, 4), ("PER", "Ada", len(text) + 6, len(text) + 9)]


def test_no_texts_have_no_answers(ner: Ner) -> None:
    assert ner.batch([]) == []
    assert ner.batch(["", "Kano", ""])[::2] == [[], []]


def test_a_word_without_pieces_is_outside_and_parts_its_neighbours(ner: Ner) -> None:
    assert short(ner("Ibrahim Musa")) == [("PER", "Ibrahim Musa", 0, 12)]
    parted = short(ner(f"Ibrahim {NO_PIECE} Musa"))
    assert parted[0] == ("PER", "Ibrahim", 0, 7)
    assert NO_PIECE not in "".join(text for _, text, _, _ in parted)


@pytest.mark.parametrize("length", [CAPACITY - 2, CAPACITY, CAPACITY + 1, 5000])
def test_a_word_longer_than_a_window_is_answered(ner: Ner, length: int) -> None:
    word = "Zi" + "a" * length
    assert short(ner(word)) == [("LOC", word, 0, length + 2)]
    text = f"Ada daga {word} zuwa Kano"
    assert short(ner(text)) == [
        ("PER", "Ada", 0, 3),
        ("LOC", word, 9, 11 + length),
        ("LOC", "Kano", 17 + length, 21 + length),
    ]


def brute_force(bundle: Path, words: list[str]) -> Logits:
    """Logits of one-piece words: each window run alone, each word from the window where it is farthest from an end."""
    session = onnxruntime.InferenceSession(str(bundle / MODEL), providers=["CPUExecutionProvider"])
    vocabulary = onnx_bundle.vocabulary()
    ids = [vocabulary.index(f"\u2581{word}") for word in words]
    best: dict[int, tuple[int, Logits]] = {}
    start = 0
    while True:
        window = ids[start : start + CAPACITY]
        given = np.array([[BOS, *window, EOS]])
        logits = session.run(None, {"input_ids": given, "attention_mask": np.ones_like(given)})[0][0, 1:-1]
        for place in range(len(window)):
            distance = min(place, len(window) - 1 - place)
            if distance > best.get(start + place, (-1,))[0]:
                best[start + place] = (distance, logits[place])
        if start + CAPACITY >= len(ids):
            return np.array([best[word][1] for word in range(len(ids))])
        start += STRIDE


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=70))
def test_each_word_of_a_long_text_is_judged_where_it_stands_best(bundle: Path, ner: Ner, words: list[str]) -> None:
    expected = brute_force(bundle, words)
    logits, has_pieces = ner.word_logits(words)
    assert has_pieces.all()
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert expected.shape == (len(words), len(LABELS))


def test_the_windows_matter(bundle: Path, ner: Ner) -> None:
    """Else the test above would hold for any choice of windows."""
    words = ["Ada", "daga", "Kano", "ya"] * 10
    whole = onnx_bundle.build(bundle.parent / "whole", max_length=100)
    difference = np.abs(ner.word_logits(words)[0] - Ner.load(whole, threads=1).word_logits(words)[0])
    assert difference[:20].max() > 1e-3
    assert difference[20:].max() > 1e-3


def test_nothing_of_a_long_text_is_dropped(ner: Ner) -> None:
    text = "Ada daga Kano . " * 12_500
    assert len(text.encode()) == 200_000
    entities = ner(text)
    assert [entity.text for entity in entities] == ["Ada", "Kano"] * 12_500
    assert [entity.start for entity in entities] == [16 * k + at for k in range(12_500) for at in (0, 9)]
    assert entities[-1].end_utf8 == 199_997


@pytest.mark.parametrize("text", ["a" * 200_000, "." * 50_000, "😀" * 25_000, "\u0301" * 50_000, "\ud800" * 25_000])
def test_long_text_of_one_sort(ner: Ner, text: str) -> None:
    assert ner(text) == []
    assert short(ner(f"{text} Kano"))[-1] == ("LOC", "Kano", len(text) + 1, len(text) + 5)


def test_lone_surrogates_are_answered_around_and_kept(ner: Ner) -> None:
    text = "\ud83d Kano \udc00 Ada"
    entities = ner(text)
    assert short(entities) == [("LOC", "Kano", 2, 6), ("PER", "Ada", 9, 12)]
    assert places(entities[1]) == [(9, 12), (9, 12), (13, 16)]


def test_min_score_drops_what_scores_less(bundle: Path, ner: Ner) -> None:
    text = "Ada daga Kano zuwa Lagos , Ibrahim Musa ya je Zinder"
    everything = ner(text)
    scores = sorted(entity.score for entity in everything)
    assert len(scores) == 5
    for bound in (0.0, scores[0], scores[2], math.nextafter(scores[2], 1), 1.0):
        kept = Ner.load(bundle, threads=1, min_score=bound)(text)
        assert kept == [entity for entity in everything if entity.score >= bound]


def test_recall_bias_finds_more_and_leaves_the_scores(bundle: Path, ner: Ner) -> None:
    text = "Ada daga Kano"
    eager, shy = (Ner.load(bundle, threads=1, recall_bias=bias)(text) for bias in (50.0, -50.0))
    assert shy == []
    assert [entity.text for entity in ner(text)] == ["Ada", "Kano"]
    tagged = " ".join(entity.text for entity in eager)
    assert tagged == text
    assert min(entity.score for entity in eager) < 0.5


def test_a_copy_of_a_bundle_answers_the_same(bundle: Path, ner: Ner, tmp_path: Path) -> None:
    copy = Ner.load(str(shutil.copytree(bundle, tmp_path / "another name")), threads=2)
    assert copy("Ada daga Kano") == ner("Ada daga Kano")
