"""Sentences to training examples: a label at first pieces, long sentences split, languages balanced."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch.utils.data import Dataset, Sampler

from edgener.text.corpus import Sentence
from edgener.text.normalise import normalise_word
from edgener.text.pieces import NO_PIECE, encode
from edgener.text.raw import words_of
from edgener.text.tagger import DecodeSpec

IGNORED = -100  # torch's cross entropy passes over this label
UNTAGGED = -1  # the first piece of a word whose tag nobody wrote down: raw text, for a teacher to tag
_BATCHES_A_POOL = 50


@dataclass(frozen=True)
class Example:
    """One training sequence: piece ids with special tokens, and for each a label id, UNTAGGED or IGNORED.

    group: its language, or another name under which examples are drawn.
    """

    group: str
    ids: tuple[int, ...]
    labels: tuple[int, ...]


class Examples(Dataset):  # type: ignore[type-arg]
    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = list(examples)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]


def examples_of(
    group: str, sentences: Sequence[Sentence], tokenizer: Tokenizer, label_ids: Mapping[str, int], spec: DecodeSpec
) -> list[Example]:
    """Every word of every sentence ends up in some example: a sentence over the window is split between words."""
    found: list[Example] = []
    for sentence in sentences:
        found += _windows(group, sentence.tokens, [label_ids[tag] for tag in sentence.tags], tokenizer, spec)
    return found


def raw_examples(group: str, lines: Sequence[str], tokenizer: Tokenizer, spec: DecodeSpec) -> list[Example]:
    """Text as the runtime reads it."""
    found: list[Example] = []
    for line in lines:
        words = words_of(line, spec.splitter)
        found += _windows(group, words, [UNTAGGED] * len(words), tokenizer, spec)
    return found


def _windows(
    group: str, words: Sequence[str], tags: Sequence[int], tokenizer: Tokenizer, spec: DecodeSpec
) -> Iterator[Example]:
    pieces = encode(tokenizer, [normalise_word(word) for word in words])
    labels = [IGNORED] * len(pieces.ids)
    for first, tag in zip(pieces.firsts, tags, strict=True):
        if first != NO_PIECE:
            labels[first] = tag
    starts = [first for first in pieces.firsts if first != NO_PIECE]
    for start, end in split_between_words(starts, len(pieces.ids), spec.capacity):
        yield Example(
            group,
            (*spec.prefix, *pieces.ids[start:end], *spec.suffix),
            (*[IGNORED] * len(spec.prefix), *labels[start:end], *[IGNORED] * len(spec.suffix)),
        )


def split_between_words(starts: Sequence[int], pieces: int, capacity: int) -> list[tuple[int, int]]:
    """Ranges of at most `capacity` pieces that begin where a word begins; a longer word is cut where it must be."""
    ranges = []
    begin = 0
    while pieces - begin > capacity:
        last = bisect_right(starts, begin + capacity) - 1  # the last word that may begin the next range
        end = starts[last] if last >= 0 and starts[last] > begin else begin + capacity
        ranges.append((begin, end))
        begin = end
    if begin < pieces:
        ranges.append((begin, pieces))
    return ranges


def collate(batch: Sequence[Example], pad: int) -> dict[str, torch.Tensor]:
    """int64 tensors [batch, longest]: input_ids, attention_mask, labels."""
    longest = max(len(example.ids) for example in batch)

    def padded(rows: Iterator[tuple[int, ...]], fill: int) -> torch.Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])

    return {
        "input_ids": padded((example.ids for example in batch), pad),
        "attention_mask": padded(((1,) * len(example.ids) for example in batch), 0),
        "labels": padded((example.labels for example in batch), IGNORED),
    }


class BalancedSampler(Sampler[int]):
    """An epoch's order of examples, a pure function of (seed, epoch), so that a resumed run sees the same batches.

    quotas: how many examples of each group an epoch holds. Within a group every example is drawn equally often, give
    or take one; which of them when there are more than that differs from epoch to epoch. Examples of a like length
    share a batch.
    """

    def __init__(self, examples: Sequence[Example], quotas: Mapping[str, int], batch_size: int, seed: int) -> None:
        self.lengths = [len(example.ids) for example in examples]
        self.members: dict[str, list[int]] = {}
        for index, example in enumerate(examples):
            self.members.setdefault(example.group, []).append(index)
        self.quotas = dict(quotas)
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0

    def __len__(self) -> int:
        return sum(self.quotas.values())

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)

        def shuffled(items: list[int]) -> list[int]:
            return [items[place] for place in torch.randperm(len(items), generator=random).tolist()]

        drawn: list[int] = []
        for name, members in self.members.items():
            rounds, rest = divmod(self.quotas[name], len(members))
            drawn += members * rounds + shuffled(members)[:rest]
        drawn = shuffled(drawn)
        pool = self.batch_size * _BATCHES_A_POOL
        batches: list[list[int]] = []
        for start in range(0, len(drawn), pool):
            by_length = sorted(drawn[start : start + pool], key=lambda index: self.lengths[index])
            batches += [by_length[at : at + self.batch_size] for at in range(0, len(by_length), self.batch_size)]
        whole = [place for place, batch in enumerate(batches) if len(batch) == self.batch_size]
        short = [place for place, batch in enumerate(batches) if len(batch) < self.batch_size]
        # A short batch anywhere but at the end would shift the boundaries of all batches behind it.
        for place in (*shuffled(whole), *short):
            yield from batches[place]


def quotas(sizes: Mapping[str, int], temperature: float, total: int | None = None) -> dict[str, int]:
    """How many examples of each language an epoch holds; they add up to `total`, by default the size of the corpus.

    Language l gets a share proportional to n_l ** (1 / temperature) (Devlin et al. 2019; Arivazhagan et al. 2019): 1
    keeps the corpus as it is, larger values lift small languages.
    """
    total = sum(sizes.values()) if total is None else total
    weights = {name: size ** (1 / temperature) for name, size in sizes.items()}
    shares = {name: max(1, int(total * weight / sum(weights.values()))) for name, weight in weights.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    shares[largest] += total - sum(shares.values())
    return shares
