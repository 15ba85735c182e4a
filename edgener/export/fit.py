"""Does a bundle fit its target?"""

from pathlib import Path

from edgener.benchmark import contestants
from edgener.benchmark.contestants import Running
from edgener.errors import CheckFailed
from edgener.export import targets
from edgener.export.config import ExportConfig


def check_target(config: ExportConfig, bundle: Path) -> None:
    """CheckFailed for a bundle that is larger, or takes more memory, than its target has."""
    if config.target is None:
        return
    target, size = targets.load(config.target), sum(file.stat().st_size for file in bundle.iterdir())
    way = "trim the vocabulary (edgener trim-vocab), or choose smaller --embeddings"
    if target.max_mb is not None and size > target.max_mb * 1e6:
        raise CheckFailed(
            f"the bundle has {size / 1e6:.1f} MB, target {target.name} takes at most {target.max_mb:g}; {way}"
        )
    if target.max_peak_mb is not None and (peak := _peak_bytes(bundle)) and peak > target.max_peak_mb * 1e6:
        raise CheckFailed(
            f"loading the bundle takes {peak / 1e6:.0f} MB, target {target.name} has {target.max_peak_mb:g}; {way}"
        )


def _peak_bytes(bundle: Path) -> int | None:
    """Of a process that loads the bundle and answers once; None where the system does not tell."""
    with Running(contestants.bundle(bundle, 1), 1) as process:
        peak: int | None = process.hello()["peak_bytes"]
        return peak
