"""What the cells of a study say together: spread over seeds, loss beside the reference, collapse, what to ship.

Plain functions over the document of a study (study.json), for the report and the tables. F1 is a share of 1 here, and
so are losses: one point of F1 is 0.01.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

SPARSITY = "sparsity"
LIMITS = (0.01, 0.03)  # what a model to be shipped may lose
_COLLAPSED = 0.5  # F1 below this share of the reference's
_EXACT = 9  # decimals: in binary, 0.87 - 0.86 is more than 0.01


@dataclass(frozen=True)
class Spread:
    """Mean over seeds, and the sample standard deviation, None for one seed."""

    mean: float
    sd: float | None
    count: int


@dataclass(frozen=True, eq=False)  # a group equals itself alone, and can be a key
class Group:
    """Finished cells that differ in their seed only.

    trained_on: sorted. f1: by language. intervals: by language, each end of the test set's interval, a mean over seeds.
    parameters, non_zeros, bytes: means over seeds, None where no cell has them. latency_ms: by number of tokens, the
    mean of the medians of those seeds that were timed.
    """

    chain: str
    settings: Mapping[str, Any]
    trained_on: tuple[str, ...]
    engine: str
    seeds: tuple[int, ...]
    f1: Mapping[str, Spread]
    intervals: Mapping[str, tuple[float, float]]
    mean_f1: Spread
    parameters: float | None
    non_zeros: float | None
    bytes: float | None
    latency_ms: Mapping[str, float]

    @property
    def name(self) -> str:
        """The chain and its settings. Groups that differ in languages or engine may share it."""
        return _named(self.chain, self.settings)

    @property
    def variant(self) -> str:
        """The name without sparsity: groups of one variant make a curve."""
        return _named(self.chain, {key: value for key, value in self.settings.items() if key != SPARSITY})

    @property
    def sparsity(self) -> float | None:
        """A share of 1; None for a chain that has no such setting."""
        value = self.settings.get(SPARSITY)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def has_seen(self, language: str) -> bool:
        """Was it trained on the language? Else its F1 there is zero-shot."""
        return language in self.trained_on


def groups_of(document: Mapping[str, Any]) -> list[Group]:
    """Cells that are done, grouped over seeds, in the order of the document."""
    together: dict[Any, list[Mapping[str, Any]]] = {}
    for cell in document["cells"]:
        if cell["state"] == "done":
            settings = tuple(sorted((key, str(value)) for key, value in cell["settings"].items()))
            key = (cell["chain"], settings, tuple(sorted(cell["trained_on"])), cell["engine"])
            together.setdefault(key, []).append(cell)
    return [_group(cells) for cells in together.values()]


def references_of(document: Mapping[str, Any], groups: Iterable[Group]) -> list[Group]:
    """Groups of the chain, or with the name, that the document calls its reference; empty where it calls none.

    Where several were trained on the same languages, the one with that very name, or the densest, or the first.
    """
    wanted = document["reference"]
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        if wanted in (group.chain, group.name):
            alike.setdefault(group.trained_on, []).append(group)
    return [min(same, key=lambda one: (one.name != wanted, one.sparsity or 0)) for same in alike.values()]


def reference_for(group: Group, references: Sequence[Group]) -> Group | None:
    """The only reference, or of several the one that was trained on the same languages."""
    if len(references) == 1:
        return references[0]
    return next((one for one in references if one.trained_on == group.trained_on), None)


def reference_in(language: str, references: Iterable[Group]) -> Group | None:
    """What a model for this language is held against: the best reference trained on it, or else the best there is."""
    tested = [one for one in references if language in one.f1]
    return max(tested, key=lambda one: (one.has_seen(language), one.f1[language].mean), default=None)


def lost(group: Group, reference: Group | None) -> dict[str, float]:
    """By language that both were tested on: F1 of the reference less that of the group; negative is a gain."""
    if reference is None:
        return {}
    both = {one: (reference.f1[one], found) for one, found in group.f1.items() if one in reference.f1}
    return {one: round(theirs.mean - ours.mean, _EXACT) for one, (theirs, ours) in both.items()}


def mean_lost(group: Group, reference: Group | None) -> float | None:
    """Mean of `lost` over its languages; None where there are none."""
    found = lost(group, reference)
    return round(fmean(found.values()), _EXACT) if found else None


def is_collapsed(group: Group, language: str, references: Sequence[Group]) -> bool:
    """F1 below half of its reference's in this language; False without a reference to tell by."""
    missed = lost(group, reference_for(group, references)).get(language)
    return missed is not None and group.f1[language].mean < _COLLAPSED * (group.f1[language].mean + missed)


def trained_for(groups: Iterable[Group], languages: Sequence[str]) -> list[Group]:
    """Groups whose F1 in these languages may be compared: tested on them all and, unless none was, trained on them."""
    tested = [group for group in groups if set(languages) <= set(group.f1)]
    return [group for group in tested if all(map(group.has_seen, languages))] or tested


def curves(groups: Iterable[Group], language: str) -> dict[str, list[Group]]:
    """F1 against sparsity in one language: by name, groups of one variant from low to high sparsity.

    Of a variant that was trained for the language on several sets of languages, or that several engines ran, each has
    a curve that says so in its name.
    """
    variants: dict[str, list[Group]] = {}
    for group in trained_for(groups, [language]):
        if group.sparsity is not None:
            variants.setdefault(group.variant, []).append(group)
    found: dict[str, list[Group]] = {}
    for name, same in variants.items():
        sets, engines = {one.trained_on for one in same}, {one.engine for one in same}
        for group in sorted(same, key=lambda one: one.sparsity or 0):
            apart = ["on " + "+".join(group.trained_on)] * (len(sets) > 1) + [group.engine] * (len(engines) > 1)
            found.setdefault(", ".join([name, *apart]), []).append(group)
    return found


@dataclass(frozen=True)
class Collapse:
    """Sparsities. highest: the last tested before `first`, where F1 collapsed; None when that was the lowest tested.
    first: None where F1 never collapsed; highest is the highest tested then.
    """

    highest: float | None
    first: float | None


def collapse(curve: Sequence[Group], language: str, references: Sequence[Group]) -> Collapse | None:
    """Where F1 in a language collapses on a curve that rises in sparsity; None without a reference to tell by."""
    if not any(language in lost(group, reference_for(group, references)) for group in curve):
        return None
    highest = None
    for group in curve:
        if is_collapsed(group, language, references):
            return Collapse(highest, group.sparsity)
        highest = group.sparsity
    return Collapse(highest, None)


@dataclass(frozen=True)
class Advice:
    """choices: by what may be lost, the smallest group that loses no more; None when none of known size does."""

    language: str
    reference: Group
    choices: Mapping[float, Group | None]


def advice(
    groups: Iterable[Group], references: Sequence[Group], languages: Iterable[str], limits: Sequence[float] = LIMITS
) -> list[Advice]:
    """What to ship for each language that a reference was tested on: least bytes, of equals the one that loses less.

    The reference itself is among the choices: it is the answer where nothing smaller is good enough.
    """
    sized, found = [group for group in groups if group.bytes is not None], []
    for language in languages:
        if (reference := reference_in(language, references)) is None:
            continue
        losses = [(one.bytes, lost(one, reference)[language], one) for one in sized if language in one.f1]
        fit = {limit: [one for one in losses if one[1] <= limit] for limit in limits}
        best = {limit: min(those, key=lambda one: one[:2], default=None) for limit, those in fit.items()}
        found.append(Advice(language, reference, {limit: one[2] if one else None for limit, one in best.items()}))
    return found


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Places of the points (cost, worth) that none beats, from the cheapest to the dearest.

    One point beats another when it costs no more and is worth no less, and the two are not equal.
    """
    front: list[int] = []
    for place in sorted(range(len(points)), key=lambda one: (points[one][0], -points[one][1])):
        if not front or points[place][1] > points[front[-1]][1] or points[place] == points[front[-1]]:
            front.append(place)
    return front


def _named(chain: str, settings: Mapping[str, Any]) -> str:
    return ", ".join([chain, *(f"{key} {value}" for key, value in settings.items())])


def _group(cells: Sequence[Mapping[str, Any]]) -> Group:
    first, scores = cells[0], [cell["f1"] for cell in cells]
    tested = dict.fromkeys(language for score in scores for language in score)
    by_language = {one: [score[one] for score in scores if one in score] for one in tested}
    timed = [cell.get("latency_ms") or {} for cell in cells]
    lengths = dict.fromkeys(tokens for found in timed for tokens in found)
    return Group(
        chain=first["chain"],
        settings=first["settings"],
        trained_on=tuple(sorted(first["trained_on"])),
        engine=first["engine"],
        seeds=tuple(cell["seed"] for cell in cells),
        f1={one: _spread(found, "f1") for one, found in by_language.items()},
        intervals={one: _interval([score["interval"] for score in found]) for one, found in by_language.items()},
        mean_f1=_spread(cells, "mean_f1"),
        parameters=_mean(cells, "parameters"),
        non_zeros=_mean(cells, "non_zeros"),
        bytes=_mean(cells, "bytes"),
        latency_ms={tokens: fmean(one[tokens]["median"] for one in timed if tokens in one) for tokens in lengths},
    )


def _spread(those: Sequence[Mapping[str, Any]], key: str) -> Spread:
    values = [one[key] for one in those]
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None, len(values))


def _interval(intervals: Sequence[Sequence[float]]) -> tuple[float, float]:
    return fmean(low for low, _ in intervals), fmean(high for _, high in intervals)


def _mean(cells: Sequence[Mapping[str, Any]], key: str) -> float | None:
    known = [cell[key] for cell in cells if cell.get(key) is not None]
    return fmean(known) if known else None
