import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from edgener.compress.structure.cut import cut_layers
from edgener.compress.structure.importance import calibration, importance
from edgener.train.anatomy import Layer, layers_of
from edgener.train.features import IGNORED, Example
from edgener.train.finetune import read_data
from edgener.train.model import load_classifier

PAD = 1


def _examples(count: int, seed: int = 0) -> list[Example]:
    """Sentences of different lengths; a word at every second piece."""
    random = torch.Generator().manual_seed(seed)
    found = []
    for length in torch.randint(4, 20, (count,), generator=random).tolist():
        ids = torch.randint(5, 90, (length,), generator=random).tolist()
        tags = torch.randint(0, 5, (length,), generator=random).tolist()
        labels = [tag if place % 2 else IGNORED for place, tag in enumerate(tags)]
        found.append(Example("hau", tuple(ids), tuple(labels)))
    return found


def _columns(layer: Layer, head: int) -> slice:
    return slice(head * layer.head_size, (head + 1) * layer.head_size)


@torch.no_grad()
def test_useless_parts_come_last_and_important_ones_first(classifier: Any) -> None:
    layers = layers_of(classifier)
    layers[0].project.weight[:, _columns(layers[0], 2)] = 0
    for head in (1, 2, 3):
        layers[1].project.weight[:, _columns(layers[1], head)] *= 0.1
    layers[1].down.weight[:, 7] = 0
    layers[2].down.weight[:, 40] *= 30
    scores = importance(classifier, _examples(24), PAD)
    assert scores.heads[0].argmin() == 2
    assert scores.heads[0][2] == 0
    assert scores.heads[1].argmax() == 0
    assert scores.neurons[1].argmin() == 7
    assert scores.neurons[1][7] == 0
    assert scores.neurons[2].argmax() == 40
    assert [one.norm().item() for one in scores.heads] == pytest.approx([1, 1, 1])


@torch.no_grad()
def test_a_layers_score_is_the_loss_without_it(classifier: Any) -> None:
    examples = _examples(8)
    scores = importance(classifier, examples, PAD)
    for place in range(3):
        other = copy.deepcopy(classifier)
        cut_layers(other, [layer for layer in range(3) if layer != place])
        losses = [_loss(other, example) for example in examples]
        assert float(scores.layers[place]) == pytest.approx(sum(losses) / len(losses), rel=1e-4)
    assert len({round(score, 6) for score in scores.layers.tolist()}) == 3
    assert importance(classifier, examples, PAD, with_layers=False).layers.tolist() == [0, 0, 0]


def _loss(model: Any, example: Example) -> float:
    logits = model(input_ids=torch.tensor([example.ids])).logits[0]
    return float(torch.nn.functional.cross_entropy(logits, torch.tensor(example.labels)))


def test_scores_are_what_the_loss_loses_to_first_order(build: Callable[..., Any]) -> None:
    """By central differences: the derivative of the loss when a part's contribution is scaled."""
    model = build("xlm-roberta").double()
    example = _examples(1, seed=4)[0]
    scores = importance(model, [example], PAD)
    layers, step = layers_of(model), 1e-4

    def slope(scaled: torch.Tensor) -> float:
        values = []
        for factor in (1 + step, 1 - step):
            with torch.no_grad():
                before = scaled.clone()
                scaled.mul_(factor)
                values.append(_loss(model, example))
                scaled.copy_(before)
        return abs(values[0] - values[1]) / (2 * step)

    heads = torch.tensor([slope(layers[1].project.weight.data[:, _columns(layers[1], head)]) for head in range(4)])
    assert scores.heads[1].tolist() == pytest.approx((heads / heads.norm()).tolist(), rel=1e-3)
    neurons = [slope(layers[2].down.weight.data[:, neuron]) for neuron in range(64)]
    assert scores.neurons[2].tolist() == pytest.approx(neurons, rel=1e-3, abs=1e-9)


def test_padding_and_batches_make_no_difference(classifier: Any) -> None:
    examples = _examples(20)
    one, many = (importance(classifier, examples, PAD, batch_size=size) for size in (1, 20))
    for alone, padded in ((one.heads, many.heads), (one.neurons, many.neurons), ([one.layers], [many.layers])):
        for a, b in zip(alone, padded, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-7)


def test_the_model_is_left_as_it_was(classifier: Any) -> None:
    classifier.train()
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    first = importance(classifier, _examples(6), PAD)
    assert classifier.training
    assert all(weight.grad is None for weight in classifier.parameters())
    assert all(torch.equal(value, before[name]) for name, value in classifier.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in classifier.modules())
    assert torch.equal(first.layers, importance(classifier, _examples(6), PAD).layers)  # no dropout


def test_calibration_is_balanced_and_the_same_again(tiny_model: Path, sample_data: Path) -> None:
    network = load_classifier(str(tiny_model))
    data = read_data(sample_data, ("hau", "swa"), None)
    chosen = calibration(network, data, 40, seed=1)
    assert [sum(example.group == name for example in chosen) for name in ("hau", "swa")] == [20, 20]
    assert len(set(chosen)) > 30
    assert chosen == calibration(network, data, 40, seed=1)
    assert chosen != calibration(network, data, 40, seed=2)
