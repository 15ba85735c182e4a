"""How much the loss on labelled text depends on each attention head, FFN neuron and layer.

Heads and neurons by first-order Taylor expansion: removing one sets what it adds to the network, a, to zero, which
changes the loss L by about a . dL/da. Its score is the mean over sentences of |a . dL/da|, the product summed over its
channels and its positions; all of them take one pass forward and one back.

heads     a is a head's output, at the input of the output projection; scores divided by the L2 norm of those of their
          layer, so that layers can be compared (Michel et al. 2019, "Are Sixteen Heads Really Better than One?")
neurons   a is a neuron's activation, at the input of the second linear (Molchanov et al. 2017 and 2019); compared
          within a layer only, so not normalised
layers    the loss without the layer, measured (after Peer et al. 2022, "Greedy-layer Pruning"): a pass forward for
          each. A layer is too large a step for a first-order estimate: in a fine-tuned network of 12 layers its ranks
          agreed with the measured ones at 0.59 (Spearman), and of four layers it took two of the wrong ones

Without dropout, in the weights' own precision.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from edgener.console import Progress
from edgener.errors import UserError
from edgener.train.anatomy import Layer, encoder_of, layers_of
from edgener.train.features import IGNORED, Example, collate
from edgener.train.finetune import TrainData, labelled_examples
from edgener.train.model import Network


@dataclass(frozen=True)
class Importance:
    """Scores, float64, 0 or more: of each layer its heads [heads] and its neurons [neurons]; of the layers [layers].

    Heads have an L2 norm of 1 in each layer (0 in a layer whose heads do nothing). Layers are 0 when not asked for.
    """

    heads: list[torch.Tensor]
    neurons: list[torch.Tensor]
    layers: torch.Tensor


def calibration(network: Network, data: TrainData, count: int, seed: int) -> list[Example]:
    """About `count` training examples, equally many of each language where it has them; the same for the same seed."""
    groups: dict[str, list[Example]] = {}
    for example in labelled_examples(network, data):
        if any(label != IGNORED for label in example.labels):
            groups.setdefault(example.group, []).append(example)
    if not groups:
        raise UserError(f"{data.facts['path']}: no word in the train files that the tokenizer reads")
    random = torch.Generator().manual_seed(seed)
    chosen: list[Example] = []
    for members in groups.values():
        order = torch.randperm(len(members), generator=random).tolist()
        chosen += [members[place] for place in order[: max(1, count // len(groups))]]
    return chosen


def importance(
    model: PreTrainedModel, examples: Sequence[Example], pad: int, *, with_layers: bool = True, batch_size: int = 16
) -> Importance:
    """Score all parts of a token classifier. Its weights and their gradients are left alone.

    Each sentence's loss is the mean cross entropy of its own words and padding counts for nothing, so the scores do not
    depend on which sentences share a batch.
    """
    layers, was_training = layers_of(model), model.training
    model.eval()
    ordered = sorted(examples, key=lambda example: len(example.ids))
    batches = [
        {name: one.to(model.device) for name, one in collate(ordered[at : at + batch_size], pad).items()}
        for at in range(0, len(ordered), batch_size)
    ]
    skipped = range(len(layers)) if with_layers else []
    without = torch.zeros(len(layers), dtype=torch.float64)
    with Progress("measuring importance", (1 + len(skipped)) * len(batches), "batches") as progress:
        sums = _score(model, layers, batches[0])
        progress.advance()
        for batch in batches[1:]:
            sums = _added(sums, _score(model, layers, batch))
            progress.advance()
        for place in skipped:
            with torch.no_grad(), _without_layer(model, place):
                for batch in batches:
                    without[place] += float(_loss(model, batch))
                    progress.advance()
    model.train(was_training)
    heads, neurons = ([one.cpu() / len(ordered) for one in part] for part in sums)
    norms = [one.norm().clamp_min(1e-30) for one in heads]
    return Importance([one / norm for one, norm in zip(heads, norms, strict=True)], neurons, without / len(ordered))


@contextmanager
def _without_layer(model: PreTrainedModel, place: int) -> Iterator[None]:
    """The layer above reads what this one would have read."""
    stack: Any = encoder_of(model).encoder
    every = stack.layer
    stack.layer = nn.ModuleList([layer for other, layer in enumerate(every) if other != place])
    try:
        yield
    finally:
        stack.layer = every


def _added(one: list[list[torch.Tensor]], other: list[list[torch.Tensor]]) -> list[list[torch.Tensor]]:
    return [[a + b for a, b in zip(*parts, strict=True)] for parts in zip(one, other, strict=True)]


def _score(model: PreTrainedModel, layers: Sequence[Layer], batch: dict[str, torch.Tensor]) -> list[list[torch.Tensor]]:
    """Sums over one batch's sentences: of heads and of neurons, a tensor for each layer."""
    at_project: list[torch.Tensor] = []  # activations, float [batch, length, channels], one of each layer
    at_down: list[torch.Tensor] = []
    with torch.enable_grad(), ExitStack() as hooks:
        for layer in layers:
            for module, caught in ((layer.project, at_project), (layer.down, at_down)):
                hook = module.register_forward_pre_hook(lambda _, given, to=caught: to.append(given[0]))
                hooks.callback(hook.remove)
        loss = _loss(model, batch)
    # Of the activations alone: gradients of the weights are not computed.
    gradients = torch.autograd.grad(loss, [*at_project, *at_down])
    seen = batch["attention_mask"][:, :, None]
    changes = [
        (one.detach() * gradient * seen).sum(1).double()
        for one, gradient in zip((*at_project, *at_down), gradients, strict=True)
    ]
    heads, neurons = changes[: len(layers)], changes[len(layers) :]
    whole = [one.unflatten(-1, (layer.heads, -1)).sum(-1) for layer, one in zip(layers, heads, strict=True)]
    return [[one.abs().sum(0) for one in part] for part in (whole, neurons)]


def _loss(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum over sentences of the mean cross entropy of a sentence's words."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    labels = batch["labels"]
    each = nn.functional.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none")
    return (each.sum(1) / (labels != IGNORED).sum(1).clamp_min(1)).sum()
