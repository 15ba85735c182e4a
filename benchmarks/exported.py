"""The README's table of quantisation: every mode with every kind of embeddings, beside the teacher in torch."""

from benchmarks.compressed import mean_f1
from benchmarks.documents import Document, markdown, mb, percent, read, source

MODES = ("none", "fp16", "int8", "int8-static", "int8-mixed", "int4")
EMBEDDINGS = ("fp32", "int8", "int4")

# name of the result: mode and embeddings, as the README's reader knows them
BUNDLES = {f"q-{mode}-{kind}": (mode, kind) for mode in MODES for kind in EMBEDDINGS}
BUNDLES |= {
    "q-fp16-fp16": ("fp16", "fp16"),
    "q-int8-unsmoothed": ("int8, `--smooth 0`", "int8"),
    "q-static-min-max": ("int8-static, min-max", "int8"),
    "q-static-entropy": ("int8-static, entropy", "int8"),
    "q-x86-avx2": ("`--target x86-avx2`", "int8"),
}


def exported() -> str:
    """Test F1 by language and what was lost; bytes; and for those that were timed, latency, start and memory."""
    measured = read("benchmark-quantised")["figures"]
    languages = list(read("f1-teacher")["languages"])
    reference = mean_f1("f1-teacher")
    rows = []
    for name in BUNDLES:
        scores = read(f"f1-{name}")["languages"]
        f1 = [scores[language]["overall"]["f1"] for language in languages]
        size = sum(file["bytes"] for file in read(name)["report"]["files"].values())
        mean = mean_f1(f"f1-{name}")
        rows.append(
            [*BUNDLES[name], *map(percent, (*f1, mean, reference - mean)), mb(size), *_timed(measured.get(name))]
        )
    header = ["quantisation", "embeddings", *languages, "mean", "lost", "MB"]
    header += ["32 tokens, ms", "128", "start s", "peak MB"]
    made = [f"{kind}{name}" for name in BUNDLES for kind in ("", "f1-")]
    return markdown(header, rows) + source("benchmark-quantised", *made)


def _timed(figures: Document | None) -> list[str]:
    if figures is None:
        return ["", "", "", ""]
    latency = [f"{figures['latency_ms'][tokens]['median']:.1f}" for tokens in ("32", "128")]
    return [*latency, f"{figures['cold_start_s']['cold_start_s']['median']:.2f}", mb(figures["rss_peak"])]
