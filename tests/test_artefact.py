"""Stage directories: whole or not there, whatever stops a stage."""

import hashlib
import json
from pathlib import Path

import pytest

from edgener import artefact, output
from edgener.errors import UserError
from tests.helpers.stage import ASKED, build, hidden


def test_an_artefact_names_its_files_and_only_they_are_in_it(tmp_path: Path) -> None:
    out = build(tmp_path / "runs" / "model")
    found = artefact.find(out)
    assert found is not None
    assert found.kind == "model"
    digest = hashlib.sha256(b"weights").hexdigest()
    assert found.manifest["files"] == {"model.bin": {"sha256": digest, "bytes": 7}}
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "model.bin"]
    assert hidden(out.parent) == []
    assert artefact.check_files(out, found.manifest["files"]) == []


def _build_and_stumble(out: Path) -> None:
    with output.building(out) as scratch:
        (scratch / "model.bin").write_bytes(b"half")
        output.seal(scratch, "model", {})
        raise ZeroDivisionError


def test_a_failing_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _build_and_stumble(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_block_keeps_what_was_there(tmp_path: Path) -> None:
    out = build(tmp_path / "out")
    with pytest.raises(ZeroDivisionError):
        _build_and_stumble(out)
    assert output.already_done(out, ASKED, force=False)
    assert hidden(tmp_path) == []


def test_a_block_that_forgets_to_seal_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="without sealing"), output.building(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    out = build(tmp_path / "out")
    assert output.already_done(out, ASKED, force=False)
    assert not output.already_done(out, ASKED, force=True)
    with pytest.raises(UserError, match=r"out: already exists and is something else; .*--force"):
        output.already_done(out, artefact.request("model", {"epochs": 2}, {"data": "abc"}), force=False)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "dangling"):
        for force in (False, True):  # edgener replaces only what it has made
            with pytest.raises(UserError, match=f"{name}: .*choose another --out$"):
                output.already_done(tmp_path / name, ASKED, force)


def test_what_is_not_there_or_empty_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not output.already_done(tmp_path / "empty", ASKED, force=False)
    assert not output.already_done(tmp_path / "nothing", ASKED, force=False)
    assert artefact.find(build(tmp_path / "empty")) is not None


@pytest.mark.parametrize("what", ["file", "folder", "link", "dangling"])
def test_force_replaces_what_is_there_but_not_what_a_link_points_to(tmp_path: Path, what: str) -> None:
    target, out = build(tmp_path / "target"), tmp_path / "out"
    if what == "file":
        out.write_text("old")
    elif what == "folder":
        build(out, b"old")
    else:
        out.symlink_to(target if what == "link" else tmp_path / "nowhere")
    build(out, b"new")
    assert not out.is_symlink()
    assert (out / "model.bin").read_bytes() == b"new"
    assert (target / "model.bin").read_bytes() == b"weights"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("out", [".", "", "..", "/"])
def test_an_output_needs_a_name(tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="choose another --out"), output.building(Path(out)):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["change", "truncate", "delete"])
def test_a_damaged_output_is_not_taken_for_done(tmp_path: Path, damage: str) -> None:
    file = build(tmp_path / "out") / "model.bin"
    if damage == "delete":
        file.unlink()
    else:
        file.write_bytes(b"Weights" if damage == "change" else b"weight")
    with pytest.raises(UserError, match=r"model\.bin: .*; use --force to build it again"):
        output.already_done(file.parent, ASKED, force=False)


def test_the_request_is_the_identity_of_config_and_inputs() -> None:
    others = [("bundle", {"epochs": 1}, "abc"), ("model", {"epochs": 2}, "abc"), ("model", {"epochs": 1}, "abd")]
    assert artefact.request("model", {"epochs": 1}, {"data": "abc"}) == ASKED
    assert ASKED not in [artefact.request(kind, config, {"data": data}) for kind, config, data in others]
    surrogate = artefact.canonical_json({"text": "\ud800é"})
    assert json.loads(surrogate) == {"text": "\ud800é"}
    assert artefact.digest_of({"text": "\ud800"}) != artefact.digest_of({"text": "\ud801"})


def test_nothing_is_put_inside_of_another_artefact(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    with output.building(outer) as scratch:
        output.seal(scratch, "model", {"request": "a"})
    for place in (outer / "inner", outer / "deep" / "inner"):
        with pytest.raises(UserError, match=r"inner: lies inside of outer, which edgener made; choose another --out"):
            output.already_done(place, "b", force=True)
    assert not output.already_done(tmp_path / "beside", "b", force=False)
    # The manifest of a web page, say, where somebody works.
    for text in ('{"name": "app", "kind": "x"}', "{", '{"name": "app"}'):
        (tmp_path / "manifest.json").write_text(text)
        assert not output.already_done(tmp_path / "beside", "b", force=False)


@pytest.mark.parametrize("force", [False, True])
def test_nothing_takes_the_place_of_what_it_is_made_from(tmp_path: Path, force: bool) -> None:
    model = build(tmp_path / "runs" / "model")
    for out in (model, tmp_path / "runs", tmp_path / "runs" / ".." / "runs" / "model"):
        with pytest.raises(UserError, match=r"would take the place of .*model, which it is made from"):
            output.already_done(out, "b", force, made_from=[None, "owner/name", str(model)])
    assert not output.already_done(tmp_path / "runs" / "other", "b", force, made_from=[model])


def test_a_users_file_in_the_place_of_a_record_stays(tmp_path: Path) -> None:
    out, record = tmp_path / "out", tmp_path / "out.training.json"
    for mine in ("my notes", '{"mine": 1}', "[]"):
        record.write_text(mine)
        for force in (False, True):
            with pytest.raises(UserError, match=r"out\.training\.json: not a file of edgener's"):
                output.already_done(
                    out, "b", force, beside=[lambda place: place.with_name(f"{place.name}.training.json")]
                )
        assert record.read_text() == mine
    record.write_text('{"request": "of a model that is gone"}')
    assert not output.already_done(
        out, "b", False, beside=[lambda place: place.with_name(f"{place.name}.training.json")]
    )


def test_where_nothing_can_be_written_the_output_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match=r"file/out: .*file is a file; choose another --out"):
        output.already_done(tmp_path / "file" / "out", "b", False)
    with pytest.raises(UserError, match=r"^/proc/out: cannot be written .*; choose another --out"):
        output.make_beside(Path("/proc/out"), Path("/proc/.out.work"))
