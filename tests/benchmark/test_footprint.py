"""What a bundle would take of an iOS app extension's memory."""

import mmap
from pathlib import Path

import pytest

from edgener.benchmark import footprint, memory


def test_a_small_bundle_fits(sound: Path) -> None:
    found = footprint.of_bundle(sound)
    assert found is not None
    assert 8e6 < int(str(found["bytes"])) < 20e6
    assert (found["fits"], found["budget_mb"]) == (True, 50.0)
    assert footprint.in_words(found).endswith(" MB of memory, fits 50 MB")


def test_what_does_not_fit_is_said(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "BUDGET_MB", 5.0)
    found = footprint.of_bundle(sound)
    assert found is not None
    assert not found["fits"]
    assert footprint.in_words(found).endswith(" MB of memory, does not fit 5 MB")


def test_nothing_is_said_of_what_cannot_be_measured(tmp_path: Path) -> None:
    assert footprint.of_bundle(tmp_path) is None


def test_memory_of_its_own_is_noticed(tmp_path: Path) -> None:
    before = memory.own_bytes()
    memory.forget_peak()
    # Anew from the system: a large object may lie where another one was freed.
    held = mmap.mmap(-1, 40_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held[::4096] = b"x" * len(range(0, len(held), 4096))
    after = memory.peak_own_bytes()
    assert before is not None
    assert after is not None
    assert 30e6 < after - before < 60e6
    assert len(held) == 40_000_000
    status = tmp_path / "status"
    assert memory.own_bytes(status) is None
    status.write_text("VmHWM:\t 100 kB\nRssFile:\t 40 kB\nRssAnon:\t 50 kB\n")
    assert (memory.own_bytes(status), memory.peak_own_bytes(status)) == (50 * 1024, 60 * 1024)
    memory.forget_peak(tmp_path / "no/such/place")
