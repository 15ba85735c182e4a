"""From text or gold words to entities, over any forward function: the decode contract put together.

The same class serves the bundle runtime, the torch predictor and the benchmark's baselines, so that they differ in
nothing but the forward pass.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from tokenizers import Tokenizer

from edgener.text import windows
from edgener.text.decode import Array, Decoder, Entity, entities
from edgener.text.normalise import normalise, normalise_word
from edgener.text.pieces import NO_PIECE, Specials, encode
from edgener.text.words import split

Forward = Callable[[Array, Array], Array]
"""(ids int64 [batch, length], mask int64 [batch, length]) -> logits float32 [batch, length, labels]."""


@dataclass(frozen=True)
class DecodeSpec:
    """What a model's manifest states about decoding; lengths in pieces, special tokens included."""

    splitter: str
    max_length: int
    stride: int
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int
    unicode: str = unicodedata.unidata_version

    @property
    def capacity(self) -> int:
        return self.max_length - len(self.prefix) - len(self.suffix)

    @classmethod
    def of(cls, splitter: str, max_length: int, specials: Specials) -> "DecodeSpec":
        """Windows that overlap by half."""
        capacity = max_length - len(specials.prefix) - len(specials.suffix)
        return cls(splitter, max_length, max(1, capacity // 2), specials.prefix, specials.suffix, specials.pad)


@dataclass(frozen=True)
class _Window:
    """Piece ids of one window, and (word, place of its first piece) for the words that it decides."""

    text: int
    ids: list[int]
    words: list[tuple[int, int]]


@dataclass(frozen=True)
class _Logits:
    """One row for each word of a text, and whether the word has a piece at all."""

    rows: Array
    has_pieces: Array


class Tagger:
    """Tags texts and gold words with a forward function.

    batch_size: how many windows share a forward pass. 1 (the default) makes every answer independent of its
    neighbours even when the graph takes its activation ranges from the whole batch, as dynamic int8 does.
    """

    def __init__(
        self,
        forward: Forward,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        spec: DecodeSpec,
        *,
        batch_size: int = 1,
        recall_bias: float = 0.0,
        min_score: float = 0.0,
    ) -> None:
        self.forward, self.tokenizer, self.spec = forward, tokenizer, spec
        self.decoder = Decoder(labels)
        self.batch_size, self.recall_bias, self.min_score = batch_size, recall_bias, min_score

    def __call__(self, text: str) -> list[Entity]:
        return self.batch([text])[0]

    def batch(self, texts: Sequence[str]) -> list[list[Entity]]:
        """The entities of each text, in order of their positions."""
        parts = [self.words(text) for text in texts]
        found = []
        for text, (ranges, _), logits in zip(texts, parts, self._logits([words for _, words in parts]), strict=True):
            path = self.decoder.best(logits.rows, logits.has_pieces, self.recall_bias)
            tags = [self.decoder.labels[index] for index in path]
            hits = entities(text, ranges, tags, self.decoder.confidence(logits.rows, path) if path else [])
            found.append([hit for hit in hits if hit.score >= self.min_score])
        return found

    def words(self, text: str) -> tuple[list[tuple[int, int]], list[str]]:
        """The words of a text: their ranges in the original string, and their normalised forms."""
        normal = normalise(text)
        ranges = split(normal.text, self.spec.splitter)
        return [normal.original(*range_) for range_ in ranges], [normal.text[start:end] for start, end in ranges]

    def tag_words(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """One IOB2 tag for each gold word of each sentence."""
        words = [[normalise_word(word) for word in sentence] for sentence in sentences]
        return [
            [self.decoder.labels[index] for index in self.decoder.best(found.rows, found.has_pieces, self.recall_bias)]
            for found in self._logits(words)
        ]

    def word_logits(self, sentence: Sequence[str]) -> tuple[Array, Array]:
        """float32 [words, labels] and bool [words] (has a piece) for the normalised words of one sentence."""
        found = self._logits([sentence])[0]
        return found.rows, found.has_pieces

    def _logits(self, texts: Sequence[Sequence[str]]) -> list[_Logits]:
        labels = len(self.decoder.labels)
        results = [_Logits(np.zeros((len(words), labels), np.float32), np.zeros(len(words), bool)) for words in texts]
        jobs: Iterable[_Window] = (window for text, words in enumerate(texts) for window in self._windows(text, words))
        if self.batch_size > 1 and len(texts) > 1:
            jobs = sorted(jobs, key=lambda window: len(window.ids))  # neighbours of a like length need little padding
        for batch in _chunks(jobs, self.batch_size):
            logits = self.forward(*self._arrays(batch))
            for row, window in enumerate(batch):
                for word, place in window.words:
                    results[window.text].rows[word] = logits[row, place]
                    results[window.text].has_pieces[word] = True
        return results

    def _windows(self, text: int, words: Sequence[str]) -> Iterator[_Window]:
        pieces = encode(self.tokenizer, words)
        prefix, suffix = list(self.spec.prefix), list(self.spec.suffix)
        ranges = windows.plan(len(pieces.ids), self.spec.capacity, self.spec.stride)
        decided: list[list[tuple[int, int]]] = [[] for _ in ranges]
        for word, first in enumerate(pieces.firsts):
            if first != NO_PIECE:
                k = windows.owner(first, ranges, self.spec.capacity, self.spec.stride) if len(ranges) > 1 else 0
                decided[k].append((word, first - ranges[k][0] + len(prefix)))
        for (start, end), places in zip(ranges, decided, strict=True):
            yield _Window(text, [*prefix, *pieces.ids[start:end], *suffix], places)

    def _arrays(self, batch: Sequence[_Window]) -> tuple[Array, Array]:
        length = max(len(window.ids) for window in batch)
        ids = np.full((len(batch), length), self.spec.pad, np.int64)
        mask = np.zeros((len(batch), length), np.int64)
        for row, window in enumerate(batch):
            ids[row, : len(window.ids)] = window.ids
            mask[row, : len(window.ids)] = 1
        return ids, mask


def _chunks(items: Iterable[_Window], size: int) -> Iterator[list[_Window]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
