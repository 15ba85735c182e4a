"""How much the loss depends on each attention head, FFN neuron and layer: first-order Taylor scores on labelled text.

Removing something sets what it adds to the network, a, to zero. To first order that changes the loss L by a . dL/da, so
a part's score is the mean over sentences of |a . dL/da|, the product summed over its channels and its positions.

heads     a is a head's output, at the input of the output projection; scores divided by the L2 norm of those of their
          layer, so that layers can be compared (Michel et al. 2019, "Are Sixteen Heads Really Better than One?")
neurons   a is a neuron's activation, at the input of the second linear (Molchanov et al. 2017 and 2019); compared
          within a layer only, so not normalised
layers    a is a layer's output minus its input: without it, the next layer reads that input

Everything is computed in one pass forward and one back, without dropout, in the weights' own fp32.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import torch
from torch import nn
from transformers import PreTrainedModel

from edgener.console import Progress
from edgener.errors import UserError
from edgener.train.anatomy import Layer, layers_of
from edgener.train.features import IGNORED, Example, collate
from edgener.train.finetune import TrainData, labelled_examples
from edgener.train.model import Network


@dataclass(frozen=True)
class Importance:
    """Scores, float64, 0 or more: of each layer its heads [heads] and its neurons [neurons]; of the layers [layers].

    Heads have an L2 norm of 1 in each layer (0 in a layer whose heads do nothing).
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


def importance(model: PreTrainedModel, examples: Sequence[Example], pad: int, batch_size: int = 16) -> Importance:
    """Score all parts of a token classifier. Its weights and their gradients are left alone.

    Each sentence's loss is the mean cross entropy of its own words and padding counts for nothing, so the scores do not
    depend on which sentences share a batch.
    """
    layers = layers_of(model)
    was_training = model.training
    model.eval()
    ordered = sorted(examples, key=lambda example: len(example.ids))
    sums: list[list[torch.Tensor]] | None = None
    with Progress("scoring heads, neurons and layers", len(ordered), "sentences") as progress:
        for at in range(0, len(ordered), batch_size):
            batch = {name: one.to(model.device) for name, one in collate(ordered[at : at + batch_size], pad).items()}
            found = _score(model, layers, batch)
            sums = _added(sums, found) if sums is not None else found
            progress.advance(len(batch["labels"]))
    model.train(was_training)
    heads, neurons, whole = ([one.cpu() / len(ordered) for one in part] for part in sums or [])
    norms = [one.norm().clamp_min(1e-30) for one in heads]
    return Importance([one / norm for one, norm in zip(heads, norms, strict=True)], neurons, torch.stack(whole))


def _added(one: list[list[torch.Tensor]], other: list[list[torch.Tensor]]) -> list[list[torch.Tensor]]:
    return [[a + b for a, b in zip(*parts, strict=True)] for parts in zip(one, other, strict=True)]


@dataclass(frozen=True)
class _Caught:
    """Activations of one forward pass, float [batch, length, channels], one of each layer."""

    heads: list[torch.Tensor] = field(default_factory=list)
    neurons: list[torch.Tensor] = field(default_factory=list)
    entries: list[torch.Tensor] = field(default_factory=list)
    exits: list[torch.Tensor] = field(default_factory=list)


def _score(model: PreTrainedModel, layers: Sequence[Layer], batch: dict[str, torch.Tensor]) -> list[list[torch.Tensor]]:
    """Sums over one batch's sentences: of heads, of neurons and of layers, a tensor for each layer."""
    with torch.enable_grad(), ExitStack() as hooks:
        caught = _watch(layers, hooks)
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        loss = _loss(logits, batch["labels"])
    at_heads, at_neurons, at_exits = _gradients(loss, caught.heads, caught.neurons, caught.exits)
    seen = batch["attention_mask"][:, :, None]
    heads = [
        (one * gradient * seen).sum(1).unflatten(-1, (layer.heads, layer.head_size)).sum(-1)
        for layer, one, gradient in zip(layers, caught.heads, at_heads, strict=True)
    ]
    neurons = [(one * gradient * seen).sum(1) for one, gradient in zip(caught.neurons, at_neurons, strict=True)]
    updates = [end - start for start, end in zip(caught.entries, caught.exits, strict=True)]
    whole = [(one * gradient * seen).sum((1, 2)) for one, gradient in zip(updates, at_exits, strict=True)]
    return [[one.detach().double().abs().sum(0) for one in part] for part in (heads, neurons, whole)]


def _watch(layers: Sequence[Layer], hooks: ExitStack) -> _Caught:
    caught = _Caught()
    for layer in layers:
        for module, into in (
            (layer.query, caught.entries),
            (layer.project, caught.heads),
            (layer.down, caught.neurons),
        ):
            hooks.callback(module.register_forward_pre_hook(lambda _, given, to=into: to.append(given[0])).remove)
        hooks.callback(layer.norm.register_forward_hook(lambda _, __, out: caught.exits.append(out)).remove)
    return caught


def _gradients(loss: torch.Tensor, *parts: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """Gradients of the loss at these activations alone: those of the weights are not computed."""
    every = iter(torch.autograd.grad(loss, [one for part in parts for one in part]))
    return [[next(every) for _ in part] for part in parts]


def _loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Sum over sentences of the mean cross entropy of a sentence's words."""
    each = nn.functional.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none")
    return (each.sum(1) / (labels != IGNORED).sum(1).clamp_min(1)).sum()
