"""Logits to tags to entities: sections 5 and 6 of the decode contract (tests/conformance/README.md)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgener.text.labels import continues, entity_type, spans

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Entity:
    """A named entity. Positions are half-open ranges of the caller's original string, in three units."""

    type: str
    text: str
    score: float
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    start_utf8: int
    end_utf8: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Decoder:
    """Tags from logits: the best label of each word where these make a legal IOB2 sequence, else the best legal one.

    `labels` are IOB2 tags in the order of the logits. The best legal sequence is found by Viterbi (1967), with 0/-inf
    transitions.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.outside = self.labels.index("O")
        self.opens = np.array([not label.startswith("I-") for label in labels])
        # allowed[previous, current]
        self.allowed = np.array([[continues(before, label) for label in labels] for before in labels])

    def best(self, logits: Array, has_pieces: Sequence[bool] | Array, recall_bias: float = 0.0) -> list[int]:
        """Label indices, one a word. logits: float [words, labels]; rows of words without pieces are ignored."""
        scores = np.array(logits, np.float64)
        if not len(scores):
            return []
        scores[:, self.outside] -= recall_bias
        pieceless = ~np.asarray(has_pieces, bool)
        scores[pieceless] = -np.inf
        scores[pieceless, self.outside] = 0.0
        greedy = scores.argmax(axis=1)
        # Nearly every sentence ends here. Part of the contract, not only a short cut: a sum can lose a small logit.
        if self.opens[greedy[0]] and self.allowed[greedy[:-1], greedy[1:]].all():
            return [int(index) for index in greedy]
        return self._viterbi(scores)

    def _viterbi(self, scores: Array) -> list[int]:
        barrier = np.where(self.allowed, 0.0, -np.inf)
        total = np.where(self.opens, scores[0], -np.inf)
        came_from = np.empty(scores.shape, np.int32)
        for word in range(1, len(scores)):
            paths = total[:, None] + barrier
            came_from[word] = paths.argmax(axis=0)
            total = paths.max(axis=0) + scores[word]
        path = [int(total.argmax())]
        for word in range(len(scores) - 1, 0, -1):
            path.append(int(came_from[word, path[-1]]))
        return path[::-1]

    def confidence(self, logits: Array, path: Sequence[int]) -> Array:
        """Softmax probability of each word's chosen label: float64 [words]."""
        scores = np.asarray(logits, np.float64)
        top = scores.max(axis=1)
        chosen = scores[np.arange(len(scores)), np.asarray(path, int)]
        result: Array = np.exp(chosen - top) / np.exp(scores - top[:, None]).sum(axis=1)
        return result


def entities(
    text: str, words: Sequence[tuple[int, int]], tags: Sequence[str], confidence: Sequence[float] | Array
) -> list[Entity]:
    """Entities of an original text, given the code point range, the IOB2 tag and the confidence of each word."""
    found = []
    units = Units(text)
    for first, last in spans(tags):
        start, end = words[first][0], words[last - 1][1]
        (start_utf16, start_utf8), (end_utf16, end_utf8) = units.at(start), units.at(end)
        found.append(
            Entity(
                type=entity_type(tags[first]),
                text=text[start:end],
                score=float(np.mean(confidence[first:last])),
                start=start,
                end=end,
                start_utf16=start_utf16,
                end_utf16=end_utf16,
                start_utf8=start_utf8,
                end_utf8=end_utf8,
            )
        )
    return found


class Units:
    """Code point positions in UTF-16 units and UTF-8 bytes, counted on from the position last asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = self.utf16 = self.utf8 = 0

    def at(self, place: int) -> tuple[int, int]:
        """(UTF-16, UTF-8) position of a code point position."""
        # Two words cut from one composed segment share its range, so the next position may lie before the last.
        sign = 1 if place >= self.place else -1
        passed = self.text[min(place, self.place) : max(place, self.place)]
        self.utf16 += sign * (len(passed.encode("utf-16-le", "surrogatepass")) // 2)
        self.utf8 += sign * len(passed.encode("utf-8", "surrogatepass"))
        self.place = place
        return self.utf16, self.utf8
