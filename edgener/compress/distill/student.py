"""A smaller network that begins with what its teacher knows: some of its layers, neurons and channels.

Layers are copied from the teacher's (Sanh et al. 2019, DistilBERT). When the student is narrower it takes whole heads
and neurons, the strongest by the L2 norm of the weights that read into them and write from them, and the hidden
channels that the layers write most to.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn
from transformers import PreTrainedModel

from edgener.errors import UserError
from edgener.train.anatomy import Layer, encoder_of, layers_of
from edgener.train.model import Network
from edgener.train.slices import keep_columns, keep_layers, keep_neurons, keep_rows


@dataclass(frozen=True)
class Geometry:
    """What the student has. layers: the teacher's layers that it begins with, counted from 0; None: all.

    hidden: width, a multiple of the teacher's head size; ffn: neurons a layer. None: the teacher's.
    """

    layers: tuple[int, ...] | None = None
    hidden: int | None = None
    ffn: int | None = None


def spread(depth: int, wanted: int) -> tuple[int, ...]:
    """`wanted` of `depth` layers, evenly, the last one among them: 12 -> 4 gives 2, 5, 8, 11."""
    return tuple((place + 1) * depth // wanted - 1 for place in range(wanted))


def make_student(teacher: Network, geometry: Geometry) -> Network:
    """A copy of the teacher cut to `geometry`; the teacher is left as it is. UserError for what it does not have."""
    _check(teacher.model, geometry)
    model = copy.deepcopy(teacher.model)
    if geometry.layers is not None:
        keep_layers(model, geometry.layers)
    if geometry.ffn is not None:
        for layer in layers_of(model):
            keep_neurons(layer, strongest(_strength_of_neurons(layer), geometry.ffn))
        model.config.intermediate_size = geometry.ffn
    if geometry.hidden is not None and geometry.hidden != model.config.hidden_size:
        _narrow(model, geometry.hidden)
    return replace(teacher, model=model)


def _check(model: PreTrainedModel, geometry: Geometry) -> None:
    layers = layers_of(model)
    for layer in geometry.layers or ():
        if not 0 <= layer < len(layers):
            raise UserError(f"--layers: the teacher has layers 0 to {len(layers) - 1}, not {layer}")
    if geometry.ffn is not None and not 1 <= geometry.ffn <= model.config.intermediate_size:
        raise UserError(f"--ffn {geometry.ffn}: the teacher has {model.config.intermediate_size} neurons a layer")
    if geometry.hidden is not None:
        embedded = model.get_input_embeddings().embedding_dim
        if embedded != model.config.hidden_size:
            raise UserError(
                f"--hidden: embeddings {embedded} wide in a network of {model.config.hidden_size}; leave it out"
            )
        size = layers[0].head_size
        if not size <= geometry.hidden <= model.config.hidden_size or geometry.hidden % size:
            raise UserError(
                f"--hidden {geometry.hidden}: expected a multiple of the head size {size}, at most "
                f"{model.config.hidden_size}"
            )
        if getattr(model.config, "pruned_heads", None):
            raise UserError("--hidden: this teacher has had heads removed; make the narrow student from the one before")


def strongest(strength: torch.Tensor, count: int) -> torch.Tensor:
    """Places of the `count` largest, in their order."""
    return strength.topk(count).indices.sort().values


def _strength_of_neurons(layer: Layer) -> torch.Tensor:
    """float32 [neurons]: norm of what a neuron reads times norm of what it writes."""
    return layer.up.weight.detach().norm(dim=1) * layer.down.weight.detach().norm(dim=0)


def _strength_of_heads(layer: Layer) -> torch.Tensor:
    """float32 [heads]: the same for the values of a head."""
    read = layer.value.weight.detach().unflatten(0, (layer.heads, -1)).norm(dim=(1, 2))
    written = layer.project.weight.detach().unflatten(1, (layer.heads, -1)).norm(dim=(0, 2))
    return read * written


def _narrow(model: PreTrainedModel, hidden: int) -> None:
    """Keep `hidden` channels of the residual stream, and as many heads as fit into them; in place."""
    layers = layers_of(model)
    heads = hidden // layers[0].head_size
    for layer in layers:
        head_size = layer.head_size
        chosen = strongest(_strength_of_heads(layer), heads)
        channels = (chosen[:, None] * head_size + torch.arange(head_size)).flatten()
        for linear in (layer.query, layer.key, layer.value):
            keep_rows(linear, channels)
        keep_columns(layer.project, channels)
        layer.attention.num_attention_heads, layer.attention.all_head_size = heads, hidden
    written = sum(layer.project.weight.detach().square().sum(1) for layer in layers)
    written = written + sum(layer.down.weight.detach().square().sum(1) for layer in layers)
    _keep_channels(model, layers, strongest(torch.as_tensor(written), hidden))
    model.config.hidden_size, model.config.num_attention_heads = hidden, heads


def _keep_channels(model: PreTrainedModel, layers: Sequence[Layer], kept: torch.Tensor) -> None:
    embeddings = encoder_of(model).embeddings
    for name in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        table = getattr(embeddings, name, None)
        if table is not None:
            table.weight.data = table.weight.data[:, kept].clone()
            table.embedding_dim = len(kept)
    _keep_norm(embeddings.LayerNorm, kept)
    for layer in layers:
        for linear in (layer.query, layer.key, layer.value, layer.up):
            keep_columns(linear, kept)
        for linear in (layer.project, layer.down):
            keep_rows(linear, kept)
        _keep_norm(layer.attention_norm, kept)
        _keep_norm(layer.norm, kept)
    head = getattr(model, "classifier", None)
    if isinstance(head, nn.Linear):
        keep_columns(head, kept)
    elif model.get_output_embeddings() is not None:
        raise UserError("--hidden: a masked-LM head cannot be made narrower; leave it out (give the encoder alone)")


def _keep_norm(norm: nn.LayerNorm, kept: torch.Tensor) -> None:
    norm.weight.data, norm.bias.data = norm.weight.data[kept].clone(), norm.bias.data[kept].clone()
    norm.normalized_shape = (len(kept),)
