"""What trimming cost: pieces per word, unknown words, and whether the network still computes the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from edgener.compress.trim.choose import use_of
from edgener.console import Progress
from edgener.text.normalise import normalise_word
from edgener.text.pieces import encode
from edgener.train.model import Network

TOLERANCE = 1e-4  # of a logit, where the segmentation is the same
_BATCH = 16


@dataclass(frozen=True)
class LanguageCost:
    """One language, before and after. Shares are fractions of 1; `difference` is None where nothing was compared.

    known: the language was among those the vocabulary was chosen for. same_words, same_sentences: the segmentation is
    the same. difference: the largest of a logit (of a hidden state, for a bare encoder) in those sentences.
    """

    known: bool
    words: int
    sentences: int
    pieces_per_word: tuple[float, float]
    unknown_rate: tuple[float, float]
    same_words: float
    same_sentences: float
    difference: float | None


def cost_of(
    before: Network,
    after: Network,
    keep: Sequence[int],
    texts: Mapping[str, Sequence[Sequence[str]]],
    known: Sequence[str],
) -> dict[str, LanguageCost]:
    """texts: sentences as words, by language."""
    new_ids = {old: new for new, old in enumerate(keep)}
    return {name: _language(before, after, new_ids, sentences, name, known) for name, sentences in texts.items()}


def _language(
    before: Network,
    after: Network,
    new_ids: Mapping[int, int],
    sentences: Sequence[Sequence[str]],
    name: str,
    known: Sequence[str],
) -> LanguageCost:
    words = [[normalise_word(word) for word in sentence] for sentence in sentences]
    counts = Counter(word for sentence in words for word in sentence)
    uses = use_of(before.backend, counts), use_of(after.backend, counts)
    same = sum(times for word, times in counts.items() if _same(before, after, new_ids, [word]) is not None)
    kept = [pair for sentence in words if (pair := _same(before, after, new_ids, sentence)) is not None]
    return LanguageCost(
        known=name in known,
        words=counts.total(),
        sentences=len(words),
        pieces_per_word=(uses[0].pieces_per_word, uses[1].pieces_per_word),
        unknown_rate=(uses[0].unknown_rate, uses[1].unknown_rate),
        same_words=same / max(1, counts.total()),
        same_sentences=len(kept) / max(1, len(words)),
        difference=_difference(before, after, kept, name),
    )


Ids = list[int]


def _same(before: Network, after: Network, new_ids: Mapping[int, int], words: Sequence[str]) -> tuple[Ids, Ids] | None:
    """(old ids, new ids) of the words, when both are the same pieces."""
    old, new = encode(before.backend, words).ids, encode(after.backend, words).ids
    return (list(old), list(new)) if [new_ids.get(one) for one in old] == list(new) else None


def _difference(before: Network, after: Network, pairs: Sequence[tuple[Ids, Ids]], name: str) -> float | None:
    differences: list[float] = []
    ordered = sorted((pair for pair in pairs if pair[0]), key=lambda pair: len(pair[0]))
    capacity = min(before.spec.capacity, after.spec.capacity)
    with Progress(f"comparing {name}", len(ordered), "sentences") as progress:
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            old = _outputs(before, [pair[0][:capacity] for pair in batch])
            new = _outputs(after, [pair[1][:capacity] for pair in batch])
            differences += [float(np.abs(a - b).max()) for a, b in zip(old, new, strict=True)]
            progress.advance(len(batch))
    return float(np.max(differences)) if differences else None  # unlike max(), it does not pass over NaN


def _outputs(network: Network, batch: Sequence[Ids]) -> list[Any]:
    """float32 [length, labels or hidden] of each sequence, special tokens included and padding left out."""
    spec = network.spec
    rows = [[*spec.prefix, *ids, *spec.suffix] for ids in batch]
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[spec.pad] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    with torch.inference_mode():
        if network.labels:
            out = network.model(input_ids=ids, attention_mask=mask).logits
        else:
            out = network.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
    return [out[place, : len(row)].float().numpy() for place, row in enumerate(rows)]
