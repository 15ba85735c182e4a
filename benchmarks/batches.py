"""Sentences a second in batches: padded to the longest of a batch, or packed, where padding is left out.

    python -m benchmarks.batches BUNDLE ... --data DIR --lang hau --out benchmarks/results/batches.json

Each BUNDLE has its first graph (padded) and a variant of the same name with `-packed`. One thread, one process, rounds
that alternate between graphs and batch sizes; the same sentences, in an order that mixes lengths, in every turn.
"""

import random
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from edgener.artefact import canonical_json, write_file
from edgener.benchmark.provenance import provenance
from edgener.benchmark.report import spread
from edgener.benchmark.rounds import in_turn
from edgener.runtime import Ner
from edgener.runtime.settings import Settings
from edgener.text import corpus

BATCHES = (1, 8, 32)
SENTENCES = 96  # whole batches of each size


def main(
    bundles: list[Path],
    data: Annotated[Path, typer.Option()],
    lang: Annotated[list[str], typer.Option()],
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")],
    rounds: int = 10,
) -> None:
    """Measure, and write the JSON."""
    pool = [one.tokens for part in corpus.load(data, "test", lang).values() for one in part]
    chosen = random.Random(0).sample(pool, SENTENCES)  # noqa: S311 - a sample, not a secret
    contestants = {
        f"{path.resolve().name} {form} {size}": Ner.load(path, settings=Settings(1, variant=variant), batch_size=size)
        for path in bundles
        for form, variant in (("padded", ""), ("packed", _packed(path)))
        for size in BATCHES
    }
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    tags = {}
    for number in range(-1, rounds):
        for name in in_turn(list(contestants), number):
            start = time.perf_counter()
            tags[name] = contestants[name].tag_words(chosen)
            if number >= 0:  # the first round warms up
                samples[name].append(len(chosen) / (time.perf_counter() - start))
    figures = {
        name: {
            **spread(found),
            "unlike_alone": sum(one != other for one, other in zip(tags[name], tags[_alone(name)], strict=True)),
        }
        for name, found in samples.items()
    }
    document = {
        **provenance(["python", "-m", "benchmarks.batches", *sys.argv[1:]]),
        "options": {"threads": 1, "rounds": rounds, "sentences": len(chosen)},
        "figures": figures,
        "samples": samples,
    }
    write_file(out, canonical_json(document))
    for name, figure in figures.items():
        typer.echo(f"{name:>40} {figure['median']:7.1f} sentences/s, {figure['unlike_alone']} unlike alone")


def _packed(path: Path) -> str:
    """The name of its packed variant."""
    return next(name for name in Ner.load(path).bundle.variants if name.endswith("-packed"))


def _alone(name: str) -> str:
    """The same bundle, padded, a sentence at a time: the answers that batches are compared with."""
    return f"{name.split()[0]} padded 1"


if __name__ == "__main__":
    typer.run(main)
