"""The graph that is built from weights is the model."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

pytest.importorskip("torch")
import torch

from edgener.export.network.build import PLAIN, build
from edgener.export.network.weights import ARCHITECTURES, Encoder, is_known, read
from edgener.train.heads import remove_heads
from tests.export.conftest import KINDS

Batch = dict[str, Any]


def encoder_of(model: Any) -> Encoder:
    return read(model.config.to_dict(), {name: one.numpy() for name, one in model.state_dict().items()})


def logits_of(graph: onnx.ModelProto, batch: Batch) -> Any:
    return onnxruntime.InferenceSession(graph.SerializeToString()).run(None, batch)[0]


def torch_logits(model: Any, batch: Batch) -> Any:
    with torch.inference_mode():
        return model(**{name: torch.from_numpy(one) for name, one in batch.items()}).logits.numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_computes_what_the_model_does(kind: str, build_model: Callable[..., Any], batch: Batch) -> None:
    model = build_model(kind, pad_token_id=1)
    assert is_known(model.config.to_dict())
    graph = build(encoder_of(model))
    onnx.checker.check_model(graph, full_check=True)
    found, expected = logits_of(graph, batch), torch_logits(model, batch)
    seen = batch["attention_mask"] == 1
    assert np.abs(expected[seen]).max() > 0.1
    np.testing.assert_allclose(found[seen], expected[seen], atol=2e-5)


def test_every_architecture_of_the_table_is_tried() -> None:
    assert set(KINDS) == set(ARCHITECTURES)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_activations(activation: str, build_model: Callable[..., Any], batch: Batch) -> None:
    model = build_model("bert", hidden_act=activation)
    seen = batch["attention_mask"] == 1
    found, expected = logits_of(build(encoder_of(model)), batch)[seen], torch_logits(model, batch)[seen]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_the_tanh_form_is_near(build_model: Callable[..., Any], batch: Batch) -> None:
    encoder = encoder_of(build_model("bert"))
    exact, near = logits_of(build(encoder), batch), logits_of(build(encoder, replace(PLAIN, tanh=True)), batch)
    assert 0 < np.abs(exact - near).max() < 0.01


@pytest.mark.parametrize("kind", ["xlm-roberta", "electra"])
def test_packed_rows_change_nothing(kind: str, build_model: Callable[..., Any], batch: Batch) -> None:
    encoder = encoder_of(build_model(kind))
    plain, packed = build(encoder), build(encoder, replace(PLAIN, packed=True))
    onnx.checker.check_model(packed, full_check=True)
    # Padding in front, as no tokenizer of ours makes it, and a row with nothing but padding, are read too.
    turned = {name: one[:, ::-1].copy() for name, one in batch.items()}
    empty = {name: one * (np.arange(3)[:, None] != 1) for name, one in batch.items()}
    for given in (batch, turned, empty, {name: one[:1] for name, one in batch.items()}):
        seen = given["attention_mask"] == 1
        np.testing.assert_allclose(logits_of(packed, given)[seen], logits_of(plain, given)[seen], atol=1e-5)


def test_heads_that_were_pruned(build_model: Callable[..., Any], batch: Batch) -> None:
    model = build_model("xlm-roberta")
    remove_heads(model, {0: [1, 3]})
    encoder = encoder_of(model)
    assert [layer.heads for layer in encoder.layers] == [2, 4]
    seen = batch["attention_mask"] == 1
    np.testing.assert_allclose(logits_of(build(encoder), batch)[seen], torch_logits(model, batch)[seen], atol=2e-5)


def test_padding_changes_nothing(build_model: Callable[..., Any], batch: Batch) -> None:
    graph = build(encoder_of(build_model("xlm-roberta")))
    together = logits_of(graph, batch)
    for row, length in enumerate((12, 9, 4)):
        alone = {name: one[row : row + 1, :length] for name, one in batch.items()}
        np.testing.assert_allclose(logits_of(graph, alone)[0], together[row, :length], atol=1e-5)


def test_the_fp32_form_has_standard_operators_only_and_old_runtimes_read_it(build_model: Callable[..., Any]) -> None:
    graph = build(encoder_of(build_model("electra")))
    assert graph.ir_version <= 10
    assert [(one.domain, one.version <= 21) for one in graph.opset_import] == [("", True)]
    assert [one.name for one in graph.graph.input] == ["input_ids", "attention_mask"]
    assert all(dim.dim_param for one in graph.graph.input for dim in one.type.tensor_type.shape.dim)
    assert [dim.dim_value for dim in graph.graph.output[0].type.tensor_type.shape.dim][2] == 5


def test_shapes_can_be_fixed(build_model: Callable[..., Any], batch: Batch) -> None:
    encoder = encoder_of(build_model("bert"))
    graph = build(encoder, replace(PLAIN, length=12))
    assert [dim.dim_value for dim in graph.graph.input[0].type.tensor_type.shape.dim] == [1, 12]
    alone = {name: one[:1] for name, one in batch.items()}
    np.testing.assert_array_equal(logits_of(graph, alone), logits_of(build(encoder), alone))
    with pytest.raises(Exception, match="invalid dimensions"):
        logits_of(graph, batch)


def test_two_buildings_give_the_same_bytes(build_model: Callable[..., Any]) -> None:
    encoder = encoder_of(build_model("bert"))
    assert build(encoder).SerializeToString(deterministic=True) == build(encoder).SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "deberta"},
        {"hidden_act": "silu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ],
)
def test_what_is_not_known_is_not_guessed(change: dict[str, Any], build_model: Callable[..., Any]) -> None:
    config = build_model("bert").config.to_dict()
    assert is_known(config)
    assert not is_known(config | change)
