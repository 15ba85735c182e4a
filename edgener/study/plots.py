"""Plots of a study as geometry: what is where in an SVG, and in which style; the template draws it.

The palette is Okabe and Ito's ("Color Universal Design", 2008), without its yellow, which white paper swallows. A chain
has a colour, a marker and a dash, so that none of the three has to be seen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from edgener.study import summary
from edgener.study.page import words
from edgener.study.page.axes import Axis, axis
from edgener.study.summary import Group, Spread

COLOURS = 6  # --c0 to --c5 of style.css
DASHES = ("", "8 3", "2 2.5", "9 3 2 3", "14 3", "5 2 1.5 2 1.5 2")
MARKERS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",  # circle
    "M-3.6-3.6h7.2v7.2h-7.2z",  # square
    "M0-4.8L4.6 3.4H-4.6z",  # triangle
    "M0-5.2L5.2 0L0 5.2L-5.2 0z",  # diamond
    "M0 4.8L4.6-3.4H-4.6z",  # triangle, upside down
    "M0-4.8L4.6-1.5L2.8 3.9H-2.8L-4.6-1.5z",  # pentagon
    "M-5-1.7h3.3V-5h3.4v3.3H5v3.4H1.7V5h-3.4V1.7H-5z",  # plus
)
CROSS = "M-3.5-3.5L3.5 3.5M3.5-3.5L-3.5 3.5"
LATENCY_TOKENS = "32"


@dataclass(frozen=True)
class Style:
    """colour: a class of style.css. dash: as SVG has it. marker: a path around 0, 0."""

    colour: str
    dash: str
    marker: str


REFERENCE = Style("ink", "5 4", "M0-6.5L1.7-1.7L6.5 0L1.7 1.7L0 6.5L-1.7 1.7L-6.5 0L-1.7-1.7z")


@dataclass(frozen=True)
class Point:
    """x, y: in the SVG. kind: `collapsed`, `front`, `behind` or nothing. name, figures: shown at the point."""

    x: float
    y: float
    style: Style
    kind: str
    name: str
    figures: str


@dataclass(frozen=True)
class Line:
    """path, band: as SVG has them; the band is one standard deviation to both sides, empty without one."""

    style: Style
    path: str
    band: str


@dataclass(frozen=True)
class Plot:
    """rules: heights of the references. front: the path of the Pareto front, and `best`, its points in words."""

    title: str
    note: str
    width: int
    height: int
    x: Axis
    y: Axis
    points: Sequence[Point]
    lines: Sequence[Line] = ()
    rules: Sequence[float] = ()
    front: str = ""
    best: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Study:
    """What every plot needs. labels: a name for each group. chains, curves: styles by their names."""

    groups: Sequence[Group]
    references: Sequence[Group]
    languages: Sequence[str]
    labels: Mapping[Group, str]
    chains: Mapping[str, Style]
    curves: Mapping[str, Style]

    def style(self, group: Group) -> Style:
        return REFERENCE if group in self.references else self.chains[group.chain]


def study_of(document: Mapping[str, Any], groups: Sequence[Group]) -> Study:
    languages, references = document["languages"], summary.references_of(document, groups)
    chains, curves = _styles(groups, references, languages)
    return Study(groups, references, languages, words.labels(groups, languages), chains, curves)


def _styles(
    groups: Sequence[Group], references: Sequence[Group], languages: Iterable[str]
) -> tuple[dict[str, Style], dict[str, Style]]:
    """By chain, where it is no reference, and by curve. A chain has the style of its first curve, and one colour."""
    of_curve = {name: those[0].chain for one in languages for name, those in summary.curves(groups, one).items()}
    others = dict.fromkeys(one.chain for one in groups if one not in references)
    chains: dict[str, Style] = {}
    curves: dict[str, Style] = {}
    drawn: list[Style] = []
    for number, chain in enumerate({**others, **dict.fromkeys(of_curve.values())}):
        own = [name for name, owner in of_curve.items() if owner == chain]
        for curve in own or [chain]:
            place = len(drawn)
            drawn.append(Style(f"c{number % COLOURS}", DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)]))
            if chain in others:
                chains.setdefault(chain, drawn[place])
            if own:
                curves[curve] = drawn[place]
    return chains, curves


def sparsity_plots(study: Study) -> list[Plot]:
    """F1 against sparsity, a plot for each language that has such cells, all with the same axes."""
    by_language = {one: summary.curves(study.groups, one) for one in study.languages}
    drawn = {one: found for one, found in by_language.items() if found}
    if not drawn:
        return []
    there = [(one, group) for one, found in drawn.items() for curve in found.values() for group in curve]
    x = axis("Sparsity, %", [100 * (group.sparsity or 0) for _, group in there], 34, 308)
    held = [summary.reference_for(group, study.references) for _, group in there]
    tops = [100 * one.f1[name].mean for (name, _), one in zip(there, held, strict=True) if one and name in one.f1]
    y = axis("F1, points", [0.0, *(100 * _top(group.f1[one]) for one, group in there), *tops], 190, 20)
    return [_sparsity_plot(study, one, found, x, y) for one, found in drawn.items()]


def _sparsity_plot(study: Study, language: str, found: dict[str, list[Group]], x: Axis, y: Axis) -> Plot:
    held = [summary.reference_for(group, study.references) for curve in found.values() for group in curve]
    levels = dict.fromkeys(one.f1[language].mean for one in held if one and language in one.f1)
    note = f"reference {', '.join(map(words.points, levels))}" if levels else ""
    if not any(group.has_seen(language) for curve in found.values() for group in curve):
        note = f"zero-shot; {note}".removesuffix("; ")
    marks, lines = [], []
    for name, curve in found.items():
        style, places = study.curves[name], [x.at(100 * (group.sparsity or 0)) for group in curve]
        f1 = [group.f1[language] for group in curve]
        lines.append(_line(style, places, f1, y))
        for group, place, value in zip(curve, places, f1, strict=True):
            kind = "collapsed" if summary.is_collapsed(group, language, study.references) else ""
            figures = f"{language}: F1 {words.spread(value)} ({words.seeds(value.count)})"
            figures += f", {kind}" if kind else ""
            marks.append(Point(place, y.at(100 * value.mean), style, kind, study.labels[group], figures))
    return Plot(language, note, 320, 226, x, y, marks, lines, [y.at(100 * one) for one in levels])


def _line(style: Style, places: Sequence[float], f1: Sequence[Spread], y: Axis) -> Line:
    """Through the means; the band along the stretches that have standard deviations."""
    bands = []
    for has_sd, stretch in groupby(zip(places, f1, strict=True), key=lambda one: one[1].sd is not None):
        those = list(stretch)
        upper = [(place, y.at(100 * _top(one))) for place, one in those]
        lower = [(place, y.at(100 * max(0.0, one.mean - (one.sd or 0)))) for place, one in those]
        if has_sd and len(those) > 1:
            bands.append(_path([*upper, *reversed(lower)]) + "z")
    return Line(style, _path(zip(places, (y.at(100 * one.mean) for one in f1), strict=True)), "".join(bands))


def _top(value: Spread) -> float:
    return min(1.0, value.mean + (value.sd or 0))


@dataclass(frozen=True)
class Cost:
    """What F1 is weighed against: `of` a group in the unit of the title, None where it is not known."""

    title: str
    of: Callable[[Group], float | None]
    words: Callable[[float], str]


SIZE = Cost("Size, MB", lambda group: group.bytes and group.bytes / words.MILLION, lambda mb: f"{words.short(mb)} MB")
NON_ZEROS = Cost(
    "Parameters that are not zero, millions",
    lambda group: group.non_zeros and group.non_zeros / words.MILLION,
    lambda millions: f"{words.short(millions)} M not zero",
)
LATENCY = Cost(
    f"Latency at {LATENCY_TOKENS} tokens, ms", lambda group: group.latency_ms.get(LATENCY_TOKENS), words.milliseconds
)


def space(groups: Sequence[Group]) -> Cost:
    """Size; where all files are as large, since a zero that is stored takes room too, the rest without zeros."""
    sizes = [one.bytes for one in groups if one.bytes]
    alike = len(sizes) > 1 and max(sizes) < 1.01 * min(sizes)
    return NON_ZEROS if alike and len({one.non_zeros for one in groups}) > 1 else SIZE


def cost_plot(study: Study, language: str | None, cost: Cost) -> Plot | None:
    """F1 in a language, or its mean over all, against a cost, with the Pareto front; None where no cost is known.

    Collapsed groups are left out: nobody would ship them, and they would press all others into a corner.
    """
    wanted = [language] if language is not None else list(study.languages)
    there = [one for one in summary.trained_for(study.groups, wanted) if cost.of(one)]
    shown = [one for one in there if not any(summary.is_collapsed(one, name, study.references) for name in wanted)]
    if not shown:
        return None
    f1 = [one.f1[language] if language is not None else one.mean_f1 for one in shown]
    costs = [cost.of(one) or 0.0 for one in shown]
    x = axis(cost.title, costs, 40, 428, may_be_log=True)
    y = axis("F1, points", [100 * one.mean for one in f1], 292, 22)
    front = summary.pareto([(paid, one.mean) for paid, one in zip(costs, f1, strict=True)])
    figures = [f"F1 {words.spread(one)}, {cost.words(paid)}" for one, paid in zip(f1, costs, strict=True)]
    places = [(x.at(paid), y.at(100 * one.mean)) for paid, one in zip(costs, f1, strict=True)]
    marks = [
        Point(*places[at], study.style(group), "front" if at in front else "behind", study.labels[group], told)
        for at, (group, told) in enumerate(zip(shown, figures, strict=True))
    ]
    marks.sort(key=lambda point: point.kind == "front")  # drawn last, on top
    left_out = len(there) - len(shown)
    note = f"{left_out} collapsed left out" if left_out else ""
    best = [(study.labels[shown[at]], figures[at]) for at in front]
    title = language if language is not None else "mean over languages"
    return Plot(title, note, 440, 330, x, y, marks, front=_stairs([places[at] for at in front]), best=best)


def _stairs(places: Sequence[tuple[float, float]]) -> str:
    """Right, then up: between two points of a front, the best that can be had is the cheaper one."""
    corners = [(right, low) for (_, low), (right, _) in pairwise(places)]
    return _path([place for pair in zip(places, corners, strict=False) for place in pair] + [places[-1]])


def _path(places: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
