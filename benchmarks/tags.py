"""Do two machines give the same tags? The tags of a bundle on real sentences, written on each and compared.

    python -m benchmarks.tags write BUNDLE TAGS.json --data DIR --lang hau --lang swa --sentences 1000
    python -m benchmarks.tags compare A.json B.json --out benchmarks/results/tags.json

A CPU that is not at hand can be emulated: `qemu-x86_64 -cpu Haswell python -m benchmarks.tags write` has AVX2 and no
AVX-512, so that ONNX Runtime takes the kernels in which sums of 8-bit products can saturate.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from edgener.artefact import canonical_json, read_json, sha256_file, write_file
from edgener.benchmark.provenance import provenance
from edgener.console import track
from edgener.runtime import Ner
from edgener.text import corpus

app = typer.Typer()


@app.command()
def write(
    bundle: Path,
    out: Path,
    data: Annotated[Path, typer.Option()],
    lang: Annotated[list[str], typer.Option()],
    sentences: int = 1000,
    machine: Annotated[str, typer.Option(help="What to call the machine, where it is emulated.")] = "this CPU",
) -> None:
    """Tags of test sentences, evenly over the languages."""
    ner = Ner.load(bundle, threads=1)
    count = sentences // len(lang)
    chosen = [one.tokens for part in corpus.load(data, "test", lang).values() for one in part[:count]]
    tags = [ner.tag_words([words])[0] for words in track(chosen, "tagging", len(chosen))]
    facts = {"bundle": bundle.resolve().name, "seal": sha256_file(bundle / "manifest.sha256"), "machine": machine}
    write_file(out, json.dumps({**facts, "tags": tags}).encode())


@app.command()
def compare(files: list[Path], out: Annotated[Path, typer.Option()]) -> None:
    """Each file with the first."""
    first, *others = [read_json(file) for file in files]
    document = {
        **provenance(["python", "-m", "benchmarks.tags", *sys.argv[1:]]),
        "sentences": len(first["tags"]),
        "words": sum(map(len, first["tags"])),
        "first": _named(first),
        "others": [{**_named(other), **_differing(first["tags"], other["tags"])} for other in others],
    }
    write_file(out, canonical_json(document))
    typer.echo(json.dumps({key: document[key] for key in ("sentences", "words", "first", "others")}, indent=1))


def _named(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("bundle", "seal", "machine")}


def _differing(first: list[list[str]], other: list[list[str]]) -> dict[str, int]:
    """How many sentences and words have other tags."""
    pairs = list(zip(first, other, strict=True))
    words = sum(a != b for one, two in pairs for a, b in zip(one, two, strict=True))
    return {"sentences_differing": sum(one != two for one, two in pairs), "words_differing": words}


if __name__ == "__main__":
    app()
