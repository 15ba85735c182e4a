"""The C++ core beside the Python runtime: size, start, time and memory, in alternating rounds; and their answers.

    python benchmarks/core.py BUNDLE --build build/core --text FILE --out benchmarks/results/core.json

`--build` is where CMake built export/core; ONNX Runtime is that of this Python's package for both. Measured are: bytes
of the library and of edgener-cli without symbols (ONNX Runtime not counted); seconds from starting the process to the
end of one tagged sentence, and of loading alone; milliseconds a line of FILE, from characters to entities; the peak of
memory by the kernel's account. Each round starts every process anew, in turn.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import onnxruntime
import typer

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.provenance import provenance
from edgener.benchmark.report import spread
from edgener.benchmark.rounds import in_turn
from edgener.bundle.verify import open_bundle

CORE, PYTHON = "core", "python"
# What edgener-cli does with --json --times, by the Python runtime.
_PYTHON = """
import json, resource, sys, time
begun = time.perf_counter()
from edgener.runtime import Ner
from edgener.console import print_json
ner = Ner.load(sys.argv[1], threads=int(sys.argv[2]))
load, times = time.perf_counter() - begun, []
for number, line in enumerate(sys.stdin.buffer, 1):
    text = line.decode().rstrip("\\r\\n")
    begun = time.perf_counter()
    found = ner(text)
    times.append(1000 * (time.perf_counter() - begun))
    entities = [{**one.as_dict(), "score": round(one.score, 4)} for one in found]
    print_json({"line": number, "text": text, "entities": entities}, flush=False)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"load_s": load, "peak_kb": peak, "texts_ms": times}), file=sys.stderr)
"""


def main(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    build: Annotated[Path, typer.Option(help="Where CMake built export/core.")],
    text: Annotated[Path, typer.Option(help="A text file, one sentence a line.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    threads: int = 1,
    rounds: int = 9,
) -> None:
    """Measure, and write the JSON."""
    lines = text.read_bytes()
    first = lines.partition(b"\n")[0] + b"\n"
    commands = {
        CORE: [build / "edgener-cli", "--json", "--times", "--threads", str(threads), bundle],
        PYTHON: [sys.executable, "-c", _PYTHON, bundle, str(threads)],
    }
    samples: dict[str, dict[str, list[float]]] = {name: {} for name in commands}
    answers: dict[str, list[Any]] = {}
    for number in range(-1, rounds):
        for name in in_turn(list(commands), number):
            measured, found = one_round(commands[name], first, lines)
            if answers.setdefault(name, found) != found:
                raise SystemExit(f"{name} does not answer the same in every round")
            if number >= 0:  # the first round warms up
                for key, value in measured.items():
                    samples[name].setdefault(key, []).append(value)
    document = {
        **provenance(["python", "benchmarks/core.py", *sys.argv[1:]]),
        "options": {"threads": threads, "rounds": rounds},
        "onnxruntime": onnxruntime.__version__,
        "bundle": {"folder": bundle.name, "bytes": open_bundle(bundle).bytes},
        "bytes": {name: stripped(build / name) for name in ("libedgener.so", "edgener-cli")},
        "figures": {name: {key: spread(values) for key, values in found.items()} for name, found in samples.items()},
        "agreement": agreement(answers[CORE], answers[PYTHON]),
        "samples": samples,
    }
    write_file(out, canonical_json(document))
    for name, found in samples.items():
        shown = {key: round(statistics.median(values), 4) for key, values in found.items()}
        typer.echo(f"{name:>7} {json.dumps(shown)}")
    typer.echo(json.dumps({**document["bytes"], **document["agreement"]}))


def one_round(command: list[Path | str], first: bytes, lines: bytes) -> tuple[dict[str, float], list[Any]]:
    """A process for one sentence, then one for all; the second one's answers."""
    begun = time.perf_counter()
    started(command, first)
    cold = time.perf_counter() - begun
    done = started(command, lines)
    told = json.loads(done.stderr.splitlines()[-1])
    measured = {
        "cold_start_s": cold,
        "load_s": told["load_s"],
        "text_ms": statistics.median(told["texts_ms"]),
        "text_mean_ms": statistics.mean(told["texts_ms"]),
        "peak_bytes": 1024 * told["peak_kb"],
    }
    return measured, [json.loads(line)["entities"] for line in done.stdout.splitlines()]


def started(command: list[Path | str], stdin: bytes) -> "subprocess.CompletedProcess[bytes]":
    """SystemExit with what went wrong."""
    library = next((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.1*"))
    environment = {**os.environ, "EDGENER_ONNXRUNTIME": str(library)}
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return done


def stripped(file: Path) -> int:
    """Bytes of a program without its symbols. SystemExit without binutils."""
    strip = shutil.which("strip")
    if strip is None:
        raise SystemExit("strip is needed; install binutils")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        shutil.copy(file, copy)
        subprocess.run([strip, copy], check=True)
        return copy.stat().st_size


def agreement(ours: list[Any], theirs: list[Any]) -> dict[str, Any]:
    """How many lines have other entities, and how far the scores of the same ones are apart."""
    other, apart = [], [0.0]
    for number, (one, two) in enumerate(zip(ours, theirs, strict=True), 1):
        if [{**entity, "score": 0} for entity in one] != [{**entity, "score": 0} for entity in two]:
            other.append(number)
        else:
            apart += [abs(left["score"] - right["score"]) for left, right in zip(one, two, strict=True)]
    entities = sum(map(len, theirs))
    return {"lines": len(theirs), "entities": entities, "other": other, "greatest_score_apart": max(apart)}


if __name__ == "__main__":
    typer.run(main)
