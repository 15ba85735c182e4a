"""`edgener kit core`: sources and bundle as a folder that CMake builds."""

import json
import os
import subprocess
from pathlib import Path

from edgener.bundle.layout import TOKENIZER
from tests.core.conftest import build
from tests.helpers import native, onnx_bundle
from tests.helpers.commands import Capture, refused, run
from tests.helpers.process import ROOT

CORE = ROOT / "export/core"


def test_sources_and_bundle_are_inside(sound: Path, tmp_path: Path, capfd: Capture) -> None:
    assert run("kit", "core", sound, "--out", tmp_path / "kit", "--json") == 0
    told = json.loads(capfd.readouterr().out)
    files = {path.relative_to(tmp_path / "kit").as_posix() for path in (tmp_path / "kit").rglob("*") if path.is_file()}
    assert told["files"] == len(files)
    assert {f"bundle/{path.name}" for path in sound.iterdir()} < files
    sources = {path.relative_to(CORE).as_posix() for path in CORE.rglob("*") if path.is_file()}
    left_out = ("tests/", "fuzz/", "build/", "check.sh", "CMakePresets.json")
    assert files - {name for name in files if name.startswith("bundle/")} == {
        "LICENSE",
        *(name for name in sources if not name.startswith(left_out)),
    }
    assert (tmp_path / "kit/LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_it_builds_and_answers(sound: Path, tmp_path: Path) -> None:
    assert run("kit", "core", sound, "--out", tmp_path / "kit") == 0
    # Not optimised, which takes a third of the time.
    build(tmp_path / "kit", tmp_path / "build", "-DCMAKE_BUILD_TYPE=Debug", target="edgener-cli")
    done = subprocess.run(
        [tmp_path / "build/edgener-cli", tmp_path / "kit/bundle"],
        env={**os.environ, "EDGENER_ONNXRUNTIME": str(native.library())},
        input=b"Ada daga Kano\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"[PER Ada] daga [LOC Kano]\n", b"")


def test_nothing_is_overwritten_and_bundles_stay_whole(sound: Path, tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit/mine").touch()
    assert "already exists and is not empty" in refused(capfd, 2, "kit", "core", sound, "--out", tmp_path / "kit")
    assert [path.name for path in (tmp_path / "kit").iterdir()] == ["mine"]
    assert "lies inside of sound" in refused(capfd, 2, "kit", "core", sound, "--out", sound / "kit")


def test_a_broken_bundle_is_refused_and_leaves_nothing(bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    (bundle / "labels.json").write_text("[]")
    assert "labels.json" in refused(capfd, 2, "kit", "core", bundle, "--out", tmp_path / "new")
    assert not [path for path in tmp_path.iterdir() if "new" in path.name]


def test_a_tokenizer_that_the_core_cannot_read_is_refused(bundle: Path, tmp_path: Path, capfd: Capture) -> None:
    state = json.loads((bundle / TOKENIZER).read_text(encoding="utf-8"))
    state["model"] = {"type": "WordLevel", "vocab": {"<unk>": 3}, "unk_token": "<unk>"}
    onnx_bundle.replace(bundle, TOKENIZER, json.dumps(state))
    line = refused(capfd, 2, "kit", "core", bundle, "--out", tmp_path / "new")
    assert f"{bundle / TOKENIZER}: has a model of type WordLevel, which the C++ core cannot read" in line
    assert not (tmp_path / "new").exists()
