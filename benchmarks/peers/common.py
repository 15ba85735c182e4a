"""What the peers share: the arguments, and the files that count as theirs."""

import argparse
from collections.abc import Callable
from pathlib import Path

from edgener.benchmark.protocol import Engine, serve


def run(engine: Callable[[Path, int], Engine], what: str) -> None:
    """Serve `engine(FOLDER, N)` for a command line `FOLDER --threads N`."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    serve(engine(given.folder, given.threads))


def files_of(folder: Path) -> list[str]:
    return [str(path.resolve()) for path in sorted(folder.iterdir()) if path.is_file()]
