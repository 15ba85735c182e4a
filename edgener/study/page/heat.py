"""Zero-shot transfer as tables: languages trained on down, languages tested on across, F1 as text and as shade."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edgener.study.page import words
from edgener.study.summary import Group, Spread

SHADES = 9  # h0 to h8 of style.css


@dataclass(frozen=True)
class Square:
    """has_seen: the model was trained on the language. shade: 0 for F1 0 to SHADES - 1 for F1 1; None without F1."""

    text: str
    shade: int | None
    has_seen: bool


@dataclass(frozen=True)
class HeatTable:
    """One sparsity of one variant. rows: (languages trained on, a square for each language tested on)."""

    title: str
    rows: Sequence[tuple[str, Sequence[Square]]]


def transfer(groups: Iterable[Group]) -> dict[str, dict[float | None, list[Group]]]:
    """By variant and rising sparsity, groups of which one at least was tested on a language it was not trained on."""
    together: dict[str, dict[float | None, list[Group]]] = {}
    for group in groups:
        together.setdefault(group.variant, {}).setdefault(group.sparsity, []).append(group)
    found: dict[str, dict[float | None, list[Group]]] = {}
    for variant, by_sparsity in together.items():
        for sparsity, those in sorted(by_sparsity.items(), key=lambda one: one[0] or 0.0):
            if not all(group.has_seen(language) for group in those for language in group.f1):
                found.setdefault(variant, {})[sparsity] = those
    return found


def heat_tables(groups: Iterable[Group], tested: Sequence[str]) -> Mapping[str, Sequence[HeatTable]]:
    """By variant; none for a study in which every model was trained on what it was tested on."""
    return {
        variant: [_table(sparsity, those, tested) for sparsity, those in by_sparsity.items()]
        for variant, by_sparsity in transfer(groups).items()
    }


def _table(sparsity: float | None, groups: Sequence[Group], tested: Sequence[str]) -> HeatTable:
    title = "" if sparsity is None else f"sparsity {words.percent(sparsity)}"
    rows = [
        (words.languages(group.trained_on, tested), [_square(group.f1.get(one), group.has_seen(one)) for one in tested])
        for group in groups
    ]
    return HeatTable(title, rows)


def _square(f1: Spread | None, has_seen: bool) -> Square:
    if f1 is None:
        return Square("–", None, has_seen)
    return Square(f"{100 * f1.mean:.1f}", min(SHADES - 1, int(f1.mean * SHADES)), has_seen)
