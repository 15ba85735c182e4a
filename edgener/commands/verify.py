"""edgener verify"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from edgener.commands.common import Json
from edgener.console import print_json, say
from edgener.errors import CheckFailed, UserError


def verify(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle, or its .zip archive.")],
    json: Json = False,
) -> None:
    """Check a bundle: seal, manifest, the hash of every file, and its golden sentences on this device.

    The hashes show damage and mix-ups. They do not show who made the bundle. Exit 1 when anything is wrong.

    Example: edgener verify runs/demo-int8
    """
    from edgener.bundle.archive import ENDING, unpack

    if bundle.suffix == ENDING and bundle.is_file():
        with TemporaryDirectory() as folder:
            problems, facts = _check(unpack(bundle, Path(folder)))
        problems = [problem.replace(folder, str(bundle)) for problem in problems]
    else:
        problems, facts = _check(bundle)
    if json:
        print_json({"bundle": str(bundle), "ok": not problems, "problems": problems, **facts})
    else:
        for problem in problems:
            typer.echo(problem)
    if problems:
        raise CheckFailed(
            f"{bundle}: {len(problems)} problem{'s' * (len(problems) > 1)} found; do not ship this bundle"
        )
    if not json:
        typer.echo(f"{bundle}: every hash is right; {facts['golden']} golden sentences answered as stated")
        if not facts["golden"]:
            say("warning: this bundle has no golden sentences, so only its hashes were checked")
        if not facts["gated"]:
            say(f"warning: this bundle is ungated: {facts['why']}")


def _check(bundle: Path) -> tuple[list[str], dict[str, object]]:
    """What is wrong with the files, else with the answers."""
    from edgener.bundle import verify as checks

    problems = checks.problems(bundle)
    if not os.path.isdir(bundle):
        raise UserError(problems[0])
    return (problems, {}) if problems else _run(bundle)


def _run(bundle: Path) -> tuple[list[str], dict[str, object]]:
    """Load the bundle and answer its golden sentences."""
    from edgener.runtime import Ner
    from edgener.runtime.golden import differences
    from edgener.runtime.settings import Settings

    try:
        ner = Ner.load(bundle, settings=Settings())
        why = None if ner.bundle.gated else ner.bundle.why_ungated
        facts: dict[str, object] = {"golden": len(ner.bundle.golden), "gated": ner.bundle.gated, "why": why}
        problems = differences(ner, ner.bundle.golden)
        for name in ner.bundle.variants:
            found = differences(Ner.load(bundle, settings=Settings(variant=name)), ner.bundle.golden)
            problems += [f"variant {name}: {problem}" for problem in found]
        return problems, facts
    except UserError as error:
        return [str(error)], {}
