"""Precision, recall and F1 of named entities, by language and type, with bootstrap confidence intervals.

An entity counts when its type and both its ends are right (CoNLL-2003). Figures on gold words come from seqeval:
its default mode, and its strict mode (IOB2) beside it. Figures on raw text compare positions in the text instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from edgener.errors import MissingExtra
from edgener.text.labels import entity_type, spans

Span = tuple[str, int, int]
RESAMPLES = 1000


@dataclass(frozen=True)
class Score:
    """Fractions of 1; `support` is the number of gold entities."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class LanguageScore:
    """One language: micro average over its entities, 95 % bootstrap interval of F1, strict F1, and each type."""

    overall: Score
    interval: tuple[float, float]
    strict_f1: float | None
    types: dict[str, Score]
    sentences: int
    collapsed: bool = False


@dataclass(frozen=True)
class Evaluation:
    """Scores by language. `macro_f1` is the plain mean over languages; `collapsed` names those it would hide."""

    languages: dict[str, LanguageScore]
    raw: bool
    macro_f1: float
    collapsed: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def f1(self) -> dict[str, float]:
        return {name: score.overall.f1 for name, score in self.languages.items()}


def score_words(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], seed: int = 0) -> LanguageScore:
    """Gold and predicted IOB2 tags of the same words, sentence by sentence."""
    metrics, strict_scheme = need_seqeval()
    truth, answer = [list(tags) for tags in gold], [list(tags) for tags in predicted]
    sets = [(word_spans(tags), word_spans(guess)) for tags, guess in zip(gold, predicted, strict=True)]
    # Without a single entity seqeval takes means of nothing, and NumPy warns.
    found = any(truly or guessed for truly, guessed in sets)
    table = metrics.classification_report(truth, answer, output_dict=True, zero_division=0) if found else {}
    strict = metrics.f1_score(truth, answer, mode="strict", scheme=strict_scheme, zero_division=0)
    averages = {"micro avg", "macro avg", "weighted avg"}
    micro = table.get("micro avg", {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
    return LanguageScore(
        overall=_score(micro),
        interval=bootstrap(_counts(sets), seed),
        strict_f1=float(strict),
        types={name: _score(row) for name, row in sorted(table.items()) if name not in averages},
        sentences=len(sets),
    )


def score_spans(pairs: Sequence[tuple[set[Span], set[Span]]], seed: int = 0) -> LanguageScore:
    """(gold, predicted) sets of (type, start, end) of each text."""
    types = sorted({span[0] for gold, guess in pairs for span in gold | guess})
    by_type = {
        name: [({s for s in gold if s[0] == name}, {s for s in guess if s[0] == name}) for gold, guess in pairs]
        for name in types
    }
    counts = _counts(pairs)
    return LanguageScore(
        overall=_from_counts(counts),
        interval=bootstrap(counts, seed),
        strict_f1=None,
        types={name: _from_counts(_counts(sets)) for name, sets in by_type.items()},
        sentences=len(pairs),
    )


def word_spans(tags: Sequence[str]) -> set[Span]:
    return {(entity_type(tags[first]), first, last) for first, last in spans(tags)}


def combine(languages: Mapping[str, LanguageScore], raw: bool, reference: Mapping[str, float] | None) -> Evaluation:
    """All languages together; one under half of its reference F1 is flagged as collapsed."""
    known = reference or {}
    flagged = {name: replace(score, collapsed=collapsed(score, known.get(name))) for name, score in languages.items()}
    return Evaluation(
        languages=flagged,
        raw=raw,
        macro_f1=float(np.mean([score.overall.f1 for score in flagged.values()])),
        collapsed=tuple(name for name, score in flagged.items() if score.collapsed),
    )


def collapsed(score: LanguageScore, reference: float | None) -> bool:
    return reference is not None and score.overall.f1 < reference / 2


def bootstrap(counts: np.ndarray[Any, Any], seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of F1 over sentences drawn with replacement (Efron 1979).

    counts: int [sentences, 3], right, predicted and gold entities of each sentence.
    """
    random = np.random.default_rng(seed)
    size = len(counts)
    if not size:
        return 0.0, 0.0
    samples = np.empty(RESAMPLES)
    for place in range(RESAMPLES):
        right, guessed, gold = counts[random.integers(0, size, size)].sum(axis=0)
        samples[place] = 2 * right / (guessed + gold) if guessed + gold else 0.0
    low, high = np.percentile(samples, [2.5, 97.5])
    return float(low), float(high)


def _counts(pairs: Sequence[tuple[set[Span], set[Span]]]) -> np.ndarray[Any, Any]:
    rows = [(len(gold & guess), len(guess), len(gold)) for gold, guess in pairs]
    return np.array(rows, np.int64).reshape(-1, 3)


def _from_counts(counts: np.ndarray[Any, Any]) -> Score:
    right, guessed, gold = (int(value) for value in counts.sum(axis=0))
    precision, recall = right / guessed if guessed else 0.0, right / gold if gold else 0.0
    f1 = 2 * right / (guessed + gold) if guessed + gold else 0.0
    return Score(precision, recall, f1, gold)


def _score(row: Mapping[str, Any]) -> Score:
    return Score(float(row["precision"]), float(row["recall"]), float(row["f1-score"]), int(row["support"]))


def need_seqeval() -> tuple[Any, Any]:
    """seqeval's metrics and its IOB2 scheme. MissingExtra when it is not installed."""
    try:
        from seqeval import metrics
        from seqeval.scheme import IOB2
    except ImportError:
        raise MissingExtra("edgener evaluate", "eval") from None
    return metrics, IOB2
