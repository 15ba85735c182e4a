"""A bundle is used only as it was written: any change of any byte of any file is found, and named."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgener.artefact import MANIFEST, sha256_file
from edgener.bundle.layout import GOLDEN, MODEL, README, SEAL, WEIGHTS, max_bytes
from edgener.bundle.verify import open_bundle, problems
from edgener.bundle.write import write_bundle
from edgener.errors import UserError
from tests.helpers import onnx_bundle

ALL = (*onnx_bundle.FILES, MANIFEST, SEAL)
each_file = pytest.mark.parametrize("name", ALL)


@contextmanager
def copy_of(bundle: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(bundle, Path(folder) / "copy"))


def assert_found(bundle: Path, name: str) -> None:
    """The damage is reported, and stops whoever wants to use the bundle with one line that names the file."""
    assert any(name in problem for problem in problems(bundle))
    with pytest.raises(UserError) as error:
        open_bundle(bundle)
    assert name in str(error.value)
    assert str(bundle) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bundle_as_written_has_no_problem(sound: Path) -> None:
    assert problems(sound) == []
    assert sorted(path.name for path in sound.iterdir()) == sorted(ALL)
    opened = open_bundle(sound)
    assert opened.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert (opened.spec.max_length, opened.spec.stride, opened.spec.prefix, opened.spec.suffix) == (14, 6, (0,), (2,))
    assert [record["text"] for record in opened.golden] == list(onnx_bundle.SENTENCES)
    assert opened.gated
    assert opened.bytes == sum(path.stat().st_size for path in sound.iterdir())


def test_the_seal_is_what_sha256sum_reads(sound: Path) -> None:
    assert (sound / SEAL).read_text() == f"{sha256_file(sound / MANIFEST)}  {MANIFEST}\n"


@each_file
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found(sound: Path, name: str, data: st.DataObject) -> None:
    content = bytearray((sound / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), "place")
    content[place] ^= data.draw(st.integers(1, 255), "change")
    with copy_of(sound) as bundle:
        (bundle / name).write_bytes(content)
        assert_found(bundle, name)


@each_file
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_any_other_length_is_found(sound: Path, name: str, data: st.DataObject) -> None:
    content = (sound / name).read_bytes()
    cut = data.draw(st.integers(0, len(content) - 1), "cut")
    more = data.draw(st.binary(min_size=1, max_size=100), "more")
    with copy_of(sound) as bundle:
        for changed in (content[:cut], content + more):
            (bundle / name).write_bytes(changed)
            assert_found(bundle, name)


def _delete(file: Path) -> None:
    file.unlink()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _link(file: Path) -> None:
    """To the same content, outside."""
    file.rename(file.parent.parent / file.name)
    file.symlink_to(Path("..") / file.name)


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@each_file
@pytest.mark.parametrize("change", [_delete, _folder, _link, _pipe])
def test_only_plain_files_make_a_bundle(sound: Path, name: str, change: Callable[[Path], None]) -> None:
    with copy_of(sound) as bundle:
        change(bundle / name)
        assert_found(bundle, name)


@pytest.mark.parametrize("name", ["model.onnx.data", ".hidden", "Manifest.json", "README.md~"])
def test_a_surplus_file_is_found(sound: Path, name: str) -> None:
    with copy_of(sound) as bundle:
        (bundle / name).write_bytes(b"")
        assert_found(bundle, name)


def test_a_surplus_folder_and_a_strange_name_are_one_line(sound: Path) -> None:
    with copy_of(sound) as bundle:
        (bundle / "two\nlines\x1b[2J").mkdir()
        with pytest.raises(UserError, match=r"two.*does not belong to a bundle") as error:
            open_bundle(bundle)
        assert str(error.value).isprintable()


@each_file
def test_an_oversized_file_is_refused_without_reading_it(sound: Path, name: str) -> None:
    with copy_of(sound) as bundle:
        with open(bundle / name, "r+b") as file:
            file.truncate((max_bytes(name) or 0) + 1)
        assert_found(bundle, name)
        assert "is more than a bundle may hold" in problems(bundle)[0]


def test_every_problem_is_listed_at_once(sound: Path) -> None:
    with copy_of(sound) as bundle:
        for name in (MODEL, README, GOLDEN):
            (bundle / name).write_bytes(b"changed")
        assert len(problems(bundle)) == 3
        with pytest.raises(UserError, match="and 2 more; `edgener verify"):
            open_bundle(bundle)


def test_files_that_changed_places_are_found(sound: Path) -> None:
    with copy_of(sound) as bundle:
        (bundle / README).rename(bundle / "spare")
        (bundle / GOLDEN).rename(bundle / README)
        (bundle / "spare").rename(bundle / GOLDEN)
        assert len(problems(bundle)) == 2
        assert_found(bundle, README)


def test_a_manifest_from_another_bundle_is_found(sound: Path, tmp_path: Path) -> None:
    other = onnx_bundle.build(tmp_path / "other", dynamic=True)
    with copy_of(sound) as bundle:
        for name in (MANIFEST, SEAL):
            shutil.copy(other / name, bundle / name)
        assert [problem.split(":")[0] for problem in problems(bundle)] == [
            f"{bundle / f}" for f in (GOLDEN, MODEL, WEIGHTS)
        ]


@pytest.mark.parametrize("what", ["nothing", "file", "empty"])
def test_what_is_not_a_bundle_at_all(tmp_path: Path, what: str) -> None:
    path = tmp_path / what
    if what == "file":
        path.write_text("")
    elif what == "empty":
        path.mkdir()
    assert_found(path, what)


def test_golden_sentences_may_hold_what_utf_8_cannot(sound: Path, tmp_path: Path) -> None:
    record = {"text": "\ud800 Kano é"}
    with copy_of(sound) as bundle:
        for name in (MANIFEST, SEAL):
            (bundle / name).unlink()
        described = onnx_bundle.manifest(14)
        text = onnx_bundle.tokenizer_json()
        write_bundle(bundle, described, tokenizer=text, labels=onnx_bundle.LABELS, golden=[record])
        assert open_bundle(bundle).golden == (record,)


def test_a_bundle_that_is_replaced_while_it_is_loaded_is_not_used(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between hash and use each file is opened again by its name; it must be the file that was hashed."""
    from edgener.runtime import ner

    with copy_of(sound) as bundle:
        real = ner.BundleTokenizer

        def replaced(path: Path) -> object:
            tokenizer = real(path)
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content.replace(b"Kano", b"Kana"))
            return tokenizer

        monkeypatch.setattr(ner, "BundleTokenizer", replaced)
        with pytest.raises(UserError, match="was changed while it was loaded; load it again"):
            ner.Ner.load(bundle, threads=1)
