"""`edgener predict` on a line of 500 KB and on a file of a million lines: memory, speed, and whether anything is lost.

    python benchmarks/streams.py BUNDLE --out benchmarks/results/streams.json [--lines 1000000]

The texts are sentences of the built-in sample. Every answer is compared: its number, its text, and (the same sentence
always gets the same answer) its entities. The peak of memory is the kernel's account of the process; that of a file of
48 lines stands beside it.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.child import measured, taken
from edgener.benchmark.contestants import environment
from edgener.benchmark.provenance import provenance
from edgener.bundle.verify import open_bundle
from edgener.text import sample

LONG_LINE = 500_000


def main(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    lines: int = 1_000_000,
) -> None:
    """Measure, and write the JSON."""
    sentences = [text for texts in sample.sentences().values() for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text("\n".join(sentences) + "\n", encoding="utf-8")
        short = watched(bundle, path, expected=sentences)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in islice(cycle(sentences), lines))
        many = watched(bundle, path, expected=islice(cycle(sentences), lines))
        line = long_line(sentences)
        path.write_text(line, encoding="utf-8")
        one = watched(bundle, path, expected=[line])
    # Its last sentence is a fiftieth of a per cent of the line: a lost window would show.
    if one["last_entity_ends_at_byte"] < 0.999 * len(line.encode()):
        raise SystemExit(f"the last entity ends at byte {one['last_entity_ends_at_byte']} of {len(line.encode())}")
    document = {
        **provenance(["python", "benchmarks/streams.py", *sys.argv[1:]]),
        "options": {"threads": 1, "lines": lines},
        "bundle": {"folder": bundle.name, "bytes": open_bundle(bundle).bytes},
        "figures": {"48 lines": short, f"{lines:,} lines": many, "one line of 500 KB": one},
    }
    write_file(out, canonical_json(document))


def long_line(sentences: list[str]) -> str:
    """Whole sentences, a little more than 500,000 bytes of UTF-8."""
    parts, size = [], 0
    for sentence in cycle(sentences):
        parts.append(sentence)
        size += len(sentence.encode()) + 1
        if size > LONG_LINE:
            return " ".join(parts)
    raise AssertionError


def watched(bundle: Path, path: Path, expected: Any) -> dict[str, Any]:
    """Run predict on a file, comparing every answer with the text that it must be of."""
    command = [sys.executable, "-m", "edgener", "predict", str(bundle), "--input", str(path)]
    report = f"{path}.taken"
    with_json = measured([*command, "--json", "--threads", "1"], report)
    with subprocess.Popen(with_json, stdout=subprocess.PIPE, env=environment(1)) as process:
        assert process.stdout is not None
        answers = compared((json.loads(line) for line in process.stdout), iter(expected))
    found = taken(report)
    if code := found.pop("code"):
        raise SystemExit(f"predict ended with exit code {code}")
    return {**answers, **found, "lines_per_s": answers["lines"] / found["s"]}


def compared(answers: Iterator[dict[str, Any]], expected: Iterator[str]) -> dict[str, Any]:
    """Counts; SystemExit at the first answer that is missing, out of order or of another text."""
    known: dict[str, Any] = {}
    lines = entities = last = 0
    for number, text in enumerate(expected, 1):
        answer = next(answers, None)
        if answer is None or (answer["line"], answer["text"]) != (number, text):
            raise SystemExit(f"line {number}: no answer, or one to another text")
        if known.setdefault(text, answer["entities"]) != answer["entities"]:
            raise SystemExit(f"line {number}: another answer than before to the same text")
        lines, entities = number, entities + len(answer["entities"])
        last = max((entity["end_utf8"] for entity in answer["entities"]), default=0)
    if next(answers, None) is not None:
        raise SystemExit("more answers than lines")
    return {"lines": lines, "entities": entities, "last_entity_ends_at_byte": last}


if __name__ == "__main__":
    typer.run(main)
