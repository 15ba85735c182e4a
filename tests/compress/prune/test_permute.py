"""The permuted network is the same function, and its blocks of four hold more of the weights."""

import copy
from dataclasses import asdict

import pytest
import torch
from torch import nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    DistilBertConfig,
    DistilBertForTokenClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaForSequenceClassification,
    XLMRobertaForTokenClassification,
    XLMRobertaModel,
)

from edgener.compress.prune.permute import permute
from edgener.errors import UserError
from edgener.train.anatomy import layers_of, linears_of
from edgener.train.heads import remove_heads

SIZES = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
BERT, ROBERTA, XLM_R = BertConfig, RobertaConfig, XLMRobertaConfig


def made(kind: type[PreTrainedModel], config: type = BERT, **options: object) -> PreTrainedModel:
    """Biases and layer norms are random too: as they are initialised, every permutation of them is the same."""
    torch.manual_seed(0)
    model = kind(config(**SIZES, **options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def outputs(model: PreTrainedModel) -> list[torch.Tensor]:
    """Logits; of a bare encoder the pooled state. A hidden state is permuted by right."""
    ids = torch.randint(5, 60, (3, 12), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        result = model(input_ids=ids, attention_mask=torch.ones_like(ids))
    return [result.logits] if "logits" in result else [result.pooler_output]


def assert_same(model: PreTrainedModel, sparsity: float = 0.5) -> None:
    before, untouched = outputs(model), copy.deepcopy(model)
    permute(model, sparsity)
    for old, new in zip(before, outputs(model), strict=True):
        torch.testing.assert_close(new, old, rtol=1e-4, atol=1e-5)
    pairs = list(zip(linears_of(untouched), linears_of(model), strict=True))
    # Every linear was permuted, and holds the same weights as before.
    assert not any(torch.equal(old.weight, new.weight) for (_, old), (_, new) in pairs)
    for old, new in zip(untouched.parameters(), model.parameters(), strict=True):
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (BertForTokenClassification, BERT),
        (XLMRobertaForTokenClassification, XLM_R),
        (BertForMaskedLM, BERT),
        (RobertaForMaskedLM, ROBERTA),
        (XLMRobertaForMaskedLM, XLM_R),
        (BertModel, BERT),
        (XLMRobertaModel, XLM_R),
    ],
)
def test_the_function_is_the_same(kind: type[PreTrainedModel], config: type) -> None:
    assert_same(made(kind, config))


@pytest.mark.parametrize(("kind", "config"), [(BertForMaskedLM, BERT), (XLMRobertaForMaskedLM, XLM_R)])
def test_a_decoder_stays_tied(kind: type[PreTrainedModel], config: type) -> None:
    model = made(kind, config)
    permute(model, 0.5)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


@pytest.mark.parametrize(("kind", "config"), [(BertForMaskedLM, BERT), (XLMRobertaForMaskedLM, XLM_R)])
def test_an_untied_decoder(kind: type[PreTrainedModel], config: type) -> None:
    model = made(kind, config, tie_word_embeddings=False)
    assert model.get_output_embeddings().weight is not model.get_input_embeddings().weight
    assert_same(model)


def test_hidden_states_of_a_bare_encoder_are_the_same_but_for_their_order() -> None:
    model = XLMRobertaModel(XLM_R(**SIZES), add_pooling_layer=False).eval()
    ids = torch.arange(5, 17)[None]
    with torch.inference_mode():
        before = model(input_ids=ids).last_hidden_state
        permute(model, 0.5)
        after = model(input_ids=ids).last_hidden_state
    torch.testing.assert_close(after.sort(dim=-1).values, before.sort(dim=-1).values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "config"), [(BertForTokenClassification, BERT), (XLMRobertaForTokenClassification, XLM_R)]
)
def test_pruned_heads(kind: type[PreTrainedModel], config: type) -> None:
    model = made(kind, config)
    remove_heads(model, {0: [1]})
    assert_same(model)


def test_values_stay_in_their_head() -> None:
    model = made(BertForTokenClassification)
    old = [layer.value.weight.detach().sum(1) for layer in layers_of(model)]
    permute(model, 0.5)
    for before, layer in zip(old, layers_of(model), strict=True):
        after = layer.value.weight.detach().sum(1)
        assert not torch.allclose(after, before, atol=1e-4)
        pair = [values.view(4, 8).sort(1).values for values in (before, after)]
        torch.testing.assert_close(*pair, rtol=1e-4, atol=1e-4)


def test_pruned_weights_move_along() -> None:
    model = made(XLMRobertaForTokenClassification, XLM_R)
    with torch.no_grad():
        for _, linear in linears_of(model):
            linear.weight *= torch.rand_like(linear.weight) > 0.4
    zeros = {name: (linear.weight == 0).sum() for name, linear in linears_of(model)}
    assert_same(model)
    assert {name: (linear.weight == 0).sum() for name, linear in linears_of(model)} == zeros


def kept_by_hand(model: PreTrainedModel, sparsity: float) -> float:
    blocks = torch.cat([one.weight.detach().square().view(-1, 4).sum(1) for _, one in linears_of(model)])
    strongest = blocks.double().sort(descending=True).values[: blocks.numel() - round(sparsity * blocks.numel())]
    return float(strongest.sum() / blocks.double().sum())


@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.9])
def test_the_report_says_what_pruning_would_keep(sparsity: float) -> None:
    model = made(BertForTokenClassification)
    before = kept_by_hand(model, sparsity)
    report = permute(model, sparsity)
    assert report.total.before == pytest.approx(before, abs=1e-5)
    assert report.total.after == pytest.approx(kept_by_hand(model, sparsity), abs=1e-5)
    assert report.total.after > report.total.before


def test_permuting_again_never_loses() -> None:
    model = made(BertForTokenClassification)
    shares = [permute(model, 0.5, seed=seed, rounds=3).total for seed in range(6)]
    assert all(share.after >= share.before for share in shares)


def test_a_threshold_for_each_linear() -> None:
    model = made(BertForTokenClassification)
    with torch.no_grad():
        layers_of(model)[0].up.weight *= 100  # a threshold over all would keep little else
    every, each = permute(copy.deepcopy(model), 0.5), permute(copy.deepcopy(model), 0.5, scope="layer")
    for report in (every, each):
        assert report.total.after > report.total.before
    assert each.kinds["neurons"].before > every.kinds["neurons"].before
    # Each linear loses as much as the others, so that all kinds gain.
    assert all(kept.after > kept.before for kept in each.kinds.values())


def planted(outputs: int, inputs: int) -> torch.Tensor:
    """Half the blocks are zeros."""
    alive = torch.rand(outputs * inputs // 4).argsort().view(outputs, inputs // 4) % 2
    return torch.randn(outputs, inputs) * alive.repeat_interleave(4, 1)


def shuffled(channels: int, run: int) -> torch.Tensor:
    return torch.cat([torch.randperm(run) + start for start in range(0, channels, run)])


def block_sparse() -> PreTrainedModel:
    """A model that was pruned to blocks, and whose channels then lost their order."""
    torch.manual_seed(0)
    model = BertForTokenClassification(BERT(**SIZES))
    hidden = shuffled(32, 32)
    with torch.no_grad():
        for layer in layers_of(model):
            for linear in layer.linears():
                rows, columns = linear.weight.shape
                run = {id(layer.project): 8, id(layer.down): 48}.get(id(linear), 32)
                order = hidden if id(linear) not in (id(layer.project), id(layer.down)) else shuffled(columns, run)
                linear.weight.copy_(planted(rows, columns)[:, order])
    return model


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_a_planted_order_is_found(scope: str) -> None:
    quick, patient = (permute(block_sparse(), 0.5, scope=scope, rounds=rounds) for rounds in (36, 120))
    assert quick.total.before < 0.92
    assert quick.total.after > 0.98
    assert patient.total.after > 0.999


def test_the_same_seed_gives_the_same_order() -> None:
    first, second, third = (made(BertForTokenClassification) for _ in range(3))
    assert asdict(permute(first, 0.5, seed=3)) == asdict(permute(second, 0.5, seed=3))
    permute(third, 0.5, seed=4)
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name])
    assert not torch.equal(layers_of(first)[0].up.weight, layers_of(third)[0].up.weight)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (BertForSequenceClassification, BERT),
        (XLMRobertaForSequenceClassification, XLM_R),
        (BertForQuestionAnswering, BERT),
    ],
)
def test_a_head_that_is_not_known(kind: type[PreTrainedModel], config: type) -> None:
    model = made(kind, config)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(UserError, match="channels cannot be permuted"):
        permute(model, 0.5)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_what_cannot_be_permuted() -> None:
    distill = DistilBertForTokenClassification(DistilBertConfig(vocab_size=60, dim=32, n_layers=1, n_heads=4))
    with pytest.raises(UserError, match="distilbert"):
        permute(distill, 0.5)
    model = made(BertForTokenClassification)
    model.extra = nn.Linear(32, 2)
    with pytest.raises(UserError, match=r"extra\.weight"):
        permute(model, 0.5)
    uneven = BertForTokenClassification(BERT(**{**SIZES, "hidden_size": 24}))
    with pytest.raises(UserError, match="6 values channels"):
        permute(uneven, 0.5)


@pytest.mark.parametrize(("sparsity", "scope"), [(0.0, "global"), (1.0, "global"), (0.5, "tensor")])
def test_wrong_options(sparsity: float, scope: str) -> None:
    with pytest.raises(UserError, match="expected"):
        permute(made(BertForTokenClassification), sparsity, scope=scope)
