"""Does a bundle fit an iOS app extension? An estimate of the memory that counts there, from a measurement here.

iOS ends an extension by its footprint: memory of its own, not pages of files that are mapped. Weights are mapped, and
of the embeddings only the rows of a text's pieces are ever read; but ONNX Runtime copies the weights of the linears
into an order that suits its products, and works in an arena as large as the longest window needs. Both are measured: a
process of its own loads the graph and answers a longest window. What an app takes besides, with the C++ core, is stated
here: see "Memory" in export/ios/README.md.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from edgener.benchmark import memory
from edgener.bundle.layout import ORT_MODEL, TOKENIZER
from edgener.bundle.verify import open_bundle
from edgener.runtime.session import OnnxForward

TARGET = "ios-arm64"  # whose exports are reported so
BUDGET_MB = 50.0  # of a keyboard or another extension, all that it does included: iOS lets them have 50 to 60
# Fitted to edgener-cli's own peak with bundles of 0.5 to 87 MB, which it states 0 to 3 % too high: ONNX Runtime and the
# core without a bundle; the tokenizer in memory, a byte of its file.
_BASE_BYTES = 8_700_000
_BYTES_A_TOKENIZER_BYTE = 2
_THREADS = 2
_SECONDS = 300


@dataclass(frozen=True)
class Footprint:
    """bytes: estimated, with two threads and texts of any length. fits: within the budget, with nothing beside it."""

    bytes: int
    budget_mb: float
    fits: bool


def of_bundle(bundle: Path) -> dict[str, object] | None:
    """A Footprint, as JSON, of a sound bundle's first graph.

    None where the system does not tell a process its own, and for a bundle in ONNX Runtime's format, which the core
    maps and Python's runtime can only copy.
    """
    if (bundle / ORT_MODEL).is_file():
        return None
    command = [sys.executable, "-m", "edgener.benchmark.footprint", str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    grown = json.loads(done.stdout) if done.returncode == 0 else None
    if grown is None:
        return None
    taken = _BASE_BYTES + _BYTES_A_TOKENIZER_BYTE * (bundle / TOKENIZER).stat().st_size + grown
    return asdict(Footprint(taken, BUDGET_MB, taken <= BUDGET_MB * 1e6))


def in_words(found: dict[str, object]) -> str:
    """One line of a report."""
    taken, budget = float(str(found["bytes"])) / 1e6, float(str(found["budget_mb"]))
    fits = "fits" if found["fits"] else "does not fit"
    return f"iOS app extension: about {taken:.0f} MB of memory, {fits} {budget:g} MB"


def _grown(bundle: Path) -> int | None:
    """By how many bytes this process's own memory grew, at most, until it had answered a longest window."""
    found = open_bundle(bundle)
    before = memory.own_bytes()
    memory.forget_peak()
    forward = OnnxForward(found.graph, _THREADS)
    ids = np.full((1, forward.length or found.spec.max_length), found.spec.pad, np.int64)
    for _ in range(2):
        forward(ids, np.ones_like(ids))
    after = memory.peak_own_bytes()
    return None if before is None or after is None else max(0, after - before)


if __name__ == "__main__":
    json.dump(_grown(Path(sys.argv[1])), sys.stdout)
