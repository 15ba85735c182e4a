"""The tables of README.md, from the JSON under benchmarks/results; no figure is typed by hand.

python benchmarks/tables.py            put them between `<!-- table: NAME -->` and `<!-- end -->`
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgener.artefact import write_file
from edgener.benchmark.report import MB, size_in

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
README = HERE.parent / "README.md"
_BLOCK = re.compile(r"(<!-- table: ([a-z0-9-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

Document = dict[str, Any]


def read(name: str, results: Path = RESULTS) -> Document:
    document: Document = json.loads((results / f"{name}.json").read_bytes())
    return document


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table: the first column left-aligned, the others right-aligned."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def source(*names: str) -> str:
    """The command behind a table and the files with those of its other rows; machine, date and commit of them all."""
    documents = [read(name) for name in names]
    links = [f"[{name}](benchmarks/results/{name}.json)" for name in names]
    places = {
        f"{document['machine']['cpu']}, {document['machine']['cores']} cores"
        f"{', VNNI' if 'avx512_vnni' in document['machine']['flags'] else ''}; {document['date'][:10]}, "
        f"commit {document['commit']}"
        for document in documents
    }
    others = f", and so on: {', '.join(links)}" if len(links) > 1 else f": {links[0]}"
    return f"\n`{documents[0]['command']}`{others}. {'; '.join(sorted(places))}.\n"


def contestants(measured: Document) -> list[tuple[str, Document]]:
    """Their figures in the order in which they were named; the file has its keys sorted."""
    return [(name, measured["figures"][name]) for name in measured["order"][0]]


def mb(value: float) -> str:
    return f"{value / MB:.1f}"


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


def percent(value: float) -> str:
    return f"{round(100 * value, 2) + 0.0:.2f}"  # no -0.00


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
    names = ["device", "device-afriberta-large", "device-demo"]
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


def trim(name: str) -> str:
    """What fewer pieces cost each language, and what they save."""
    report = read(name)["report"]
    rows: list[list[object]] = []
    for language, cost in sorted(report["languages"].items(), key=lambda item: not item[1]["known"]):
        before, after = cost["pieces_per_word"]
        unknown = [f"{100 * rate:.3f}" for rate in cost["unknown_rate"]]
        rows.append(
            [
                language if cost["known"] else f"{language} (never seen)",
                cost["words"],
                f"{before:.3f}",
                f"{after:.3f}",
                *unknown,
                percent(cost["same_words"]),
                percent(cost["same_sentences"]),
                f"{cost['difference']:.0e}" if cost["difference"] else "0",
            ]
        )
    header = ["", "words", "pieces a word", "trimmed", "unknown words, %", "trimmed", "same words, %"]
    header += ["same sentences, %", "largest difference"]
    sizes = {"pieces": "pieces", "parameters": "parameters", "folder_bytes": "bytes in all files of the folder"}
    saved = [f"{report[part]['before']:,} to {report[part]['after']:,} {what}" for part, what in sizes.items()]
    return f"{markdown(header, rows)}\n{'; '.join(saved)}.\n{source(name)}"


def trim_tuned() -> str:
    """A fine-tuned model before and after trimming: segmentation, logits and test F1."""
    report = read("hau-swa-trim")["report"]
    before, after = (read(name)["languages"] for name in ("f1-torch-words", "f1-hau-swa-trim"))
    rows = []
    for language, cost in report["languages"].items():
        f1 = [percent(scores[language]["overall"]["f1"]) for scores in (before, after)]
        shares = [percent(cost["same_words"]), percent(cost["same_sentences"])]
        rows.append([language, *shares, f"{cost['difference']:.1e}", *f1])
    header = ["", "same words, %", "same sentences, %", "largest difference of a logit there", "test F1", "trimmed"]
    pieces = f"{report['pieces']['before']:,} to {report['pieces']['after']:,} pieces"
    return f"{markdown(header, rows)}\n{pieces}.\n{source('hau-swa-trim', 'f1-hau-swa-trim', 'f1-torch-words')}"


# Each model of the compression study by the name of its evaluation, in the order of the table.
COMPRESSED = {
    "teacher": "teacher: trimmed, fine-tuned",
    "prune-after-50": "pruned at once, 50 %",
    "prune-after-60": "pruned at once, 60 %",
    "prune-recovered-50": "the same with an epoch of recovery, 50 %",
    "prune-recovered-60": "the same with an epoch of recovery, 60 %",
    "prune-before-50": "pruned before fine-tuning, 50 %",
    "prune-before-60": "pruned before fine-tuning, 60 %",
    "prune-gradual-50": "pruned gradually, 50 %",
    "prune-gradual-60": "pruned gradually, 60 %",
    "blocks-40": "1x4 blocks, gradually, 40 %",
    "blocks-permuted-40": "1x4 blocks, channels permuted, 40 %",
    "blocks-50": "1x4 blocks, gradually, 50 %",
    "blocks-permuted-50": "1x4 blocks, channels permuted, 50 %",
    "blocks-60": "1x4 blocks, gradually, 60 %",
    "blocks-permuted-60": "1x4 blocks, channels permuted, 60 %",
    "structure-half": "structured, half of the heads and neurons",
    "structure-third": "structured, a third of them",
    "student-6": "student of 6 layers",
    "student-6-no-raw": "student of 6 layers, labelled text only",
    "student-4": "student of 4 layers",
    "agnostic-6": "encoder of 6 layers distilled task-agnostically, fine-tuned",
    "mini": "mini encoder pretrained for 8,000 steps, fine-tuned",
    "mini-random": "mini encoder with random weights, fine-tuned",
    "teacher-int8": "teacher as an int8 bundle",
    "teacher-torch-int8": "teacher in torch dynamic int8",
    "teacher-llm-int8": "teacher in LLM.int8()",
}

# The encoders of those that were fine-tuned after something was done to one.
MADE_FROM = {
    "prune-before-50": "encoder-pruned-50",
    "prune-before-60": "encoder-pruned-60",
    "agnostic-6": "encoder-agnostic-6",
    "mini": "pretrain-mini",
    "mini-random": "pretrain-random",
}
STUDENTS = ("teacher", "student-6", "structure-half", "student-4", "structure-third")


def compression() -> str:
    """Test F1 of each language, and what compression lost."""
    found = {name: read(f"f1-{name}") for name in COMPRESSED if (RESULTS / f"f1-{name}.json").is_file()}
    reference = {language: score["overall"]["f1"] for language, score in found["teacher"]["languages"].items()}
    rows = []
    for name, document in found.items():
        f1 = {language: score["overall"]["f1"] for language, score in document["languages"].items()}
        lost = {language: reference[language] - value for language, value in f1.items()}
        worst = max(lost, key=lambda language: lost[language])
        figures = [*f1.values(), sum(f1.values()) / len(f1), sum(lost.values()) / len(lost)]
        shown = "" if name == "teacher" else f"{percent(lost[worst])} ({worst})"
        rows.append([COMPRESSED[name], *map(percent, figures), shown])
    header = ["test F1", *reference, "mean", "lost", "most, by a language"]
    made = [name for one in found for name in (one, MADE_FROM.get(one, one)) if (RESULTS / f"{name}.json").is_file()]
    return markdown(header, rows) + source(*[f"f1-{name}" for name in found], *dict.fromkeys(made))


def students() -> str:
    """What smaller networks cost in multiply-adds and F1, and what their int8 bundles weigh and take."""
    measured = read("benchmark-compressed")
    sizes = {name: geometry(name) for name in STUDENTS}
    scores = {name: (mean_f1(f"f1-{name}"), mean_f1(f"f1-{name}-int8")) for name in STUDENTS}
    rows = []
    for name, size in sizes.items():
        share = size["multiply_adds"]["128"] / sizes["teacher"]["multiply_adds"]["128"]
        bundle = f"{name}-int8"
        found = measured["figures"][bundle]["latency_ms"]
        rows.append(
            [
                COMPRESSED[name],
                f"{size['multiply_adds']['128'] / 1e6:.0f}",
                f"{100 * share:.1f}",
                *map(percent, scores[name]),
                percent(scores["teacher"][0] - scores[name][0]),
                mb(size_in(measured, bundle)["bytes"]),
                *[f"{found[tokens]['median']:.1f}" for tokens in ("32", "128")],
            ]
        )
    header = [
        "",
        "million multiply-adds, 128 pieces",
        "% of the teacher's",
        "mean test F1",
        "of its int8 bundle",
        "lost",
    ]
    header += ["bundle, MB", "32 tokens, ms", "128 tokens, ms"]
    made = [f"{kind}{name}-int8" for name in STUDENTS for kind in ("", "f1-")]
    return markdown(header, rows) + source("benchmark-compressed", *made)


def mean_f1(name: str) -> float:
    scores = [score["overall"]["f1"] for score in read(name)["languages"].values()]
    return sum(scores) / len(scores)


def geometry(name: str) -> Document:
    """Sizes as the command that made it printed them; the teacher's are what structured pruning began with."""
    if name == "teacher":
        before: Document = read("structure-half")["rounds"][0]["before"]
        return before
    document = read(name)
    found: Document = document["rounds"][-1]["after"] if "rounds" in document else document["geometry"]
    return found


def chain() -> str:
    """Five stages left alone and killed twice."""
    document = read("chain")
    rows = [
        [stage, *[f"{one['s']:.0f}" for one in steps], "; ".join(steps[1]["resumed"]) or "-"]
        for stage, *steps in zip(document["stages"], *document["chains"].values(), strict=True)
    ]
    files = f"{len(document['files'])} files, the same in both by their sha256."
    return f"{markdown(['', 'left alone, s', 'killed, s', 'resumed'], rows)}\n{files}\n{source('chain')}"


TABLES: dict[str, Callable[[], str]] = {
    "demo": demo,
    "f1": f1,
    "benchmark": lambda: benchmark_of("benchmark-hau-swa"),
    "geometry": lambda: benchmark_of("benchmark-afriberta-large"),
    "device": device,
    "trade": trade,
    "trim": lambda: trim("trim"),
    "trim-tuned": trim_tuned,
    "compression": compression,
}


def filled(readme: str) -> str:
    """The README with every table made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}{block[4]}", readme)


if __name__ == "__main__":
    write_file(README, filled(README.read_text(encoding="utf-8")).encode())
