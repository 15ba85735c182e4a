"""Channels of an encoder that can be permuted, and every tensor that runs along them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from edgener.errors import UserError
from edgener.train.anatomy import Layer, encoder_of, layers_of

BLOCK = 4  # consecutive inputs
KINDS = ("hidden", "neurons", "values")
ROWS = 1024  # at once, so that what is compared stays in the cache


@dataclass
class Channels:
    """Channels that are permuted together.

    energies: float32 [channels, rows], squared weights; rows are the outputs of all linears that read the channels.
    order: int64 [channels], the channel to be put at each place. size: no channel leaves its run of so many (a head).
    """

    kind: str
    linears: tuple[nn.Linear, ...]
    energies: Tensor
    order: Tensor
    size: int

    @classmethod
    def read_by(cls, linears: Sequence[nn.Linear], kind: str, size: int | None = None) -> "Channels":
        weights = torch.cat([linear.weight.detach().to("cpu", torch.float32) for linear in linears])
        channels = weights.shape[1]
        size = size or channels
        if size % BLOCK:
            raise UserError(f"{size} {kind} channels cannot be cut into blocks of {BLOCK}; blocks would straddle them")
        return cls(kind, tuple(linears), weights.square().T.contiguous(), torch.arange(channels), size)

    def groups(self) -> Tensor:
        """int64 [runs, groups, 4]: the channels of each block."""
        return self.order.view(-1, self.size // BLOCK, BLOCK)

    @property
    def cost(self) -> int:
        """Of regrouping once, in millions of comparisons."""
        return 1 + int(self.energies.numel()) * self.size // (BLOCK * BLOCK * 10**6)

    def blocks(self) -> Iterator[tuple[nn.Linear, Tensor]]:
        """(linear, float32 [groups, outputs]): the energies of its blocks in the present order."""
        summed = torch.cat([part[self.order.view(-1, BLOCK)].sum(1) for part in self.energies.split(ROWS, 1)], 1)
        yield from zip(self.linears, summed.split([one.weight.shape[0] for one in self.linears], 1), strict=True)


Move = tuple[nn.Parameter, int, Channels]  # the tensor, which of its dimensions, the channels along it


def plan(model: PreTrainedModel) -> tuple[list[Channels], list[Move]]:
    """The channels, and every tensor that they run along. UserError when some tensor's part in it is not known."""
    layers = layers_of(model)
    readers = [linear for one in layers for linear in (one.query, one.key, one.value, one.up)]
    hidden = Channels.read_by(readers, "hidden")
    moves: list[Move] = [(linear.weight, 1, hidden) for linear in readers]
    channels = [hidden]
    for one in layers:
        neurons = Channels.read_by([one.down], "neurons")
        values = Channels.read_by([one.project], "values", one.head_size)
        channels += [neurons, values]
        moves += _layer_moves(one, hidden, neurons, values)
    embeddings = encoder_of(model).embeddings
    tables = (embeddings.word_embeddings, embeddings.position_embeddings, embeddings.token_type_embeddings)
    moves += [(table.weight, 1, hidden) for table in tables]
    moves += _outputs(embeddings.LayerNorm, hidden)
    outside, left = _head(model, hidden)
    moves += outside
    left += [linear.bias for one in layers for linear in (one.query, one.key)]
    _check_all_known(model, [*(parameter for parameter, _, _ in moves), *left])
    return channels, moves


def _layer_moves(layer: Layer, hidden: Channels, neurons: Channels, values: Channels) -> list[Move]:
    """Everything but the columns that read hidden channels."""
    moves: list[Move] = [(layer.down.weight, 1, neurons), (layer.project.weight, 1, values)]
    moves += _outputs(layer.up, neurons) + _outputs(layer.value, values)
    for writer in (layer.project, layer.down, layer.attention_norm, layer.norm):
        moves += _outputs(writer, hidden)
    return moves


def _outputs(module: nn.Module, channels: Channels) -> list[Move]:
    """The rows of a linear, or the elements of a layer norm; and the bias."""
    return [(parameter, 0, channels) for parameter in (module.weight, module.bias) if parameter is not None]


def _head(model: PreTrainedModel, hidden: Channels) -> tuple[list[Move], list[nn.Parameter]]:
    """(what reads hidden channels behind the last layer, parameters of the head that stay as they are)."""
    pooler = getattr(encoder_of(model), "pooler", None)
    predictions = getattr(getattr(model, "cls", None), "predictions", None)  # BERT's head of a masked LM
    lm_head = getattr(model, "lm_head", None)  # RoBERTa's
    classifier = getattr(model, "classifier", None)
    moves: list[Move] = []
    left: list[nn.Parameter] = []
    if pooler is not None:
        moves.append((pooler.dense.weight, 1, hidden))
        left.append(pooler.dense.bias)
    elif isinstance(classifier, nn.Linear):  # with a pooler it would read pooled channels
        moves.append((classifier.weight, 1, hidden))
        left.append(classifier.bias)
    if predictions is not None:
        transform = predictions.transform
        more = _language_model(model, hidden, transform.dense, transform.LayerNorm, predictions)
    elif lm_head is not None:
        more = _language_model(model, hidden, lm_head.dense, lm_head.layer_norm, lm_head)
    else:
        more = [], []
    return moves + more[0], left + more[1]


def _language_model(
    model: PreTrainedModel, hidden: Channels, dense: nn.Linear, norm: nn.LayerNorm, head: Any
) -> tuple[list[Move], list[nn.Parameter]]:
    """The head of a masked LM: a linear and a layer norm, then the decoder, which may be tied to the embeddings."""
    moves: list[Move] = [(dense.weight, 1, hidden)]
    left = [head.bias, head.decoder.bias]
    transformed = _outputs(dense, hidden) + _outputs(norm, hidden)
    if head.decoder.weight is model.get_input_embeddings().weight:
        return moves + transformed, left  # its columns are permuted with the embeddings
    return moves, [*left, head.decoder.weight, *(parameter for parameter, _, _ in transformed)]


def _check_all_known(model: PreTrainedModel, known: Sequence[Any]) -> None:
    """A tensor that is neither moved nor known to be indifferent would make the permuted network another function."""
    ids = {id(parameter) for parameter in known}
    unknown = [name for name, parameter in model.named_parameters() if id(parameter) not in ids]
    if unknown:
        raise UserError(
            f"{type(model).__name__}: channels cannot be permuted, because it is not known how {unknown[0]} uses them; "
            "give a token classifier, a masked LM or a bare encoder"
        )
