from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from edgener.compress.structure.choose import Goal, choose, goals_of, heads_left
from edgener.compress.structure.importance import Importance
from edgener.errors import UserError


@pytest.fixture
def model(build: Callable[..., Any]) -> Any:
    return build("bert", num_hidden_layers=12, intermediate_size=256)


def test_rounds_take_the_same_share_each(model: Any) -> None:
    goals = goals_of(model, 0.25, 0.25, 6, 2)
    assert goals == [Goal(8, 0.5, 128), Goal(6, 0.25, 64)]
    assert goals_of(model, None, 0.25, None, 1) == [Goal(12, 1.0, 64)]
    assert [goal.layers for goal in goals_of(model, None, None, 3, 4)] == [8, 6, 4, 3]


def test_neurons_are_a_multiple_of_32(model: Any, build: Callable[..., Any]) -> None:
    assert goals_of(model, None, 0.7, None, 1)[0].neurons == 192  # 179 and a bit
    assert goals_of(model, None, 0.01, None, 1)[0].neurons == 32
    odd = build("bert", intermediate_size=100)
    assert goals_of(odd, None, 0.5, None, 1)[0].neurons == 64
    assert goals_of(odd, None, None, 2, 1)[0].neurons == 100  # left alone


def test_rounds_that_would_remove_nothing_are_left_out(model: Any) -> None:
    assert goals_of(model, None, None, 11, 4) == [Goal(11, 1.0, 256)]
    assert [goal.neurons for goal in goals_of(model, None, 0.5, None, 8)] == [224, 192, 160, 128]
    assert len(goals_of(model, 0.98, None, None, 5)) == 1  # one head of 48


@pytest.mark.parametrize(
    ("heads", "ffn", "layers"), [(None, None, None), (1.0, 1.0, 12), (None, 0.99, None), (0.999, None, None)]
)
def test_nothing_to_remove_is_a_mistake(heads: float | None, ffn: float | None, layers: int | None, model: Any) -> None:
    with pytest.raises(UserError, match="nothing would be removed; of 12 layers, 48 heads and 256 neurons a layer"):
        goals_of(model, heads, ffn, layers, 2)


def test_more_layers_than_there_are_is_a_mistake(model: Any) -> None:
    with pytest.raises(UserError, match="--layers 13: the model has 12"):
        goals_of(model, None, None, 13, 2)


def _scores(heads: list[list[float]], layers: list[float]) -> Importance:
    neurons = [torch.arange(64.0) for _ in heads]
    return Importance([torch.tensor(row) for row in heads], neurons, torch.tensor(layers))


def test_heads_of_all_layers_are_ranked_together_and_each_layer_keeps_one() -> None:
    scores = _scores([[0.9, 0.8, 0.7], [0.1, 0.3, 0.2], [0.0, 0.0, 0.0]], [3.0, 2.0, 1.0])
    cut = choose(scores, Goal(3, 4 / 9, 64), [3, 3, 3])
    assert cut.layers == (0, 1, 2)
    assert cut.heads == ((0, 1), (1,), (0,))
    assert choose(scores, Goal(3, 0.01, 64), [3, 3, 3]).heads == ((0,), (1,), (0,))
    assert choose(scores, Goal(3, 1.0, 64), [3, 3, 3]).heads == ((0, 1, 2),) * 3


def test_the_weakest_layers_and_neurons_go() -> None:
    scores = _scores([[0.5, 0.6]] * 4, [2.0, 0.1, 3.0, 1.0])
    cut = choose(scores, Goal(2, 1.0, 32), [2, 2, 2, 2])
    assert cut.layers == (0, 2)
    assert cut.heads == ((0, 1), (0, 1))
    assert cut.neurons == (tuple(range(32, 64)),) * 2


def test_a_share_of_heads_is_of_those_at_first() -> None:
    """Before a second round layer 0 has two of four left and layer 1 three: half of all eight are four."""
    scores = _scores([[0.5, 0.6], [0.1, 0.2, 0.3]], [1.0, 1.0])
    assert choose(scores, Goal(2, 0.5, 64), [4, 4]).heads == ((0, 1), (1, 2))
    assert heads_left(48, 12, 0.5) == 24
    assert heads_left(48, 12, 0.01) == 12
