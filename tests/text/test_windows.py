"""Windows over pieces, for any size: section 4 of the decode contract."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.text.windows import owner, plan

relaxed = settings(deadline=None)


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int, int]:
    capacity = draw(st.integers(1, 40))
    return draw(st.integers(0, 200)), capacity, draw(st.integers(1, capacity))


@relaxed
@given(sizes())
def test_plan(size: tuple[int, int, int]) -> None:
    pieces, capacity, stride = size
    windows = plan(pieces, capacity, stride)
    assert {piece for start, end in windows for piece in range(start, end)} == set(range(pieces))
    assert windows == [(k * stride, min(k * stride + capacity, pieces)) for k in range(len(windows))]
    assert [end for _, end in windows].count(pieces) == (1 if pieces else 0)
    assert len(windows) == 1 or pieces > capacity or not pieces


@relaxed
@given(sizes())
def test_owner_is_the_window_where_the_piece_is_farthest_from_an_end(size: tuple[int, int, int]) -> None:
    pieces, capacity, stride = size
    windows = plan(pieces, capacity, stride)
    for piece in range(pieces):
        best, distance = -1, -1
        for k, (start, end) in enumerate(windows):
            if start <= piece < end and min(piece - start, end - 1 - piece) > distance:
                best, distance = k, min(piece - start, end - 1 - piece)
        assert owner(piece, windows, capacity, stride) == best


@pytest.mark.parametrize(("capacity", "stride"), [(8, 0), (8, -1), (8, 9), (0, 0), (0, 1)])
def test_a_stride_that_leaves_gaps_or_never_ends(capacity: int, stride: int) -> None:
    with pytest.raises(ValueError, match="stride"):
        plan(10, capacity, stride)
