"""Resident memory of this process. VmHWM starts anew with each program, ru_maxrss does not on Linux."""

import sys
from contextlib import suppress
from pathlib import Path

_STATUS = Path("/proc/self/status")
_REFERENCES = Path("/proc/self/clear_refs")


def rss_bytes(status: Path = _STATUS) -> int | None:
    """Resident bytes now; None where the system does not tell."""
    return _field(status, "VmRSS")


def peak_bytes(status: Path = _STATUS) -> int | None:
    """The most resident bytes since this program started; None where the system does not tell."""
    peak = _field(status, "VmHWM")
    return peak if peak is not None else _most_by_rusage()


def own_bytes(status: Path = _STATUS) -> int | None:
    """Resident bytes that are no pages of files; None where the system does not tell."""
    return _field(status, "RssAnon")


def peak_own_bytes(status: Path = _STATUS) -> int | None:
    """The most of them, since the program started or the peak was forgotten. Pages of files count as they are now, so
    this is exact where none were given back meanwhile."""
    peak, mapped = _field(status, "VmHWM"), _field(status, "RssFile")
    return None if peak is None or mapped is None else peak - mapped


def forget_peak(references: Path = _REFERENCES) -> None:
    """The peak starts anew from what is resident now, where the system can do that."""
    with suppress(OSError):
        references.write_text("5")


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
