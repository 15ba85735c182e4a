"""What this CPU can do, and what a bundle asks of it."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgener.bundle.layout import printable
from edgener.console import say
from edgener.errors import UserError

CPUINFO = Path("/proc/cpuinfo")


def features(cpuinfo: Path = CPUINFO) -> frozenset[str] | None:
    """As Linux names them, such as avx2 and asimddp; None where the system does not tell."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return None


def check(
    model: Mapping[str, Any], where: Path, machine: str | None = None, present: frozenset[str] | None = None
) -> None:
    """Compare a manifest's `model` with this machine. UserError for a bundle of another target.

    model.needs: {machine: features, any one of which will do}; without one the bundle is refused. model.exact_with: the
    same, but without one its int8 sums can saturate: answers may differ from those that were measured, which is said.
    On a machine that neither names, nothing is asked: a bundle for a phone can be tried on a desk.
    """
    machine = machine or platform.machine()
    present = features() if present is None else present
    if present is None:
        return
    if lacking := _lacking(model.get("needs"), machine, present):
        raise UserError(
            f"{where}: made for target {printable(model.get('target'))}, which needs {' or '.join(lacking)}; this CPU "
            "has none; export it for another --target"
        )
    if lacking := _lacking(model.get("exact_with"), machine, present):
        say(
            f"warning: {where.parent}: without {' or '.join(lacking)} this CPU's int8 sums can saturate, and answers "
            "differ from those that were measured; --target x86-avx2 exports a bundle for it"
        )


def _lacking(asked: object, machine: str, present: frozenset[str]) -> Sequence[str]:
    """The features that are asked for on this machine when it has none of them."""
    wanted = asked.get(machine) if isinstance(asked, dict) else None
    names = [printable(one) for one in wanted[:20]] if isinstance(wanted, list) else []
    return names if names and present.isdisjoint(names) else []
