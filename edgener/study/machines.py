"""The machines that the evaluations of a study ran on: those of a Ray cluster, or wherever its folder was taken."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edgener.artefact import read_json
from edgener.errors import UserError

_TOLD = ("cpu", "accelerator", "cores", "flags")


def machines_of(evaluations: Iterable[Path]) -> list[dict[str, Any]]:
    """Each machine once, with the number of `evaluations` on it, and their commits and days; no file, not done."""
    found: dict[str, dict[str, Any]] = {}
    number: Counter[str] = Counter()
    for path in sorted({one for one in evaluations if one.is_file()}):
        try:
            document = read_json(path)
            machine = {key: document["machine"].get(key) for key in _TOLD}
            commit, day = document["commit"], str(document["date"])[:10]
        except (UserError, KeyError, TypeError, AttributeError):  # damage is told where its cell is
            continue
        name = repr(machine)
        number[name] += 1
        known = found.setdefault(name, {**machine, "commits": [], "days": []})
        for key, one in (("commits", commit), ("days", day)):
            known[key] = sorted({*known[key], *([one] if one else [])})
    return [{**machine, "evaluations": number[name]} for name, machine in found.items()]


def told(machine: dict[str, Any]) -> str:
    """A machine in words: its accelerator, where it has one, its CPU, and how many cores."""
    name = " with ".join(str(machine[key]) for key in ("accelerator", "cpu") if machine.get(key))
    return f"{name}, {machine['cores']} cores" if machine.get("cores") else name
