"""An emulator, an arm64 Debian with Python, and the wheels of a device: fetched once for a checkout, into build/arm64.

Nothing is installed. apt resolves the packages in a state of its own, as if for an arm64 machine with nothing on it,
and checks the archive's signature; wheels have their hashes in wheels.txt.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgener.console import say
from tests.helpers.alone import alone

CACHE = Path(__file__).resolve().parents[2] / "build/arm64"
WHEELS = Path(__file__).with_name("wheels.txt")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITE = "bookworm"
EMULATOR = "qemu-user:amd64"
# Debian bookworm's own, 7.2, computes int8 products wrongly and says nothing.
EMULATOR_MAJOR = 10
PACKAGES = ("python3.11-minimal", "libpython3.11-stdlib", "libgomp1", "libstdc++6")
# pip takes no older tag for a newer one.
TAGS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
APT_CONF = """\
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{folder}/state";
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "amd64"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Update::Error-Mode "any";
"""


class CannotFetchError(Exception):
    """One line on why the emulated machine cannot be had here."""


@dataclass(frozen=True)
class Parts:
    """emulator: a program. root: the files of the arm64 Debian. site: the unpacked wheels."""

    emulator: Path
    root: Path
    site: Path


def parts(cache: Path = CACHE) -> Parts:
    """The three, from the cache or from the network. CannotFetchError where they cannot be had."""
    folder = cache / stamp()
    with alone("arm64"):
        if not folder.is_dir():
            _fetch(cache, folder)
    return Parts(folder / "qemu-aarch64", folder / "root", folder / "site")


def _fetch(cache: Path, folder: Path) -> None:
    check_host()
    say(f"fetching an arm64 Debian, its emulator and wheels into {os.path.relpath(cache)}; once for this checkout")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        made = Path(scratch, "made")
        _debian(Path(scratch), made)
        _wheels(Path(scratch), made / "site")
        _check_version(made / "qemu-aarch64")
        made.rename(folder)


def stamp() -> str:
    """Another one when what is fetched, or how, is another."""
    return hashlib.sha256(Path(__file__).read_bytes() + WHEELS.read_bytes()).hexdigest()[:12]


def check_host(system: str = sys.platform, machine: str | None = None, tools: Sequence[str] = ()) -> None:
    """CannotFetchError unless this is a Linux on x86-64 with Debian's tools and keys."""
    machine = machine or platform.machine()
    if system != "linux" or machine != "x86_64":
        raise CannotFetchError(f"the emulator that is fetched runs on Linux x86_64, this is {system} {machine}")
    for tool in tools or ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise CannotFetchError(f"needs {tool}, to fetch and unpack Debian's packages")
    if not KEYRING.is_file():
        raise CannotFetchError(f"needs {KEYRING} (package debian-archive-keyring), to check Debian's signature")


def mirror(targets: str) -> str:
    """The Debian mirror that this machine uses, from what `apt-get indextargets` says: a URI and a label a line."""
    pairs = [line.partition(" ")[::2] for line in targets.splitlines()]
    # A machine that has no lists yet knows no labels.
    known = [uri for uri, label in pairs if label == "Debian"] or [
        uri for uri, _ in pairs if uri.rstrip("/").endswith("/debian")
    ]
    if not known:
        raise CannotFetchError("apt knows no Debian mirror here; EDGENER_DEBIAN=URI names one")
    return known[0]


def _debian(scratch: Path, made: Path) -> None:
    uri = os.environ.get("EDGENER_DEBIAN") or mirror(
        _run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages"], scratch)
    )
    for name in ("state/lists/partial", "cache/archives/partial", "emulator"):
        (scratch / name).mkdir(parents=True)
    (scratch / "status").touch()
    lines = [("arm64", SUITE), ("amd64", f"{SUITE}-backports")]
    sources = "".join(f"deb [arch={arch} signed-by={KEYRING}] {uri} {suite} main\n" for arch, suite in lines)
    (scratch / "sources.list").write_text(sources)
    (scratch / "apt.conf").write_text(APT_CONF.format(folder=scratch))
    environment = {"APT_CONFIG": str(scratch / "apt.conf"), "LC_ALL": "C.UTF-8"}
    _run(["apt-get", "-qq", "update"], scratch, environment)
    _run(["apt-get", "-qq", "-y", "--download-only", "install", *PACKAGES], scratch, environment)
    _run(["apt-get", "-qq", "download", EMULATOR], scratch / "emulator", environment)
    (made / "root").mkdir(parents=True)
    for folder, into in ((scratch / "cache/archives", made / "root"), (scratch / "emulator", scratch / "emulators")):
        for package in sorted(folder.glob("*.deb")):
            _run(["dpkg-deb", "-x", str(package), str(into)], scratch)
    (scratch / "emulators/usr/bin/qemu-aarch64").rename(made / "qemu-aarch64")


def _wheels(scratch: Path, site: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "--requirement", str(WHEELS), "--dest", str(scratch / "wheels")]
    command += ["--python-version", "3.11", "--implementation", "cp"]
    command += [word for tag in TAGS for word in ("--platform", f"{tag}_aarch64")]
    command += [word for abi in ("cp311", "abi3", "none") for word in ("--abi", abi)]
    _run(command, scratch)
    for wheel in sorted((scratch / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)


def _check_version(emulator: Path) -> None:
    said = _run([str(emulator), "--version"], emulator.parent).split()
    major = next((word.partition(".")[0] for word in said if word[:1].isdigit()), "")
    if major != str(EMULATOR_MAJOR):
        raise CannotFetchError(f"{SUITE}-backports has qemu {major or 'of no version'}; {EMULATOR_MAJOR} was tried")


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        why = next((line for line in said if line.startswith(("E: ", "ERROR: "))), said[-1])  # the first is the cause
        raise CannotFetchError(f"{Path(command[0]).name} fails: {why[:300]}")
    return done.stdout
