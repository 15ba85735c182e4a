"""Raw text: whatever is on the disk, it is read line by line, or refused with its file and line."""

import gzip
import lzma
import os
from collections import Counter
from pathlib import Path

import pytest

from edgener.errors import UserError
from edgener.text import raw

LINES = [f"layi na {number}" for number in range(2000)]
TEXT = "\n".join(LINES).encode()


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "pack"), [("hau.txt", bytes), ("hau.txt.xz", lzma.compress), ("hau.txt.gz", gzip.compress)]
)
def test_the_three_forms_hold_the_same_lines(tmp_path: Path, name: str, pack: object) -> None:
    assert callable(pack)
    path = put(tmp_path / name, pack(b"\xef\xbb\xbf  Kano \r\n\n \t\nB\xc9\x93ala\n" + TEXT))
    assert list(raw.read(path)) == ["Kano", "Bɓala", *LINES]
    assert raw.find(tmp_path) == raw.find(path) == {"hau": path}


@pytest.mark.parametrize(("ending", "pack"), [("xz", lzma.compress), ("gz", gzip.compress)])
def test_a_damaged_file_is_refused(tmp_path: Path, ending: str, pack: object) -> None:
    assert callable(pack)
    # Not compressible, so that the damage is behind many lines.
    noise = b"\n".join(os.urandom(30).hex().encode() for _ in range(20_000))
    whole = pack(noise)
    half = put(tmp_path / f"half.txt.{ending}", whole[: len(whole) // 2])
    with pytest.raises(UserError, match=rf"half\.txt\.{ending}:\d{{4,}}: cannot be read \(Compressed file ended"):
        list(raw.read(half))
    middle = len(whole) // 2
    flipped = put(tmp_path / f"flip.txt.{ending}", whole[:middle] + bytes(64) + whole[middle + 64 :])
    with pytest.raises(UserError, match=rf"flip\.txt\.{ending}:\d+: cannot be read \("):
        list(raw.read(flipped))
    other = put(tmp_path / f"other.txt.{ending}", b"no such format")
    with pytest.raises(UserError, match=rf"other\.txt\.{ending}:1: cannot be read \("):
        list(raw.read(other))
    with pytest.raises(UserError, match=r"other"):
        raw.sample(other, 3)


@pytest.mark.parametrize("ending", ["txt", "txt.xz", "txt.gz"])
def test_not_utf_8_is_refused_with_its_line(tmp_path: Path, ending: str) -> None:
    data = b"Kano\n\nab\xff\n"
    pack = {"txt": bytes, "txt.xz": lzma.compress, "txt.gz": gzip.compress}[ending]
    with pytest.raises(UserError, match=rf"hau\.{ending}:3: not UTF-8 \(byte 3\)"):
        list(raw.read(put(tmp_path / f"hau.{ending}", pack(data))))


@pytest.mark.parametrize(("ending", "pack"), [("xz", lzma.compress), ("gz", gzip.compress)])
def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, ending: str, pack: object) -> None:
    assert callable(pack)
    lines = put(tmp_path / f"many.txt.{ending}", pack(b"0123456\n" * 1000))
    assert len(list(raw.read(lines, max_bytes=8000))) == 1000
    with pytest.raises(UserError, match=rf"many\.txt\.{ending}:1000: more than 7,999 bytes of text"):
        list(raw.read(lines, max_bytes=7999))
    # A single line: it must not be read to its end before somebody counts.
    one = put(tmp_path / f"one.txt.{ending}", pack(bytes(30 * 2**20)))
    with pytest.raises(UserError, match=rf"one\.txt\.{ending}:1: more than 6,000,000 bytes of text"):
        list(raw.read(one, max_bytes=6_000_000))
    with pytest.raises(UserError, match=rf"one\.txt\.{ending}:1: longer than 4 MiB"):
        list(raw.read(one))


def test_empty_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        raw.find(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"no raw text here; expected <language>\.txt"):
        raw.find(tmp_path)
    for name in (".txt", ".hidden.txt", "hau.md"):
        put(tmp_path / name, b"Kano")
    (tmp_path / "swa.txt").mkdir()
    with pytest.raises(UserError, match="no raw text here"):
        raw.find(tmp_path)
    with pytest.raises(UserError, match="no raw text here"):
        raw.find(tmp_path / "hau.md")
    empty = put(tmp_path / "hau.txt", b" \n\n")
    with pytest.raises(UserError, match=r"hau\.txt: no text in this file"):
        raw.sample(empty, 5)


def test_languages_are_found_by_name(tmp_path: Path) -> None:
    for name in ("swa.txt.xz", "hau.txt", "yor.txt.gz"):
        put(tmp_path / name, b"")
    assert list(raw.find(tmp_path)) == ["hau", "swa", "yor"]
    assert list(raw.find(tmp_path, ["yor", "hau"])) == ["yor", "hau"]
    with pytest.raises(UserError, match=r"no text in 'xyz' here; it holds hau, swa, yor"):
        raw.find(tmp_path, ["hau", "xyz"])
    put(tmp_path / "hau.txt.gz", b"")
    with pytest.raises(UserError, match=r"both hau\.txt and hau\.txt\.gz would be the text in hau"):
        raw.find(tmp_path)


def test_a_sample_is_the_same_each_time_and_in_order(tmp_path: Path) -> None:
    path = put(tmp_path / "hau.txt", TEXT)
    places = [LINES.index(line) for line in raw.sample(path, 100)]
    assert places == sorted(set(places))
    assert len(places) == 100
    assert raw.sample(path, 100) == [LINES[place] for place in places]
    assert raw.sample(path, 100, seed=1) != [LINES[place] for place in places]
    assert raw.sample(path, None) == raw.sample(path, 2000) == raw.sample(path, 9999) == LINES
    assert len(raw.sample(path, 1999)) == 1999


def test_every_line_is_as_likely(tmp_path: Path) -> None:
    path = put(tmp_path / "hau.txt", "\n".join(map(str, range(40))).encode())
    drawn = Counter(line for seed in range(1000) for line in raw.sample(path, 10, seed))
    # 250 each on average; 60 are more than four standard deviations.
    assert all(abs(drawn[str(place)] - 250) < 60 for place in range(40)), drawn


def test_the_digest_is_of_the_files_of_these_languages(tmp_path: Path) -> None:
    put(tmp_path / "hau.txt", b"a")
    put(tmp_path / "swa.txt", b"b")
    one, both = raw.digest(tmp_path, ["hau"]), raw.digest(tmp_path, ["hau", "swa"])
    put(tmp_path / "swa.txt", b"c")
    assert raw.digest(tmp_path, ["hau"]) == one
    assert raw.digest(tmp_path, ["hau", "swa"]) != both
