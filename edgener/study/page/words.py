"""Figures and names of groups as a reader wants them."""

from collections.abc import Sequence
from typing import Any

from edgener.study.summary import SPARSITY, Group, Spread

MILLION = 1e6
MINUS = "−"


def points(share: float, signed: bool = False) -> str:
    """F1 or a difference of F1 in points, with two decimals; never -0.00."""
    value = round(100 * share, 2) + 0.0
    return f"{value:{'+' if signed else ''}.2f}".replace("-", MINUS)


def spread(value: Spread) -> str:
    """F1 in points, with its standard deviation where there is one."""
    return points(value.mean) + (f" ± {points(value.sd)}" if value.sd is not None else "")


def percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def short(value: float) -> str:
    """One decimal, or two digits where that would not show them."""
    return f"{value:,.1f}" if abs(value) >= 1 or value == 0 else f"{value:.2g}"


def megabytes(value: float) -> str:
    return f"{short(value / MILLION)} MB"


def milliseconds(value: float) -> str:
    return f"{short(value)} ms"


def setting(key: str, value: Any) -> str:
    is_share = key == SPARSITY and isinstance(value, int | float) and not isinstance(value, bool)
    return f"{key} {percent(value) if is_share else value}"


def languages(trained_on: Sequence[str], tested: Sequence[str]) -> str:
    """`hau+swa`, or `all 5` for all that the study tests on where those are many."""
    return f"all {len(tested)}" if len(tested) > 3 and set(trained_on) == set(tested) else "+".join(trained_on)


def labels(groups: Sequence[Group], tested: Sequence[str]) -> dict[Group, str]:
    """A name for each group, with its languages and engine where others are called the same."""
    alike: dict[str, list[Group]] = {}
    for group in groups:
        alike.setdefault(group.name, []).append(group)
    found = {}
    for same in alike.values():
        sets, engines = {one.trained_on for one in same}, {one.engine for one in same}
        for group in same:
            parts = [group.chain, *(setting(key, value) for key, value in group.settings.items())]
            parts += ["on " + languages(group.trained_on, tested)] * (len(sets) > 1)
            found[group] = ", ".join(parts + [group.engine] * (len(engines) > 1))
    return found


def seeds(count: int) -> str:
    return f"{count} seeds" if count > 1 else "one seed"
