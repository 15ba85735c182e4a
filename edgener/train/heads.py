"""Attention heads that a network has lost: `pruned_heads` of its config.

By layer the heads that are gone, counted as the config's `num_attention_heads` counts them, so that their number may
differ from layer to layer. transformers 4 leaves them out when it builds the network of a config; transformers 5 knows
of them no more, so that a network without all its heads is read by edgener there and not by `from_pretrained` alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel

from edgener.train.anatomy import KNOWN, layers_of
from edgener.train.slices import keep_columns, keep_rows


def lost_heads(config: PretrainedConfig) -> dict[int, list[int]]:
    """By layer; empty where all are there."""
    found: Mapping[Any, Sequence[int]] = getattr(config, "pruned_heads", None) or {}
    return {int(layer): sorted(heads) for layer, heads in sorted(found.items(), key=lambda item: int(item[0]))}


def remove_heads(model: PreTrainedModel, gone: Mapping[int, Sequence[int]]) -> None:
    """Take heads away that are still there, counted as the config counts them; in place, the config included."""
    lost = lost_heads(model.config)
    for place, heads in gone.items():
        _cut(model, place, lost.get(place, []), heads)
        lost[place] = sorted({*lost.get(place, []), *heads})
    model.config.pruned_heads = {place: heads for place, heads in sorted(lost.items()) if heads}


def _cut(model: PreTrainedModel, place: int, lost: Sequence[int], heads: Sequence[int]) -> None:
    layer = layers_of(model)[place]
    left = [head for head in range(model.config.num_attention_heads) if head not in lost]
    size = layer.head_size
    kept = [
        row
        for number, head in enumerate(left)
        if head not in heads
        for row in range(number * size, (number + 1) * size)
    ]
    rows = torch.tensor(kept, dtype=torch.long, device=layer.query.weight.device)
    for linear in (layer.query, layer.key, layer.value):
        keep_rows(linear, rows)
    keep_columns(layer.project, rows)
    layer.attention.num_attention_heads = len(kept) // size
    layer.attention.all_head_size = len(kept)


@contextmanager
def built_without_lost_heads() -> Iterator[None]:
    """Inside, transformers 5 builds the network that a config with lost heads means, as transformers 4 does itself."""
    if hasattr(PreTrainedModel, "prune_heads"):
        yield
        return
    original = PreTrainedModel.post_init

    def post_init(model: PreTrainedModel) -> None:
        original(model)
        if model.config.model_type in KNOWN and model.base_model is model:
            for place, heads in lost_heads(model.config).items():
                _cut(model, place, [], heads)

    PreTrainedModel.post_init = post_init
    try:
        yield
    finally:
        PreTrainedModel.post_init = original
