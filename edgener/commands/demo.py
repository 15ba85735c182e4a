"""edgener demo"""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgener.commands.common import Force, Json, need_train
from edgener.console import highlight, print_json, print_table, say

if TYPE_CHECKING:
    from edgener.evaluate.score import Evaluation

SETTINGS = {"epochs": 15, "batch_size": 16, "learning_rate": 3e-3, "patience": 15}


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("runs"),
    force: Force = False,
    json: Json = False,
) -> None:
    """The whole chain on the built-in sample: train, export, verify, evaluate, benchmark.

    Trains a tiny encoder from nothing on template sentences in six languages, in about a minute. It shows the
    machinery, not how well any language is recognised. What is finished is kept and not repeated.

    Example: edgener demo
    """
    need_train("edgener demo")
    from edgener.benchmark.provenance import provenance
    from edgener.benchmark.rounds import Plan
    from edgener.benchmark.run import BenchmarkConfig, benchmark

    began = time.monotonic()
    model, bundles = build(out, force)
    say("evaluating on the test split")
    f1 = {name: test_f1(path, out) for name, path in {"torch fp32": model, **bundles}.items()}
    say("benchmarking, 1 thread, alternating rounds")
    measured = benchmark(list(bundles.values()), [f"torch-fp32={model}"], BenchmarkConfig(plan=Plan().quick()))
    sentences = tag_some(bundles["int8"])
    if json:
        scores = {name: result.f1() for name, result in f1.items()}
        found = {"f1": scores, "benchmark": measured, "sentences": sentences, "seconds": time.monotonic() - began}
        print_json({**provenance(context.obj), **found})
        return
    show(f1, measured)
    for text, entities in sentences:
        typer.echo(highlight(text, [(found["start"], found["end"], found["type"]) for found in entities]))
    here = "edgener" if shutil.which("edgener") else f"{os.path.relpath(sys.executable)} -m edgener"
    typer.echo(f'\nNext: {here} predict {bundles["int8"]} "..."')


def build(out: Path, force: bool) -> tuple[Path, dict[str, Path]]:
    """Sample, encoder, model and both bundles, each in its folder under `out`."""
    from edgener.bundle.verify import problems
    from edgener.errors import CheckFailed
    from edgener.export.config import ExportConfig
    from edgener.export.run import export
    from edgener.text import sample
    from edgener.train.config import TrainConfig
    from edgener.train.finetune import finetune
    from edgener.train.tiny import TinyConfig, tiny_encoder

    data = out / "demo-data"
    sample.write(data)
    texts = [" ".join(tokens) for name in sample.LANGUAGES for tokens, _ in sample.generate(name, "train")]
    say(f"{data}: {len(texts)} training sentences in {', '.join(sample.LANGUAGES)}")
    encoder = tiny_encoder(texts, TinyConfig(), out / "demo-encoder", force=force)
    settings = TrainConfig(**SETTINGS)  # type: ignore[arg-type]
    model = finetune(str(encoder), data, settings, out / "demo-model", licence="Apache-2.0", force=force)
    bundles = {}
    for name, quant in {"fp32": "none", "int8": "int8"}.items():
        config = ExportConfig(quant=quant)
        bundles[name] = export(str(model), config, out / f"demo-{name}", force=force)
        if found := problems(bundles[name]):
            raise CheckFailed(found[0])
        say(f"{bundles[name]}: verified")
    return model, bundles


def test_f1(path: Path, out: Path) -> "Evaluation":
    from edgener.commands.evaluate import FP32, load
    from edgener.evaluate.run import evaluate
    from edgener.text import corpus

    tagger, _ = load(path, FP32, threads=0, batch_size=1)
    return evaluate(tagger, corpus.load(out / "demo-data", "test"))


def tag_some(bundle: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    """Three sentences, each in another language, with what the bundle finds in them: the first in which it finds any."""
    from edgener.runtime import Ner
    from edgener.text import sample

    ner = Ner.load(bundle)
    chosen = []
    for texts in sample.sentences(["hau", "yor", "amh"]).values():
        answers = [(text, [found.as_dict() for found in ner(text)]) for text in texts]
        chosen.append(next((answer for answer in answers if answer[1]), answers[0]))
    return chosen


def show(f1: "dict[str, Evaluation]", measured: dict[str, Any]) -> None:
    """One row a contestant: MB, seconds to the first answer, ms for 32 tokens, MB of memory, F1 of each language."""
    from edgener.benchmark.report import megabytes, size_in

    languages = list(next(iter(f1.values())).languages)
    rows: list[list[object]] = []
    for result, (name, found) in zip(_in_order(f1), measured["figures"].items(), strict=True):
        rows.append(
            [
                name,
                megabytes(size_in(measured, name)["bytes"]),
                found["cold_start_s"]["cold_start_s"]["median"],
                found["latency_ms"]["32"]["median"],
                megabytes(found["rss_after_load"]),
                *[f"{100 * result.languages[language].overall.f1:.1f}" for language in languages],
            ]
        )
    columns = ["", "MB", "start s", "ms, 32 tokens", "RSS MB", *[f"F1 {language}" for language in languages]]
    print_table("Built-in sample, tiny encoder, 1 thread; medians of alternating rounds", columns, rows)


def _in_order(f1: "dict[str, Evaluation]") -> "list[Evaluation]":
    """In the order in which the benchmark names its contestants: bundles first, then the baseline."""
    return [*(result for name, result in f1.items() if name != "torch fp32"), f1["torch fp32"]]
