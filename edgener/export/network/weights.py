"""The weights of a post-LayerNorm encoder under one set of names, whatever its architecture calls them.

BERT, RoBERTa, XLM-R (and AfriBERTa, CamemBERT), DistilBERT and ELECTRA compute the same function of differently named
tensors: embeddings, LayerNorm, and layers of attention and feed-forward network, each behind a residual connection
(Vaswani et al. 2017; Devlin et al. 2019). What differs is a row of the table below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]
Tensors = Mapping[str, Floats]

LAYER_NORM_EPS = 1e-12  # DistilBERT's, which its config does not state


@dataclass(frozen=True)
class Linear:
    """y = (x / divisor) weight^T + bias. weight: float32 [outputs, inputs]; bias: float32 [outputs].

    divisor: float32 [inputs]; None divides by nothing. apart: inputs computed in fp32, whatever the others are.
    """

    weight: Floats
    bias: Floats
    divisor: Floats | None = None
    apart: tuple[int, ...] = ()

    def scaled(self, factor: float) -> "Linear":
        return replace(self, weight=self.weight * np.float32(factor), bias=self.bias * np.float32(factor))


@dataclass(frozen=True)
class Norm:
    """Layer normalisation over the last dimension (Ba et al. 2016); float32 [channels]."""

    weight: Floats
    bias: Floats
    eps: float


@dataclass(frozen=True)
class Layer:
    """heads: attention heads, of which query, key and value have each an equal share of their outputs."""

    query: Linear
    key: Linear
    value: Linear
    project: Linear
    attention_norm: Norm
    up: Linear
    down: Linear
    norm: Norm
    heads: int

    def linears(self) -> tuple[Linear, ...]:
        return self.query, self.key, self.value, self.project, self.up, self.down


@dataclass(frozen=True)
class Encoder:
    """A token classifier. words: float32 [pieces, width]. positions: float32 [longest sequence, width].

    positions begin with that of the first piece and have the constant token type added. widen: ELECTRA's projection of
    narrow embeddings; None elsewhere. head: the classifier, applied to every piece. activation: `gelu`, `gelu_new`
    (the tanh approximation) or `relu`.
    """

    words: Floats
    positions: Floats
    norm: Norm
    widen: Linear | None
    layers: tuple[Layer, ...]
    head: Linear
    activation: str


@dataclass(frozen=True)
class Names:
    """Where an architecture keeps its tensors, `{}` standing for the number of the layer.

    first_position: the row of the position table that a sequence begins with; None for pad_token_id + 1.
    """

    prefix: str
    layer: str
    query: str
    key: str
    value: str
    project: str
    attention_norm: str
    up: str
    down: str
    norm: str
    first_position: int | None = 0


_BERT = Names(
    "bert.",
    layer="encoder.layer.{}.",
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    project="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    up="intermediate.dense",
    down="output.dense",
    norm="output.LayerNorm",
)
_ROBERTA = replace(_BERT, prefix="roberta.", first_position=None)
ARCHITECTURES = {
    "bert": _BERT,
    "electra": replace(_BERT, prefix="electra."),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "distilbert": Names(
        "distilbert.",
        layer="transformer.layer.{}.",
        query="attention.q_lin",
        key="attention.k_lin",
        value="attention.v_lin",
        project="attention.out_lin",
        attention_norm="sa_layer_norm",
        up="ffn.lin1",
        down="ffn.lin2",
        norm="output_layer_norm",
    ),
}
# The same numbers under the names of DistilBERT's config.
_OTHER_NAMES = {
    "hidden_size": "dim",
    "num_attention_heads": "n_heads",
    "num_hidden_layers": "n_layers",
    "hidden_act": "activation",
}
ACTIVATIONS = ("gelu", "gelu_new", "relu")


def is_known(config: Mapping[str, Any]) -> bool:
    """Can `read` make sense of a model with this config (its config.json)?"""
    return (
        config.get("model_type") in ARCHITECTURES
        and _of(config, "hidden_act") in ACTIVATIONS
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
        # A classifier of one linear layer is all that these architectures publish for tagging.
        and not config.get("sinusoidal_pos_embds", False)
    )


def read(config: Mapping[str, Any], tensors: Tensors) -> Encoder:
    """The encoder in `tensors` (a state dict by name, float32). KeyError for a tensor that is not there."""
    names = ARCHITECTURES[config["model_type"]]
    eps = float(config.get("layer_norm_eps", LAYER_NORM_EPS))
    embeddings = f"{names.prefix}embeddings."

    def linear(name: str) -> Linear:
        return Linear(_floats(tensors[f"{name}.weight"]), _floats(tensors[f"{name}.bias"]))

    def norm(name: str) -> Norm:
        return Norm(_floats(tensors[f"{name}.weight"]), _floats(tensors[f"{name}.bias"]), eps)

    first = names.first_position if names.first_position is not None else int(config["pad_token_id"]) + 1
    positions = _floats(tensors[f"{embeddings}position_embeddings.weight"][first:])
    types = tensors.get(f"{embeddings}token_type_embeddings.weight")
    widen = f"{names.prefix}embeddings_project"
    head_size = int(_of(config, "hidden_size")) // int(_of(config, "num_attention_heads"))
    layers = []
    for number in range(int(_of(config, "num_hidden_layers"))):
        place = names.prefix + names.layer.format(number)
        query = linear(place + names.query)
        layers.append(
            Layer(
                query=query,
                key=linear(place + names.key),
                value=linear(place + names.value),
                project=linear(place + names.project),
                attention_norm=norm(place + names.attention_norm),
                up=linear(place + names.up),
                down=linear(place + names.down),
                norm=norm(place + names.norm),
                heads=len(query.bias) // head_size,  # fewer than the config says where heads were pruned
            )
        )
    return Encoder(
        words=_floats(tensors[f"{embeddings}word_embeddings.weight"]),
        positions=positions if types is None else positions + _floats(types[0]),
        norm=norm(f"{embeddings}LayerNorm"),
        widen=linear(widen) if f"{widen}.weight" in tensors else None,
        layers=tuple(layers),
        head=linear("classifier"),
        activation=str(_of(config, "hidden_act")),
    )


def _of(config: Mapping[str, Any], name: str) -> Any:
    return config[name] if name in config else config.get(_OTHER_NAMES[name])


def _floats(tensor: Any) -> Floats:
    return np.ascontiguousarray(tensor, np.float32)
