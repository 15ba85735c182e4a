"""A bundle as a zip: the same bytes each time, and nothing but a bundle is ever taken out."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.artefact import MANIFEST
from edgener.bundle import archive
from edgener.bundle.archive import unpack, write_archive
from edgener.bundle.layout import SEAL
from edgener.bundle.verify import problems
from edgener.errors import UserError
from tests.helpers import onnx_bundle


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {one.filename: opened.read(one) for one in opened.infolist()}


def _write(path: Path, members: list[tuple[str, bytes]], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", **options) as made:
        for name, data in members:
            made.writestr(name, data)
    return path


def test_a_bundle_comes_back_whole_and_its_archive_is_always_the_same(sound: Path, tmp_path: Path) -> None:
    first = write_archive(sound, tmp_path / "a.zip")
    (tmp_path / "again").mkdir()
    again = unpack(first, tmp_path / "again")
    assert problems(again) == []
    assert write_archive(again, tmp_path / "b.zip").read_bytes() == first.read_bytes()
    assert first.stat().st_size < sum(file.stat().st_size for file in sound.iterdir())
    assert set(_members(first)) == {*onnx_bundle.FILES, MANIFEST, SEAL}
    assert {one.compress_type for one in zipfile.ZipFile(first).infolist()} <= {
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    }


@pytest.mark.parametrize(
    "name", ["../model.onnx", "/etc/passwd", "sub/model.onnx", "model.onnx/", "extra.txt", "C:model.onnx"]
)
def test_other_names_are_refused_before_anything_is_written(sound: Path, tmp_path: Path, name: str) -> None:
    members = list(_members(write_archive(sound, tmp_path / "a.zip")).items())
    bad = _write(tmp_path / "bad.zip", [*members, (name, b"x")])
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="does not belong to a bundle"):
        unpack(bad, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_missing_and_doubled_members_are_refused(sound: Path, tmp_path: Path) -> None:
    members = list(_members(write_archive(sound, tmp_path / "a.zip")).items())
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match=r"README\.md is missing"):
        unpack(_write(tmp_path / "less.zip", [one for one in members if one[0] != "README.md"]), tmp_path / "out")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = _write(tmp_path / "twice.zip", [*members, members[0]])
    with pytest.raises(UserError, match="in it twice"):
        unpack(twice, tmp_path / "out")


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip", "empty"])
def test_damage_is_one_line(sound: Path, tmp_path: Path, damage: str) -> None:
    whole = write_archive(sound, tmp_path / "a.zip").read_bytes()
    middle = len(whole) // 3
    data = {
        "cut": whole[:middle],
        "flipped": whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 40]) + whole[middle + 40 :],
        "no zip": b"hello",
        "empty": b"",
    }[damage]
    (tmp_path / "bad.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match=r"bad\.zip: not a sound zip file"):
        unpack(tmp_path / "bad.zip", tmp_path / "out")


def test_an_encrypted_member_is_refused(sound: Path, tmp_path: Path) -> None:
    data = bytearray(write_archive(sound, tmp_path / "a.zip").read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as opened:
        central = opened.start_dir
    data[6] |= 1  # the flag of the first member, in its own head and in the list of all
    data[central + 8] |= 1
    (tmp_path / "bad.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="not a sound zip file"):
        unpack(tmp_path / "bad.zip", tmp_path / "out")


def test_what_is_measured_is_what_is_written(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.zlib, "compress", lambda data, level: data + b"x")
    stored = write_archive(sound, tmp_path / "a.zip")
    assert {one.compress_type for one in zipfile.ZipFile(stored).infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize("kind", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_codecs_that_phones_lack_are_refused(sound: Path, tmp_path: Path, kind: int) -> None:
    members = list(_members(write_archive(sound, tmp_path / "a.zip")).items())
    other = _write(tmp_path / "other.zip", members, compression=kind)
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="neither stored nor deflated"):
        unpack(other, tmp_path / "out")


def test_a_bomb_stops_at_what_the_manifest_says(sound: Path, tmp_path: Path) -> None:
    """Ten kilobytes of zip can be ten megabytes of zeros."""
    members = _members(write_archive(sound, tmp_path / "a.zip"))
    large = [*((name, data) for name, data in members.items() if name != "weights.bin"), ("weights.bin", bytes(10**7))]
    bomb = _write(tmp_path / "bomb.zip", large, compression=zipfile.ZIP_DEFLATED)
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match=r"weights\.bin: more than the [\d,]+ bytes that it may have"):
        unpack(bomb, tmp_path / "out")
    assert sum(file.stat().st_size for file in (tmp_path / "out").iterdir()) < 10**6


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_damage_is_one_line_or_no_damage_to_the_files(sound: Path, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        whole = bytearray(write_archive(sound, Path(folder) / "a.zip").read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        bad, out = Path(folder) / "bad.zip", Path(folder) / "out"
        bad.write_bytes(whole)
        out.mkdir()
        try:
            found = problems(unpack(bad, out))
        except UserError as error:
            found = [] if "\n" not in str(error) else [f"more than a line: {error}"]
        assert found == []
