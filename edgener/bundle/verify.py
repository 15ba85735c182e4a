"""Open a bundle: seal, manifest, files, and only then what is in them.

manifest.sha256 covers manifest.json and manifest.json covers every other file, so nothing is parsed before its hash
was compared. The hashes show damage and mix-ups, not authorship: whoever can rewrite the files can rewrite them too.
"""

import os
from pathlib import Path
from typing import Any

from edgener.artefact import MANIFEST, SCHEMA, check_files, parse_json, read_json, sha256_file
from edgener.bundle.layout import GOLDEN, KIND, LABELS, SEAL, Bundle, max_bytes, spec_from_dict, wrong_files
from edgener.errors import UserError
from edgener.text.labels import check_model_labels


def problems(path: Path) -> list[str]:
    """Every way in which the files differ from what the seal and the manifest say; empty when all is well."""
    if not os.path.isdir(path):  # Path.is_dir raises for a name that is too long: a text given in place of a bundle
        shown = str(path) if len(str(path)) <= 200 and str(path).isprintable() else f"{str(path)[:100]!r}..."
        return [f"{shown}: no such bundle (a bundle is a folder with {MANIFEST} in it)"]
    found = _listing(path)
    if found:
        return found
    seal = (path / SEAL).read_bytes()
    if seal != seal_of(path):
        return [f"{path / MANIFEST}: sha256 differs from {SEAL}; the bundle is damaged or was changed"]
    try:
        manifest = read_json(path / MANIFEST)
    except UserError as error:
        return [str(error)]
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        return [f"{path / MANIFEST}: not the manifest of a bundle"]
    schema = manifest.get("schema")
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        return [f"{path / MANIFEST}: bundle schema {schema!r}, this edgener reads up to {SCHEMA}; update it"]
    files = manifest.get("files")
    if not isinstance(files, dict) or wrong_files(files):
        return [f"{path / MANIFEST}: does not list exactly the files of a bundle"]
    present = {entry.name for entry in path.iterdir()} - {MANIFEST, SEAL}
    unlisted = [f"{path / name}: the manifest does not know this file" for name in sorted(present - set(files))]
    return unlisted + check_files(path, files)


def _listing(path: Path) -> list[str]:
    """Missing, surplus, oversized and special files."""
    present = {entry.name for entry in path.iterdir()}
    found = [f"{path / name}: missing" for name in (MANIFEST, SEAL) if name not in present]
    if wrong := wrong_files(present - {MANIFEST, SEAL}):
        found.append(f"{path}: {wrong}")
    for name in sorted(present):
        file, most = path / name, max_bytes(name)
        if most is None:
            continue
        if file.is_symlink() or not file.is_file():
            found.append(f"{file}: not a plain file")
        elif file.stat().st_size > most:
            found.append(f"{file}: {file.stat().st_size:,} bytes is more than a bundle may hold ({most:,})")
    return found


def seal_of(path: Path) -> bytes:
    """The content of manifest.sha256, in the form that `sha256sum --check` reads."""
    return f"{sha256_file(path / MANIFEST)}  {MANIFEST}\n".encode()


def state(path: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of change of each file: what differs when a bundle is replaced or written to."""
    facts = ((entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(path))
    return {name: (fact.st_ino, fact.st_size, fact.st_mtime_ns) for name, fact in facts}


def check_unchanged(bundle: Bundle) -> None:
    """UserError when the files are not those whose hashes were compared; for after they were read again by name."""
    try:
        same = state(bundle.path) == bundle.state
    except OSError:
        same = False
    if not same:
        raise UserError(f"{bundle.path}: was changed while it was loaded; load it again")


def open_bundle(path: Path) -> Bundle:
    """A verified bundle. UserError with the first problem when it is damaged, unreadable, too new or malformed."""
    try:
        return _open(path)
    except OSError as error:
        raise UserError(f"{error.filename or path}: cannot be read ({error.strerror})") from None


def _open(path: Path) -> Bundle:
    before = state(path) if os.path.isdir(path) else {}
    found = problems(path)
    if found:
        more = f" (and {len(found) - 1} more; `edgener verify {path}` lists them)" if len(found) > 1 else ""
        raise UserError(found[0] + more)
    manifest = read_json(path / MANIFEST)
    where = path / MANIFEST
    gate = manifest.get("gate")
    if not isinstance(manifest.get("name"), str) or not isinstance(gate, dict):
        raise UserError(f"{where}: 'name' or 'gate' is missing; not a manifest this version writes")
    if not isinstance(gate.get("passed"), bool):
        raise UserError(f"{where}: gate.passed is {gate.get('passed')!r}; expected true or false")
    if not isinstance(manifest.get("languages"), list) or not isinstance(manifest.get("model"), dict):
        raise UserError(f"{where}: 'languages' or 'model' is missing; not a manifest this version writes")
    labels = read_json(path / LABELS)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise UserError(f"{path / LABELS}: not a list of labels")
    check_model_labels(labels, str(path / LABELS))
    spec = spec_from_dict(manifest.get("decode"), where)
    bundle = Bundle(path, manifest, spec, tuple(labels), tuple(_golden(path / GOLDEN)), before)
    check_unchanged(bundle)
    return bundle


def _golden(path: Path) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            record = parse_json(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number}: not valid JSON ({error})") from None
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise UserError(f"{path}:{number}: not a golden sentence (no text)")
        records.append(record)
    return records
