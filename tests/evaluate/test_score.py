"""F1 and its company: the same counts as seqeval, positions instead of words on raw text, honest intervals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from edgener.evaluate.run import evaluate, gold_spans
from edgener.evaluate.score import (
    LanguageScore,
    Score,
    Span,
    bootstrap,
    collapsed,
    combine,
    score_spans,
    score_words,
    word_spans,
)
from edgener.runtime import Ner
from edgener.text.corpus import Sentence
from edgener.text.labels import to_iob2
from tests.helpers import onnx_bundle

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-work-of-art", "I-work-of-art")
LEGAL = st.lists(st.sampled_from(TAGS), min_size=1, max_size=12).map(to_iob2)
Corpus = list[tuple[list[str], list[str]]]


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """Sentences of legal IOB2: gold tags, and a guess that is right about as often as not."""
    corpus: Corpus = []
    for gold in draw(st.lists(LEGAL, min_size=1, max_size=8)):
        other = draw(st.lists(st.sampled_from(TAGS), min_size=len(gold), max_size=len(gold)))
        keep = draw(st.lists(st.booleans(), min_size=len(gold), max_size=len(gold)))
        guess = [a if same else b for a, b, same in zip(gold, other, keep, strict=True)]
        corpus.append((gold, to_iob2(guess)))
    return corpus


def spans_of(corpus: Corpus) -> list[tuple[set[Span], set[Span]]]:
    return [(word_spans(gold), word_spans(guess)) for gold, guess in corpus]


@settings(max_examples=80, deadline=None)
@given(corpora())
@example([(["O"], ["O"])])
@example([(["B-PER"], ["O"])])
@example([(["O"], ["B-PER"])])
def test_counts_give_the_f1_of_seqeval(corpus: Corpus) -> None:
    gold, guess = [list(a) for a, _ in corpus], [list(b) for _, b in corpus]
    ours = score_spans(spans_of(corpus))
    assert ours.overall.f1 == pytest.approx(f1_score(gold, guess, zero_division=0))
    assert ours.overall.precision == pytest.approx(precision_score(gold, guess, zero_division=0))
    assert ours.overall.recall == pytest.approx(recall_score(gold, guess, zero_division=0))
    theirs = score_words(gold, guess)
    assert theirs.strict_f1 == pytest.approx(f1_score(gold, guess, mode="strict", scheme=IOB2, zero_division=0))
    assert theirs.strict_f1 == pytest.approx(theirs.overall.f1)
    assert as_numbers(theirs.overall) == pytest.approx(as_numbers(ours.overall))
    assert theirs.interval == ours.interval
    assert theirs.types.keys() == ours.types.keys()
    for name, score in theirs.types.items():
        assert as_numbers(score) == pytest.approx(as_numbers(ours.types[name]))


def as_numbers(score: Score) -> list[float]:
    return [score.precision, score.recall, score.f1, score.support]


def test_figures_worked_out_by_hand() -> None:
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O", "O", "O"]]
    guess = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "I-LOC", "O", "B-LOC"]]
    score = score_words(gold, guess)
    # Right: PER 0-2. Guessed 4, gold 3.
    assert as_numbers(score.overall) == pytest.approx([1 / 4, 1 / 3, 2 / 7, 3])
    assert as_numbers(score.types["PER"]) == pytest.approx([1 / 2, 1, 2 / 3, 1])
    assert as_numbers(score.types["LOC"]) == [0, 0, 0, 2]
    assert score.sentences == 2
    assert not score.collapsed


def test_spans_differ_by_type_and_by_both_ends() -> None:
    gold: set[Span] = {("PER", 0, 7)}
    for wrong in (("LOC", 0, 7), ("PER", 1, 7), ("PER", 0, 6)):
        score = score_spans([(gold, {wrong})])
        assert (score.overall.f1, score.overall.support) == (0.0, 1)
    score = score_spans([(gold, {("PER", 0, 7), ("LOC", 8, 9)}), (set(), set())])
    assert score.overall == Score(precision=1 / 2, recall=1.0, f1=2 / 3, support=1)
    assert score.strict_f1 is None
    assert score.sentences == 2


def test_the_same_span_in_another_sentence_is_not_right() -> None:
    span: Span = ("PER", 0, 7)
    assert score_spans([({span}, set()), (set(), {span})]).overall.f1 == 0.0


def counts(sentences: int, right: float, seed: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(seed)
    gold = random.integers(0, 4, sentences)
    hits = random.binomial(gold, right)
    return np.stack([hits, hits + random.integers(0, 2, sentences), gold], axis=1)


@pytest.mark.parametrize("right", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("sentences", [30, 300])
def test_the_interval_holds_the_estimate_and_is_reproducible(sentences: int, right: float) -> None:
    widths = []
    for seed in range(3):
        table = counts(sentences, right, seed)
        hits, guessed, gold = table.sum(axis=0)
        low, high = bootstrap(table)
        assert 0 <= low <= 2 * hits / (guessed + gold) <= high <= 1
        assert (low, high) == bootstrap(table, seed=0)
        assert (low, high) != bootstrap(table, seed=1)
        widths.append(high - low)
    assert 0 < np.mean(widths) < 4 / np.sqrt(sentences)


def test_more_sentences_make_a_narrower_interval() -> None:
    few, many = counts(25, 0.5, 0), np.tile(counts(25, 0.5, 0), (16, 1))
    (low, high), (low_of_many, high_of_many) = bootstrap(few), bootstrap(many)
    assert (high_of_many - low_of_many) == pytest.approx((high - low) / 4, rel=0.3)


def test_intervals_at_the_edges() -> None:
    assert bootstrap(np.zeros((0, 3), np.int64)) == (0.0, 0.0)
    assert bootstrap(np.zeros((5, 3), np.int64)) == (0.0, 0.0)
    assert bootstrap(np.ones((5, 3), np.int64)) == (1.0, 1.0)


def language(f1: float) -> LanguageScore:
    return LanguageScore(Score(f1, f1, f1, 10), (f1, f1), f1, {}, 5)


def test_macro_is_the_plain_mean_and_does_not_hide_a_collapse() -> None:
    result = combine({"hau": language(0.9), "yor": language(0.3)}, raw=False, reference={"hau": 0.95, "yor": 0.8})
    assert result.macro_f1 == pytest.approx(0.6)
    assert result.collapsed == ("yor",)
    assert [score.collapsed for score in result.languages.values()] == [False, True]
    assert result.f1() == {"hau": 0.9, "yor": 0.3}
    assert result.as_dict()["languages"]["yor"]["collapsed"] is True


def test_collapsed_is_under_half_of_the_reference() -> None:
    assert collapsed(language(0.39), 0.8)
    assert not collapsed(language(0.4), 0.8)
    assert not collapsed(language(0.0), None)
    assert combine({"hau": language(0.0)}, raw=False, reference=None).collapsed == ()
    assert combine({"hau": language(0.0)}, raw=False, reference={"yor": 0.9}).collapsed == ()


@pytest.fixture(scope="module")
def ner(tmp_path_factory: pytest.TempPathFactory) -> Ner:
    return Ner.load(onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "bundle"), threads=1)


def sentence(text: str, tags: str) -> Sentence:
    return Sentence(tuple(text.split(" ")), tuple(tags.split(" ")), 1)


def test_gold_positions_of_joined_tokens() -> None:
    one = sentence("😀 Ibrahim Musa ya je عدن", "O B-PER I-PER O O B-LOC")
    assert gold_spans(one, " ") == {("PER", 2, 14), ("LOC", 21, 24)}
    assert gold_spans(one, "") == {("PER", 1, 12), ("LOC", 16, 19)}
    touching = sentence("Ada Musa", "B-PER B-PER")
    assert gold_spans(touching, " ") == {("PER", 0, 3), ("PER", 4, 8)}


def test_words_and_raw_text_of_a_clean_corpus_score_the_same(ner: Ner) -> None:
    right = sentence("Ibrahim Musa ya je Kano .", "B-PER I-PER O O B-LOC O")
    wrong = sentence("Ada daga gida", "B-LOC O O")
    corpus = {"hau": [right, wrong], "swa": [right] * 70}
    words, raw = evaluate(ner, corpus), evaluate(ner, corpus, raw=True)
    assert as_numbers(words.languages["hau"].overall) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 3])
    assert words.languages["swa"].overall == Score(1.0, 1.0, 1.0, 140)
    assert words.f1() == pytest.approx(raw.f1())
    assert (words.raw, raw.raw) == (False, True)
    assert raw.languages["swa"].strict_f1 is None
    assert raw.languages["swa"].sentences == 70


def test_raw_text_shows_what_the_splitter_does_to_tokens(ner: Ner) -> None:
    """One token of the corpus that the splitter cuts in three is right as a gold word, and wrong in plain text."""
    corpus = {"eng": [Sentence(("Ada", "ya", "Kano-na"), ("B-PER", "O", "B-LOC"), 1)]}
    assert evaluate(ner, corpus).f1() == evaluate(ner, corpus, raw=True).f1()
    glued = {"eng": [Sentence(("Ada", "ya", "Kano/Lagos"), ("B-PER", "O", "B-LOC"), 1)]}
    assert evaluate(ner, glued).f1() == {"eng": 1.0}
    assert evaluate(ner, glued, raw=True).f1() == {"eng": pytest.approx(2 / 5)}


def test_min_score_and_bias_of_the_tagger_count(tmp_path: Path) -> None:
    bundle = onnx_bundle.build(tmp_path / "bundle")
    corpus = {"hau": [sentence("Ada daga Kano", "B-PER O B-LOC")]}
    strict, shy = Ner.load(bundle, min_score=1.0), Ner.load(bundle, recall_bias=-50.0)
    assert evaluate(strict, corpus, raw=True).f1() == {"hau": 0.0}
    assert evaluate(shy, corpus).f1() == {"hau": 0.0}


@pytest.mark.filterwarnings("error")
def test_a_language_without_entities_scores_zero_in_silence() -> None:
    score = score_words([["O", "O"]], [["O", "O"]])
    assert (score.overall, score.interval, score.types) == (Score(0.0, 0.0, 0.0, 0), (0.0, 0.0), {})
