"""Resident memory of this process. VmHWM starts anew with each program, ru_maxrss does not on Linux."""

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def rss_bytes(status: Path = _STATUS) -> int | None:
    """Resident bytes now; None where the system does not tell."""
    return _field(status, "VmRSS")


def peak_bytes(status: Path = _STATUS) -> int | None:
    """The most resident bytes since this program started; None where the system does not tell."""
    peak = _field(status, "VmHWM")
    return peak if peak is not None else _most_by_rusage()


def _field(status: Path, name: str) -> int | None:
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)


def _most_by_rusage() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
