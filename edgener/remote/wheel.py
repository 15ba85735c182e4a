"""This very edgener as a wheel, so that a device runs the code that is running here, released or not.

The format is that of the binary distribution format specification of packaging.python.org: the package's files, its
metadata, and a RECORD of all hashes.
"""

import importlib.metadata
import io
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import edgener
from edgener.errors import UserError

_TAG = "py3-none-any"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def wheel() -> tuple[str, bytes]:
    """(file name, bytes). Without the kits, which no device needs. UserError where edgener is not installed."""
    try:
        metadata = importlib.metadata.metadata("edgener")
    except importlib.metadata.PackageNotFoundError:
        raise UserError("edgener is not installed here, only found; run: pip install -e .") from None
    folder = Path(edgener.__path__[0])
    info = f"edgener-{metadata['Version']}.dist-info"
    files = {
        f"edgener/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    files[f"{info}/METADATA"] = str(metadata).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: edgener\nRoot-Is-Purelib: true\nTag: {_TAG}\n".encode()
    files[f"{info}/RECORD"] = _record(files, info).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return f"edgener-{metadata['Version']}-{_TAG}.whl", out.getvalue()


def _record(files: dict[str, bytes], info: str) -> str:
    lines = [
        f"{name},sha256={urlsafe_b64encode(sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for name, data in files.items()
    ]
    return "".join([*lines, f"{info}/RECORD,,\n"])
