"""Training with the rounding of int8: the same rounding, gradients that pass, and weights that stay."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from edgener.compress import fake_quant
from edgener.compress.distill.stage import DistillConfig, distill
from edgener.compress.fake_quant import fake_quantised, rounded_input, rounded_weight
from edgener.export.network.forms import rows_to_int8
from edgener.text import sample
from edgener.text.pieces import encode
from edgener.train.anatomy import linears_of
from edgener.train.model import load_classifier


def test_weights_are_rounded_as_they_will_be_exported() -> None:
    weight = torch.randn(5, 40, generator=torch.Generator().manual_seed(1))
    weight[:, 3] = 0
    values, scales = rows_to_int8(weight.numpy())
    np.testing.assert_allclose(rounded_weight(weight).numpy(), values * scales[:, None], atol=1e-6)
    assert not rounded_weight(weight)[:, 3].any()


def test_inputs_have_256_values_and_zero_is_one() -> None:
    x = torch.randn(64, 40, generator=torch.Generator().manual_seed(2)) + 1
    x[0, 0] = 0
    found = rounded_input(x)
    assert len(found.unique()) <= 256
    assert found[0, 0] == 0
    assert (found - x).abs().max() <= (x.max() - x.min()) / 255 * 0.51
    assert not rounded_input(torch.zeros(2, 3)).any()


def test_gradients_pass_as_if_nothing_was_rounded() -> None:
    x, weight = torch.randn(3, 4, requires_grad=True), torch.randn(2, 4, requires_grad=True)
    (rounded_input(x).sum() + rounded_weight(weight).sum()).backward()
    assert x.grad is not None
    assert weight.grad is not None
    assert (x.grad == 1).all()
    assert (weight.grad == 1).all()


def test_it_is_over_when_training_is(tiny_model: Path) -> None:
    model = load_classifier(str(tiny_model)).model
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    before, names = model(input_ids=ids).logits, list(model.state_dict())
    with fake_quantised(model):
        rounded = model(input_ids=ids).logits
        assert list(model.state_dict()) == names
    assert not torch.equal(rounded, before)
    assert torch.allclose(rounded, before, atol=0.5)
    assert torch.equal(model(input_ids=ids).logits, before)
    with fake_quantised(model, False):
        assert torch.equal(model(input_ids=ids).logits, before)
    assert all("forward" not in vars(linear) for _, linear in linears_of(model))


def test_a_model_that_learnt_so_loses_less(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Than one that learnt as long without: KL divergence from the teacher, on text that neither saw.

    With weights of three values and inputs of eight, since int8 costs so small a network nothing.
    """
    monkeypatch.setattr(fake_quant, "WEIGHT_STEPS", 1)
    monkeypatch.setattr(fake_quant, "INPUT_STEPS", 7)
    teacher = load_classifier(str(tiny_model))
    texts = [words for name in ("hau", "swa") for words, _ in sample.generate(name, "dev")]
    rows = [torch.tensor([[0, *encode(teacher.backend, words).ids, 2]]) for words in texts]
    # Without a manifest, else it is the teacher itself, from which only rounding leaves something to learn.
    start = shutil.copytree(tiny_model, tmp_path / "start", ignore=shutil.ignore_patterns("manifest.json"))
    divergence = []
    for aware in (False, True):
        config = DistillConfig(epochs=3, learning_rate=5e-4, label_weight=0.0, quant_aware=aware)
        student = load_classifier(str(distill(str(tiny_model), config, tmp_path / str(aware), student=str(start))))
        with torch.inference_mode(), fake_quantised(student.model):
            divergence.append(sum(_divergence(teacher.model, student.model, row) for row in rows) / len(rows))
    assert divergence[1] < 0.75 * divergence[0], divergence


def _divergence(teacher: Any, student: Any, ids: torch.Tensor) -> float:
    expected, found = (model(input_ids=ids).logits.log_softmax(-1) for model in (teacher, student))
    return float((expected.exp() * (expected - found)).sum(-1).mean())
