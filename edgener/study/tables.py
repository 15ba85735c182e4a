"""The tables of a study as Markdown and CSV, from its document (study.json)."""

import csv as csv_
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgener.study.machines import told
from edgener.study.noise import is_noise
from edgener.study.summary import (
    Group,
    Spread,
    collapse,
    curves,
    groups_of,
    is_collapsed,
    lost,
    mean_lost,
    reference_for,
    references_of,
)

Document = Mapping[str, Any]


def markdown(document: Document) -> str:
    """All tables, with their title and where they come from."""
    parts = [f"# {_text(document['title'])}\n", f"{_text(document['about'])}\n" if document["about"] else ""]
    machines = ", ".join(map(told, document.get("machines") or [document["machine"]]))
    source = f"`{document['command']}`; {machines}; {document['date'][:10]}; commit {document['commit']}\n"
    return "\n".join(part for part in [*parts, *sections(document).values(), source] if part)


def sections(document: Document) -> dict[str, str]:
    """Tables by name, empty where there is nothing to show: `f1`, `size`, `collapse`, `transfer`, `failed`.

    F1 in points of 100, mean and standard deviation over seeds; noise as edgener.study.noise says.
    """
    groups = groups_of(document)
    references = references_of(document, groups)
    return {
        "f1": _scores(document, groups, references),
        "size": _sizes(groups),
        "collapse": _collapses(document, groups, references),
        "transfer": _transfer(document, groups),
        "failed": _failures(document),
    }


def csv(document: Document) -> str:
    """A line for each cell that is done: F1 as shares of 1, sizes in bytes, latency in ms."""
    settings = _first_seen(cell["settings"] for cell in document["cells"])
    tokens = _lengths(cell.get("latency_ms", {}) for cell in document["cells"])
    languages = document["languages"]
    columns = ["cell", "chain", *settings, "trained_on", "seed", "engine", *[f"f1_{one}" for one in languages]]
    columns += ["mean_f1", "parameters", "non_zeros", "bytes", *[f"ms_{one}_tokens" for one in tokens]]
    text = io.StringIO()
    writer = csv_.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for cell in document["cells"]:
        if cell["state"] != "done":
            continue
        timed = cell.get("latency_ms", {})
        row = [cell["cell"], cell["chain"], *[cell["settings"].get(one) for one in settings]]
        row += ["+".join(cell["trained_on"]), cell["seed"], cell["engine"]]
        row += [cell["f1"].get(one, {}).get("f1") for one in languages]
        row += [cell[part] for part in ("mean_f1", "parameters", "non_zeros", "bytes")]
        row += [timed[one]["median"] if one in timed else None for one in tokens]
        writer.writerow(_harmless(value) for value in row)
    return text.getvalue()


def _scores(document: Document, groups: Sequence[Group], references: Sequence[Group]) -> str:
    languages = [one for one in document["languages"] if any(one in group.f1 for group in groups)]
    header = ["test F1", "seeds", *languages, "mean", *(["lost", "most, by a language"] if references else [])]
    rows = []
    for group in groups:
        reference = reference_for(group, references)
        row = [_named(group, groups), len(group.seeds)]
        for one in languages:
            mark = " (collapsed)" if one in group.f1 and is_collapsed(group, one, references) else ""
            row.append(f"{_points(group.f1[one])}{mark}" if one in group.f1 else "")
        row.append(_points(group.mean_f1))
        if references:
            missed, mean = lost(group, reference), mean_lost(group, reference)
            worst = max(missed, key=lambda one: missed[one], default=None)
            row += ["" if mean is None else _percent(mean) + " (noise)" * is_noise(group, reference)]
            row += ["" if worst is None or group is reference else _worst(group, reference, worst, missed[worst])]
        rows.append(row)
    return _table(header, rows)


def _worst(group: Group, reference: Group | None, language: str, missed: float) -> str:
    return f"{_percent(missed)} ({language}{', noise' * is_noise(group, reference, language)})"


def _sizes(groups: Sequence[Group]) -> str:
    tokens = _lengths(group.latency_ms for group in groups)
    header = ["", "million parameters", "not zero", "MB", *[f"{one} tokens, ms" for one in tokens]]
    rows = [
        [
            _named(group, groups),
            *[_scaled(part, 1e6) for part in (group.parameters, group.non_zeros, group.bytes)],
            *[f"{group.latency_ms[one]:.2f}" if one in group.latency_ms else "" for one in tokens],
        ]
        for group in groups
    ]
    return _table(header, rows)


def _collapses(document: Document, groups: Sequence[Group], references: Sequence[Group]) -> str:
    """The highest sparsity before F1 falls below half of the reference's."""
    found: dict[str, dict[str, str]] = {}
    for language in document["languages"]:
        for name, curve in curves(groups, language).items():
            if (at := collapse(curve, language, references)) is not None:
                highest = "none tested" if at.highest is None else f"{100 * at.highest:g} %"
                found.setdefault(name, {})[language] = highest if at.first is not None else f"{highest}, no collapse"
    if not found:
        return ""
    languages = [one for one in document["languages"] if any(one in row for row in found.values())]
    rows = [[name, *[row.get(one, "") for one in languages]] for name, row in found.items()]
    return _table(["highest sparsity before collapse", *languages], rows)


def _transfer(document: Document, groups: Sequence[Group]) -> str:
    """Zero-shot: languages that a model was not trained on; those it was trained on in brackets."""
    across = [group for group in groups if not all(map(group.has_seen, group.f1))]
    if not across:
        return ""
    languages = [one for one in document["languages"] if any(one in group.f1 for group in across)]
    rows = []
    for group in across:
        shown = {one: f"{_percent(found.mean)}" for one, found in group.f1.items()}
        figures = [f"[{shown[one]}]" if group.has_seen(one) else shown.get(one, "") for one in languages]
        unseen = [found.mean for one, found in group.f1.items() if not group.has_seen(one)]
        rows.append([group.name, "+".join(group.trained_on), *figures, _percent(sum(unseen) / len(unseen))])
    return _table(["zero-shot F1", "trained on", *languages, "mean of those not trained on"], rows)


def _failures(document: Document) -> str:
    failed = [[cell["cell"], cell["error"]] for cell in document["cells"] if cell["state"] == "failed"]
    return _table(["failed", "why"], failed) if failed else ""


def _named(group: Group, groups: Sequence[Group]) -> str:
    """With its languages where another group has its name."""
    several = sum(one.name == group.name for one in groups) > 1
    return f"{group.name}, on {'+'.join(group.trained_on)}" if several else group.name


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(_text(cell) for cell in line)} |\n" for line in lines)


def _text(cell: object) -> str:
    """One line that Markdown takes as it is written."""
    escaped = "".join(f"\\{sign}" if sign in "\\|`*_<>[]" else sign for sign in str(cell))
    return " ".join(escaped.split())


def _harmless(value: Any) -> Any:
    """A spreadsheet takes a text that begins so for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _points(spread: Spread) -> str:
    sd = "" if spread.sd is None else f" ± {_percent(spread.sd)}"
    return f"{_percent(spread.mean)}{sd}"


def _percent(share: float) -> str:
    return f"{round(100 * share, 2) + 0.0:.2f}"  # no -0.00


def _scaled(value: float | None, unit: float) -> str:
    return "" if value is None else f"{value / unit:.2f}"


def _lengths(tables: Iterable[Mapping[str, Any]]) -> list[str]:
    """Numbers of tokens, rising; in a JSON file, 128 comes before 16."""
    return sorted({tokens for table in tables for tokens in table}, key=int)


def _first_seen(tables: Iterable[Mapping[str, Any]]) -> list[str]:
    """Keys of all tables in the order in which they come first."""
    return list(dict.fromkeys(key for table in tables for key in table))
