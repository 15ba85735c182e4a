"""The README's tables of what a bundle costs outside of Python: in a browser, and with the C++ core."""

from benchmarks.documents import Document, markdown, mb, read, source

_MEMORY = {"page": "memory of the page, MB", "rss": "of its process, MB", "peak": "at its peak, MB"}


def web() -> str:
    """A row for each number of threads: medians of visits by browsers with an empty cache."""
    document = read("web")
    rows = []
    for threads, found in sorted(document["figures"].items(), key=lambda item: int(item[0])):
        seconds = [f"{found[name]['median']:.2f}" for name in ("first_sentence_s", "next_visit_s")]
        memory = [_median(found, f"memory_{name}_bytes") for name in _MEMORY]
        rows.append(
            [threads, mb(found["sent_bytes"]["median"]), *seconds, f"{found['sentence_ms']['median']:.1f}", *memory]
        )
    header = ["threads", "sent, MB", "first sentence, s", "on the next visit", "ms a sentence", *_MEMORY.values()]
    return markdown(header, rows) + source("web")


def core() -> str:
    """The C++ core beside the Python runtime, in alternating rounds of one run."""
    document = read("core")
    rows = []
    for name, shown in {"core": "`edgener-cli` (C++)", "python": "Python runtime"}.items():
        found = document["figures"][name]
        own = mb(document["bytes"]["libedgener.so"]) if name == "core" else ""
        starts = [f"{found[key]['median']:.2f}" for key in ("cold_start_s", "load_s")]
        rows.append([shown, own, *starts, f"{found['text_ms']['median']:.1f}", mb(found["peak_bytes"]["median"])])
    header = ["1 thread", "library, MB", "first sentence, s", "loading, s", "ms a sentence", "peak MB"]
    return markdown(header, rows) + source("core")


def _median(found: Document, name: str) -> str:
    return mb(found[name]["median"]) if name in found else ""
