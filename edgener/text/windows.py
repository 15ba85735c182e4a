"""Windows over the pieces of a long text: section 4 of the decode contract (tests/conformance/README.md)."""


def plan(pieces: int, capacity: int, stride: int) -> list[tuple[int, int]]:
    """Ranges of pieces that cover `pieces` pieces, at most `capacity` in each, starting every `stride` pieces.

    0 < stride <= capacity; a text without pieces has no window.
    """
    if not 0 < stride <= capacity:
        raise ValueError(f"stride {stride} is not in 1..{capacity} (the capacity of a window)")
    if pieces == 0:
        return []
    starts = range(0, max(pieces - capacity, 0) + stride, stride)
    windows = [(start, min(start + capacity, pieces)) for start in starts]
    return windows[: next(k for k, (_, end) in enumerate(windows) if end == pieces) + 1]


def owner(piece: int, windows: list[tuple[int, int]], capacity: int, stride: int) -> int:
    """Index of the window in which `piece` is farthest from the nearer end; the earlier one on a tie."""
    first = max(0, (piece - capacity) // stride + 1)
    last = min(piece // stride, len(windows) - 1)
    return max(range(first, last + 1), key=lambda k: min(piece - windows[k][0], windows[k][1] - 1 - piece))
