"""Contestants: what they are called, where they lie, and the process that runs each."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from edgener import artefact
from edgener.bundle.layout import KIND as BUNDLE
from edgener.console import say
from edgener.errors import UserError

ONNX_FP32 = "onnx-fp32"
PEER = "peer"
BASELINES = ("torch-fp32", "torch-int8", "llm-int8", ONNX_FP32)
FIRST_TEXT = "Ibrahim ya ziyarci Kano a ranar Litinin ."
# An answer takes seconds; a large model may need minutes to load from an SD card.
TIMEOUT_S = 900.0
_POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True)
class Contestant:
    """`kind` is BUNDLE, PEER or a baseline's name; `command` starts it, `path` is what it loads.

    `origin` is what the user named: another folder than `path` where a model is exported first.
    """

    name: str
    kind: str
    path: Path
    command: tuple[str, ...]
    origin: Path


def enter(
    arguments: Sequence[str], baselines: Sequence[str], peers: Sequence[str], threads: int, scratch: Path
) -> list[Contestant]:
    """Contestants in the order given, baselines and peers last; the first argument, too, may be `NAME=MODEL`.

    All arguments are checked before onnx-fp32 is exported, to a folder of its own under `scratch`. UserError for one
    that cannot compete.
    """
    if not arguments and not baselines and not peers:
        raise UserError("nothing to benchmark; name a bundle, or --baseline torch-fp32=MODEL")
    found = [
        baseline(text, threads) if text.partition("=")[0] in BASELINES else bundle(Path(text), threads)
        for text in arguments
    ]
    found += [baseline(text, threads) for text in baselines] + [peer(text, threads) for text in peers]
    return _named_apart([_exported(one, threads, scratch) if one.kind == ONNX_FP32 else one for one in found])


def bundle(path: Path, threads: int) -> Contestant:
    """A bundle; or a torch model, which then competes as torch-fp32."""
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; give a bundle, a model, or a baseline such as torch-fp32=MODEL")
    found = artefact.find(path)
    if (found is None or found.kind != BUNDLE) and (path / "config.json").is_file():
        return baseline(f"torch-fp32={path}", threads)
    if found is None or found.kind != BUNDLE:
        raise UserError(f"{path}: neither a bundle ({artefact.MANIFEST}) nor a model (config.json)")
    command = (sys.executable, "-m", "edgener.benchmark.worker", str(path), "--threads", str(threads))
    return Contestant(path.resolve().name, BUNDLE, path, command, path)


def baseline(text: str, threads: int) -> Contestant:
    """`NAME=MODEL`, MODEL a folder."""
    name, _, model = text.partition("=")
    if name not in BASELINES or not model:
        raise UserError(f"--baseline {text}: expected NAME=MODEL with NAME one of {', '.join(BASELINES)}")
    if not (Path(model) / "config.json").is_file():
        raise UserError(f"--baseline {text}: {model} is not a model folder (no config.json)")
    command = (sys.executable, "-m", "edgener.compress.baselines", name, model, "--threads", str(threads))
    return Contestant(name, name, Path(model), command, Path(model))


def peer(text: str, threads: int) -> Contestant:
    """`NAME=COMMAND`: any program that speaks edgener.benchmark.protocol; it is given `--threads N` behind the rest."""
    name, _, command = text.partition("=")
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not name or not words:
        raise UserError(f"--peer {text}: expected NAME=COMMAND, such as fast='python benchmarks/peers/onnx.py FOLDER'")
    folder = next((Path(word) for word in words[1:] if Path(word).is_dir()), Path())
    return Contestant(name, PEER, folder, (*words, "--threads", str(threads)), folder)


def _exported(contestant: Contestant, threads: int, scratch: Path) -> Contestant:
    """onnx-fp32 has no engine of its own: its export competes as a bundle."""
    say(f"{contestant.name}: exporting {contestant.path}")
    out = Path(tempfile.mkdtemp(dir=scratch)) / ONNX_FP32
    command = [sys.executable, "-m", "edgener", "export", str(contestant.path), "--quant", "none", "--no-gate"]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["export failed"])[-1]
        raise UserError(f"--baseline {ONNX_FP32}={contestant.path}: {last}")
    return replace(bundle(out, threads), kind=ONNX_FP32, origin=contestant.origin)


def _named_apart(contestants: Sequence[Contestant]) -> list[Contestant]:
    """Two bundles may have the same folder name; then the later one gets a number."""
    seen: dict[str, int] = {}
    named = []
    for one in contestants:
        seen[one.name] = seen.get(one.name, 0) + 1
        name = one.name if seen[one.name] == 1 else f"{one.name} ({seen[one.name]})"
        named.append(replace(one, name=name))
    return named


class Running:
    """A contestant's process. Between requests it blocks on its stdin; leaving the `with` block kills it."""

    def __init__(self, contestant: Contestant, threads: int, timeout: float = TIMEOUT_S) -> None:
        self.contestant, self.timeout = contestant, timeout
        # A file: nobody has to read it while the contestant works, and its last line is there when it dies.
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self.started = time.perf_counter()
        try:
            self.process = subprocess.Popen(
                contestant.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                encoding="utf-8",
                errors="replace",
                env=environment(threads),
            )
        except OSError as error:
            raise UserError(
                f"{contestant.name}: {contestant.command[0]} cannot be started ({error.strerror})"
            ) from None
        self.lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.errors.close()

    def hello(self) -> dict[str, Any]:
        """What it says of itself, and the seconds from the start of its process to its first answer."""
        answer = self.ask("hello", text=FIRST_TEXT)
        return {**answer, "cold_start_s": time.perf_counter() - self.started}

    def ask(self, operation: str, **given: Any) -> dict[str, Any]:
        """UserError with the contestant's last words when it fails, dies, prints junk or takes too long."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"op": operation, **given}) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=self.timeout)
        except OSError:  # it is gone; what it still said comes first
            line = self.lines.get()
        except Empty:
            raise self._failure(f"gave no answer to {operation!r} within {self.timeout:.0f} s") from None
        if not line:
            raise self._failure(f"{_ending(self.process.wait())} at {operation!r}")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._failure(f"answered {operation!r} with {line.strip()[:80]!r}")
        if "error" in answer:
            raise UserError(f"{self.contestant.name}: {answer['error']}")
        return answer

    def _read(self) -> None:
        """Every line of its stdout, then an empty one."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def _failure(self, what: str) -> UserError:
        self.errors.seek(max(0, os.fstat(self.errors.fileno()).st_size - 4096))
        said = [line.strip() for line in self.errors.read().decode(errors="replace").splitlines() if line.strip()]
        last_words = f": {said[-1][:300]}" if said else ""
        return UserError(f"{self.contestant.name}: its process {what}{last_words}")


def _ending(code: int) -> str:
    return "was killed, perhaps for want of memory," if code == -9 else f"ended with exit code {code}"


def environment(threads: int) -> dict[str, str]:
    """The caller's, with every library of a contestant held to the same threads; 0 leaves that to the libraries."""
    pinned = dict.fromkeys(_POOLS, str(threads)) if threads else {}
    return {**os.environ, **pinned, "TOKENIZERS_PARALLELISM": "false"}
