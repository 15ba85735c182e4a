from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from edgener.compress.objective import (
    Distillation,
    Weights,
    relation_heads,
    relation_loss,
    relative_error,
    soft_loss,
)
from edgener.train.features import IGNORED, UNTAGGED


class Model(torch.nn.Module):
    """Answers the same whatever it reads."""

    device = torch.device("cpu")

    def __init__(self, logits: Any, states: Any) -> None:
        super().__init__()
        self.logits, self.states = torch.nn.Parameter(logits), states
        self.asked: dict[str, Any] = {}

    def forward(self, **batch: Any) -> Any:
        self.asked = batch
        return SimpleNamespace(logits=self.logits, hidden_states=self.states)


def _batch(labels: list[list[int]]) -> dict[str, Any]:
    ids = torch.ones(len(labels), len(labels[0]), dtype=torch.int64)
    return {"input_ids": ids, "attention_mask": ids, "labels": torch.tensor(labels)}


def _pair(weights: Weights, same: bool = False) -> tuple[Distillation, Model]:
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 4, 3, generator=draw)
    states = [torch.randn(1, 4, 8, generator=draw) for _ in range(3)]
    other = logits if same else torch.randn(1, 4, 3, generator=draw)
    student = Model(other.clone(), states if same else [torch.randn(1, 4, 8, generator=draw) for _ in range(3)])
    return Distillation(Model(logits.clone(), states), weights, layers=[(0, 0), (1, 1)]), student


def test_a_student_that_is_the_teacher_has_nothing_to_learn_from_it() -> None:
    objective, student = _pair(Weights(labels=0), same=True)
    assert float(objective(student, _batch([[IGNORED, 1, 0, IGNORED]]))) == pytest.approx(0.0, abs=1e-6)
    objective, student = _pair(Weights(labels=0))
    assert float(objective(student, _batch([[IGNORED, 1, 0, IGNORED]]))) > 0.1


def test_labels_are_those_of_tagged_words() -> None:
    objective, student = _pair(Weights(labels=1, logits=0, hidden=0))
    expected = torch.nn.functional.cross_entropy(student.logits[0, 1:2], torch.tensor([2]))
    assert float(objective(student, _batch([[IGNORED, 2, UNTAGGED, IGNORED]]))) == pytest.approx(float(expected))


def test_raw_text_alone_is_taught_by_the_teacher() -> None:
    objective, student = _pair(Weights(labels=1, logits=1, hidden=0))
    loss = objective(student, _batch([[IGNORED, UNTAGGED, UNTAGGED, IGNORED]]))
    expected = soft_loss(student.logits[0, 1:3], objective.teacher.logits[0, 1:3], 2.0)
    assert float(loss) == pytest.approx(float(expected))
    loss.backward()
    assert student.logits.grad is not None
    assert objective.teacher.logits.grad is None


def test_only_pieces_that_begin_a_word_are_compared() -> None:
    objective, student = _pair(Weights(labels=0, logits=1, hidden=0))
    before = float(objective(student, _batch([[IGNORED, UNTAGGED, IGNORED, IGNORED]])))
    student.logits.data[0, 2] += 5
    assert float(objective(student, _batch([[IGNORED, UNTAGGED, IGNORED, IGNORED]]))) == before
    student.logits.data[0, 1, 0] += 5
    assert float(objective(student, _batch([[IGNORED, UNTAGGED, IGNORED, IGNORED]]))) != before


def test_padding_does_not_count_in_hidden_states() -> None:
    objective, student = _pair(Weights(labels=0, logits=0, hidden=1))
    batch = _batch([[IGNORED, UNTAGGED, UNTAGGED, IGNORED]])
    batch["attention_mask"] = torch.tensor([[1, 1, 1, 0]])
    before = float(objective(student, batch))
    student.states[1][0, 3] += 100
    assert float(objective(student, batch)) == pytest.approx(before)
    student.states[1][0, 2] += 100
    assert float(objective(student, batch)) > before


def test_hidden_states_are_not_asked_for_in_vain() -> None:
    objective, student = _pair(Weights(labels=0, logits=1, hidden=0))
    objective(student, _batch([[UNTAGGED] * 4]))
    assert student.asked["output_hidden_states"] is False


def test_no_word_at_all_is_no_loss_and_no_nan() -> None:
    objective, student = _pair(Weights(labels=1, logits=1, hidden=0))
    loss = objective(student, _batch([[IGNORED] * 4]))
    loss.backward()
    assert float(loss) == 0.0


def test_a_relative_error_has_no_scale() -> None:
    teacher = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    student = teacher + 0.1
    assert float(relative_error(100 * student, 100 * teacher)) == pytest.approx(float(relative_error(student, teacher)))
    assert float(relative_error(torch.zeros(5, 8), teacher)) == pytest.approx(1.0)


def test_relations_compare_networks_of_different_widths() -> None:
    draw = torch.Generator().manual_seed(2)
    wide, narrow = torch.randn(2, 5, 64, generator=draw), torch.randn(2, 5, 32, generator=draw)
    seen = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    assert float(relation_loss(narrow, wide, seen)) > 0
    assert float(relation_loss(wide, wide, seen)) == pytest.approx(0.0, abs=1e-6)
    other = wide.clone()
    other[1, 3:] += 10  # padding
    assert float(relation_loss(other, wide, seen)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "heads"), [(384, 384, 24), (384, 256, 16), (64, 32, 2), (48, 36, 2), (8, 8, 1)]
)
def test_relation_heads_divide_both_widths(one: int, other: int, heads: int) -> None:
    assert relation_heads(one, other) == heads
    assert one % heads == other % heads == 0
