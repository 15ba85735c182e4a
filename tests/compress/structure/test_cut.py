from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import AutoModelForTokenClassification

from edgener.compress.structure.cut import Cut, apply_cut, cut_heads, cut_layers, cut_neurons
from edgener.train.anatomy import layers_of, multiply_adds
from edgener.train.heads import built_without_lost_heads, lost_heads

ALL_HEADS = [(0, 1, 2, 3)] * 3


@torch.no_grad()
def _logits(model: Any, batch: dict[str, Any]) -> torch.Tensor:
    return model(**batch).logits[batch["attention_mask"].bool()]


def _reloaded(model: Any, folder: Path) -> Any:
    model.save_pretrained(folder)
    with built_without_lost_heads():
        found, report = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    return found.eval()


@torch.no_grad()
def _without_heads(model: Any, gone: dict[int, list[int]]) -> None:
    for place, heads in gone.items():
        layer = layers_of(model)[place]
        for head in heads:
            layer.project.weight[:, head * layer.head_size : (head + 1) * layer.head_size] = 0


def test_heads_that_do_nothing_can_go(classifier: Any, batch: dict[str, Any], tmp_path: Path) -> None:
    _without_heads(classifier, {0: [1, 2, 3], 2: [0]})
    expected = _logits(classifier, batch)
    work = multiply_adds(classifier, 16)
    cut_heads(classifier, [(0,), (0, 1, 2, 3), (1, 2, 3)])
    assert [layer.heads for layer in layers_of(classifier)] == [1, 4, 3]
    assert multiply_adds(classifier, 16) == work - 4 * (16 * 4 * 32 * 8 + 2 * 16 * 16 * 8)
    for model in (classifier, _reloaded(classifier, tmp_path)):
        torch.testing.assert_close(_logits(model, batch), expected, rtol=0, atol=1e-5)
        assert [layer.heads for layer in layers_of(model)] == [1, 4, 3]


def test_heads_are_counted_anew_after_every_cut(classifier: Any, batch: dict[str, Any], tmp_path: Path) -> None:
    _without_heads(classifier, {1: [0, 2], 2: [1, 3]})
    expected = _logits(classifier, batch)
    cut_heads(classifier, [(0, 1, 2, 3), (1, 2, 3), (0, 2, 3)])  # layer 1 loses 0; layer 2 loses 1
    again = _reloaded(classifier, tmp_path / "once")
    cut_heads(again, [(0, 1, 2, 3), (0, 2), (0, 1)])  # what were 2 and 3
    assert lost_heads(again.config) == {1: [0, 2], 2: [1, 3]}
    for model in (again, _reloaded(again, tmp_path / "twice")):
        torch.testing.assert_close(_logits(model, batch), expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_neurons_that_do_nothing_can_go(classifier: Any, batch: dict[str, Any], tmp_path: Path) -> None:
    kept = [tuple(range(0, 64, 2)), tuple(range(32)), tuple(range(32, 64))]
    for layer, stay in zip(layers_of(classifier), kept, strict=True):
        layer.down.weight[:, [neuron for neuron in range(64) if neuron not in stay]] = 0
    expected = _logits(classifier, batch)
    cut_neurons(classifier, kept)
    assert classifier.config.intermediate_size == 32
    for model in (classifier, _reloaded(classifier, tmp_path)):
        torch.testing.assert_close(_logits(model, batch), expected, rtol=0, atol=1e-5)
        assert [layer.up.weight.shape for layer in layers_of(model)] == [(32, 32)] * 3


@torch.no_grad()
def test_layers_that_do_nothing_can_go(classifier: Any, batch: dict[str, Any], tmp_path: Path) -> None:
    """And the heads that others have lost before are still theirs."""
    _without_heads(classifier, {2: [3]})
    cut_heads(classifier, [(0, 1, 3), (0, 1, 2, 3), (0, 1, 2)])
    layer = layers_of(classifier)[1]
    for linear in (layer.project, layer.down):
        linear.weight.zero_()
        linear.bias.zero_()
    expected = _logits(classifier, batch)
    cut_layers(classifier, [0, 2])
    assert classifier.config.num_hidden_layers == 2
    assert lost_heads(classifier.config) == {0: [2], 1: [3]}
    cut_heads(classifier, [(0, 1, 2), (0, 1, 2)])
    for model in (classifier, _reloaded(classifier, tmp_path)):
        torch.testing.assert_close(_logits(model, batch), expected, rtol=0, atol=1e-5)


def test_what_stays_is_copied_bit_by_bit(build: Callable[..., Any]) -> None:
    model = build("xlm-roberta")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    apply_cut(model, Cut((0, 2), ((1, 3), (0,)), (tuple(range(32)), tuple(range(32, 64)))))
    after = model.state_dict()
    old, new = "roberta.encoder.layer.2.", "roberta.encoder.layer.1."
    assert torch.equal(after[new + "output.dense.weight"], before[old + "output.dense.weight"][:, 32:])
    assert torch.equal(after[new + "intermediate.dense.bias"], before[old + "intermediate.dense.bias"][32:])
    assert torch.equal(after[new + "attention.self.key.weight"], before[old + "attention.self.key.weight"][:8])
    first = before["roberta.encoder.layer.0.attention.output.dense.weight"]
    kept = torch.cat([first[:, 8:16], first[:, 24:]], 1)
    assert torch.equal(after["roberta.encoder.layer.0.attention.output.dense.weight"], kept)
    assert not any(name.startswith("roberta.encoder.layer.2.") for name in after)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model: cut_layers(model, []), "no layer"),
        (lambda model: cut_heads(model, [*ALL_HEADS[:2], ()]), "no head would be left in layer 2"),
        (lambda model: cut_neurons(model, [(0,), (0,), (0, 1)]), "one size"),
        (lambda model: cut_neurons(model, [(), (), ()]), "one size"),
    ],
)
def test_what_a_config_cannot_say_is_refused(
    change: Callable[[Any], None], message: str, build: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match=message):
        change(build("bert"))
