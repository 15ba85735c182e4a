"""The parts of a BERT-like encoder (BERT, RoBERTa, XLM-R): layers, their linears, and what they cost.

Names of tensors are relative to the encoder, so that a bare encoder and the classifier made from it share them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import PreTrainedModel

from edgener.errors import UserError

KNOWN = ("bert", "roberta", "xlm-roberta")  # others have modules of the same names that do other things
LENGTHS = (32, 128)  # pieces, for which multiply-adds are stated


@dataclass(frozen=True)
class Layer:
    """One Transformer layer (Vaswani et al. 2017); weights of a linear are float32 [outputs, inputs]."""

    query: nn.Linear  # [heads x head size, hidden], as key and value
    key: nn.Linear
    value: nn.Linear
    project: nn.Linear  # [hidden, heads x head size]
    up: nn.Linear  # [neurons, hidden]
    down: nn.Linear  # [hidden, neurons]
    attention: Any  # the module of queries, keys and values; it knows its number of heads
    attention_norm: nn.LayerNorm
    norm: nn.LayerNorm

    @property
    def heads(self) -> int:
        return int(self.attention.num_attention_heads)

    @property
    def head_size(self) -> int:
        return int(self.attention.attention_head_size)

    def linears(self) -> tuple[nn.Linear, ...]:
        return self.query, self.key, self.value, self.project, self.up, self.down


def layers_of(model: PreTrainedModel) -> list[Layer]:
    """The layers of a classifier, a masked LM or a bare encoder, lowest first. UserError for another architecture."""
    if model.config.model_type not in KNOWN:
        raise UserError(
            f"a model of type {model.config.model_type}: only BERT, RoBERTa and XLM-R encoders can be compressed so"
        )
    return [
        Layer(
            query=one.attention.self.query,
            key=one.attention.self.key,
            value=one.attention.self.value,
            project=one.attention.output.dense,
            up=one.intermediate.dense,
            down=one.output.dense,
            attention=one.attention.self,
            attention_norm=one.attention.output.LayerNorm,
            norm=one.output.LayerNorm,
        )
        for one in encoder_of(model).encoder.layer
    ]


def encoder_of(model: PreTrainedModel) -> Any:
    """The model without its head."""
    return model.base_model


def linears_of(model: PreTrainedModel) -> Iterator[tuple[str, nn.Linear]]:
    """(name of the weight, linear) of every linear in the layers, in order: `encoder.layer.0.output.dense.weight`."""
    wanted = {id(linear) for layer in layers_of(model) for linear in layer.linears()}
    for name, module in encoder_of(model).named_modules():
        if id(module) in wanted:
            yield f"{name}.weight", module


def multiply_adds(model: PreTrainedModel, length: int) -> int:
    """Multiply-adds of one forward pass of the layers over `length` pieces: linears and attention, not embeddings."""
    total = 0
    for layer in layers_of(model):
        total += length * sum(linear.weight.numel() for linear in layer.linears())
        total += 2 * length * length * layer.heads * layer.head_size
    return total


def geometry_of(model: PreTrainedModel) -> dict[str, Any]:
    """Sizes and cost, for a manifest. multiply_adds: of the layers, over so many pieces."""
    layers = layers_of(model)
    return {
        "layers": len(layers),
        "hidden": model.config.hidden_size,
        "ffn": layers[0].up.out_features,
        "heads": [layer.heads for layer in layers],
        "parameters": sum(one.numel() for one in model.parameters()),
        "multiply_adds": {str(length): multiply_adds(model, length) for length in LENGTHS},
    }
