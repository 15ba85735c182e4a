"""Order the channels of an encoder so that weak weights are neighbours, and pruning 1x4 blocks loses less.

A block is four consecutive inputs of one output of a linear. Which inputs are neighbours is arbitrary: a permutation of
them is folded into whatever writes and reads those channels, and the network computes the same function (Ji et al.
2018, TETRIS; Pool & Yu 2021, "Channel Permutations for N:M Sparsity"). Three kinds of channels can be permuted:

- hidden: the residual stream, once for the whole encoder; query, key, value and up of every layer read it;
- neurons: those of a layer's feed-forward network; down reads them;
- values: those of an attention head, within the head; project reads them.

No two kinds are read by the same linear, and the order of a linear's outputs is nothing to its blocks, so each kind is
searched on its own. With e the energy of a block (the sum of its squared weights) and t the energy below which blocks
are pruned, a search maximises the sum of max(0, e - t): the Lagrangian of keeping the strongest blocks.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from torch import Tensor
from transformers import PreTrainedModel

from edgener.artefact import canonical_json, read_json, write_file
from edgener.compress.prune.channels import KINDS, ROWS, Channels, Move, plan
from edgener.console import Progress
from edgener.errors import UserError

_PASSES = 3  # the threshold rises as weak weights gather; it is taken anew before each
_ROUNDING = 1e-6  # of float32 sums over rows, relative
Scope = Literal["global", "layer"]


@dataclass(frozen=True)
class Kept:
    """The share of the squared magnitude that is left after pruning blocks, before and after permuting."""

    before: float
    after: float


@dataclass(frozen=True)
class PermutationReport:
    """kinds: `hidden`, `neurons` and `values`, each over the linears that read such channels; total: over all.

    hidden: which hidden channel of the model before each one was.
    """

    sparsity: float
    scope: Scope
    kinds: dict[str, Kept]
    total: Kept
    hidden: tuple[int, ...]


def permute(
    model: PreTrainedModel,
    sparsity: float,
    *,
    seed: int = 0,
    rounds: int = 36,
    scope: Scope = "global",
    written: Path | None = None,
) -> PermutationReport:
    """Permute the channels of a classifier, masked LM or bare encoder in place; it computes the same function.

    sparsity: the share of blocks to be pruned later, between 0 and 1. scope: one threshold over all linears, or one for
    each. rounds: how often each kind of channels is regrouped; what 36 miss is a few parts in ten thousand. The same
    seed gives the same order. Weights that are zero stay zero and move with their channels; a mask kept elsewhere
    does not. written: a file that keeps the orders found; where it exists they are read from it, since on another
    machine the search may end elsewhere. UserError, before anything is changed, for a head or an architecture that is
    not known.
    """
    if not 0 < sparsity < 1:
        raise UserError(f"sparsity {sparsity}: expected a share between 0 and 1, such as 0.5")
    if scope not in ("global", "layer"):
        raise UserError(f"scope {scope}: expected global or layer")
    channels, moves = plan(model)
    before = _kept(channels, sparsity, scope)
    if written is not None and written.is_file():
        for one, order in zip(channels, read_json(written), strict=True):
            one.order = torch.tensor(order)
    else:
        identity = [one.order for one in channels]
        _search(channels, sparsity, scope, rounds, torch.Generator().manual_seed(seed))
        if _kept(channels, sparsity, scope)["total"] <= before["total"]:
            for one, order in zip(channels, identity, strict=True):
                one.order = order
        if written is not None:
            write_file(written, canonical_json([one.order.tolist() for one in channels]))
    after = _kept(channels, sparsity, scope)
    _apply(moves)
    kept = {kind: Kept(before[kind], after[kind]) for kind in before}
    hidden = next(tuple(one.order.tolist()) for one in channels if one.kind == "hidden")
    return PermutationReport(sparsity, scope, {kind: kept[kind] for kind in KINDS}, kept["total"], hidden)


def _cuts(channels: Sequence[Channels], sparsity: float, scope: Scope) -> dict[int, Tensor]:
    """The energy of the strongest block to be pruned (float32 scalar), by the id of the linear."""
    pools: dict[int, list[Tensor]] = defaultdict(list)
    linears = [id(linear) for one in channels for linear in one.linears]
    for one in channels:
        for linear, blocks in one.blocks():
            pools[id(linear) if scope == "layer" else 0].append(blocks.flatten())
    cuts = {key: _smallest(torch.cat(pool), sparsity) for key, pool in pools.items()}
    return {linear: cuts[linear if scope == "layer" else 0] for linear in linears}


def _smallest(energies: Tensor, share: float) -> Tensor:
    return energies.kthvalue(max(1, round(share * energies.numel()))).values


def _kept(channels: Sequence[Channels], sparsity: float, scope: Scope) -> dict[str, float]:
    """The share of squared magnitude in the blocks that stay, by kind and in `total`."""
    cuts = _cuts(channels, sparsity, scope)
    left, whole = dict.fromkeys(KINDS, 0.0), dict.fromkeys(KINDS, 0.0)
    for one in channels:
        for linear, blocks in one.blocks():
            left[one.kind] += blocks[blocks > cuts[id(linear)]].sum(dtype=torch.float64).item()
            whole[one.kind] += blocks.sum(dtype=torch.float64).item()
    shares = {kind: left[kind] / max(whole[kind], 1e-30) for kind in KINDS}
    return {**shares, "total": sum(left.values()) / max(sum(whole.values()), 1e-30)}


def _search(channels: Sequence[Channels], sparsity: float, scope: Scope, rounds: int, random: torch.Generator) -> None:
    steps = [rounds * (turn + 1) // _PASSES - rounds * turn // _PASSES for turn in range(_PASSES)]
    cost = rounds * sum(one.cost for one in channels)
    with Progress("permuting channels, comparisons in millions", cost) as progress:
        for turn in range(_PASSES):
            cuts = _cuts(channels, sparsity, scope)
            for one in channels:
                rows = torch.cat([cuts[id(linear)].expand(linear.weight.shape[0]) for linear in one.linears])
                for step in range(steps[turn]):
                    # Pairs change places too: some of what single channels cannot improve, they can.
                    _regroup(one, rows, 2 if step % 3 == 2 else 1, random)
                    progress.advance(one.cost)


def _regroup(channels: Channels, cuts: Tensor, count: int, random: torch.Generator) -> None:
    """Take `count` random channels out of every group and put them back where, all together, they serve best.

    Every placing of what was taken is considered, by the Hungarian method; that finds more in less time than swaps
    between pairs of groups. cuts: float32 [rows].
    """
    groups = channels.groups()
    groups = groups.gather(2, torch.rand(groups.shape, generator=random).argsort(2))
    taken, rest = groups[..., :count], groups[..., count:]
    served = _served(channels.energies, rest, taken, cuts)
    chosen = torch.stack([_assign(one) for one in served])
    taken = taken.gather(1, chosen[..., None].expand_as(taken))
    channels.order = torch.cat([rest, taken], 2).flatten()


def _assign(served: Tensor) -> Tensor:
    """int64 [groups]: which of what was taken each group gets; what it had, unless another placing is truly better.

    Where whole blocks are zero the threshold is too, every placing is as good, and rounding alone would choose.
    """
    rows, chosen = linear_sum_assignment(served.numpy(), maximize=True)
    as_it_was = served.diagonal().sum()
    better = served[rows, chosen].sum() - as_it_was > _ROUNDING * as_it_was.abs()
    return torch.from_numpy(chosen if better else rows)


def _served(energies: Tensor, rest: Tensor, taken: Tensor, cuts: Tensor) -> Tensor:
    """float64 [runs, groups, groups]: how well the rest of each group (rows) goes with what each lost (columns).

    That is twice the sum of max(0, e - t), less a term for each row and one for each column, which are the same for
    every assignment: max(0, x) = (x + |x|) / 2, and what is left is an L1 distance.
    """
    served = torch.zeros(*rest.shape[:2], taken.shape[1], dtype=torch.float64)
    for part, cut in zip(energies.split(ROWS, 1), cuts.split(ROWS), strict=True):
        served += torch.cdist(part[rest].sum(2) - cut, -part[taken].sum(2), p=1)
    return served


@torch.no_grad()
def _apply(moves: Sequence[Move]) -> None:
    for parameter, dimension, channels in moves:
        parameter.copy_(parameter.index_select(dimension, channels.order.to(parameter.device)))
