"""edgener and what it needs on a device: in a virtual environment of its own, inside the folder that is removed."""

import re
from pathlib import Path
from typing import Any

from edgener.console import Progress, say
from edgener.errors import UserError
from edgener.remote.link import Link
from edgener.remote.wheel import wheel

PYTHON = "{here}/venv/bin/python"
OLDEST = (3, 11)
ROOM = 400_000_000  # bytes: onnxruntime, numpy and tokenizers, installed
# No machine builds onnxruntime or tokenizers from source by the way; and nothing is to stay in pip's cache.
_PIP = ("-m", "pip", "install", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:")
_LARGE = re.compile(r"\s*(Downloading \S+ \([0-9.]+ MB\))")
_ONLINE = ("--retries", "2", "--timeout", "15")


def check(where: object, facts: dict[str, Any], needed: int) -> None:
    """UserError for a device that cannot run it; needed: bytes of what will be copied."""
    if facts["bits"] != 64:
        raise UserError(f"{where}: a 32-bit system, for which ONNX Runtime is not built; install a 64-bit one")
    if tuple(map(int, facts["python"].split(".")[:2])) < OLDEST:
        raise UserError(f"{where}: Python {facts['python']} there; {'.'.join(map(str, OLDEST))} or newer is needed")
    if facts["free_bytes"] < needed + ROOM:
        free, wanted = facts["free_bytes"] / 1e6, (needed + ROOM) / 1e6
        raise UserError(f"{where}: {free:.0f} MB free there; about {wanted:.0f} MB are needed, for a while")


def wheels_of(folder: Path | None) -> list[Path]:
    """UserError for a folder without wheels."""
    if folder is None:
        return []
    found = sorted(one for one in folder.glob("*.whl") if one.is_file()) if folder.is_dir() else []
    if not found:
        raise UserError(f"--wheels {folder}: no folder with wheels (*.whl)")
    return found


async def install(link: Link, facts: dict[str, Any], wheels: list[Path]) -> None:
    """Make the environment. UserError with what to do when it cannot be made."""
    say("making a virtual environment there")
    code, said = await _run(link, ["{python}", "-m", "venv", "{here}/venv"])
    if code:
        if "ensurepip" in said:
            raise UserError(
                f"{link.where}: its Python makes no virtual environments; there: sudo apt install python3-venv"
            )
        raise UserError(f"{link.where}: no virtual environment can be made there: {_last(said)}")
    name, data = wheel()
    await link.put(f"wheels/{name}", data)
    await copy(link, {f"wheels/{one.name}": one for one in wheels if one.name != name})
    say("installing edgener and what it needs there")
    source = ("--no-index", "--find-links", "{here}/wheels") if wheels else _ONLINE
    code, said = await _run(link, [PYTHON, *_PIP, *source, f"{{here}}/wheels/{name}"], telling=True)
    if code and wheels:
        raise UserError(
            f"{link.where}: the wheels do not suit it: {_missing(said)}; fetch them here: {_download(facts)}"
        )
    if code:
        raise UserError(
            f"{link.where}: pip failed there: {_missing(said)}; if it has no internet, fetch the wheels here and add "
            f"--wheels wheels: {_download(facts)}"
        )


async def copy(link: Link, files: dict[str, Path]) -> None:
    """Files to the device, by their names there, with progress."""
    total = sum(path.stat().st_size for path in files.values())
    with Progress(f"copying {total / 1e6:.1f} MB", total // 1000, "kB") as progress:
        for name, path in files.items():
            data = path.read_bytes()
            await link.put(name, data)
            progress.advance(len(data) // 1000)


def _download(facts: dict[str, Any]) -> str:
    """The command that fetches wheels for the device on another machine."""
    version = ".".join(facts["python"].split(".")[:2])
    platforms = " ".join(f"--platform manylinux_2_{minor}_{facts['machine']}" for minor in (28, 27, 17))
    packages = "onnxruntime tokenizers numpy typer"
    return f"pip download --only-binary :all: {platforms} --python-version {version} -d wheels {packages}"


async def _run(link: Link, command: list[str], telling: bool = False) -> tuple[int, str]:
    """(exit code, all that it printed). telling: what pip downloads is said, unless it is small."""
    said: list[str] = []
    code = 1
    async for kind, value in link.run(command):
        if kind == "code":
            code = value
            continue
        said.append(value)
        if telling and (large := _LARGE.match(value)):
            say(f"  {large[1]}")
    return code, "\n".join(said)


def _missing(said: str) -> str:
    """What pip could not find, rather than how often it tried."""
    lines = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.startswith("ERROR: ")]
    return lines[-1][:200] if lines else _last(said)


def _last(said: str) -> str:
    return next((line.strip()[:200] for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
