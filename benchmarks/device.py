"""What a bundle costs on a device without torch: a virtual environment with `pip install .` alone, made for this.

    python benchmarks/device.py BUNDLE --out benchmarks/results/device.json

Fresh processes in alternating rounds: importing edgener.runtime; `edgener predict BUNDLE TEXT`; and, for comparison,
the least that any program does with the same files: onnxruntime and tokenizers, one session, one sentence, no hashes.
Seconds are from start to end of the process; peak memory is the kernel's account of it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.child import measured, taken
from edgener.benchmark.contestants import FIRST_TEXT, environment
from edgener.benchmark.provenance import provenance
from edgener.benchmark.report import spread
from edgener.benchmark.rounds import in_turn
from edgener.bundle.verify import open_bundle

CHECKOUT = Path(__file__).resolve().parents[1]
PLAIN = f"""
import sys
import numpy, onnxruntime, tokenizers
folder, threads = sys.argv[1], int(sys.argv[2])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
session = onnxruntime.InferenceSession(folder + "/model.onnx", options, providers=["CPUExecutionProvider"])
tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
ids = numpy.array([tokenizer.encode({FIRST_TEXT!r}).ids])
given = {{"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}}
session.run(None, {{one.name: given[one.name] for one in session.get_inputs()}})
"""
IMPORT = "import time; a = time.perf_counter(); import edgener.runtime; print(time.perf_counter() - a)"


def main(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    rounds: int = 15,
    threads: int = 1,
) -> None:
    """Measure, and write the JSON."""
    size = open_bundle(bundle).bytes
    with tempfile.TemporaryDirectory(prefix="edgener-device-") as folder:
        device = Path(folder) / "bin"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        constraints = ["--constraint", str(CHECKOUT / "constraints.txt")]
        subprocess.run([device / "pip", "install", "--quiet", *constraints, str(CHECKOUT)], check=True)
        place = str(bundle.resolve())
        commands = {
            "import": [device / "python", "-c", IMPORT],
            "predict": [device / "edgener", "predict", place, FIRST_TEXT, "--threads", str(threads)],
            "plain session": [device / "python", "-c", PLAIN, place, str(threads)],
        }
        samples: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
        for number in range(-1, rounds):
            for name in in_turn(list(commands), number):
                found = timed([str(word) for word in commands[name]], threads, folder)
                if number >= 0:  # the first round fills the page cache
                    samples[name].append(found)
    document = {
        **provenance(["python", "benchmarks/device.py", *sys.argv[1:]]),
        "options": {"threads": threads, "rounds": rounds},
        "bundle": {"folder": bundle.name, "bytes": size},
        "figures": {name: figures(found) for name, found in samples.items()},
        "samples": samples,
    }
    write_file(out, canonical_json(document))


def timed(command: list[str], threads: int, folder: str) -> dict[str, Any]:
    """Wall seconds, peak bytes, and what it printed if that is a number."""
    report = str(Path(folder) / "taken.json")
    watched = measured(command, report)
    done = subprocess.run(watched, stdout=subprocess.PIPE, env=environment(threads), cwd="/", check=True)
    found = taken(report)
    if code := found.pop("code"):
        raise SystemExit(f"{command[0]} ended with exit code {code}")
    try:
        return {**found, "import_s": float(done.stdout)}
    except ValueError:
        return found


def figures(samples: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Median, least and greatest of each quantity."""
    return {name: spread([one[name] for one in samples]) for name in samples[0]}


if __name__ == "__main__":
    typer.run(main)
