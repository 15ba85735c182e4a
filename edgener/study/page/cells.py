"""The table of all cells, a row for each group of seeds: figures as text, and as numbers to sort by and to save."""

from collections.abc import Callable
from dataclasses import dataclass

from edgener.study import noise, summary
from edgener.study.page import words
from edgener.study.plots import LATENCY_TOKENS, Study
from edgener.study.summary import SPARSITY, Group, Spread


@dataclass(frozen=True)
class Entry:
    """value, sd: the numbers behind the text, None where there is none. after: shown smaller behind it. full: the text
    without what shortens it, for the CSV, where that differs."""

    text: str
    value: float | None = None
    sd: float | None = None
    after: str = ""
    full: str = ""


NONE = Entry("–")


@dataclass(frozen=True)
class Column:
    """name: in the CSV, where `has_sd` adds a column. A column that is no number is sorted by its text."""

    title: str
    name: str
    of: Callable[[Group], Entry]
    is_number: bool = True
    has_sd: bool = False


def columns(study: Study) -> list[Column]:
    """Sparsity, other settings, engine and loss have a column where a group of the study has them."""
    groups = study.groups
    found = [Column("Chain", "chain", lambda group: Entry(group.chain), is_number=False)]
    if any(group.sparsity is not None for group in groups):
        found.append(Column("Sparsity, %", "sparsity_percent", _sparsity))
    if any(map(_settings, groups)):
        found.append(Column("Settings", "settings", lambda group: Entry(_settings(group)), is_number=False))
    found.append(Column("Trained on", "trained_on", lambda group: _trained_on(study, group), is_number=False))
    if len({group.engine for group in groups}) > 1:
        found.append(Column("Engine", "engine", lambda group: Entry(group.engine), is_number=False))
    found.append(Column("Seeds", "seeds", _seeds))
    found += [_f1_in(language) for language in study.languages]
    found.append(Column("Mean F1", "f1_mean", lambda group: _f1(group.mean_f1), has_sd=True))
    if study.references:
        found.append(Column("Lost", "lost", lambda group: _lost(study, group)))
    return [
        *found,
        Column("Parameters, M", "parameters", lambda group: _count(group.parameters)),
        Column("Non-zeros, M", "non_zeros", lambda group: _count(group.non_zeros)),
        Column("Size, MB", "bytes", lambda group: _count(group.bytes)),
        Column(f"ms, {LATENCY_TOKENS} tokens", f"latency_ms_{LATENCY_TOKENS}", _latency),
    ]


def _f1_in(language: str) -> Column:
    return Column(f"F1 {language}", f"f1_{language}", lambda group: _f1(group.f1.get(language)), has_sd=True)


def _f1(value: Spread | None) -> Entry:
    if value is None:
        return NONE
    after = f"± {words.points(value.sd)}" if value.sd is not None else ""
    return Entry(words.points(value.mean), _exact(value.mean), _exact(value.sd), after)


def _exact(share: float | None) -> float | None:
    """In points, with more digits than are shown."""
    return None if share is None else round(100 * share, 4)


def _lost(study: Study, group: Group) -> Entry:
    reference = summary.reference_for(group, study.references)
    lost = summary.mean_lost(group, reference)
    mark = "noise" if noise.is_noise(group, reference) else ""
    return NONE if lost is None else Entry(words.points(lost), _exact(lost), after=mark)


def _sparsity(group: Group) -> Entry:
    value = _exact(group.sparsity)
    return NONE if value is None else Entry(f"{value:.4g}", value)


def _settings(group: Group) -> str:
    others = {key: value for key, value in group.settings.items() if key != SPARSITY or group.sparsity is None}
    return ", ".join(words.setting(key, value) for key, value in others.items())


def _trained_on(study: Study, group: Group) -> Entry:
    return Entry(words.languages(group.trained_on, study.languages), full="+".join(group.trained_on))


def _seeds(group: Group) -> Entry:
    few = len(group.seeds) < 4
    return Entry(", ".join(map(str, group.seeds)) if few else words.seeds(len(group.seeds)), len(group.seeds))


def _count(value: float | None) -> Entry:
    """In millions."""
    return NONE if value is None else Entry(words.short(value / words.MILLION), round(value))


def _latency(group: Group) -> Entry:
    ms = group.latency_ms.get(LATENCY_TOKENS)
    return NONE if ms is None else Entry(words.short(ms), round(ms, 4))
