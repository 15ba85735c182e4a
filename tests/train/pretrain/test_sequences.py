"""Which sequences a step sees, and how they are masked."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from edgener.train.features import quotas
from edgener.train.pretrain.sequences import Draws, Masker, Sequences
from tests.helpers.pretraining import pieces_of


def test_languages_are_drawn_as_asked_and_their_sequences_equally_often() -> None:
    sizes = {"big": 400, "small": 25}
    draws = Draws(sizes, 2.0, seed=1)
    drawn = Counter(draws[draw] for draw in range(3 * 425))
    small = [drawn[1, row] for row in range(25)]
    big = [drawn[0, row] for row in range(400)]
    assert sum(small) == 3 * quotas(sizes, 2.0)["small"] == 255
    assert max(small) - min(small) <= 1
    assert max(big) - min(big) <= 1
    assert sum(big) == 3 * 425 - 255
    first = Counter(draws[draw][0] for draw in range(100))
    assert 8 < first[1] < 35  # mixed: about a fifth of any stretch


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    rows = [np.arange(400 * 8).reshape(400, 8).astype(np.uint16) % 45 + 5]

    def batch(step: int, seed: int = 3) -> list[list[int]]:
        sequences = Sequences(rows, Draws({"big": 400}, 1.0, seed), 4000)
        ids: list[list[int]] = Masker(pieces_of(), 0.15, seed)(
            [sequences[draw] for draw in range(step * 4, step * 4 + 4)]
        )["input_ids"].tolist()
        return ids

    late = batch(900)
    assert late == batch(900)
    assert late != batch(900, seed=4)
    assert late != batch(901)


def test_a_sequence_is_masked_anew_in_every_step_and_the_same_when_the_step_is_repeated() -> None:
    masker, ids = Masker(pieces_of(), 0.3, seed=3), torch.arange(60).reshape(2, 30) % 45 + 5
    first, again, later = (masker([(draw, ids[0]), (draw + 1, ids[1])])["labels"] for draw in (8, 8, 10))
    assert torch.equal(first, again)
    assert not torch.equal(first, later)
    assert not torch.equal(first, Masker(pieces_of(), 0.3, seed=4)([(8, ids[0]), (9, ids[1])])["labels"])
