"""The benchmark on another machine: everything there, measured, brought back, and removed there."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgener import artefact
from edgener.artefact import sha256_file
from edgener.benchmark.run import BenchmarkConfig
from edgener.bundle.verify import open_bundle
from edgener.console import say
from edgener.errors import UserError
from edgener.remote import setup
from edgener.remote.address import Address
from edgener.remote.kept import Kept
from edgener.remote.link import Link, Lost, connected

_PACKAGES = "import edgener.versions, json; print(json.dumps(edgener.versions.versions()))"


def benchmark_on(
    where: Address, bundles: Sequence[Path], config: BenchmarkConfig, wheels: Path | None
) -> dict[str, Any]:
    """The document of edgener.benchmark.run with the device's `machine`. UserError for whatever goes wrong.

    A run that lost its connection goes on, when asked again, behind the last round that came back.
    """
    if not bundles:
        raise UserError("nothing to benchmark; name a bundle")
    for one in bundles:
        open_bundle(one)  # damage is told here, not there
    given = setup.wheels_of(wheels)
    asked = {
        "where": str(where),
        "bundles": [[one.resolve().name, artefact.find(one).digest] for one in bundles],  # type: ignore[union-attr]
        "threads": config.threads,
        "plan": config.plan.as_dict(),
        "text": sha256_file(config.text) if config.text else None,
    }
    try:
        return asyncio.run(_session(where, bundles, config, given, Kept(asked)))
    except Lost as error:
        raise UserError(f"{error}; the same command goes on behind the last round that was kept") from None


async def _session(
    where: Address, bundles: Sequence[Path], config: BenchmarkConfig, wheels: list[Path], kept: Kept
) -> dict[str, Any]:
    files = {
        f"{number}/{one.resolve().name}/{path.name}": path
        for number, one in enumerate(bundles)
        for path in sorted(one.iterdir())
        if path.is_file()
    }
    if config.text:
        files["text.txt"] = config.text
    say(f"connecting to {where}")
    async with connected(where) as (link, facts):
        say(f"there: {facts['machine']}, Python {facts['python']}, {facts['free_bytes'] / 1e9:.1f} GB free")
        setup.check(where, facts, sum(path.stat().st_size for path in [*files.values(), *wheels]))
        await setup.install(link, facts, wheels)
        await setup.copy(link, files)
        device = {**{part: facts[part] for part in ("machine", "libc")}, "versions": await _versions(link)}
        before = kept.read(device)
        if before and before["order"]:
            say(f"going on behind round {len(before['order'])}, which an earlier connection brought back")
        request = {
            "contestants": list(dict.fromkeys(name.rpartition("/")[0] for name in files if "/" in name)),
            "threads": config.threads,
            "plan": config.plan.as_dict(),
            "text": "text.txt" if config.text else None,
            "before": before,
        }
        await link.put("request.json", artefact.canonical_json(request))
        say("measuring there")
        document = await _measure(link, kept, device)
        clean = await link.end()
    kept.drop()
    say(
        f"{where}: everything is removed there" if clean else f"warning: {where}: some files could not be removed there"
    )
    return document


async def _versions(link: Link) -> dict[str, str]:
    """Of Python and the packages there; other versions are another device."""
    found: dict[str, str] = {}
    async for kind, value in link.run([setup.PYTHON, "-c", _PACKAGES]):
        if kind == "out":
            found = json.loads(value)
    return found


async def _measure(link: Link, kept: Kept, device: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] | None = None
    last = "it said nothing"
    command = [setup.PYTHON, "-m", "edgener.benchmark.on_device", "{here}/request.json"]
    async for kind, value in link.run(command):
        if kind == "err":
            say(value)
            last = value.removeprefix("edgener: ")
        elif kind == "out":
            told = json.loads(value)
            if "kept" in told:
                kept.write(device, told["kept"])
            document = told.get("document", document)
        elif value or document is None:
            raise UserError(f"{link.where}: the benchmark ended there with exit code {value}: {last}")
    assert document is not None
    return document
