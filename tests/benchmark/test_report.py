"""Medians, spread, and ratios that are taken within a round."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgener.benchmark.report import ratio, summary
from edgener.benchmark.rounds import in_turn

TIMES = st.floats(0.01, 1e4)


def test_a_summary_by_hand() -> None:
    found = summary([float(value) for value in range(1, 101)])
    assert found == pytest.approx({"median": 50.5, "p90": 90.1, "p99": 99.01, "iqr": 49.5})


def test_a_ratio_is_taken_round_by_round() -> None:
    """The machine slows to a half in the second round: it slows both, so the ratio stays."""
    assert ratio([[10.0, 10.0, 11.0], [20.0, 21.0]], [[30.0, 31.0, 30.0], [61.5]]) == pytest.approx(
        {"median": 3.0, "min": 3.0, "max": 3.0}
    )


def test_no_ratio_where_the_first_was_not_measured() -> None:
    assert ratio([], [[1.0]]) is None


@given(st.lists(TIMES, min_size=1, max_size=30), st.floats(0.1, 10))
def test_a_contestant_that_is_always_slower_by_a_factor_has_that_ratio(times: list[float], factor: float) -> None:
    found = ratio([[one] for one in times], [[factor * one] for one in times])
    assert found is not None
    assert np.allclose(list(found.values()), factor)


@given(st.lists(TIMES, min_size=1))
def test_percentiles_are_in_order(times: list[float]) -> None:
    found = summary(times)
    assert min(times) <= found["median"] <= found["p90"] <= found["p99"] <= max(times)


@given(st.integers(1, 6), st.integers(1, 4))
def test_every_contestant_is_equally_often_at_every_place(count: int, times: int) -> None:
    names = list(range(count))
    orders = [in_turn(names, number) for number in range(2 * count * times)]
    assert all(sorted(order) == names for order in orders)
    for place in range(count):
        assert set(Counter(order[place] for order in orders).values()) == {2 * times}


def test_nobody_is_always_behind_the_same_neighbour() -> None:
    orders = [in_turn("abc", number) for number in range(6)]
    behind_b = {order[order.index("b") - 1] for order in orders if order[0] != "b"}
    assert behind_b == {"a", "c"}
