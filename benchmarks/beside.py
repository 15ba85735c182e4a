"""The README's tables of edgener beside other tools: peers, batches, the peak, and what a large model weighs."""

from benchmarks.documents import Document, markdown, mb, read, source
from edgener.benchmark.report import size_in

MODELS = {"large": "AfriBERTa-large's geometry", "teacher": "teacher"}
TOKENS = ("16", "32", "64", "128")
PEERS = {
    "optimum-int8": "optimum, dynamic int8",
    "optimizer-int8": "ONNX Runtime's optimizer, dynamic int8",
    "openvino-int8": "OpenVINO int8 (NNCF)",
    "torch-int8": "torch, dynamic int8",
    "llm-int8": "LLM.int8() on the CPU",
    "torch-fp32": "torch, fp32",
}
LARGE = {
    "large-int8": "int8",
    "large-int4-embeddings": "int8, embeddings int4",
    "large-trim-int8": "trimmed to 20,000 pieces, int8",
    "large-trim-int4-embeddings": "trimmed, int8, embeddings int4",
    "large-not-sparse": "60 % zeros, int8, stored as ever",
    "large-sparse": "60 % zeros, int8, `--sparse`",
    "large-blocks-sparse": "60 % zeros in blocks of 1x4, int8, `--sparse`",
}


def peers() -> str:
    """Latency of each, and how many times that of edgener's int8 bundle it is, with the least and greatest round."""
    names = [f"benchmark-peers-{model}-{threads}" for threads in (1, 2) for model in MODELS]
    rows = []
    for name in names:
        document, (model, threads) = read(name), name.removeprefix("benchmark-peers-").split("-")
        for contestant in document["order"][0]:
            latency = document["figures"][contestant]["latency_ms"]
            size = mb(size_in(document, contestant)["bytes"])
            rows.append(
                [
                    f"{MODELS[model]}, {threads} thread{'s' * (threads != '1')}",
                    PEERS.get(contestant, "**edgener, int8**"),
                    size,
                    *[f"{latency[tokens]['median']:.1f}" for tokens in TOKENS],
                    *[_times(latency[tokens]["ratio"]) for tokens in TOKENS],
                ]
            )
    header = ["model", "", "MB", "16 tokens, ms", *TOKENS[1:], "16 tokens, ratio", *TOKENS[1:]]
    return markdown(header, rows) + source(*names)


def _times(ratio: Document) -> str:
    return f"{ratio['median']:.2f}x ({ratio['min']:.2f}-{ratio['max']:.2f})"


def text() -> str:
    """End to end: a sentence from characters to entities, and sentences a second."""
    document = read("benchmark-text")
    names = {
        "q-int8-int8": "edgener, int8",
        "q-none-fp32": "edgener, fp32",
        "transformers": "transformers' pipeline, fp32",
        "optimum-int8": "the same pipeline over optimum's int8",
    }
    rows = []
    for contestant in document["order"][0]:
        found = document["figures"][contestant]
        speed = [f"{found['sentences_per_s'][batch]['median']:.0f}" for batch in ("1", "8", "32")]
        texts = found["texts_ms"]
        rows.append([names[contestant], f"{texts['median']:.1f}", _times(texts["ratio"]), *speed])
    header = ["text to entities", "ms a sentence", "ratio", "sentences/s, batch 1", "batch 8", "batch 32"]
    return markdown(header, rows) + source("benchmark-text")


def batches() -> str:
    """Padded and packed, sentences a second at each batch size."""
    figures = read("batches")["figures"]
    bundles = {"packed-none": "fp32", "packed-int8-static": "int8-static"}
    rows = []
    for name, shown in bundles.items():
        for form in ("padded", "packed"):
            found = [figures[f"{name} {form} {size}"] for size in (1, 8, 32)]
            speed = [f"{one['median']:.0f} ({one['min']:.0f}-{one['max']:.0f})" for one in found]
            rows.append([shown, form, *speed, *[one["unlike_alone"] for one in found[1:]]])
    header = ["", "", "sentences/s, batch 1", "batch 8", "batch 32", "other tags than alone, batch 8", "batch 32"]
    return markdown(header, rows) + source("batches", *bundles)


def peak() -> str:
    """Operations a second of a bundle, and of oneDNN's products of the same shapes, as shares of oneDNN's peak."""
    rows = []
    names = {"peak": "teacher", "peak-large": MODELS["large"]}
    for name, shown in names.items():
        document = read(name)
        speed, share = document["gop_per_s"], document["share_of_peak"]
        for kind, label in {"bundle": "edgener, the whole network", "products": "oneDNN, its linears alone"}.items():
            cells = [f"{speed[f'{kind} {tokens}']:.0f} ({share[f'{kind} {tokens}']:.0%})" for tokens in TOKENS]
            rows.append([shown, label, *cells, f"{document['peak_gop_per_s']:.0f}"])
    header = ["", "Gop/s (of the peak)", *[f"{tokens} tokens" for tokens in TOKENS], "peak"]
    return markdown(header, rows) + source(*names)


def large() -> str:
    """The large geometry's bytes: on disk, as downloaded, in memory."""
    measured = read("benchmark-large-bytes")
    rows = []
    for name, shown in LARGE.items():
        report, figures = read(name)["report"], measured["figures"][name]
        on_disk = sum(file["bytes"] for file in report["files"].values())
        sizes = [on_disk, report["download_bytes"], figures["rss_after_load"], figures["rss_peak"]]
        latency, start = figures["latency_ms"]["32"], figures["cold_start_s"]["cold_start_s"]
        rows.append([shown, *map(mb, sizes), f"{start['median']:.2f}", f"{latency['median']:.1f}"])
    header = ["", "MB on disk", "as downloaded", "in memory, loaded", "peak", "start s", "32 tokens, ms"]
    return markdown(header, rows) + source(
        "benchmark-large-bytes", *LARGE, "large-trim", "large-pruned", "large-blocks"
    )


def tags() -> str:
    """Tags of real sentences on two kinds of CPU, beside those of the int8 bundle on the one with VNNI."""
    bundles = {"q-int8-int8": "`--quant int8`", "q-x86-avx2": "`--target x86-avx2`"}
    document = read("tags")
    machines = {"this CPU": "VNNI"}
    rows = []
    for one in (document["first"], *document["others"]):
        differing = [one.get(f"{what}_differing", 0) for what in ("sentences", "words")]
        rows.append([bundles[one["bundle"]], machines.get(one["machine"], one["machine"]), *differing])
    found = f"other tags in so many of {document['sentences']:,} sentences"
    return markdown(["bundle", "CPU", found, f"of {document['words']:,} words"], rows) + source("tags")
