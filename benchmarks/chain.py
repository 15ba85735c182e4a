"""Five stages from the command line on real data, once left alone and once killed twice: do they end in the same files?

    python benchmarks/chain.py --encoder DIR_OR_HUB_ID --data MASAKHANER1 --raw TEXTS --work runs/chain --out chain.json

Trim, train, structure, prune, distill, on Hausa. Training and distilling are killed (SIGKILL) as soon as they have a
checkpoint, and started again. Every file of every artefact is compared by its sha256.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.artefact import canonical_json, check_files, sha256_file, write_file
from edgener.benchmark.contestants import environment
from edgener.benchmark.provenance import provenance

KILLED = ("model", "student")


def main(
    encoder: Annotated[str, typer.Option(help="Folder or hub id of an encoder.")],
    data: Annotated[Path, typer.Option(help="MasakhaNER 1.0.")],
    raw: Annotated[Path, typer.Option(help="Raw text with hau.txt in it.")],
    work: Annotated[Path, typer.Option(help="A folder for both chains.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    lang: str = "hau",
    precision: str = "bf16",
) -> None:
    """Run both chains, compare, and write the JSON."""
    chains = {}
    for name in ("alone", "killed"):
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        chains[name] = [
            step(folder, made, command, killed=name == "killed" and made in KILLED)
            for made, command in commands(folder, encoder, data, raw, lang, precision).items()
        ]
    document = {
        **provenance(["python", "benchmarks/chain.py", *sys.argv[1:]]),
        "chains": chains,
        "files": compared(work / "alone", work / "killed", [one["made"] for one in chains["alone"]]),
        "stages": stages(work / "alone" / chains["alone"][-1]["made"]),
    }
    write_file(out, canonical_json(document))


def commands(folder: Path, encoder: str, data: Path, raw: Path, lang: str, precision: str) -> dict[str, list[str]]:
    """By the name of what each of them makes."""
    place = {name: str(folder / name) for name in ("trimmed", "model", "cut", "pruned", "student")}
    corpus = ["--data", str(data), "--lang", lang]
    recovery = ["--learning-rate", "1.5e-4", "--precision", precision]
    texts = [*recovery, "--raw", str(raw), "--raw-share", "0.5"]
    made = {
        "trimmed": ["trim-vocab", encoder, *corpus, "--raw", str(raw), "--coverage", "0.999"],
        "model": ["train", *corpus, "--encoder", place["trimmed"], "--freeze-embeddings", *recovery, "--epochs", "2"],
        "cut": ["structure", place["model"], "--heads", "0.75", "--ffn", "0.75", "--steps", "1", *texts],
        "pruned": ["prune", place["cut"], "--pattern", "1x4", "--sparsity", "0.4", "--when", "gradual", *texts],
        "student": ["distill", place["model"], "--student", place["pruned"], *texts],
    }
    for name in ("cut", "pruned"):
        made[name] += ["--epochs", "1"]
    made["student"] += ["--epochs", "2"]
    return {name: [*command, "--out", place[name]] for name, command in made.items()}


def step(folder: Path, made: str, command: list[str], killed: bool) -> dict[str, Any]:
    """One stage; if asked, killed at its first checkpoint and started again."""
    start = time.monotonic()
    if killed:
        kill_at_checkpoint(folder / f".{made}.work", command)
        if (folder / made).exists():
            raise SystemExit(f"{made}: finished, though it was killed")
    done = subprocess.run(edgener(command), env=environment(1), stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise SystemExit(f"{made}: exit code {done.returncode}")
    resumed = [line for line in done.stderr.splitlines() if line.startswith("going on from")]
    return {"made": made, "s": time.monotonic() - start, "killed": killed, "resumed": resumed}


def kill_at_checkpoint(work: Path, command: list[str]) -> None:
    """SystemExit when the command ends by itself."""
    with subprocess.Popen(edgener(command), env=environment(1), stderr=subprocess.DEVNULL) as process:
        while not list(work.glob("*/checkpoint-*/trainer_state.json")):
            if process.poll() is not None:
                raise SystemExit(f"{work}: it ended before it had a checkpoint")
            time.sleep(0.05)
        process.kill()


def edgener(command: list[str]) -> list[str]:
    return [sys.executable, "-m", "edgener", *command]


def compared(one: Path, other: Path, names: list[str]) -> dict[str, str]:
    """sha256 by file; SystemExit at the first that differs, is missing, or was left behind."""
    if left := [path.name for folder in (one, other) for path in folder.glob(".*")]:
        raise SystemExit(f"left behind: {', '.join(left)}")
    found = {}
    for name in names:
        files = [sorted(path.name for path in (folder / name).iterdir()) for folder in (one, other)]
        if files[0] != files[1]:
            raise SystemExit(f"{name}: {files[0]} and {files[1]}")
        for file in files[0]:
            digests = [sha256_file(folder / name / file) for folder in (one, other)]
            if digests[0] != digests[1]:
                raise SystemExit(f"{name}/{file} differs")
            found[f"{name}/{file}"] = digests[0]
    return found


def stages(last: Path) -> list[str]:
    """What the manifest at the end of the chain says was done; its files are checked against it."""
    manifest = json.loads((last / "manifest.json").read_bytes())
    if damage := check_files(last, manifest["files"]):
        raise SystemExit(damage[0])
    return [one["stage"] for one in manifest["steps"]]


if __name__ == "__main__":
    typer.run(main)
