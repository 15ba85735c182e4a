"""What a bundle costs in a browser: `edgener kit web`, served on loopback, visited by headless Chromium.

    python benchmarks/web.py BUNDLE --text FILE --out benchmarks/results/web.json

Each round is a browser of its own, with an empty cache, for each number of threads in turn. Measured are: bytes sent by
the server; seconds from navigation to the first tagged sentence, on the first visit and on the next; milliseconds a
line of FILE, from characters to entities, in the page's worker; memory, as the browser accounts for the page
(performance.measureUserAgentSpecificMemory) and as the system does for the process that draws it (Linux), before the
visit, after the file, and at its peak. The answers to FILE are compared with those of the Python runtime.
Needs Chromium, node, and `npm ci` in export/web.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.provenance import provenance
from edgener.benchmark.report import spread
from edgener.benchmark.rounds import in_turn
from edgener.bundle.verify import open_bundle
from edgener.kit import ort_web
from edgener.kit.serve import HOST, Handler, server_of
from edgener.kit.site import write_site
from edgener.runtime import Ner

WEB = Path(__file__).resolve().parents[1] / "export/web"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    text: Annotated[Path, typer.Option(help="A text file, one sentence a line.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    threads: Annotated[list[int], typer.Option(help="May be given several times.")] = [1, 2],  # noqa: B006
    rounds: int = 5,
    runtime: Annotated[Path, typer.Option(help="Folder of ONNX Runtime's WebAssembly build.")] = WEB
    / "node_modules/onnxruntime-web/dist",
) -> None:
    """Measure, and write the JSON."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    node = shutil.which("node")
    if chromium is None or node is None:
        raise SystemExit("Chromium and node are needed; install them")
    lines = text.read_text(encoding="utf-8").splitlines()
    samples: dict[str, list[dict[str, Any]]] = {str(count): [] for count in threads}
    with tempfile.TemporaryDirectory(prefix="edgener-web-") as folder:
        site = write_site(bundle, ort_web.from_folder(runtime), Path(folder) / "site")
        with serving(site.path) as (address, sent):
            for number in range(rounds):
                for count in in_turn(list(samples), number):
                    sent.clear()
                    asked = {"address": f"{address}?threads={count}", "chromium": chromium, "text": "\n".join(lines)}
                    found = visit(node, asked)
                    samples[count].append({**found, "sent_bytes": sum(sent)})
    answers = [one.pop("answers") for visits in samples.values() for one in visits]
    document = {
        **provenance(["python", "benchmarks/web.py", *sys.argv[1:]]),
        "options": {"threads": threads, "rounds": rounds},
        "bundle": {"folder": bundle.name, "bytes": open_bundle(bundle).bytes},
        "site": {"files": len(site.files), "bytes": site.bytes},
        "runtime": {"package": ort_web.PACKAGE, "version": ort_web.VERSION},
        "figures": {count: figures(visits) for count, visits in samples.items()},
        "agreement": agreement(bundle, lines, answers),
        "samples": samples,
    }
    write_file(out, canonical_json(document))


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """The page's address, and a list to which the size of every file is added as it is sent."""
    sent: list[int] = []

    class Counting(Handler):
        def copyfile(self, source: Any, outputfile: Any) -> None:
            super().copyfile(source, outputfile)
            sent.append(source.tell())

    with server_of(folder, 0) as server:
        server.RequestHandlerClass = partial(Counting, directory=str(folder))  # type: ignore[assignment]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_address[1]}/", sent
        server.shutdown()


def visit(node: str, asked: dict[str, str]) -> dict[str, Any]:
    """One visit; SystemExit with what went wrong."""
    command = [node, "measure.mjs"]
    done = subprocess.run(command, cwd=WEB, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the browser's visit failed: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def figures(visits: list[dict[str, Any]]) -> dict[str, Any]:
    """Median, least and greatest of the visits; of a visit's sentences the median."""
    series = {
        "first_sentence_s": [one["times"]["first"] / 1000 for one in visits],
        "next_visit_s": [one["times"]["again"] / 1000 for one in visits],
        "load_s": [one["times"]["load"] / 1000 for one in visits],
        "sentence_ms": [statistics.median(one["times"]["sentences"]) for one in visits],
        "sent_bytes": [one["sent_bytes"] for one in visits],
        **{f"memory_{name}_bytes": [one["memory"][name] for one in visits] for name in visits[0]["memory"]},
    }
    return {name: spread(values) for name, values in series.items() if None not in values}


def agreement(bundle: Path, lines: list[str], answers: list[list[Any]]) -> dict[str, Any]:
    """How many lines Python answers with other entities, and how far the scores of the same ones are apart."""
    ner = Ner.load(bundle, threads=1)
    other: list[int] = []
    apart = [0.0]
    for number, (line, ours) in enumerate(zip(lines, answers[0], strict=True), 1):
        theirs = ner(line)
        if [(one["type"], *one["points"]) for one in ours] != [(one.type, one.start, one.end) for one in theirs]:
            other.append(number)
        else:
            apart += [abs(one["score"] - two.score) for one, two in zip(ours, theirs, strict=True)]
    every = sum(found != answers[0] for found in answers)
    return {"lines": len(lines), "other": other, "greatest_score_apart": max(apart), "visits_unlike_the_first": every}


if __name__ == "__main__":
    typer.run(main)
