"""What an answer may depend on: never the neighbours with batch_size=1, and only by rounding in a batch of floats."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.runtime import Entity, Ner
from tests.helpers import onnx_bundle
from tests.helpers.onnx_bundle import LOUD, NO_PIECE, WORDS

TEXTS = st.lists(st.sampled_from([*WORDS, "Zinder", ".", "😀", NO_PIECE]), max_size=25).map(" ".join)
BATCHES = st.lists(TEXTS, min_size=1, max_size=12)


def load(folder: Path, batch_size: int, dynamic: bool) -> Ner:
    name = f"{batch_size}-{dynamic}"
    return Ner.load(onnx_bundle.build(folder / name, dynamic=dynamic), threads=1, batch_size=batch_size)


@pytest.fixture(scope="module", params=[False, True], ids=["fp32", "int8"])
def alone(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Ner:
    return load(tmp_path_factory.mktemp("bundles"), 1, request.param)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ner, Ner]:
    folder = tmp_path_factory.mktemp("bundles")
    return load(folder, 1, False), load(folder, 8, False)


@settings(max_examples=60, deadline=None)
@given(BATCHES)
def test_alone_every_answer_is_the_same_whatever_its_neighbours(alone: Ner, texts: list[str]) -> None:
    answers = alone.batch(texts)
    assert answers == [alone(text) for text in texts]
    assert answers[::-1] == alone.batch(texts[::-1])
    assert answers[0] == alone.batch([texts[0], f"{LOUD} Kano " * 10])[0]


def test_int8_answers_in_a_batch_do_depend_on_their_neighbours(tmp_path: Path) -> None:
    """Else the test above would say nothing: this network takes its activation range from the whole batch."""
    loud = f"{LOUD} ya"
    alone, together = load(tmp_path, 1, True), load(tmp_path, 8, True)
    assert together.batch(["Ada daga Kano", loud]) != [together("Ada daga Kano"), together(loud)]
    assert alone.batch(["Ada daga Kano", loud]) == [alone("Ada daga Kano"), alone(loud)]


@settings(max_examples=80, deadline=None)
@given(BATCHES)
def test_in_a_batch_of_floats_only_rounding_differs(together: tuple[Ner, Ner], texts: list[str]) -> None:
    alone, batched = together
    for text, answer in zip(texts, batched.batch(texts), strict=True):
        expected = alone(text)
        assert [place(entity) for entity in answer] == [place(entity) for entity in expected]
        for found, other in zip(answer, expected, strict=True):
            assert found.score == pytest.approx(other.score, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=20), max_size=12))
def test_gold_words_get_the_same_tags_in_a_batch(together: tuple[Ner, Ner], sentences: list[list[str]]) -> None:
    alone, batched = together
    tags = batched.tag_words(sentences)
    assert tags == alone.tag_words(sentences)
    assert [len(one) for one in tags] == [len(one) for one in sentences]


def place(entity: Entity) -> tuple[str, str, int, int, int, int]:
    return entity.type, entity.text, entity.start, entity.end, entity.start_utf16, entity.start_utf8
