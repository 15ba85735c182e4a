"""Whose checkpoints are whose, and when a run has stopped."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from edgener.errors import UserError
from edgener.train.trainer import has_stopped
from edgener.train.work import is_finished, working_folder
from tests.helpers.stage import ASKED, build


def test_checkpoints_stay_when_a_run_fails_and_go_when_it_ends(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with pytest.raises(ZeroDivisionError), working_folder(out, "a" * 64) as work:
        (work / "checkpoint-3").mkdir()
        raise ZeroDivisionError
    with working_folder(out, "a" * 64) as work:
        assert (work / "checkpoint-3").is_dir()
    assert list(tmp_path.iterdir()) == []


def _stopped(out: Path, asked: str) -> Path:
    """What a run that was stopped has left: a checkpoint with a file in it."""
    with pytest.raises(ZeroDivisionError), working_folder(out, asked) as work:
        (work / "checkpoint-3").mkdir()
        (work / "checkpoint-3" / "weights").write_bytes(b"1")
        raise ZeroDivisionError
    return work / "checkpoint-3" / "weights"


def test_checkpoints_of_other_settings_stay_unless_they_may_go_which_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    kept = _stopped(out, "a" * 64)
    with pytest.raises(UserError, match=r"model: a run with other .*, or --force"), working_folder(out, "b" * 64):
        pass
    assert kept.is_file()
    with working_folder(out, "a" * 64):  # the run itself goes on
        assert kept.is_file()
    kept = _stopped(out, "a" * 64)
    assert capfd.readouterr().err == ""
    with working_folder(out, "b" * 64, force=True) as work:
        assert list(work.iterdir()) == []
    assert capfd.readouterr().err == f"{out}: the checkpoints of a run with other data or settings are removed\n"


def test_a_mistake_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lower"), working_folder(tmp_path / "model", "a" * 64) as work:
        (work / "checkpoint-3").mkdir()
        raise UserError("not a number; try a lower --learning-rate")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_of_other_settings_is_in_nobodys_way(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), working_folder(tmp_path / "model", "a" * 64):
        raise ZeroDivisionError
    with working_folder(tmp_path / "model", "b" * 64):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_share_an_output(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with working_folder(out, "a" * 64) as work:
        (work / "checkpoint-3").mkdir()
        with pytest.raises(UserError, match="another process is training to it"), working_folder(out, "b" * 64):
            pass
        build(out)
        assert is_finished(out, ASKED, False, "trained", ())
        assert (work / "checkpoint-3").is_dir()


def test_only_the_first_of_several_processes_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with working_folder(tmp_path / "model", "a" * 64) as work:
        (work / "checkpoint-3").mkdir()
    assert (work / "checkpoint-3").is_dir()
    monkeypatch.setenv("WORLD_SIZE", "1")  # a variable that some scheduler left behind
    with working_folder(tmp_path / "model", "a" * 64):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_behind_a_finished_model_is_cleared(tmp_path: Path) -> None:
    out = build(tmp_path / "model")
    assert not is_finished(tmp_path / "other", ASKED, False, "trained", ())
    with pytest.raises(ZeroDivisionError), working_folder(out, "a" * 64):
        raise ZeroDivisionError
    for _ in range(2):
        assert is_finished(out, ASKED, False, "trained", ())
        assert list(tmp_path.iterdir()) == [out]
    assert not is_finished(out, ASKED, True, "trained", ())


@pytest.mark.parametrize(
    ("f1", "patience", "stopped"),
    [
        ([], 1, False),
        ([0.5], 1, False),
        ([0.5, 0.5], 1, True),
        ([0.5, 0.4], 2, False),
        ([0.5, 0.4, 0.5], 2, True),
        ([0.5, 0.4, 0.6], 2, False),
        ([0.0, 0.0, 0.0], 3, False),
    ],
)
def test_early_stopping_by_hand(f1: list[float], patience: int, stopped: bool) -> None:
    assert has_stopped([{"mean_f1": value, "counts": True} for value in f1], patience) is stopped


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(1, 4))
def test_a_history_that_has_stopped_never_goes_on(f1: list[float], patience: int) -> None:
    """As long as nothing better comes, which then cannot come any more: there is no next epoch."""
    epochs = [{"mean_f1": value, "counts": True} for value in f1]
    if has_stopped(epochs, patience):
        assert has_stopped([*epochs, {"mean_f1": max(f1), "counts": True}], patience)


def test_an_epoch_that_does_not_count_is_no_best_one() -> None:
    """While a network is being pruned, earlier epochs are of a denser one."""
    dense = {"mean_f1": 0.9, "counts": False}
    assert not has_stopped([dense, dense, dense, {"mean_f1": 0.5, "counts": True}], 2)
    assert has_stopped([dense, *[{"mean_f1": f1, "counts": True} for f1 in (0.5, 0.4, 0.4)]], 2)
