"""The contestant's side: JSON lines on stdin and stdout around one loaded model.

Each request is `{"op": NAME, ...}` and gets one line back: the answer, or `{"error": LINE}`, after which the process
ends. A contestant works only while a request is open; between two it blocks on stdin. What is timed is the model's
work: reading requests, making ids and writing answers stand outside the clock (time.perf_counter).

This module imports nothing that a runtime would have to import, so that the import time of a runtime is its own.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from edgener.benchmark.memory import peak_bytes, rss_bytes
from edgener.errors import UserError

if TYPE_CHECKING:
    from edgener.text.tagger import Tagger

SEED = 2024


class Engine(Protocol):
    """What competes: imported, then loaded, once each."""

    def imports(self) -> None:
        """Import the packages that it runs on."""

    def load(self) -> "Tagger":
        """Read the model from disk, ready to tag."""

    def facts(self) -> dict[str, Any]:
        """What only the process knows, once loaded: `device`, `settings`, `memory_bytes` of the weights.

        A peer names the `files` that it loaded; without them its size is 0.
        """


class Session:
    """One engine, and an operation for each request."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.tagger: Tagger

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the operation that the request names, with the request's other fields as its arguments."""
        operations: dict[str, Callable[..., dict[str, Any]]] = {
            "hello": self.hello,
            "latency": self.latency,
            "texts": self.texts,
            "throughput": self.throughput,
            "memory": self.memory,
        }
        arguments = dict(request)
        return operations[arguments.pop("op")](**arguments)

    def hello(self, text: str) -> dict[str, Any]:
        """Cold start: import, load, first answer, in seconds; memory after loading and the peak so far, in bytes."""
        marks = [time.perf_counter()]
        self.engine.imports()
        marks.append(time.perf_counter())
        self.tagger = self.engine.load()
        marks.append(time.perf_counter())
        rss = rss_bytes()
        start = time.perf_counter()
        self.tagger.batch([text])
        first_answer = time.perf_counter() - start
        return {
            "import_s": marks[1] - marks[0],
            "load_s": marks[2] - marks[1],
            "first_answer_s": first_answer,
            "rss_bytes": rss,
            "peak_bytes": peak_bytes(),
            "max_length": self.tagger.spec.max_length,
            "packages": _loaded_packages(),
            **self.engine.facts(),
        }

    def latency(self, tokens: int, repeats: int, warmup: int) -> dict[str, Any]:
        """Milliseconds of `repeats` forward passes over one window of `tokens` pieces, special ones included."""
        windows = self._windows(tokens, warmup + repeats)
        samples = []
        for ids, mask in windows:
            start = time.perf_counter()
            self.tagger.forward(ids, mask)
            samples.append(time.perf_counter() - start)
        return {"ms": _milliseconds(samples[warmup:])}

    def texts(self, lines: Sequence[str], warmup: int) -> dict[str, Any]:
        """Milliseconds from text to entities for each line, one at a time; the first `warmup` lines run twice."""
        self.tagger.batch_size = 1
        samples = []
        for line in [*lines[:warmup], *lines]:
            start = time.perf_counter()
            self.tagger.batch([line])
            samples.append(time.perf_counter() - start)
        return {"ms": _milliseconds(samples[min(warmup, len(lines)) :])}

    def throughput(self, batch: int, lines: Sequence[str]) -> dict[str, Any]:
        """Seconds from text to entities for all lines, `batch` windows in a forward pass; one batch runs before."""
        self.tagger.batch_size = batch
        self.tagger.batch(lines[:batch])
        start = time.perf_counter()
        self.tagger.batch(lines)
        seconds = time.perf_counter() - start
        self.tagger.batch_size = 1
        return {"s": seconds}

    def memory(self) -> dict[str, Any]:
        """Resident bytes now, and at most since the program started."""
        return {"rss_bytes": rss_bytes(), "peak_bytes": peak_bytes()}

    def _windows(self, tokens: int, count: int) -> list[tuple[Any, Any]]:
        """Windows of random pieces between the special tokens: the same for every contestant of one vocabulary."""
        import numpy as np

        spec = self.tagger.spec
        inner = tokens - len(spec.prefix) - len(spec.suffix)
        special = {*spec.prefix, *spec.suffix, spec.pad}
        vocabulary = range(self.tagger.tokenizer.get_vocab_size(with_added_tokens=False))
        pieces = np.array([piece for piece in vocabulary if piece not in special], np.int64)
        drawn = np.random.default_rng(SEED).choice(pieces, (count, inner))
        mask = np.ones((1, tokens), np.int64)
        return [(np.array([[*spec.prefix, *row, *spec.suffix]], np.int64), mask) for row in drawn]


def serve(engine: Engine) -> None:
    """Answer requests until the end of input. Exits 2 after an error, which is also the last answer."""
    replies = _claim_stdout()
    session = Session(engine)
    for line in sys.stdin:
        reply = _try(session, json.loads(line))
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        if "error" in reply:
            sys.exit(2)


def _try(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return session.answer(request)
    except UserError as error:
        return {"error": str(error)}
    except Exception as error:  # the runner says it in one line; the rest is for whoever reads our stderr
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}


def _claim_stdout() -> TextIO:
    """The real stdout; whatever libraries print on stdout, from C too, goes to stderr from now on."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout.flush()
    os.dup2(2, 1)
    return replies


def _loaded_packages() -> dict[str, str]:
    """Versions of the packages that this process has imported."""
    from edgener.versions import PACKAGES, version

    return {name: found for name in PACKAGES if name in sys.modules and (found := version(name))}


def _milliseconds(samples: Sequence[float]) -> list[float]:
    return [round(1000 * seconds, 4) for seconds in samples]
