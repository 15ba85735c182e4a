"""What runs on each machine, emulated or not: everything that a bundle is asked, into one JSON file.

    python -m tests.arm64.device TEXTS.json OUT BUNDLE ...

TEXTS.json is a list of texts. OUT is a folder: answers.json, and the graph of each bundle as ONNX Runtime optimises it
on this machine, 0.onnx and so on. It needs what a device has, and nothing more.
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import onnxruntime

from edgener import cli
from edgener.benchmark import machine
from edgener.benchmark.rounds import Plan
from edgener.benchmark.run import BenchmarkConfig, benchmark
from edgener.console import say
from edgener.runtime import Ner
from edgener.runtime.golden import differences
from edgener.runtime.settings import Settings
from tests.conformance.answers import failures, load

# One short turn of everything: it shows that the runner works, and its times are nobody's.
PLAN = Plan(rounds=1, seconds=0.01, cold_starts=1, tokens=(16,), batches=())


def conformance() -> dict[str, Any]:
    cases = load()
    say(f"{len(cases)} cases of the contract")
    return {"cases": len(cases), "failed": failures(cases)}


def answers(bundle: Path, texts: Path, graph: Path) -> dict[str, Any]:
    """Of one bundle: what commands print, golden sentences, and tag and logits of each word of each text."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(graph)
    options.log_severity_level = 4
    lines = json.loads(texts.read_bytes())
    say(f"{bundle.name}: golden sentences, {len(lines)} texts word by word, and edgener predict on them")
    ner = Ner.load(bundle, settings=Settings(threads=1))
    onnxruntime.InferenceSession(str(ner.bundle.graph), options, providers=["CPUExecutionProvider"])
    return {
        "verify": command("verify", bundle),
        "golden": {"sentences": len(ner.bundle.golden), "differ": differences(ner, ner.bundle.golden)},
        "labels": list(ner.decoder.labels),
        "texts": [words(ner, text) for text in lines],
        "predict": command("predict", bundle, "--input", _a_line_each(texts), "--threads", 1, "--json"),
    }


def words(ner: Ner, text: str) -> dict[str, Any]:
    """tags: one a word. logits: a row a word, None for a word without pieces."""
    _, found = ner.words(text)
    logits, has_pieces = ner.word_logits(found)
    tags = [ner.decoder.labels[index] for index in ner.decoder.best(logits, has_pieces)]
    return {
        "tags": tags,
        "logits": [row.tolist() if has else None for row, has in zip(logits, has_pieces, strict=True)],
    }


def command(*words: object) -> dict[str, Any]:
    """A command's exit code, and what it prints on stdout and on stderr."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as errors:
        code = cli.run([str(word) for word in words])
    return {"code": code, "out": out.getvalue(), "errors": errors.getvalue()}


def measured(bundles: list[Path]) -> list[str]:
    """The bundles that the benchmark's runner, with a process for each of them, has figures of."""
    say("edgener benchmark")
    with redirect_stderr(io.StringIO()):
        return list(benchmark(bundles, [], BenchmarkConfig(plan=PLAN))["figures"])


def _a_line_each(texts: Path) -> Path:
    lines = texts.with_suffix(".jsonl")
    if not lines.exists():
        lines.write_text("".join(f"{json.dumps({'text': text})}\n" for text in json.loads(texts.read_bytes())))
    return lines


def main(texts: str, out: str, *bundles: str) -> None:
    folder, paths = Path(out), [Path(bundle) for bundle in bundles]
    document = {
        "machine": machine.facts(),
        "conformance": conformance(),
        "bundles": [answers(path, Path(texts), folder / f"{place}.onnx") for place, path in enumerate(paths)],
        "measured": measured(paths),
    }
    (folder / "answers.json").write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
