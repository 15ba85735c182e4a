"""Masked language modelling (Devlin et al. 2019): which pieces are hidden, and the loss of guessing them.

The vocabulary is by far the widest layer of a small encoder: it is computed where a piece is masked and nowhere else.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel, XLMRobertaForMaskedLM

from edgener.errors import UserError
from edgener.train.features import IGNORED

Batch = Mapping[str, Tensor]
_ROWS = 16  # a forward pass of held-out lines
_MASKED, _REPLACED = 0.8, 0.9  # 80 % of the chosen pieces become <mask>, 10 % another piece, 10 % stay


@torch.no_grad()
def begin_with_sinusoids(table: nn.Embedding) -> None:
    """Fill a position table with sines and cosines (Vaswani et al. 2017, section 3.5), as large as its random numbers.

    They are trained like any weights. But neighbours are alike from the first step on, and a small encoder on little
    text spends less of its time on finding out what stands beside what.
    """
    rows, width = table.weight.shape
    places = torch.arange(rows).unsqueeze(1)
    turns = places * torch.exp(-math.log(10_000) * torch.arange(0, width, 2) / width)
    waves = torch.stack([turns.sin(), turns.cos()], -1).flatten(1)[:, :width]
    padding = table.weight[table.padding_idx].clone() if table.padding_idx is not None else None
    table.weight.copy_(math.sqrt(2) * table.weight.std() * waves)
    if padding is not None:
        table.weight[table.padding_idx] = padding


@dataclass(frozen=True)
class Maskable:
    """What masking must know of a vocabulary.

    mask: id of <mask>. special: bool [vocabulary], true for ids that are never chosen. ordinary: int64, all others.
    """

    mask: int
    special: Tensor
    ordinary: Tensor

    @classmethod
    def of(cls, tokenizer: Any, vocabulary: int) -> "Maskable":
        """tokenizer: as transformers knows it. UserError when it has no mask token."""
        if tokenizer.mask_token_id is None:
            raise UserError("this tokenizer has no mask token; pretraining needs one")
        special = torch.zeros(vocabulary, dtype=torch.bool)
        special[list(tokenizer.all_special_ids)] = True
        return cls(int(tokenizer.mask_token_id), special, (~special).nonzero().squeeze(1))


def generator_for(*key: int) -> torch.Generator:
    """A generator on the CPU whose numbers are a function of the key, such as (seed, step)."""
    # torch's own generator keeps 32 bits of a seed; neighbouring keys must not give neighbouring seeds.
    return torch.Generator().manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))


def mask_pieces(
    ids: Tensor, generator: torch.Generator, pieces: Maskable | None, rate: float = 0.15
) -> tuple[Tensor, Tensor]:
    """(input ids, labels) of ids int64 [batch, length] on the CPU; labels hold the piece where it is to be guessed.

    Every piece that is not special is chosen with probability `rate`; where it is not, the label is IGNORED. None for
    `pieces` hides nothing.
    """
    if pieces is None:
        return ids, torch.full_like(ids, IGNORED)
    chosen = (torch.rand(ids.shape, generator=generator) < rate) & ~pieces.special[ids]
    what = torch.rand(ids.shape, generator=generator)
    others = pieces.ordinary[torch.randint(len(pieces.ordinary), ids.shape, generator=generator)]
    masked = torch.where(chosen & (what < _MASKED), pieces.mask, ids)
    masked = torch.where(chosen & (what >= _MASKED) & (what < _REPLACED), others, masked)
    return masked, torch.where(chosen, ids, IGNORED)


def masked_lm_logits(model: PreTrainedModel, batch: Batch, positions: Tensor) -> Tensor:
    """float [number of positions, vocabulary]: the guesses of an XLM-R, RoBERTa or BERT ForMaskedLM at `positions`.

    positions: bool [batch, length]; the rows come out in its row-major order. batch: input_ids, and attention_mask
    where there is padding.
    """
    given = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids") if name in batch}
    logits: Tensor = head_of(model)(model.base_model(**given).last_hidden_state[positions])
    return logits


def head_of(model: Any) -> Any:
    """The masked-LM head of an XLM-R, RoBERTa or BERT: hidden states to logits."""
    return model.lm_head if hasattr(model, "lm_head") else model.cls


def masked_lm_loss(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Mean cross entropy in nats, a float32 scalar, over the labels that are not IGNORED; 0 where all are."""
    positions = batch["labels"] != IGNORED
    labels = batch["labels"][positions]
    logits = masked_lm_logits(model, batch, positions).float()
    return cross_entropy(logits, labels, reduction="sum") / max(1, len(labels))


class MaskedLM(XLMRobertaForMaskedLM):
    """An XLM-R masked LM whose forward pass is the loss alone: what several devices share must be a forward pass."""

    def forward(self, input_ids: Tensor, labels: Tensor, attention_mask: Tensor | None = None) -> dict[str, Tensor]:
        batch = {"input_ids": input_ids, "labels": labels}
        if attention_mask is not None:
            batch["attention_mask"] = attention_mask
        return {"loss": masked_lm_loss(self, batch)}

    def plain(self) -> XLMRobertaForMaskedLM:
        """The same weights under the class that everybody knows."""
        model = XLMRobertaForMaskedLM(self.config)
        model.load_state_dict(self.state_dict())
        return model.eval()


def mean_loss(model: PreTrainedModel, batch: Batch) -> float:
    """masked_lm_loss over a batch of any size, without dropout; the mode stays."""
    return mean_over(model, batch, masked_lm_loss, lambda part: int((part["labels"] != IGNORED).sum()))


def mean_over(
    model: PreTrainedModel,
    batch: Batch,
    loss: Callable[[PreTrainedModel, Batch], Tensor],
    weight: Callable[[Batch], int] = lambda part: len(part["input_ids"]),
) -> float:
    """A loss over a batch of any size, some sequences at a time, each part weighed; without dropout; the mode stays."""
    was, device = model.training, next(model.parameters()).device
    model.eval()
    total = count = 0.0
    with torch.no_grad():
        for start in range(0, len(batch["input_ids"]), _ROWS):
            part = {name: tensor[start : start + _ROWS].to(device) for name, tensor in batch.items()}
            total += weight(part) * float(loss(model, part))
            count += weight(part)
    model.train(was)
    return total / max(1.0, count)
