"""Which sequences a step sees: a pure function of (seed, step), so that a resumed run goes on with the same batches."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from edgener.train.features import quotas
from edgener.train.pretrain.language_model import Maskable, generator_for, mask_pieces
from edgener.train.pretrain.packing import Rows

_ROUND, _EPOCH, _MASK = range(3)  # keep the random numbers of different uses apart


class Draws:
    """Draw number -> (language, row). Language l gets a share proportional to n_l ** (1 / temperature).

    A round of draws is as long as the corpus, with a fixed number for each language, shuffled. Every language goes
    through all its sequences in one shuffled order before any comes again, whatever the rounds.
    """

    def __init__(self, sizes: Mapping[str, int], temperature: float, seed: int) -> None:
        self.sizes, self.seed = list(sizes.values()), seed
        self.shares = list(quotas(sizes, temperature).values())
        self.round = lru_cache(maxsize=2)(self._round)

    def __getitem__(self, draw: int) -> tuple[int, int]:
        number, place = divmod(draw, sum(self.shares))
        languages, rows = self.round(number)
        return int(languages[place]), int(rows[place])

    def _round(self, number: int) -> tuple[NDArray[Any], NDArray[Any]]:
        languages = np.repeat(np.arange(len(self.sizes)), self.shares)
        rows = np.concatenate([self._rows(number, language) for language in range(len(self.sizes))])
        order = np.random.default_rng([_ROUND, self.seed, number]).permutation(len(rows))
        return languages[order], rows[order]

    def _rows(self, number: int, language: int) -> NDArray[Any]:
        size, share = self.sizes[language], self.shares[language]
        epochs, places = np.divmod(np.arange(number * share, (number + 1) * share), size)
        rows = np.empty(share, np.int64)
        for epoch in range(epochs[0], epochs[-1] + 1):
            order = np.random.default_rng([_EPOCH, self.seed, language, epoch]).permutation(size)
            here = epochs == epoch
            rows[here] = order[places[here]]
        return rows


class Sequences(Dataset):  # type: ignore[type-arg]
    """(draw, ids int64 [length]) for each draw of a run."""

    def __init__(self, rows: Sequence[Rows], draws: Draws, number: int) -> None:
        self.rows, self.draws, self.number = rows, draws, number

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, draw: int) -> tuple[int, torch.Tensor]:
        language, row = self.draws[draw]
        return draw, torch.from_numpy(self.rows[language][row].astype(np.int64))


class Masker:
    """A batch of Sequences -> {input_ids, labels}, int64 [batch, length]; masked anew whenever a sequence comes."""

    def __init__(self, pieces: Maskable | None, rate: float, seed: int) -> None:
        self.pieces, self.rate, self.seed = pieces, rate, seed

    def __call__(self, batch: Sequence[tuple[int, torch.Tensor]]) -> dict[str, torch.Tensor]:
        # The first draw of a batch stands for the step, and tells apart the processes that share it.
        generator = generator_for(_MASK, self.seed, batch[0][0])
        inputs, labels = mask_pieces(torch.stack([ids for _, ids in batch]), generator, self.pieces, self.rate)
        return {"input_ids": inputs, "labels": labels}
