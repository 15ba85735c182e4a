"""edgener evaluate: the table, the JSON, a collapsed language, and wrong uses."""

import json
from pathlib import Path

import pytest

from tests.helpers import onnx_bundle
from tests.helpers.commands import Capture, refused, run

# The hand-made network finds Ada and Kano, and takes Musa behind another name for a part of it.
HAU = "Ada B-PER\ndaga O\nKano B-LOC\n\nZinder B-LOC\nna O\nje B-PER\n"
SWA = "ya B-PER\nje B-LOC\n\nna B-PER\n"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "bundle")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for language, text in {"hau": HAU, "swa": SWA}.items():
        (tmp_path / "data" / language).mkdir(parents=True)
        (tmp_path / "data" / language / "test.txt").write_text(text)
    return tmp_path / "data"


def test_figures_of_every_language_and_type(bundle: Path, data: Path, capfd: Capture) -> None:
    assert run("evaluate", bundle, "--data", data, "--json") == 0
    out, err = capfd.readouterr()
    assert err == ""
    document = json.loads(out)
    hau = document["languages"]["hau"]
    assert hau["overall"] == pytest.approx({"precision": 1.0, "recall": 0.75, "f1": 6 / 7, "support": 4})
    assert hau["strict_f1"] == pytest.approx(6 / 7)
    assert hau["types"]["PER"]["recall"] == 0.5
    assert document["languages"]["swa"]["overall"]["f1"] == 0.0
    assert document["macro_f1"] == pytest.approx(3 / 7)
    assert document["command"].startswith("edgener evaluate bundle --data data")
    assert document["machine"]["cores"]
    assert (document["model"], document["split"], document["raw"]) == ("bundle", "test", False)


def test_the_table_names_languages_types_and_the_mean(bundle: Path, data: Path, capfd: Capture) -> None:
    assert run("evaluate", bundle, "--data", data, "--lang", "hau", "--raw") == 0
    out, _ = capfd.readouterr()
    assert "raw text" in out
    assert [line for line in out.splitlines() if "hau" in line and "75.00" in line]
    assert [line for line in out.splitlines() if "PER" in line and "50.00" in line]
    assert "mean of languages" in out
    assert "swa" not in out


def test_a_collapsed_language_is_flagged_and_not_averaged_away(
    bundle: Path, data: Path, tmp_path: Path, capfd: Capture
) -> None:
    assert run("evaluate", bundle, "--data", data, "--out", tmp_path / "before.json") == 0
    before = json.loads((tmp_path / "before.json").read_text())
    before["languages"]["swa"]["overall"]["f1"] = 0.8
    (tmp_path / "before.json").write_text(json.dumps(before))
    capfd.readouterr()
    assert run("evaluate", bundle, "--data", data, "--reference", tmp_path / "before.json") == 0
    out, err = capfd.readouterr()
    assert "swa COLLAPSED" in out
    assert "hau COLLAPSED" not in out
    assert err == "warning: swa has collapsed (under half of its reference); do not ship this for swa\n"


def test_wrong_uses(bundle: Path, data: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "not.json").write_text('{"f1": 1}')
    (tmp_path / "there.json").write_text("mine")
    (data / "hau" / "dev.txt").write_text("Ada B-PER\nKano\n")
    (data / "swa" / "dev.txt").write_text("")
    given = ("evaluate", bundle, "--data", data)
    assert "expected train, dev, test" in refused(capfd, 2, *given, "--split", "validation")
    assert "no language 'xyz' here; it holds hau, swa" in refused(capfd, 2, *given, "--lang", "xyz")
    assert f"{data}/hau/dev.txt:2: 'Kano' has no tag" in refused(capfd, 2, *given, "--split", "dev")
    assert "swa/dev.txt:1: no sentence" in refused(capfd, 2, *given, "--split", "dev", "--lang", "swa")
    assert "hau has no train file" in refused(capfd, 2, *given, "--split", "train")
    assert "add --raw" in refused(capfd, 2, *given, "--min-score", "0.5")
    assert "not an evaluation" in refused(capfd, 2, *given, "--reference", tmp_path / "not.json")
    assert "--force" in refused(capfd, 2, *given, "--out", tmp_path / "there.json")
    assert "no such file or folder" in refused(capfd, 2, "evaluate", tmp_path / "nothing", "--data", data)
    assert "neither a model" in refused(capfd, 2, "evaluate", tmp_path, "--data", data)
    assert (tmp_path / "there.json").read_text() == "mine"
