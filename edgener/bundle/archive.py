"""A bundle as one zip file: what an app downloads.

The same bundle always gives the same bytes: names in order, one date, one permission. A member is stored or deflated,
whichever is smaller; every phone, browser and standard library reads both.
"""

import io
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO

from edgener.artefact import MANIFEST, write_file
from edgener.bundle.layout import SEAL, max_bytes, wrong_files
from edgener.errors import UserError

ENDING = ".zip"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE = 0o100644 << 16
_PIECE = 2**20


def write_archive(bundle: Path, out: Path) -> Path:
    """Write a sound bundle (edgener.bundle.verify) as a zip at `out`, which is replaced; returns `out`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(bundle.iterdir()):
            name, data = file.name, file.read_bytes()
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system = 3  # Unix, wherever it is made
            member.external_attr = _READABLE
            smaller = len(zlib.compress(data, 9)) < len(data)
            kind = zipfile.ZIP_DEFLATED if smaller else zipfile.ZIP_STORED
            archive.writestr(member, data, compress_type=kind, compresslevel=9)
    write_file(out, buffer.getvalue())
    return out


def unpack(path: Path, folder: Path) -> Path:
    """Write the files of a bundle's archive into an empty folder; returns the folder, to be verified as any bundle.

    Nothing but the files of a bundle is taken out, each once and never more bytes than it may have, whatever the
    archive says of itself. UserError for anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(path, members)
            for member in members:
                with archive.open(member) as source, open(folder / member.filename, "xb") as target:
                    _copy(source, target, max_bytes(member.filename) or 0, f"{path}: {member.filename}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path}: not a sound zip file ({' '.join(str(error).split())[:100]})") from None
    return folder


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise UserError(f"{path}: a file is in it twice")
    missing = [f"{name} is missing" for name in (MANIFEST, SEAL) if name not in names]
    if wrong := wrong_files({*names} - {MANIFEST, SEAL}) or (missing[0] if missing else None):
        raise UserError(f"{path}: {wrong}")


def _copy(source: IO[bytes], target: IO[bytes], most: int, what: str) -> None:
    left = most
    while piece := source.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise UserError(f"{what}: more than the {most:,} bytes that it may have")
        target.write(piece)
    target.flush()
    os.fsync(target.fileno())
