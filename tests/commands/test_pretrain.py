from pathlib import Path

import pytest

pytest.importorskip("torch")

from edgener.text import sample
from tests.helpers.commands import Capture, answers, refused, run


@pytest.fixture
def text(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "hau.txt").write_text("\n".join(" ".join(words) for words, _ in sample.generate("hau", "train")))
    return folder


SMALL = ("--vocabulary", "300", "--layers", "1", "--hidden", "16", "--heads", "2", "--ffn", "32", "--length", "32")


def test_the_encoder_and_the_same_with_random_weights(text: Path, tmp_path: Path, capfd: Capture) -> None:
    trained, random = tmp_path / "trained", tmp_path / "random"
    common = ("pretrain", "--raw", text, *SMALL[2:], "--batch-size", "4", "--json")
    assert run(*common, *SMALL[:2], "--steps", "4", "--out", trained) == 0
    assert run(*common, "--steps", "0", "--tokenizer", trained, "--out", random) == 0
    one, other = answers(capfd)
    assert (one["model"], other["model"]) == (str(trained), str(random))
    assert [entry["step"] for entry in one["training"]["steps"]] == [0, 1, 2, 3, 4]
    assert other["training"]["steps"] == one["training"]["steps"][:1]
    assert one["training"]["text"]["hau"]["sequences"] > 0
    assert (trained / "tokenizer.json").read_bytes() == (random / "tokenizer.json").read_bytes()


def test_help_has_an_example(capfd: Capture) -> None:
    assert run("pretrain", "--help") == 0
    assert "Example: edgener pretrain --raw" in capfd.readouterr().out


def test_mistakes_are_one_line(text: Path, tmp_path: Path, capfd: Capture) -> None:
    out = ("--out", tmp_path / "out")
    assert "no such file or folder" in refused(capfd, 2, "pretrain", "--raw", tmp_path / "nothing", *out)
    assert "--preset huge" in refused(capfd, 2, "pretrain", "--raw", text, "--preset", "huge", *out)
    wrong = refused(capfd, 2, "pretrain", "--raw", text, "--tokenizer", tmp_path / "nowhere", *out)
    assert str(tmp_path / "nowhere") in wrong
