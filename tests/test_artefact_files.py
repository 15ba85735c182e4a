"""The files of an artefact: strict JSON of bounded size, names that stay inside, content that matches its hash."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edgener import artefact
from edgener.errors import UserError
from tests.helpers.stage import build


@pytest.mark.parametrize("fails", ["replace", "fsync"])
def test_write_file_that_fails_leaves_the_old_file(tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    artefact.write_file(tmp_path / "f", b"old")
    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space"):
        artefact.write_file(tmp_path / "f", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("f", b"old")]


BAD_JSON: dict[str, bytes] = {
    "depth": b"[" * 500_000,
    "objects": b'{"a":' * 500_000,
    "latin-1": b'{"name": "Zo\xeb"}',
    "utf-16": '{"name": "Zoe"}'.encode("utf-16"),
    "nan": b'{"f1": NaN}',
    "infinity": b"[-Infinity]",
    "overflow": b'{"f1": 1e999}',
    "digits": b"9" * 10_000,
    "cut": b'{"kind": "bun',
    "empty": b"",
    "two": b"{} {}",
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_what_is_not_json_is_one_line_with_its_place(tmp_path: Path, name: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(BAD_JSON[name])
    with pytest.raises(UserError) as error:
        artefact.read_json(path)
    assert str(error.value).startswith(f"{path}:")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500 + len(str(path))


def test_read_json_caps_the_size_and_reads_what_is_within(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(b"\xef\xbb\xbf" + '{"name": "Zoë", "f1": 0.5, "n": 1e2}'.encode())
    assert artefact.read_json(path) == {"name": "Zoë", "f1": 0.5, "n": 100.0}
    size = path.stat().st_size
    assert artefact.read_json(path, max_bytes=size)
    with pytest.raises(UserError, match=f"{size} bytes is too large"):
        artefact.read_json(path, max_bytes=size - 1)
    with open(path, "wb") as file:
        file.truncate(artefact.MAX_JSON_BYTES + 1)
    with pytest.raises(UserError, match="too large"):
        artefact.read_json(path)
    with pytest.raises(UserError, match="no such file"):
        artefact.read_json(tmp_path / "none.json")
    with pytest.raises(UserError, match="cannot be read"):
        artefact.read_json(tmp_path)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("swap", [_link, _pipe])
def test_only_plain_files_count(tmp_path: Path, swap: Callable[[Path], None]) -> None:
    out = build(tmp_path / "out")
    found = artefact.find(out)
    assert found is not None
    swap(out / "model.bin")
    assert artefact.check_files(out, found.manifest["files"]) == [f"{out}/model.bin: missing, or not a plain file"]


@pytest.mark.parametrize(
    "name", ["../secret", "{tmp}/secret", "a/../../secret", "sub/file", "", ".", "..", ".hidden", "a\0b", "a\nb", "-rf"]
)
def test_path_tricks_in_a_file_list_are_refused(tmp_path: Path, name: str) -> None:
    """Even when the hash of what the name points to is right."""
    out = build(tmp_path / "out")
    (out / "sub").mkdir()
    entry = {"sha256": hashlib.sha256(b"secret").hexdigest(), "bytes": 6}
    for path in (tmp_path / "secret", out / "sub" / "file", out / ".hidden", out / "-rf"):
        path.write_bytes(b"secret")
    problems = artefact.check_files(out, {name.format(tmp=tmp_path): entry})
    assert len(problems) == 1
    assert "not an entry for a plain file name" in problems[0]
    assert "\n" not in problems[0]


@pytest.mark.parametrize("files", [None, [], "model.bin", {"model.bin": None}, {"model.bin": {}}])
def test_a_file_list_of_another_shape_is_a_problem(tmp_path: Path, files: object) -> None:
    assert len(artefact.check_files(build(tmp_path / "out"), files)) == 1


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"kind": 1}', "null"])
def test_a_manifest_without_a_kind_is_one_line(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match="not an edgener manifest"):
        artefact.find(tmp_path)
