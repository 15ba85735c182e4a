"""Which weights to prune: the weakest by magnitude, one at a time or in a pattern that hardware can use.

unstructured   any weight (Han et al. 2015)
1x4            four consecutive inputs of one output together, by their L2 norm: what a sparse int8 kernel reads at once
2:4            two of each four consecutive inputs (Mishra et al. 2021): 50 %, or less on the way there

Weights are float [outputs, inputs]. When the inputs are no multiple of four, the last block of a row is shorter.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel

from edgener.console import say
from edgener.train.masks import Masks, masks_of

UNSTRUCTURED, BLOCKS, HALF = "unstructured", "1x4", "2:4"
PATTERNS = (UNSTRUCTURED, BLOCKS, HALF)
SCOPES = ("global", "layer")
WIDTH = 4


def choose_masks(weights: Mapping[str, torch.Tensor], sparsity: float, pattern: str, scope: str) -> Masks:
    """Masks that prune `sparsity` (0 to 1) of these weights.

    scope: `global` compares all tensors with each other, so that they end up with different sparsities; `layer` takes
    the same share of each. What is zero already is the weakest of all and stays pruned when there is room.
    """
    strengths = {name: strength(weight.detach(), pattern) for name, weight in weights.items()}
    if scope == "layer":
        kept = {name: _strongest(one, sparsity) for name, one in strengths.items()}
    else:
        together = _strongest(torch.cat([one.flatten() for one in strengths.values()]), sparsity)
        parts = together.split([one.numel() for one in strengths.values()])
        kept = {name: part.view_as(one) for (name, one), part in zip(strengths.items(), parts, strict=True)}
    return {name: _expand(kept[name], weight, pattern) for name, weight in weights.items()}


def strength(weight: torch.Tensor, pattern: str) -> torch.Tensor:
    """float32 [outputs, units]: what each unit that is pruned or kept as one is worth; inf for what must stay."""
    if pattern == UNSTRUCTURED:
        return weight.abs().float()
    blocks = _blocks(weight).float()
    if pattern == BLOCKS:
        return blocks.square().sum(-1).sqrt()
    worth = blocks.abs()
    stays = worth.topk(WIDTH // 2, dim=-1).indices
    return worth.scatter(-1, stays, torch.inf).flatten(1)[:, : weight.shape[1]]


def _blocks(weight: torch.Tensor) -> torch.Tensor:
    """[outputs, blocks, 4], zeros where a row has no more inputs."""
    missing = -weight.shape[1] % WIDTH
    return pad(weight, (0, missing)).unflatten(1, (-1, WIDTH))


def _strongest(worth: torch.Tensor, sparsity: float) -> torch.Tensor:
    """bool: all but the weakest `sparsity` of them; of those that are equally weak at the limit, the first stay."""
    flat = worth.flatten()
    drop = min(round(sparsity * flat.numel()), int((flat != torch.inf).sum()))
    if drop == 0:
        return torch.ones_like(worth, dtype=torch.bool)
    limit = flat.kthvalue(drop).values
    kept = flat > limit
    # Weights that were stored in few bits are often equal; all of them at once would be too many.
    equal = (flat == limit).nonzero().flatten()
    kept[equal[: flat.numel() - drop - int(kept.sum())]] = True
    return kept.view_as(worth)


def _expand(kept: torch.Tensor, weight: torch.Tensor, pattern: str) -> torch.Tensor:
    if pattern != BLOCKS:
        return kept
    return kept.repeat_interleave(WIDTH, dim=1)[:, : weight.shape[1]]


def follows(mask: torch.Tensor, pattern: str) -> bool:
    """Does a mask [outputs, inputs] have the pattern?"""
    if pattern == UNSTRUCTURED:
        return True
    kept = _blocks(mask.int())
    if pattern == BLOCKS:
        full = _blocks(torch.ones_like(mask, dtype=torch.int32)).sum(-1)
        return bool(((kept.sum(-1) == 0) | (kept.sum(-1) == full)).all())
    return bool((kept.sum(-1) <= WIDTH // 2).all())


def record(model: PreTrainedModel, pattern: str, names: Iterable[str]) -> dict[str, Any]:
    """A manifest's `pruned`: the pattern that all these tensors have, the sparsity of each, and of all together."""
    masks = masks_of(model, names)
    if not all(follows(mask, pattern) for mask in masks.values()):
        # Zeros of an earlier stage, or inputs that a later one took out of a block.
        say(f"zeros do not follow the pattern {pattern} in every tensor: recorded as {UNSTRUCTURED}")
        pattern = UNSTRUCTURED
    zeros = sum(int((~mask).sum()) for mask in masks.values())
    return {
        "pattern": pattern,
        "sparsity": round(zeros / sum(mask.numel() for mask in masks.values()), 6),
        "tensors": {name: round(1 - float(mask.float().mean()), 6) for name, mask in masks.items()},
    }
