"""The README's tables of compressed models: trimming, and test F1 of everything made from the trimmed encoder."""

from benchmarks.documents import RESULTS, Document, markdown, mb, percent, read, source
from edgener.benchmark.report import size_in


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
    "seed-1": "the same with seed 1",
    "seed-2": "the same with seed 2",
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
    "long-4-b": "student of 4 layers, trained five times as long",
    "long-4": "the same at a lower rate",
    "long-4-s1": "the same at a lower rate with seed 1",
    "long-4-s2": "the same at a lower rate with seed 2",
    "long-3": "student of 3 layers, trained as long at the lower rate",
    "cut-6": "structured, 6 layers with two thirds of their heads and neurons, trained as long",
    "cut-5": "structured, 5 layers with three quarters of them, trained as long",
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


STUDENTS = ("teacher", "student-6", "structure-half", "student-4", "structure-third")


def students() -> str:
    """What smaller networks cost in multiply-adds and F1, and what their int8 bundles weigh and take."""
    measured = read("benchmark-compressed")
    sizes = {name: geometry(name) for name in STUDENTS}
    reference = mean_f1("f1-teacher")
    rows = []
    for name, size in sizes.items():
        share = size["multiply_adds"]["32"] / sizes["teacher"]["multiply_adds"]["32"]
        bundle = f"{name}-int8"
        tuned, quantised = mean_f1(f"f1-{name}"), mean_f1(f"f1-{bundle}")
        found = measured["figures"][bundle]["latency_ms"]
        rows.append(
            [
                COMPRESSED[name],
                f"{size['multiply_adds']['32'] / 1e6:.0f} ({100 * share:.0f} %)",
                *map(percent, (tuned, reference - tuned, quantised, reference - quantised)),
                mb(size_in(measured, bundle)["bytes"]),
                *[f"{found[tokens]['median']:.1f}" for tokens in ("32", "128")],
            ]
        )
    header = ["", "million multiply-adds, 32 pieces", "mean test F1", "lost", "as an int8 bundle", "lost", "MB"]
    header += ["32 tokens, ms", "128 tokens, ms"]
    made = [f"{kind}{name}-int8" for name in STUDENTS for kind in ("", "f1-")]
    return markdown(header, rows) + source("benchmark-compressed", *made)


def mean_f1(name: str) -> float:
    scores = [score["overall"]["f1"] for score in read(name)["languages"].values()]
    return float(sum(scores) / len(scores))


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
