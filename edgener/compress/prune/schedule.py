"""Pruning while training: the cubic schedule of Zhu and Gupta (2017), "To prune, or not to prune"."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from transformers import PreTrainedModel

from edgener.train.masks import KeepZeros, Masks, apply_masks, masks_of, weights_of

UPDATES = 100  # how often, at most, the masks are chosen anew on the way

Chooser = Callable[[Mapping[str, torch.Tensor], float], Masks]
"""(weights by name, sparsity) -> masks."""


def cubic(done: float, final: float) -> float:
    """Sparsity after a share `done` (0 to 1) of the ramp: fast while weights are plenty, slow towards the end."""
    return final * (1 - (1 - min(max(done, 0.0), 1.0)) ** 3)


class GradualPruning(KeepZeros):
    """Raises sparsity to `final` over the first `ramp` (a share) of all steps, then holds it.

    Pruned weights stay pruned. Masks are zeros of the weights, so a run resumed from a checkpoint finds them there.
    """

    def __init__(self, model: PreTrainedModel, names: list[str], choose: Chooser, final: float, ramp: float) -> None:
        super().__init__(model, masks_of(model, names))
        self.choose, self.final, self.ramp = choose, final, ramp

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step > 0:
            self.masks = masks_of(self.model, self.masks)
        super().on_train_begin(args, state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # Momentum may have moved pruned weights in this step: zero again before magnitudes are compared.
        apply_masks(self.model, self.masks)
        end = max(1, int(self.ramp * state.max_steps))
        every = -(-end // UPDATES)
        step = state.global_step
        if step <= end and (step % every == 0 or step == end):
            weights = weights_of(self.model, self.masks)
            chosen = self.choose(weights, cubic(step / end, self.final))
            self.masks = {name: mask & self.masks[name] for name, mask in chosen.items()}
            apply_masks(self.model, self.masks)
