"""Which linears quantisation hurts, and which of them to spare within a budget of bytes."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from edgener.console import track
from edgener.export.network.activations import Batch, session_of
from edgener.export.network.build import PLAIN, Form, LinearForm, build
from edgener.export.network.forms import named
from edgener.export.network.weights import Encoder, Floats

_MORE_BYTES = 3  # a weight, in fp32 instead of int8


def mixed(
    encoder: Encoder,
    form: Form,
    quantised: LinearForm,
    sample: Callable[[], Iterable[Batch]],
    extra: float,
    word_bytes: float,
) -> tuple[list[str], dict[str, float]]:
    """(names of the linears to spare, the cost of quantising each).

    extra: how much larger than with all linears quantised the network may be, as a share of that size. word_bytes: of
    a number of the word embeddings. The costliest come first; those that do not fit are passed over.
    """
    sizes = sizes_of(encoder)
    costs = sensitivity(encoder, form, quantised, sample)
    left = extra * (sum(sizes.values()) + word_bytes * encoder.words.size)
    kept = []
    for name in sorted(costs, key=lambda one: -costs[one]):
        more = _MORE_BYTES * sizes[name]
        if more <= left and costs[name] > 0:
            kept.append(name)
            left -= more
    return sorted(kept), costs


def sizes_of(encoder: Encoder) -> dict[str, int]:
    """Weights of each linear of the layers, by name."""
    sizes: dict[str, int] = {}
    for number, layer in enumerate(encoder.layers):
        read = layer.query.weight.size + layer.key.weight.size + layer.value.weight.size
        parts = {"query_key_value": read, "project": layer.project.weight.size}
        parts |= {"up": layer.up.weight.size, "down": layer.down.weight.size}
        sizes |= {f"layer{number}/{name}": size for name, size in parts.items()}
    return sizes


def sensitivity(
    encoder: Encoder, form: Form, quantised: LinearForm, sample: Callable[[], Iterable[Batch]]
) -> dict[str, float]:
    """For each linear, what quantising it alone does to the tags: mean KL divergence in nats a piece."""
    expected = _log_tags(encoder, form, sample())
    costs = {}
    for name in track(list(sizes_of(encoder)), "sensitivity of each linear", len(sizes_of(encoder))):
        found = _log_tags(encoder, replace(form, linear=named({name: quantised}, PLAIN.linear)), sample())
        each = [(np.exp(one) * (one - other)).sum(-1) for one, other in zip(expected, found, strict=True)]
        costs[name] = float(np.concatenate(each).mean())
    return costs


def _log_tags(encoder: Encoder, form: Form, batches: Iterable[Batch]) -> list[Floats]:
    """Log probabilities of the tags at every piece that is not padding; float32 [pieces, labels] for each batch."""
    session = session_of(build(encoder, form))
    found = []
    for ids, mask in batches:
        logits = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0][mask.astype(bool)]
        highest = logits.max(-1, keepdims=True)
        found.append(logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True)))
    return found
