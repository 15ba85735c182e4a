"""ONNX Runtime's WebAssembly build: three files of the npm package onnxruntime-web, pinned by their hashes.

They come from a folder that the user names, or out of the package as npm fetches it; either way nothing is used whose
hash is not the one stated here. export/web/package-lock.json pins the same package.
"""

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from edgener.console import say
from edgener.errors import UserError

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
SHA256 = {
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
_MAX_BYTES = 64 * 2**20
_SECONDS = 600


def from_folder(folder: Path) -> dict[str, bytes]:
    """Name -> content, from a folder such as node_modules/onnxruntime-web/dist. UserError unless each hash is right."""
    files = {}
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path}: missing; --runtime takes the dist folder of the npm package {PACKAGE} {VERSION}")
        if path.stat().st_size > _MAX_BYTES:
            raise UserError(f"{path}: too large to be the file of {PACKAGE} {VERSION}")
        files[name] = path.read_bytes()
        if hashlib.sha256(files[name]).hexdigest() != expected:
            raise UserError(f"{path}: not the file of {PACKAGE} {VERSION} (its sha256 differs)")
    return files


def from_npm() -> dict[str, bytes]:
    """The same out of the package, fetched by npm with the user's own npm settings. UserError when it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(f"npm is not installed; install it, or give --runtime the dist folder of {PACKAGE} {VERSION}")
    say(f"fetching {PACKAGE} {VERSION} with npm")
    with TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise UserError(f"npm did not fetch {PACKAGE} within {_SECONDS} s; try again, or give --runtime") from None
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            why = " ".join(done.stderr.decode(errors="replace").split())[:200] or f"exit {done.returncode}"
            raise UserError(f"npm could not fetch {PACKAGE} {VERSION} ({why}); give --runtime a folder that holds it")
        if archives[0].stat().st_size > _MAX_BYTES:
            raise UserError(f"what npm fetched is too large to be {PACKAGE} {VERSION}; nothing of it was used")
        return from_archive(archives[0].read_bytes())


def from_archive(archive: bytes) -> dict[str, bytes]:
    """The files out of the package's archive, read in memory: no name in it becomes a path.

    UserError unless it is the pinned archive, to the byte; that is settled before it is opened.
    """
    if "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode() != INTEGRITY:
        raise UserError(f"what npm fetched is not {PACKAGE} {VERSION}: its sha512 differs; nothing of it was used")
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as package:
        for name in SHA256:
            member = package.extractfile(f"package/dist/{name}")
            assert member is not None  # the pinned archive has them all
            files[name] = member.read()
    return files
