"""Taking layers, rows and columns out of a network, in place: what a cut and a student have in common."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from edgener.train.anatomy import Layer, encoder_of


def keep_layers(model: PreTrainedModel, layers: Sequence[int]) -> None:
    """Drop all other layers; in place."""
    stack: Any = encoder_of(model).encoder
    stack.layer = nn.ModuleList([stack.layer[place] for place in layers])
    model.config.num_hidden_layers = len(layers)
    heads = getattr(model.config, "pruned_heads", None) or {}
    heads = {int(layer): gone for layer, gone in heads.items()}  # a config that was read has names for numbers
    model.config.pruned_heads = {new: heads[old] for new, old in enumerate(layers) if old in heads}


def keep_rows(linear: nn.Linear, kept: torch.Tensor) -> None:
    """Keep these outputs of a linear; in place."""
    linear.weight.data = linear.weight.data[kept].clone()
    if linear.bias is not None:
        linear.bias.data = linear.bias.data[kept].clone()
    linear.out_features = len(kept)


def keep_columns(linear: nn.Linear, kept: torch.Tensor) -> None:
    """Keep these inputs of a linear; in place."""
    linear.weight.data = linear.weight.data[:, kept].clone()
    linear.in_features = len(kept)


def keep_neurons(layer: Layer, kept: torch.Tensor) -> None:
    """Keep these FFN neurons of a layer; in place."""
    keep_rows(layer.up, kept)
    keep_columns(layer.down, kept)
