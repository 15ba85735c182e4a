"""edgener tune"""

import os
import statistics
from pathlib import Path
from typing import Annotated

import typer

from edgener.commands.common import Json
from edgener.console import print_json, print_table, say


def tune(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    text: Annotated[
        Path | None, typer.Option(help="Text file, one sentence a line; the built-in sample by default.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds in which every candidate has a turn.", min=3, max=1000)] = 7,
    json: Json = False,
) -> None:
    """Find the fastest settings for a bundle on this device, and use them from now on.

    Threads, graph optimisation and spinning, then the bundle's variants, in alternating rounds with the defaults. The winner is written to your cache, not to the bundle; `predict` and edgener.runtime take it unless they
    are told how many threads to use.

    Example: edgener tune runs/demo-int8
    """
    from edgener.benchmark import tune as tuning
    from edgener.bundle.verify import open_bundle
    from edgener.runtime.settings import DEFAULT, keep
    from edgener.text import sample
    from edgener.text.lines import read_texts

    opened = open_bundle(bundle)
    variants = opened.variants
    if variants and not opened.gated:
        say(f"warning: nobody has measured what the variants of this bundle lose: {opened.why_ungated}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    lines = read_texts(text) if text else [line for texts in sample.sentences().values() for line in texts]
    best, found = tuning.tune(bundle, variants, cores, lines, rounds)
    try:
        place: Path | None = keep(bundle, best, tuning.facts_of(found))
    except (OSError, RuntimeError) as error:
        place = None
        say(f"warning: the result cannot be kept ({error}); set EDGENER_CACHE to a folder that can be written")
    if json:
        ms = {str(one.settings): one.ms for one in found}
        print_json({"bundle": str(bundle), "best": str(best), "ms": ms, "cache": str(place) if place else None})
        return
    rows = []
    for one in found:
        spread = f"{statistics.median(one.ratios):.2f}x ({min(one.ratios):.2f}-{max(one.ratios):.2f})"
        rows.append([str(one.settings), statistics.median(one.ms), spread, "best" if one.settings == best else ""])
    print_table(f"{bundle}: ms from text to entities, medians", ["settings", "ms", "faster than default", ""], rows)
    if best == DEFAULT:
        say("nothing is clearly faster than the defaults; they stay")
