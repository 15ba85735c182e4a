import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from edgener.compress.prune.patterns import BLOCKS, HALF, PATTERNS, SCOPES, UNSTRUCTURED, choose_masks, follows


def _weights(seed: int, shapes: dict[str, tuple[int, int]]) -> dict[str, "torch.Tensor"]:
    draw = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}


def _sparsity(masks: dict[str, "torch.Tensor"]) -> float:
    return sum(int((~mask).sum()) for mask in masks.values()) / sum(mask.numel() for mask in masks.values())


@given(
    seed=st.integers(0, 99),
    share=st.floats(0.01, 0.99),
    pattern=st.sampled_from(PATTERNS),
    scope=st.sampled_from(SCOPES),
    rows=st.integers(1, 9),
    columns=st.integers(1, 21),
)
@settings(max_examples=150, deadline=None)
def test_masks_have_their_pattern_and_their_sparsity(
    seed: int, share: float, pattern: str, scope: str, rows: int, columns: int
) -> None:
    weights = _weights(seed, {"a": (rows, columns), "b": (4, 12)})
    masks = choose_masks(weights, share, pattern, scope)
    for name, mask in masks.items():
        assert mask.shape == weights[name].shape
        assert follows(mask, pattern) or (pattern == HALF and share < 0.5)  # on the way to 50 %
        if pattern == UNSTRUCTURED and scope == "layer":
            assert int((~mask).sum()) == round(share * mask.numel())
    if pattern == UNSTRUCTURED and scope == "global":
        total = sum(mask.numel() for mask in masks.values())
        assert round(_sparsity(masks) * total) == round(share * total)
    if pattern == HALF:
        assert _sparsity(masks) <= 0.5


def test_the_weakest_go() -> None:
    weight = torch.tensor([[0.1, -5.0, 0.2, 3.0], [-0.3, 1.0, 2.0, -0.4]])
    mask = choose_masks({"w": weight}, 0.5, UNSTRUCTURED, "global")["w"]
    assert mask.tolist() == [[False, True, False, True], [False, True, True, False]]


def test_a_block_is_judged_as_a_whole() -> None:
    weight = torch.tensor([[3.0, 0.0, 0.0, 0.0, 1.6, 1.6, 1.6, 1.6]])  # norms 3.0 and 3.2
    mask = choose_masks({"w": weight}, 0.5, BLOCKS, "global")["w"]
    assert mask.tolist() == [[False] * 4 + [True] * 4]


def test_two_of_four_stay() -> None:
    weight = torch.tensor([[1.0, 2.0, 3.0, 4.0, 0.1, 0.4, 0.3, 0.2]])
    half = choose_masks({"w": weight}, 0.5, HALF, "global")["w"]
    assert half.tolist() == [[False, False, True, True, False, True, True, False]]
    less = choose_masks({"w": weight}, 0.25, HALF, "global")["w"]  # on the way there, the weakest of those that may go
    assert less.tolist() == [[True, True, True, True, False, True, True, False]]


def test_a_global_scope_compares_tensors_and_a_layer_scope_does_not() -> None:
    weights = {"weak": 0.01 * torch.ones(4, 4) + 0.001 * torch.eye(4), "strong": torch.ones(4, 4) + torch.eye(4)}
    shares = {
        name: 1 - mask.float().mean() for name, mask in choose_masks(weights, 0.5, UNSTRUCTURED, "global").items()
    }
    assert shares == {"weak": 1.0, "strong": 0.0}
    shares = {name: 1 - mask.float().mean() for name, mask in choose_masks(weights, 0.5, UNSTRUCTURED, "layer").items()}
    assert shares == {"weak": 0.5, "strong": 0.5}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_equal_weights_are_not_all_pruned_at_once(pattern: str) -> None:
    """Weights that were stored in four bits are mostly equal to many others."""
    mask = choose_masks({"w": torch.ones(16, 16)}, 0.25, pattern, "global")["w"]
    assert 1 - float(mask.float().mean()) == pytest.approx(0.25)


@pytest.mark.parametrize("pattern", [UNSTRUCTURED, BLOCKS])
def test_what_is_pruned_stays_pruned_as_sparsity_rises(pattern: str) -> None:
    weight = _weights(0, {"w": (16, 32)})["w"]
    before = choose_masks({"w": weight}, 0.3, pattern, "global")["w"]
    after = choose_masks({"w": weight * before}, 0.6, pattern, "global")["w"]
    assert not (after & ~before).any()


def test_a_broken_pattern_is_seen() -> None:
    assert not follows(torch.tensor([[True, False, True, True]]), BLOCKS)
    assert not follows(torch.tensor([[True, False, True, True]]), HALF)
    assert follows(torch.tensor([[True] * 4 + [False] * 2]), BLOCKS)
