"""How small a network gets, round by round, and which of its parts go."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from edgener.compress.structure.cut import Cut
from edgener.compress.structure.importance import Importance
from edgener.console import say
from edgener.errors import UserError
from edgener.train.anatomy import layers_of

NEURONS = 32
"""FFN sizes are multiples of it: a whole number of SIMD registers, and of blocks of four inputs."""


@dataclass(frozen=True)
class Goal:
    """layers: how many stay. heads: share of the heads that those layers had at first. neurons: in each layer."""

    layers: int
    heads: float
    neurons: int

    def __str__(self) -> str:
        layers = f"{self.layers} layer{'s' * (self.layers > 1)}"
        return f"{layers}, {100 * self.heads:.0f} % of the heads, {self.neurons} neurons a layer"


def goals_of(
    model: PreTrainedModel, heads: float | None, ffn: float | None, layers: int | None, steps: int
) -> list[Goal]:
    """The sizes after each of at most `steps` rounds: each round takes the same share of what is there.

    heads, ffn: shares that stay; layers: how many; None: all. Rounds that would remove nothing are left out. UserError
    when all would, or for more layers than there are.
    """
    found = layers_of(model)
    depth, neurons, count = len(found), found[0].up.out_features, sum(layer.heads for layer in found)
    if layers is not None and layers > depth:
        raise UserError(f"--layers {layers}: the model has {depth}")
    final = Goal(depth if layers is None else layers, heads or 1.0, _neurons(neurons, ffn or 1.0))
    if (final.layers, final.neurons, heads_left(count, depth, final.heads)) == (depth, neurons, count):
        raise UserError(
            "nothing would be removed; of "
            f"{depth} layers, {count} heads and {neurons} neurons a layer, give what stays: --heads, --ffn or --layers"
        )
    if (left := heads_left(count, final.layers, final.heads * final.layers / depth)) > max(
        1, _nearest(final.heads * count * final.layers / depth)
    ):
        say(f"--heads {final.heads:g}: a head stays in each layer, so {left} stay in all")
    goals: dict[tuple[int, int, int], Goal] = {}
    for step in range(1, steps + 1):
        done = step / steps
        goal = Goal(
            _nearest(depth * (final.layers / depth) ** done),
            final.heads**done,
            _neurons(neurons, (final.neurons / neurons) ** done),
        )
        goals[goal.layers, goal.neurons, heads_left(count, depth, goal.heads)] = goal
    goals.pop((depth, neurons, count), None)
    return list(goals.values())


def heads_left(count: int, layers: int, share: float) -> int:
    """How many of `count` heads in so many layers stay: one a layer at least."""
    return max(layers, _nearest(share * count))


def _neurons(neurons: int, share: float) -> int:
    """A share of the neurons, to the nearest multiple of NEURONS; all of them where that is more."""
    return neurons if share == 1.0 else min(neurons, max(1, _nearest(share * neurons / NEURONS)) * NEURONS)


def _nearest(number: float) -> int:
    return int(number + 0.5)


def choose(scores: Importance, goal: Goal, heads_at_first: Sequence[int]) -> Cut:
    """The strongest layers; in them the strongest heads of all layers together, and the strongest neurons of each.

    heads_at_first: by layer that is there now, the heads it had before the first round. Where the layers that stay have
    already lost more heads than the goal asks, no more go.
    """
    layers = _strongest(scores.layers, goal.layers)
    wanted = heads_left(sum(heads_at_first[layer] for layer in layers), len(layers), goal.heads)
    return Cut(
        layers,
        _strongest_heads([scores.heads[layer] for layer in layers], wanted),
        tuple(_strongest(scores.neurons[layer], goal.neurons) for layer in layers),
    )


def _strongest(scores: torch.Tensor, count: int) -> tuple[int, ...]:
    """Places of the highest scores, rising; of equal ones the first."""
    return tuple(sorted(scores.argsort(descending=True, stable=True)[:count].tolist()))


def _strongest_heads(scores: Sequence[torch.Tensor], count: int) -> tuple[tuple[int, ...], ...]:
    """`count` heads of all layers, each layer's strongest among them."""
    best = [_strongest(layer, 1)[0] for layer in scores]
    # The config cannot say that a layer has no head: the best of each comes before all others.
    ranked = [
        layer.clone().index_fill_(0, torch.tensor([first]), torch.inf)
        for layer, first in zip(scores, best, strict=True)
    ]
    chosen = set(_strongest(torch.cat(ranked), count))
    kept, start = [], 0
    for layer in scores:
        kept.append(tuple(head for head in range(len(layer)) if start + head in chosen))
        start += len(layer)
    return tuple(kept)
