"""Tuning: what wins, where it is kept, and that a bad cache changes nothing."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from edgener.benchmark.tune import Measured, best_of, candidates
from edgener.bundle.verify import open_bundle
from edgener.errors import UserError
from edgener.runtime import Ner, settings
from edgener.runtime.settings import DEFAULT, Settings, cache_file, keep, tuned
from tests.helpers.commands import Capture, answers, refused, run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGENER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tuned.json"


def test_candidates_are_threads_up_to_the_cores() -> None:
    for cores, threads in (
        (1, {0, 1}),
        (2, {0, 1, 2}),
        (4, {0, 1, 2, 4}),
        (6, {0, 1, 2, 4, 6}),
        (64, {0, 1, 2, 4, 8, 16}),
    ):
        found = candidates(cores)
        assert found[0] == DEFAULT
        assert {one.threads for one in found} == threads
        assert len(set(map(str, found))) == len(found)


def test_only_what_is_clearly_faster_takes_the_place_of_the_defaults() -> None:
    other = Settings(1)
    for theirs, winner in (
        ([9.0] * 5, other),
        ([9.9] * 5, DEFAULT),
        ([5.0, 5.0, 11.0, 11.0, 5.0], DEFAULT),
        ([11.0] * 5, DEFAULT),
    ):
        ratios = [10.0 / one for one in theirs]
        assert best_of([Measured(DEFAULT, [10.0] * 5, [1.0] * 5), Measured(other, theirs, ratios)]) == winner


def test_what_was_found_is_used_from_then_on(sound: Path, cache: Path) -> None:
    assert tuned(open_bundle(sound)) is None
    assert keep(sound, Settings(1, "basic", False), {"ms": {}}) == cache == cache_file()
    assert tuned(open_bundle(sound)) == Settings(1, "basic", False)
    options = Ner.load(sound).forward.session.get_session_options()  # type: ignore[attr-defined]
    assert options.intra_op_num_threads == 1
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    told = Ner.load(sound, threads=2).forward.session.get_session_options()  # type: ignore[attr-defined]
    assert told.intra_op_num_threads == 2
    keep(sound, Settings(2), {"ms": {}})
    assert tuned(open_bundle(sound)) == Settings(2)
    assert len(json.loads(cache.read_text())) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"KEY": 3}', '{"KEY": {"settings": {}}}', '{"KEY": {"settings": {"threads": -1}}}',
     '{"KEY": {"settings": {"threads": true}}}', '{"KEY": {"settings": {"optimisation": "most"}}}',
     '{"KEY": {"settings": {"variant": "fast"}}}', '{"KEY": {"settings": {"variant": []}}}',
     '{"KEY": {"settings": {"spinning": 1}}}', '{"KEY": {"settings": {"colour": "red"}}}', '{"KEY": {}}'],
)  # fmt: skip
def test_a_cache_of_junk_changes_nothing(text: str, sound: Path, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text(text.replace("KEY", settings.key_of(sound)))
    assert tuned(open_bundle(sound)) in (None, DEFAULT)
    assert Ner.load(sound)("Kano") is not None
    keep(sound, Settings(1), {"ms": {}})
    assert tuned(open_bundle(sound)) == Settings(1)


def test_another_machine_has_settings_of_its_own(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(sound, Settings(1), {"ms": {}})
    monkeypatch.setattr("os.cpu_count", lambda: 99)
    assert tuned(open_bundle(sound)) is None


def test_the_command(sound: Path, cache: Path, capfd: Capture) -> None:
    assert run("tune", sound, "--rounds", "3", "--json") == 0
    (document,) = answers(capfd)
    assert document["best"] in document["ms"]
    # The defaults run beside each group of the others.
    assert {len(ms) for name, ms in document["ms"].items() if name != str(DEFAULT)} == {3}
    (entry,) = json.loads(cache.read_text()).values()
    assert str(Settings(**entry["settings"])) == document["best"]
    assert entry["settings"] == asdict(tuned(open_bundle(sound)) or DEFAULT)


def test_not_a_bundle(tmp_path: Path, capfd: Capture) -> None:
    assert "no such bundle" in refused(capfd, 2, "tune", tmp_path / "nothing")
    with pytest.raises(UserError):
        Ner.load(tmp_path / "nothing")
