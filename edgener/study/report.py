"""The report of a study: one HTML file that opens anywhere, offline, prints, and reads without JavaScript.

Plots are inline SVG that Python places and a template draws. Plotly was tried first: its script makes a report of
4.8 MB, which shows and prints nothing without JavaScript, wants inline styles allowed, and squeezes small multiples
into the width of a phone instead of stacking them. What a plot needs here, two kinds of axes and paths, is little.

Jinja escapes whatever a template is given, so that a name can hold any text. The page's Content-Security-Policy allows
the one style and the one script whose hashes it has, and no request.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edgener.artefact import write_file
from edgener.study import noise, plots, summary
from edgener.study.machines import told
from edgener.study.page import cells, heat, words
from edgener.study.plots import LATENCY, Plot, Study
from edgener.study.summary import Advice, Group

_PAGE = "edgener.study.page"
# What HTML cannot carry as text: control characters, and surrogates, which UTF-8 cannot carry either.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def write_report(document: Mapping[str, Any], path: Path) -> None:
    """Write the report of a study's document (see edgener.study.run) to one HTML file."""
    write_file(path, page(document).encode())


def page(document: Mapping[str, Any]) -> str:
    """The report as HTML. Sections that the document has no data for are left out."""
    environment = Environment(
        loader=PackageLoader("edgener.study", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_as_text,
    )
    environment.filters["place"] = lambda value: f"{value:.1f}"
    style, script = _asset("style.css"), _asset("report.js")
    return environment.get_template("report.html").render(
        style=style, script=script, style_hash=_hash(style), script_hash=_hash(script), **_content(document)
    )


def _as_text(value: object) -> object:
    return value if isinstance(value, Markup) else _NO_TEXT.sub("�", str(value))


def _asset(name: str) -> Markup:
    return Markup((files(_PAGE) / name).read_text(encoding="utf-8"))  # noqa: S704 - ours, no part of a document


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    groups = summary.groups_of(document)
    study = plots.study_of(document, groups)
    failed = failures(document)
    columns = cells.columns(study)
    return {
        "name": document["name"],
        "title": document["title"] or document["name"],
        "about": document["about"],
        "made": made(document),
        "done": sum(1 for cell in document["cells"] if cell["state"] == "done"),
        "failed": failed,
        "languages": study.languages,
        "advice": [_advice(study, one) for one in summary.advice(groups, study.references, study.languages)],
        "chains": list(dict.fromkeys(group.chain for group in groups)),
        "curve_styles": study.curves,
        "chain_styles": study.chains,
        "reference": document["reference"] if study.references else None,
        "knows_noise": any(len(one.seeds) > 2 for one in study.references),
        "reference_style": plots.REFERENCE,
        "cross": plots.CROSS,
        "sparsity": plots.sparsity_plots(study),
        "collapse": collapse_rows(study),
        "costs": cost_plots(study),
        "same_size": plots.space(groups) is plots.NON_ZEROS,
        "timed": sum(1 for group in groups if plots.LATENCY_TOKENS in group.latency_ms),
        "groups": len(groups),
        "heat": heat.heat_tables(groups, study.languages),
        "columns": columns,
        "rows": [(group.chain, [column.of(group) for column in columns]) for group in groups],
        "file": re.sub(r"[^A-Za-z0-9-]+", "-", document["name"]).strip("-") or "study",
    }


def made(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, how) of where the figures come from; what the document does not tell is left out."""
    machine = document.get("machine") or {}
    memory = machine.get("memory_bytes")
    parts = [
        machine.get("cpu"),
        f"{machine['cores']} cores" if machine.get("cores") else None,
        f"{memory / 1e9:.0f} GB memory" if memory else None,
        machine.get("system"),
        " ".join(machine.get("flags") or ()),
    ]
    versions = machine.get("versions") or {}
    found = [
        ("Command", document.get("command")),
        ("Date", str(document.get("date") or "").replace("T", " ").replace("+00:00", " UTC")),
        ("edgener", document.get("edgener")),
        ("Commit", document.get("commit")),
        ("Machine", ", ".join(str(part) for part in parts if part)),
        ("Evaluated on", "; ".join(f"{told(one)} ({one['evaluations']})" for one in document.get("machines") or ())),
        ("With", ", ".join(f"{name} {version}" for name, version in versions.items() if name != "edgener")),
    ]
    return [(what, str(how)) for what, how in found if how]


def failures(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(cell, first line of its error) of each cell that failed."""
    failed = [cell for cell in document["cells"] if cell["state"] == "failed"]
    return [(cell["cell"], next(iter((cell["error"] or "").splitlines()), "no error was noted")) for cell in failed]


@dataclass(frozen=True)
class Choice:
    """A model as somebody who ships it sees it. details: what it loses, weighs and takes."""

    name: str
    f1: str
    details: str
    is_reference: bool


def _advice(study: Study, advice: Advice) -> dict[str, Any]:
    low, high = advice.reference.intervals[advice.language]
    return {
        "language": advice.language,
        "reference": _choice(study, advice, advice.reference),
        "interval": f"{words.points(low)} to {words.points(high)}",
        "choices": [one and _choice(study, advice, one) for one in advice.choices.values()],
    }


def _choice(study: Study, advice: Advice, group: Group) -> Choice:
    missed, ms = summary.lost(group, advice.reference)[advice.language], group.latency_ms.get(plots.LATENCY_TOKENS)
    details = []
    if group is not advice.reference:
        change = f"{words.points(abs(missed))} {'lost' if missed >= 0 else 'gained'}"
        details.append(change + " (noise)" * noise.is_noise(group, advice.reference, advice.language))
    if group.bytes is not None:
        smaller = advice.reference.bytes / group.bytes if advice.reference.bytes and group.bytes else 1.0
        details.append(words.megabytes(group.bytes) + (f" ({smaller:.1f}x smaller)" if smaller >= 1.05 else ""))
    if ms is not None:
        details.append(words.milliseconds(ms))
    if not group.has_seen(advice.language):
        details.append("zero-shot")
    f1 = words.spread(group.f1[advice.language])
    return Choice(study.labels[group], f1, ", ".join(details), group is advice.reference)


@dataclass(frozen=True)
class Limit:
    """The sparsity not to go above, and what happens there; `is_low` where it is the lowest of its row."""

    text: str
    note: str
    is_low: bool


def collapse_rows(study: Study) -> list[tuple[str, list[Limit | None]]]:
    """(curve, a limit for each language); empty without a reference or without sparsities."""
    curves = {one: summary.curves(study.groups, one) for one in study.languages}
    rows = []
    for name in study.curves:
        found = {
            one: summary.collapse(those[name], one, study.references) for one, those in curves.items() if name in those
        }
        highest = {limit.highest or 0.0 for limit in found.values() if limit}
        lowest = min(highest) if len(highest) > 1 else None
        if highest:
            rows.append((name, [_limit(found.get(one), lowest) for one in study.languages]))
    return rows


def _limit(found: summary.Collapse | None, lowest: float | None) -> Limit | None:
    if found is None:
        return None
    if found.first is None:
        return Limit(words.percent(found.highest or 0), "the most tested", False)
    text = "none" if found.highest is None else words.percent(found.highest)
    return Limit(text, f"collapsed at {words.percent(found.first)}", (found.highest or 0) == lowest)


def cost_plots(study: Study) -> list[tuple[str, list[Plot]]]:
    """(what F1 is of, its plots against space and latency): the mean over languages, and each language."""
    costs = (plots.space(study.groups), LATENCY)
    wanted: list[tuple[str, str | None]] = [("mean over languages", None)] if len(study.languages) > 1 else []
    wanted += [(language, language) for language in study.languages]
    found = [(title, _known(plots.cost_plot(study, language, cost) for cost in costs)) for title, language in wanted]
    return [(title, those) for title, those in found if those]


def _known(found: Iterable[Plot | None]) -> list[Plot]:
    return [plot for plot in found if plot is not None]
