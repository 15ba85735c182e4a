"""What a student learns from a teacher: its tags, its hidden states, and how its pieces relate to each other.

    labels      cross entropy with the tags of labelled text
    logits      KL divergence from the teacher's distribution at temperature T, times T squared (Hinton et al. 2015)
    hidden      mean squared error of hidden states, as a share of the teacher's mean square (after Jiao et al. 2020)
    relations   KL divergence of query-query, key-key and value-value relations (Wang et al. 2021, MiniLMv2)

Hidden states need one width; relations do not. Raw text has no labels: there the teacher alone speaks.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import PreTrainedModel

from edgener.train.anatomy import layers_of
from edgener.train.features import IGNORED

Batch = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Weights:
    """How much each part of the loss counts; 0 leaves it out, and what only it needs is not computed."""

    labels: float = 1.0
    logits: float = 1.0
    hidden: float = 1.0
    relations: float = 0.0


class Distillation:
    """The loss of a student on one batch, beside a frozen teacher that reads the same pieces.

    layers: pairs (student layer, teacher layer), counted from 0, whose hidden states are compared; the embeddings' are
    too, and queries, keys and values of the last pair. channels: where the student's channels are those of
    the teacher in another order, which of the teacher's each of them is.
    """

    def __init__(
        self,
        teacher: PreTrainedModel,
        weights: Weights,
        *,
        softness: float = 2.0,
        layers: Sequence[tuple[int, int]] = (),
        channels: Sequence[int] | None = None,
        precision: str = "fp32",
    ) -> None:
        self.teacher, self.weights, self.softness = teacher.eval().requires_grad_(False), weights, softness
        self.layers, self.precision = tuple(layers), precision
        self.channels = torch.tensor(list(channels)) if channels is not None else None
        if weights.relations and not layers:
            raise ValueError("relations are compared between two layers; give a pair")
        # Permuted channels are so within attention heads too: only whole heads can be compared.
        self.least = layers_of(teacher)[layers[-1][1]].head_size if weights.relations and channels is not None else 16

    def __call__(self, model: Any, batch: Batch) -> torch.Tensor:
        student, teacher, loss = self.compare(model, self.teacher, batch)
        labels, wanted = batch["labels"], self.weights
        if wanted.labels and bool((labels >= 0).any()):
            tagged = student.logits[labels >= 0].float()
            loss = loss + wanted.labels * nn.functional.cross_entropy(tagged, labels[labels >= 0])
        if wanted.logits:
            words = labels != IGNORED
            loss = loss + wanted.logits * soft_loss(student.logits[words], teacher.logits[words], self.softness)
        return loss

    def compare(self, model: Any, its_teacher: Any, batch: Batch) -> tuple[Any, Any, torch.Tensor]:
        """(student's output, teacher's output, loss of hidden states and relations) for input_ids, attention_mask.

        The teacher's is None where nothing is learnt from it.
        """
        wanted, device = self.weights, batch["input_ids"].device
        # The fused attention of CPUs has a backward pass that takes twice as long as the plain one's.
        plain = sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()
        with self.autocast(device), plain:
            student, its_relations = self._read(model, batch, 0)
        teacher: Any = None
        relations: list[torch.Tensor] = []
        if wanted.logits or wanted.hidden or wanted.relations:
            with torch.no_grad(), self.autocast(device):
                if self.teacher.device != device:
                    self.teacher.to(device)
                teacher, relations = self._read(its_teacher, batch, 1)
        seen = batch["attention_mask"].bool()
        # A batch may have nothing to teach; its loss still wants a gradient, in several processes for all parameters.
        loss = 0.0 * _anything(student).float().sum()
        if wanted.hidden:
            # hidden_states[0] are the embeddings; layer i's output is hidden_states[i + 1].
            pairs = [(0, 0), *((one + 1, other + 1) for one, other in self.layers)]
            places = seen.flatten().nonzero().squeeze(1)  # once: an accelerator is waited for until it has counted them
            errors = [
                relative_error(
                    student.hidden_states[one].flatten(0, 1)[places],
                    self._ordered(teacher.hidden_states[other]).flatten(0, 1)[places],
                )
                for one, other in pairs
            ]
            loss = loss + wanted.hidden * torch.stack(errors).mean()
        if wanted.relations:
            pairs_of_vectors = zip(its_relations, relations, strict=True)
            parts = [relation_loss(one, other, seen, self.least) for one, other in pairs_of_vectors]
            loss = loss + wanted.relations * torch.stack(parts).mean()
        return student, teacher, loss

    def autocast(self, device: torch.device) -> Any:
        """The Trainer sees to the precision of a forward pass of the whole student, and to nothing else."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def _ordered(self, states: torch.Tensor) -> torch.Tensor:
        """The teacher's states [batch, length, hidden] in the student's order of channels."""
        return states if self.channels is None else states[..., self.channels.to(states.device)]

    def _read(self, model: Any, batch: Batch, side: int) -> tuple[Any, list[torch.Tensor]]:
        """The model's output, and the queries, keys and values of the layer whose relations are compared."""
        caught: list[torch.Tensor] = []
        with ExitStack() as hooks:
            if self.weights.relations:
                bare = getattr(model, "module", model)  # in several processes the model is wrapped
                layer = layers_of(bare)[self.layers[-1][side]]
                for linear in (layer.query, layer.key, layer.value):
                    hooks.callback(linear.register_forward_hook(lambda _, __, out: caught.append(out)).remove)
            out = model(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                output_hidden_states=bool(self.weights.hidden),
            )
        return out, caught


def _anything(output: Any) -> torch.Tensor:
    logits = getattr(output, "logits", None)
    return logits if logits is not None else output.last_hidden_state


def soft_loss(student: torch.Tensor, teacher: torch.Tensor, softness: float) -> torch.Tensor:
    """KL(teacher || student) of [words, labels] logits at a temperature, a mean over words, times its square."""
    if not len(student):
        return student.sum() * 0.0
    expected = nn.functional.log_softmax(teacher.float() / softness, -1)
    found = nn.functional.log_softmax(student.float() / softness, -1)
    return nn.functional.kl_div(found, expected, reduction="batchmean", log_target=True) * softness**2


def relative_error(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Squared error of [pieces, hidden] states as a share of the teacher's mean square: one scale for all layers."""
    teacher = teacher.float()
    return (student.float() - teacher).square().mean() / teacher.square().mean().clamp_min(1e-6)


def relation_loss(student: torch.Tensor, teacher: torch.Tensor, seen: torch.Tensor, least: int = 16) -> torch.Tensor:
    """KL between the relations of two sets of vectors [batch, length, width]; `seen` bool [batch, length].

    A relation is the softmax of scaled dot products within one relation head. The widths may differ: both are split
    into the same number of heads, as many as leave each `least` channels of the narrower one.
    """
    heads = relation_heads(student.shape[-1], teacher.shape[-1], least)
    expected, found = (_log_relations(vectors.float(), seen, heads) for vectors in (teacher, student))
    each = (expected.exp() * (expected - found)).sum(-1)  # [batch, heads, length]
    return each.transpose(1, 2)[seen].mean()


def relation_heads(one: int, other: int, least: int = 16) -> int:
    """The most heads that divide both widths and leave at least so many channels, or 1."""
    common = math.gcd(one, other)
    return max((n for n in range(1, common + 1) if common % n == 0 and min(one, other) // n >= least), default=1)


def _log_relations(vectors: torch.Tensor, seen: torch.Tensor, heads: int) -> torch.Tensor:
    batch, length, width = vectors.shape
    split = vectors.view(batch, length, heads, width // heads).transpose(1, 2)
    products = split @ split.transpose(-1, -2) / (width // heads) ** 0.5
    # Not -inf: a difference of two such logarithms would be no number.
    return nn.functional.log_softmax(products.masked_fill(~seen[:, None, None, :], -1e4), -1)
