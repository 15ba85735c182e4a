"""A bundle as one zip file: what an app downloads.

The same bundle always gives the same bytes: names in order, one date, one permission. A member is stored or deflated,
whichever is smaller; every phone, browser and standard library reads both.
"""

import errno
import io
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from edgener.artefact import MANIFEST, read_json, write_file
from edgener.bundle.layout import SEAL, max_bytes, wrong_files
from edgener.bundle.verify import seal_of
from edgener.errors import UserError

ENDING = ".zip"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_READABLE = 0o100644 << 16
_PIECE = 2**20
# All that zipfile says of damage, wherever it lies: NotImplementedError for kinds of compression that it does not know,
# RuntimeError for encrypted members, ValueError for names and offsets that make no sense.
_UNSOUND = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


def write_archive(bundle: Path, out: Path, *, force: bool = False) -> Path:
    """Write a sound bundle (edgener.bundle.verify) as a zip at `out`; returns `out`.

    force: the archive of another bundle there is replaced. UserError without it, unless it is this very archive; and
    for anything else that is there.
    """
    check_place(out, True)
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
    if out.exists() and out.read_bytes() == buffer.getvalue():
        return out
    if out.exists() and not force:
        raise UserError(f"{out}: already exists and is of another bundle; move it, or --force to replace it")
    write_file(out, buffer.getvalue())
    return out


def check_place(out: Path, replace: bool) -> None:
    """UserError, before a bundle is made and not after it, for what its archive may not take the place of.

    replace: another archive may be replaced; what is no archive of a bundle never is.
    """
    if not out.exists() and not out.is_symlink():
        return
    try:
        with zipfile.ZipFile(out) as archive:
            names = set(archive.namelist())
    except (OSError, *_UNSOUND):
        names = set()
    if not {MANIFEST, SEAL} <= names or wrong_files(names - {MANIFEST, SEAL}):
        raise UserError(f"{out}: not an archive of edgener's, and would be replaced; choose another --out")
    if not replace:
        raise UserError(f"{out}: already exists; move it, or --force to replace it")


def unpack(path: Path, folder: Path) -> Path:
    """Write the files of a bundle's archive into an empty folder; returns the folder, to be verified as any bundle.

    Nothing but the files of a bundle is taken out, each once and never more bytes than its manifest says, whatever the
    archive says of itself. UserError for anything else, and for what has no room there.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            _check(path, archive.infolist())
            sizes = {name: max_bytes(name) or 0 for name in (SEAL, MANIFEST)}
            for name in sizes:
                _extract(archive, members[name], folder, sizes[name])
            sizes |= _sizes(path, folder, members)
            if sum(sizes.values()) > shutil.disk_usage(folder).free:
                raise UserError(f"{path}: {sum(sizes.values()):,} bytes have no room in {folder}; set TMPDIR")
            for name in sorted({*members} - {SEAL, MANIFEST}):
                _extract(archive, members[name], folder, sizes[name])
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset that makes no sense
            raise
        raise UserError(f"{path}: not a sound zip file ({error.strerror})") from None
    except _UNSOUND as error:
        raise UserError(f"{path}: not a sound zip file ({' '.join(str(error).split())[:100]})") from None
    return folder


def _sizes(path: Path, folder: Path, names: Iterable[str]) -> dict[str, int]:
    """What the manifest says of the files, once its seal was compared."""
    if (folder / SEAL).read_bytes() != seal_of(folder):
        raise UserError(f"{path}: sha256 of {MANIFEST} differs from {SEAL}; damaged or changed")
    manifest = read_json(folder / MANIFEST)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    sizes = {}
    for name in {*names} - {SEAL, MANIFEST}:
        entry = files.get(name) if isinstance(files, dict) else None
        size = entry.get("bytes") if isinstance(entry, dict) else None
        if type(size) is not int or not 0 <= size <= (max_bytes(name) or 0):
            raise UserError(f"{path}: its manifest does not say how large {name} is")
        sizes[name] = size
    return sizes


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, most: int) -> None:
    with archive.open(member) as source, open(folder / member.filename, "xb") as target:
        _copy(source, target, most, f"{archive.filename}: {member.filename}")


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise UserError(f"{path}: a file is in it twice")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise UserError(f"{path}: neither stored nor deflated; phones and browsers read no other member")
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
