"""What the C++ core is built with and from: CMake, a compiler, and libraries that this machine may not have installed.

What is missing is fetched from Debian as files, once for a checkout, and unpacked; nothing is installed. yyjson and
ONNX Runtime's headers came with Debian 13, so a machine with an older one takes them from there, by its own mirror.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import onnxruntime
import pytest

from tests.helpers.process import ROOT

CORE = ROOT / "export/core"
CACHE = ROOT / "build/core-packages"
_SUITE = "trixie"
_PACKAGES = ("libonnxruntime-dev", "libutf8proc-dev")
_SOURCE = "yyjson"


def library() -> Path:
    """ONNX Runtime's shared library, as the Python package carries it."""
    found = sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.1*"))
    if not found:
        pytest.skip("this onnxruntime package carries no libonnxruntime.so.1")
    return found[0]


def packages() -> Path:
    """A folder with usr/ (headers and utf8proc) and yyjson/; the test is skipped where they cannot be had."""
    if CACHE.is_dir():
        return CACHE
    for tool in ("apt-get", "dpkg-deb", "dpkg", "tar"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}, to fetch what the C++ core is built from")
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as scratch:
        folder = Path(scratch)
        _fetch(folder)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, folder / "root"], check=True)
        (folder / "root" / _SOURCE).mkdir(parents=True)
        archive = next(folder.glob(f"{_SOURCE}_*.tar.*"))
        subprocess.run(["tar", "-xf", archive, "-C", folder / "root" / _SOURCE, "--strip-components", "1"], check=True)
        (folder / "root").rename(CACHE)
    return CACHE


def _fetch(folder: Path) -> None:
    """The packages and the source archive, by a configuration of apt's own that leaves the machine's alone."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    mirror = _mirror()
    (folder / "sources.list").write_text(f"deb {mirror} {_SUITE} main\ndeb-src {mirror} {_SUITE} main\n")
    (folder / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "-";\n'
        f'Dir::State::lists "{folder}/lists";\nDir::Cache "{folder}/cache";\nAPT::Sandbox::User "root";\n'
    )
    for arguments in (
        ("update",),
        ("download", *_PACKAGES),
        ("source", "--download-only", "--tar-only", _SOURCE),
    ):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments],
            cwd=folder,
            env={**os.environ, "APT_CONFIG": str(folder / "apt.conf")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"the C++ core's libraries cannot be fetched: {_last_line(done.stderr)}")


def _mirror() -> str:
    """Where this machine takes Debian's main archive from."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        address, _, rest = line.partition(" ")
        if rest == "Debian main" and urlsplit(address).path.rstrip("/").endswith("debian"):
            return address
    pytest.skip("not a Debian machine whose archive is known; install the C++ core's libraries")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
