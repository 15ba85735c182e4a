"""Does the exported graph compute what the torch model computes?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgener.text.decode import Array
from edgener.text.tagger import DecodeSpec, Forward

LOGIT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Parity:
    """Greatest absolute logit difference, and the share of pieces whose best label is the same."""

    max_logit_difference: float
    tag_agreement: float
    pieces: int


def batches_for(spec: DecodeSpec, sequences: Sequence[Sequence[int]], vocabulary: int) -> list[tuple[Array, Array]]:
    """(ids, mask) of each piece sequence alone, two of different lengths in one padded batch, and a full window."""
    cut = [[*spec.prefix, *ids[: spec.capacity], *spec.suffix] for ids in sequences if ids]
    # No text has the padding piece in it, and what RoBERTa makes of one there (no position) is nobody's answer.
    pieces = [piece for piece in range(vocabulary) if piece != spec.pad]
    random = np.random.default_rng(0).choice(pieces, spec.capacity).tolist()
    cut.append([*spec.prefix, *random, *spec.suffix])
    batches = [_padded([ids], spec.pad) for ids in cut]
    return [*batches, _padded(cut[:2], spec.pad)]


def _padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Array, Array]:
    longest = max(len(row) for row in rows)
    ids = np.array([[*row, *[pad] * (longest - len(row))] for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    return ids, mask


def compare(forward: Forward, batches: Sequence[tuple[Array, Array]], reference: Sequence[Array]) -> Parity:
    """Compare a forward function with reference logits, at every position that is not padding."""
    greatest, same, pieces = 0.0, 0, 0
    for (ids, mask), expected in zip(batches, reference, strict=True):
        kept = mask.astype(bool)
        logits, wanted = forward(ids, mask)[kept], expected[kept]
        greatest = max(greatest, float(np.abs(logits - wanted).max()))
        same += int((logits.argmax(-1) == wanted.argmax(-1)).sum())
        pieces += len(logits)
    return Parity(greatest, same / pieces, pieces)
