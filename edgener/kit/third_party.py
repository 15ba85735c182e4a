"""Sources of others that a kit carries: the archives that the C++ core's CMake pins, by the same addresses and hashes.

A kit for people without CMake has them inside. Both are under the MIT licence (utf8proc's data under Unicode's), which
lets them be passed on with their licences beside them.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from importlib.resources import files
from pathlib import Path
from urllib import request

from edgener.console import say
from edgener.errors import UserError

# Of each library: the files that are used, licence included, by their names in its archive.
FILES = {
    "yyjson": ("src/yyjson.c", "src/yyjson.h", "LICENSE"),
    "utf8proc": ("utf8proc.c", "utf8proc_data.c", "utf8proc.h", "LICENSE.md"),
}
Sources = dict[str, dict[str, bytes]]

_PIN = re.compile(r"FetchContent_Declare\(\s*(\w+)\s+URL (\S+)\s+URL_HASH SHA256=([0-9a-f]{64})\)")
_MAX_BYTES = 32 * 2**20
_SECONDS = 60


@dataclass(frozen=True)
class Pin:
    """An archive: its address, and the sha256 that it must have."""

    name: str
    url: str
    sha256: str


def pins() -> list[Pin]:
    """What the core is built with, as its CMake says."""
    text = (files("edgener.kits") / "core" / "cmake" / "ThirdParty.cmake").read_text(encoding="utf-8")
    found = [Pin(*match) for match in _PIN.findall(text)]
    if {one.name for one in found} != set(FILES):
        raise ValueError("ThirdParty.cmake pins other libraries than a kit carries")
    return found


def from_folder(folder: Path) -> Sources:
    """Library -> file -> content, from a folder that has the archives under any names. UserError when it lacks one."""
    wanted = {one.sha256: one for one in pins()}
    found: Sources = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and path.stat().st_size <= _MAX_BYTES:
            content = path.read_bytes()
            if pin := wanted.pop(hashlib.sha256(content).hexdigest(), None):
                found[pin.name] = unpacked(pin.name, content)
    for pin in wanted.values():
        raise UserError(f"{folder}: does not hold {pin.url} (sha256 {pin.sha256}); download it there, under any name")
    return found


def from_network(get: Callable[[str], bytes] | None = None) -> Sources:
    """The same, downloaded. get: address -> content. UserError for what cannot be had, or is not what is pinned."""
    found: Sources = {}
    for pin in pins():
        say(f"fetching {pin.url}")
        try:
            content = (get or _get)(pin.url)
        except (OSError, HTTPException) as error:
            why = " ".join(str(error).split())[:200]
            raise UserError(
                f"{pin.url}: cannot be fetched ({why}); download it elsewhere, and give --third-party its folder"
            ) from None
        if hashlib.sha256(content).hexdigest() != pin.sha256:
            raise UserError(f"{pin.url}: what came is not what is pinned (its sha256 differs); nothing of it was used")
        found[pin.name] = unpacked(pin.name, content)
    return found


def unpacked(name: str, archive: bytes) -> dict[str, bytes]:
    """The files of a library out of its archive, read in memory: no name in it becomes a path."""
    content = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        members = {member.name.partition("/")[2]: member for member in package if member.isfile()}
        for file in FILES[name]:
            stream = package.extractfile(members[file])
            assert stream is not None  # a plain file, by the filter above
            content[file] = stream.read()
    return content


def _get(url: str) -> bytes:
    with request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 (an address of ours, https)
        content: bytes = answer.read(_MAX_BYTES + 1)
        return content
