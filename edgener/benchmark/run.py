"""The benchmark: contestants in, one document out.

The document: `options`, `contestants` (what each was), `sizes` in bytes, `figures` (edgener.benchmark.report), and raw
(edgener.benchmark.rounds) `samples`, `order`, `readings` and `sittings`. The command puts edgener.benchmark.provenance
before them.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgener import artefact
from edgener.benchmark import report
from edgener.benchmark.contestants import PEER, Contestant, enter
from edgener.benchmark.protocol import SEED
from edgener.benchmark.rounds import Measured, Plan, Samples, measure
from edgener.benchmark.sizes import in_memory, size_of, size_of_files
from edgener.console import say
from edgener.text.lines import read_texts


@dataclass(frozen=True)
class BenchmarkConfig:
    """threads: of every contestant; 0 leaves it to the libraries. text: a file with a sentence a line, end to end."""

    threads: int = 1
    plan: Plan = field(default_factory=Plan)
    text: Path | None = None


def benchmark(
    contestants: Sequence[str | Path],
    baselines: Sequence[str],
    config: BenchmarkConfig,
    peers: Sequence[str] = (),
    before: Measured | None = None,
    kept: Callable[[Measured], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure bundles, baselines (`NAME=MODEL`) and peers (`NAME=COMMAND`); the first is what ratios refer to.

    before, kept: see edgener.benchmark.rounds.measure. UserError when a contestant does not exist or cannot be run.
    """
    lines = read_texts(config.text) if config.text else sample_lines()
    # A turn takes a stretch of them: shuffled, so that any stretch is like the whole.
    random.Random(SEED).shuffle(lines)  # noqa: S311 - an order, not a secret
    with TemporaryDirectory(prefix="edgener-benchmark-") as scratch:
        entered = enter([str(one) for one in contestants], baselines, peers, config.threads, Path(scratch))
        measured = measure(entered, config.plan, config.threads, lines, before=before, kept=kept)
        sizes = {one.name: _size(one, measured.samples) for one in entered}
        described = {one.name: _described(one, measured.samples) for one in entered}
    if slowed := report.throttling(measured.readings):
        say(f"warning: the device was slowed down ({', '.join(slowed)}) while it was measured")
    return {
        "options": {"threads": config.threads, "lines": len(lines), **config.plan.as_dict()},
        "lines_measured": measured.lines,
        "contestants": described,
        "sizes": sizes,
        "figures": report.figures(measured.samples),
        "throttled": slowed,
        "samples": measured.samples,
        "order": measured.order,
        "readings": measured.readings,
        "sittings": measured.sittings,
    }


def _size(contestant: Contestant, samples: Samples) -> dict[str, Any]:
    """Bytes on disk by file; for weights that exist in memory only, their bytes there."""
    hello = samples[contestant.name]["hello"]
    if contestant.kind == PEER:
        for told in (hello, *samples[contestant.name]["cold_starts"]):
            loaded = told.pop("files", [])  # by their folders on this machine, which is nobody else's business
        return size_of_files([Path(file) for file in loaded])
    return size_of(contestant) or in_memory(hello["memory_bytes"])


def _described(contestant: Contestant, samples: Samples) -> dict[str, Any]:
    """Kind and folder name; the digest of an edgener artefact; versions and settings, as its process gave them."""
    found, hello = artefact.find(contestant.path), samples[contestant.name]["hello"]
    return {
        "kind": contestant.kind,
        "folder": contestant.origin.resolve().name,
        "digest": found.digest if found else None,
        "packages": hello["packages"],
        "settings": hello.get("settings", {}),
    }


def sample_lines() -> list[str]:
    """The built-in sample's plain text, in all its languages."""
    from edgener.text import sample

    return [text for texts in sample.sentences().values() for text in texts]
