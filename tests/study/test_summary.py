"""What cells say together, with figures worked out by hand; the Pareto front by its definition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgener.study import summary
from edgener.study.summary import Collapse, Group

JOINT = ["hau", "kin"]


def cell(chain: str, f1: dict[str, float], settings: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    scores = {language: {"f1": value, "interval": [value - 0.02, value + 0.01]} for language, value in f1.items()}
    facts = {"trained_on": JOINT, "seed": 0, "engine": "onnxruntime", "parameters": 100, "bytes": 1000, **other}
    mean = sum(f1.values()) / len(f1)
    known = {"chain": chain, "settings": settings or {}, "state": "done", "error": None, "f1": scores, "mean_f1": mean}
    return {"cell": f"{chain} {settings} {facts}", **known, "non_zeros": None, **facts}


def document(*cells: dict[str, Any], reference: str | None = "dense") -> dict[str, Any]:
    return {"languages": JOINT, "reference": reference, "cells": list(cells)}


def pruned(sparsity: float, hau: float, kin: float, **other: Any) -> dict[str, Any]:
    return cell("gradual", {"hau": hau, "kin": kin}, {"sparsity": sparsity}, **other)


DENSE = cell("dense", {"hau": 0.88, "kin": 0.72}, bytes=4000)


def groups_and_references(*cells: dict[str, Any]) -> tuple[list[Group], list[Group]]:
    whole = document(*cells)
    groups = summary.groups_of(whole)
    return groups, summary.references_of(whole, groups)


def test_seeds_are_one_group() -> None:
    first = pruned(0.5, 0.80, 0.60, bytes=1000, latency_ms={"32": {"median": 4.0, "low": 3.0, "high": 5.0}})
    second = pruned(0.5, 0.84, 0.60, bytes=1100, seed=1)
    third = pruned(0.5, 0.82, 0.60, bytes=None, seed=2)
    other = pruned(0.7, 0.5, 0.5)
    failed = {"chain": "gradual", "settings": {"sparsity": 0.5}, "trained_on": JOINT, "seed": 3, "state": "failed"}
    groups = summary.groups_of(document(first, second, other, third, failed))
    assert [group.name for group in groups] == ["gradual, sparsity 0.5", "gradual, sparsity 0.7"]
    group = groups[0]
    assert group.seeds == (0, 1, 2)
    # Deviations -0.02, 0.02 and 0: their squares sum to 0.0008, over two degrees of freedom 0.0004.
    assert group.f1["hau"].mean == pytest.approx(0.82)
    assert group.f1["hau"].sd == pytest.approx(0.02)
    assert group.f1["hau"].count == 3
    assert group.mean_f1.mean == pytest.approx(0.71)
    assert group.mean_f1.sd == pytest.approx(0.01)
    assert group.intervals["hau"] == pytest.approx((0.80, 0.83))
    assert (group.parameters, group.non_zeros, group.bytes) == (100, None, 1050)
    assert group.latency_ms == {"32": 4.0}
    assert groups[1].f1["hau"].sd is None


def test_what_is_no_seed_keeps_cells_apart() -> None:
    cells = [
        DENSE,
        {**DENSE, "engine": "torch-fp32"},
        {**DENSE, "trained_on": ["kin"]},
        {**DENSE, "settings": {"x": 1}},
    ]
    assert len(summary.groups_of(document(*cells))) == 4
    assert len(summary.groups_of(document(DENSE, {**DENSE, "trained_on": JOINT[::-1], "seed": 1}))) == 1


@pytest.mark.parametrize(
    ("settings", "variant", "sparsity"),
    [
        ({}, "a", None),
        ({"sparsity": 0.5, "pattern": "1x4"}, "a, pattern 1x4", 0.5),
        ({"sparsity": "half"}, "a", None),
        ({"sparsity": True}, "a", None),
        ({"layers": 6}, "a, layers 6", None),
    ],
)
def test_variant_and_sparsity(settings: dict[str, Any], variant: str, sparsity: float | None) -> None:
    (group,) = summary.groups_of(document(cell("a", {"kin": 0.5}, settings)))
    assert (group.variant, group.sparsity) == (variant, sparsity)


def test_loss_beside_the_reference() -> None:
    (dense, group), references = groups_and_references(DENSE, pruned(0.5, 0.87, 0.74))
    assert references == [dense]
    assert summary.lost(group, dense) == {"hau": 0.01, "kin": -0.02}
    assert summary.mean_lost(group, dense) == -0.005
    assert summary.lost(group, None) == {}
    assert summary.mean_lost(group, None) is None


def test_several_references_are_matched_by_their_languages() -> None:
    alone = cell("dense", {"hau": 0.3, "kin": 0.75}, trained_on=["kin"])
    groups, references = groups_and_references(
        DENSE, alone, pruned(0.5, 0.2, 0.7, trained_on=["kin"]), pruned(0.5, 0.8, 0.2, trained_on=["hau"])
    )
    joint, kin, pruned_kin, pruned_hau = groups
    assert references == [joint, kin]
    assert summary.reference_for(pruned_kin, references) is kin
    assert summary.reference_for(pruned_hau, references) is None
    assert summary.reference_for(pruned_hau, [joint]) is joint
    assert summary.reference_in("kin", references) is kin  # the better of two trained on it
    assert summary.reference_in("hau", references) is joint
    assert summary.reference_in("yor", references) is None


def test_a_reference_with_settings_is_the_one_that_is_named_or_the_densest() -> None:
    cells = [pruned(0.5, 0.8, 0.6), pruned(0.0, 0.9, 0.7), pruned(0.3, 0.85, 0.65)]
    for reference, expected in (("gradual", 0.0), ("gradual, sparsity 0.3", 0.3)):
        whole = document(*cells, reference=reference)
        assert [one.sparsity for one in summary.references_of(whole, summary.groups_of(whole))] == [expected]
    assert summary.references_of(document(*cells, reference=None), summary.groups_of(document(*cells))) == []


def test_highest_sparsity_before_collapse() -> None:
    # Half of the reference is 0.44 in hau and 0.36 in kin; 0.44 itself has not collapsed.
    cells = [pruned(0.9, 0.5, 0.4), pruned(0.5, 0.87, 0.7), pruned(0.7, 0.44, 0.35)]
    groups, references = groups_and_references(DENSE, *cells)
    found = {one: summary.curves(groups, one)["gradual"] for one in JOINT}
    assert [group.sparsity for group in found["kin"]] == [0.5, 0.7, 0.9]
    assert summary.collapse(found["hau"], "hau", references) == Collapse(0.9, None)
    # What rises again behind a collapse is not to be trusted.
    assert summary.collapse(found["kin"], "kin", references) == Collapse(0.5, 0.7)
    assert summary.collapse(found["kin"][1:], "kin", references) == Collapse(None, 0.7)
    assert summary.collapse(found["kin"], "kin", []) is None


def test_curves_tell_languages_trained_on_and_engines_apart() -> None:
    alone = pruned(0.5, 0.1, 0.6, trained_on=["kin"])
    cells = [pruned(0.5, 0.8, 0.7), pruned(0.5, 0.8, 0.7, engine="torch-int8"), alone, DENSE]
    names = set(summary.curves(summary.groups_of(document(*cells)), "kin"))
    assert names == {
        f"gradual, on {one}" for one in ("hau+kin, onnxruntime", "hau+kin, torch-int8", "kin, onnxruntime")
    }
    assert set(summary.curves(summary.groups_of(document(cells[0], DENSE, alone)), "hau")) == {"gradual"}


def test_zero_shot_is_compared_only_where_there_is_nothing_else() -> None:
    kin, hau = pruned(0.5, 0.2, 0.7, trained_on=["kin"]), pruned(0.5, 0.8, 0.3, trained_on=["hau"])
    only_kin, only_hau, joint = summary.groups_of(document(kin, hau, DENSE))
    assert summary.trained_for([only_kin, only_hau, joint], ["kin"]) == [only_kin, joint]
    assert summary.trained_for([only_kin, only_hau, joint], JOINT) == [joint]
    assert summary.trained_for([only_hau], ["kin"]) == [only_hau]
    assert summary.trained_for([only_kin, only_hau], JOINT) == [only_kin, only_hau]


def test_what_to_ship() -> None:
    cells = [
        pruned(0.5, 0.87, 0.73, bytes=2000),  # loses exactly a point in hau, gains one in kin
        pruned(0.7, 0.86, 0.69, bytes=1500),  # loses 2 and exactly 3
        pruned(0.8, 0.85, 0.70, bytes=1500),  # as small; loses 3 and 2
        pruned(0.9, 0.84, 0.60, bytes=800),  # loses 4 and 12
        pruned(0.1, 0.88, 0.72, bytes=None),
    ]
    groups, references = groups_and_references(DENSE, *cells)
    hau, kin = summary.advice(groups, references, JOINT)
    assert (hau.language, hau.reference.name) == ("hau", "dense")
    assert [one and one.sparsity for one in hau.choices.values()] == [0.5, 0.7]
    assert [one and one.sparsity for one in kin.choices.values()] == [0.5, 0.8]
    (strict,) = summary.advice(groups, references, ["hau"], [0.0])
    assert strict.choices[0.0] is groups[0]  # the reference itself
    assert summary.advice(groups, [], JOINT) == []
    unsized, its_reference = groups_and_references({**DENSE, "bytes": None})
    assert list(summary.advice(unsized, its_reference, ["hau"])[0].choices.values()) == [None, None]


def test_pareto_by_hand() -> None:
    points = [(3.0, 0.8), (1.0, 0.5), (2.0, 0.5), (2.0, 0.9), (4.0, 0.9), (1.0, 0.4), (2.0, 0.9)]
    assert summary.pareto(points) == [1, 3, 6]
    assert summary.pareto([]) == []


_POINTS = st.lists(st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)), max_size=30)


@given(_POINTS)
def test_pareto_is_what_nothing_beats(points: list[tuple[float, float]]) -> None:
    def is_beaten(one: tuple[float, float]) -> bool:
        return any(other != one and other[0] <= one[0] and other[1] >= one[1] for other in points)

    front = summary.pareto(points)
    assert sorted(front) == [place for place, one in enumerate(points) if not is_beaten(one)]
    assert [points[place] for place in front] == sorted(points[place] for place in front)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.01, 1))
def test_a_collapse_is_the_first(values: list[float], dense: float) -> None:
    steps = [pruned(place / 20, value, value) for place, value in enumerate(values)]
    groups, references = groups_and_references(cell("dense", {"hau": dense, "kin": dense}), *steps)
    found = summary.collapse(summary.curves(groups, "kin")["gradual"], "kin", references)
    bad = [place for place, value in enumerate(values) if value < dense / 2 - 1e-8]
    fair = [place for place, value in enumerate(values) if value < dense / 2 + 1e-8]
    assert found is not None
    assert found.first is not None if bad else (found.first is None or fair)
    if found.first is not None:
        assert round(found.first * 20) <= min(bad, default=len(values))
        assert (found.highest is None) == (found.first == 0)
