"""Settings of a session, and where the best ones for a bundle on this device are kept.

They are a measurement, so they are no part of the bundle: a JSON file in the user's cache, one entry for each bundle on
each kind of machine. A cache that is gone, damaged or of another machine is as good as none. A tuned variant is another
graph of the bundle, which may answer differently where two tags are nearly as likely; `evaluate` takes none unasked.
"""

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnxruntime

from edgener.artefact import read_json, sha256_file, write_file
from edgener.bundle.layout import SEAL, Bundle
from edgener.errors import UserError
from edgener.runtime import cpu

OPTIMISATIONS = ("none", "basic", "all")


@dataclass(frozen=True)
class Settings:
    """threads: intra-op; 0 leaves it to ONNX Runtime. optimisation: of the graph, when it is loaded.

    spinning: threads wait for work busily, which answers sooner and burns the battery. variant: which of the bundle's
    graphs runs; the first for an empty name.
    """

    threads: int = 0
    optimisation: str = "all"
    spinning: bool = True
    variant: str = ""

    def __str__(self) -> str:
        count = f"{self.threads} thread{'s' * (self.threads != 1)}" if self.threads else "ONNX Runtime's threads"
        variant = f"variant {self.variant}, " if self.variant else ""
        return f"{variant}{count}, graph optimisation {self.optimisation}, {'' if self.spinning else 'no '}spinning"


DEFAULT = Settings()


def cache_folder() -> Path:
    """$EDGENER_CACHE, $XDG_CACHE_HOME or ~/.cache decides where."""
    own = os.environ.get("EDGENER_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgener"


def cache_file() -> Path:
    """What `tune` found, of all bundles."""
    return cache_folder() / "tuned.json"


def key_of(bundle: Path) -> str:
    """Of a bundle (its seal) on this kind of machine with this ONNX Runtime."""
    present = " ".join(sorted(cpu.features() or ()))
    machine = f"{platform.machine()} {os.cpu_count()} {present} {onnxruntime.__version__}"
    return f"{sha256_file(bundle / SEAL)} {hashlib.sha256(machine.encode()).hexdigest()[:16]}"


def tuned(bundle: Bundle) -> Settings | None:
    """What `edgener tune` found for this bundle here; None when it found nothing, or it cannot be read."""
    entry = _read().get(key_of(bundle.path))
    try:
        settings = Settings(**entry["settings"]) if entry else None
    except (TypeError, KeyError):
        return None
    return settings if settings and _is_sound(settings) and settings.variant in ("", *bundle.variants) else None


def chosen_for(bundle: Bundle, threads: int) -> Settings:
    """What `edgener tune` found here, else the threads that the bundle's target suggests; `threads` counts more."""
    found = tuned(bundle)
    if threads:
        return replace(found or DEFAULT, threads=threads)
    suggested = bundle.manifest["model"].get("threads")
    cores = os.cpu_count() or 1
    return found or Settings(min(suggested, cores) if type(suggested) is int and suggested > 0 else 0)


def keep(bundle: Path, settings: Settings, facts: dict[str, Any]) -> Path:
    """Write down the settings for this bundle here, beside what was measured. Returns the file."""
    place = cache_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    entries = _read() | {key_of(bundle): {"settings": asdict(settings), **facts}}
    write_file(place, (json.dumps(entries, indent=1, sort_keys=True) + "\n").encode())
    return place


def _read() -> dict[str, Any]:
    try:
        found = read_json(cache_file())
    except (UserError, OSError, RuntimeError):  # RuntimeError: a user without a home
        return {}
    return found if isinstance(found, dict) else {}


def _is_sound(settings: Settings) -> bool:
    threads = settings.threads
    return (
        type(threads) is int
        and 0 <= threads <= 1024
        and settings.optimisation in OPTIMISATIONS
        and type(settings.spinning) is bool
    )
