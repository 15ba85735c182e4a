"""The tables of README.md, from the JSON under benchmarks/results; no figure is typed by hand.

python -m benchmarks.tables             put them between `<!-- table: NAME -->` and `<!-- end -->`
"""

import re
from collections.abc import Callable
from pathlib import Path

from benchmarks import beside, compressed, exported, kits, studies
from benchmarks.documents import Document, markdown, mb, percent, read, source
from edgener.artefact import write_file
from edgener.benchmark.report import MB, size_in

README = Path(__file__).resolve().parents[1] / "README.md"
_BLOCK = re.compile(r"(<!-- table: ([a-z0-9-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def contestants(measured: Document) -> list[tuple[str, Document]]:
    """Their figures in the order in which they were named; the file has its keys sorted."""
    return [(name, measured["figures"][name]) for name in measured["order"][0]]


def demo() -> str:
    document = read("demo")
    measured, scores = document["benchmark"], document["f1"]
    languages = list(scores["torch fp32"])
    rows = []
    for name, found in contestants(measured):
        f1 = scores["torch fp32" if name == "torch-fp32" else name.removeprefix("demo-")]
        rows.append(
            [
                name,
                f"{size_in(measured, name)['bytes'] / MB:.2f}",
                f"{found['cold_start_s']['cold_start_s']['median']:.2f}",
                f"{found['latency_ms']['32']['median']:.2f}",
                mb(found["rss_after_load"]),
                *[f"{100 * f1[language]:.1f}" for language in languages],
            ]
        )
    header = ["", "MB", "start s", "ms, 32 tokens", "RSS MB", *[f"F1 {language}" for language in languages]]
    return markdown(header, rows) + source("demo")


F1_MODELS = {"torch": "torch fp32", "fp32": "fp32 bundle", "int8": "int8 bundle"}


def f1() -> str:
    """F1 by language: torch and bundles, gold words and raw text, and what int8 lost."""
    rows: list[list[object]] = []
    names = []
    for kind, shown in {"words": "gold words", "raw": "raw text"}.items():
        found = {model: read(f"f1-{model}-{kind}") for model in F1_MODELS}
        names += [f"f1-{model}-{kind}" for model in F1_MODELS]
        for language, score in found["torch"]["languages"].items():
            values = [document["languages"][language]["overall"]["f1"] for document in found.values()]
            low, high = found["int8"]["languages"][language]["interval"]
            rows.append([language, shown, score["overall"]["support"], *map(percent, values)])
            rows[-1] += [f"{100 * low:.1f}-{100 * high:.1f}", percent(values[0] - values[-1])]
    header = ["test F1", "input", "entities", *F1_MODELS.values(), "95 % of int8", "lost by int8"]
    return markdown(header, rows) + source(*names)


def benchmark_of(name: str) -> str:
    document = read(name)
    rows = []
    for contestant, found in contestants(document):
        size, latency, speed = size_in(document, contestant), found["latency_ms"], found["sentences_per_s"]
        ratio = latency["32"]["ratio"]
        rows.append(
            [
                found["label"],
                mb(size["bytes"]) + (" (memory)" if document["sizes"][contestant]["bytes_kind"] == "in memory" else ""),
                f"{found['cold_start_s']['cold_start_s']['median']:.2f}",
                mb(found["rss_after_load"]),
                *[f"{latency[tokens]['median']:.1f}" for tokens in ("16", "32", "64", "128")],
                f"{ratio['median']:.2f}x ({ratio['min']:.2f}-{ratio['max']:.2f})",
                f"{found['texts_ms']['median']:.1f}",
                *[f"{speed[batch]['median']:.0f}" for batch in ("1", "8", "32")],
            ]
        )
    header = ["1 thread, medians", "MB", "start s", "RSS MB", "16 tokens, ms", "32", "64", "128", "32 tokens, ratio"]
    header += ["text, ms", "sentences/s, batch 1", "batch 8", "batch 32"]
    return markdown(header, rows) + source(name)


def device() -> str:
    """Import, start and memory without torch, and streams of text."""
    names = ["device", "device-teacher", "device-afriberta-large", "device-demo"]
    rows = []
    for name in names:
        document = read(name)
        size = f"{document['bundle']['bytes'] / MB:.1f} MB bundle `{document['bundle']['folder']}`"
        for shown, part in {"`edgener predict`": "predict", "a plain session": "plain session"}.items():
            found = document["figures"][part]
            rows.append([f"{shown}, {size}", f"{found['s']['median']:.2f} s", mb_of(found)])
    imported = read("device")["figures"]["import"]
    rows.insert(0, ["`import edgener.runtime`", f"{imported['import_s']['median']:.2f} s", mb_of(imported)])
    streams = read("streams")
    for name, found in sorted(streams["figures"].items(), key=lambda item: item[1]["lines"]):
        speed = f"{found['s']:.1f} s" if found["lines"] < 1000 else f"{found['lines_per_s']:.0f} lines/s"
        rows.append([f"`edgener predict`, {name}, `{streams['bundle']['folder']}`", speed, mb(found["peak_bytes"])])
    return markdown(["", "time", "peak MB"], rows) + source(*names, "streams")


def mb_of(found: Document) -> str:
    return mb(found["peak_bytes"]["median"])


def trade() -> str:
    """Precision and recall of the int8 bundle under --recall-bias and --min-score, raw text, mean of the languages."""
    runs = {
        "`--recall-bias -1`": "trade-bias-minus-1",
        "neither": "f1-int8-raw",
        "`--recall-bias 1`": "trade-bias-1",
        "`--recall-bias 2`": "trade-bias-2",
        "`--min-score 0.7`": "trade-score-0.7",
        "`--min-score 0.9`": "trade-score-0.9",
    }
    rows = []
    for option, name in runs.items():
        scores = [score["overall"] for score in read(name)["languages"].values()]
        means = [sum(score[part] for score in scores) / len(scores) for part in ("precision", "recall", "f1")]
        rows.append([option, *map(percent, means)])
    return markdown(["option", "precision", "recall", "F1"], rows) + source(*runs.values())


TABLES: dict[str, Callable[[], str]] = {
    "demo": demo,
    "f1": f1,
    "benchmark": lambda: benchmark_of("benchmark-hau-swa"),
    "geometry": lambda: benchmark_of("benchmark-afriberta-large"),
    "device": device,
    "trade": trade,
    "trim": lambda: compressed.trim("trim"),
    "trim-tuned": compressed.trim_tuned,
    "compression": compressed.compression,
    "students": compressed.students,
    "chain": compressed.chain,
    "compressed": lambda: benchmark_of("benchmark-compressed"),
    "exported": exported.exported,
    "headline": studies.headline,
    "seeds": lambda: studies.table("headline", "f1"),
    "second": lambda: studies.table("headline-2", "f1", "size"),
    "pruning": lambda: studies.table("paper-pruning", "f1", "collapse"),
    "transfer": lambda: studies.table("transfer", "transfer"),
    "peers": beside.peers,
    "text": beside.text,
    "batches": beside.batches,
    "peak": beside.peak,
    "large": beside.large,
    "tags": beside.tags,
    "web": kits.web,
    "core": kits.core,
}


def filled(readme: str) -> str:
    """The README with every table made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}{block[4]}", readme)


if __name__ == "__main__":
    write_file(README, filled(README.read_text(encoding="utf-8")).encode())
