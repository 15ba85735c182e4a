"""Tables of studies: what `edgener study` wrote, as the README shows it."""

from pathlib import Path

from benchmarks.documents import Document, markdown, mb, percent, read, source
from edgener.study import tables

PREFIX = "study-"
TIMED = "latency-headline"  # latency.json of that study: all of its timed cells in one run
# cell of the study, and how the README's reader knows it; those that only differ in their seed from a timed one are not
# timed again
HEADLINE = {
    "teacher, seed 0": "teacher in torch, fp32",
    "long-4-int8, seed 2": "4 layers, embeddings int8",
    "long-4-int4, seed 2": "4 layers, embeddings int4",
    "long-4-b-int4": "4 layers, another rate, embeddings int4",
    "long-3-int4": "3 layers, embeddings int4",
}


def table(name: str, *parts: str) -> str:
    """Sections (edgener.study.tables) of a study's document, and what made it."""
    found = tables.sections(read(PREFIX + name))
    return "\n".join(found[part] for part in parts if found[part]) + source(PREFIX + name)


def headline() -> str:
    """The smallest bundles beside the teacher in torch and the encoder as published."""
    study = read(PREFIX + "headline")
    published = read("trim")["report"]["folder_bytes"]["before"]
    cells = {cell["cell"]: cell for cell in study["cells"]}
    reference = _f1(cells["teacher, seed 0"])
    rows = []
    for name, shown in HEADLINE.items():
        f1, size = _f1(cells[name]), cells[name]["bytes"]
        lost = {language: reference[language] - value for language, value in f1.items()}
        worst = max(lost, key=lambda language: lost[language])
        rows.append(
            [
                shown,
                mb(size),
                f"{100 * (1 - size / published):.1f}",
                *_speed(name, cells),
                *map(percent, (*f1.values(), sum(f1.values()) / len(f1), sum(lost.values()) / len(lost))),
                f"{percent(lost[worst])} ({worst})",
            ]
        )
    header = ["test F1", "MB", "smaller, %", "32 tokens, ms", "as fast", "peak MB", *reference, "mean", "lost", "most"]
    return markdown(header, rows) + source(PREFIX + "headline", TIMED)


def _f1(cell: Document) -> dict[str, float]:
    return {language: found["f1"] for language, found in cell["f1"].items()}


def _speed(name: str, cells: dict[str, Document]) -> list[str]:
    """Latency, how many times as fast as the teacher with the least and the greatest round, and peak memory."""
    measured = read(TIMED)
    timed = next(cell for cell in measured["cells"] if cells[cell]["chain"] == cells[name]["chain"])
    engine, equals, folder = measured["asked"]["contestants"][timed].rpartition("=")
    figures = measured["figures"][engine if equals else Path(folder).name]
    latency, ratio = figures["latency_ms"]["32"], figures["latency_ms"]["32"]["ratio"]
    faster = f"{1 / ratio['median']:.1f}x ({1 / ratio['max']:.1f}-{1 / ratio['min']:.1f})"
    return [f"{latency['median']:.1f}", faster, mb(figures["rss_peak"])]
