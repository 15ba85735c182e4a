"""The benchmark as another machine asks for it: `python -m edgener.benchmark.on_device REQUEST.json`.

The request holds `contestants`, `threads`, `plan`, `text` (a file or null) and `before` (what an interrupted run had
kept, or null). On stdout, one JSON line each: `kept` behind each round, and at last `document`.
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.benchmark import machine
from edgener.benchmark.rounds import Measured, Plan
from edgener.benchmark.run import BenchmarkConfig, benchmark
from edgener.console import print_json, say
from edgener.errors import UserError


def main(request: str) -> int:
    given = artefact.read_json(Path(request), 256 << 20)
    lists: dict[str, Any] = {name: tuple(given["plan"].pop(name)) for name in ("tokens", "batches")}
    plan = Plan(**given["plan"], **lists)
    config = BenchmarkConfig(given["threads"], plan, Path(given["text"]) if given["text"] else None)
    before = Measured(**given["before"]) if given["before"] else None
    try:
        document = benchmark(
            given["contestants"],
            [],
            config,
            before=before,
            kept=lambda measured: print_json({"kept": asdict(measured)}),
        )
    except UserError as error:
        say(f"edgener: {error}")
        return 2
    print_json({"document": {"machine": machine.facts(), **document}})
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
