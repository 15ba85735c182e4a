"""What a device runs needs onnxruntime, tokenizers, numpy and typer, and nothing of the training side."""

import json
from pathlib import Path

import pytest

from tests.helpers import onnx_bundle
from tests.helpers.process import HEAVY, edgener, python

IMPORT_EVERYTHING = """
import importlib, pkgutil
import edgener
for name in ("text", "evaluate", "bundle", "runtime", "benchmark"):
    package = importlib.import_module(f"edgener.{name}")
    for module in pkgutil.walk_packages(package.__path__, f"edgener.{name}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
import edgener.cli
assert not {name.partition(".")[0] for name in sys.modules} & set(HIDDEN)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "bundle")


def test_the_packages_are_hidden() -> None:
    """Else the tests below would show nothing."""
    script = """
import importlib.util
for name in HIDDEN:
    assert importlib.util.find_spec(name) is None
    try:
        __import__(name)
    except ModuleNotFoundError:
        print(name)
"""
    assert python(script).stdout.decode().split() == list(HEAVY)


def test_predict(bundle: Path) -> None:
    done = edgener("predict", bundle, "--json", hidden=HEAVY, stdin=b"Ada daga Kano\n")
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout)
    assert [(entity["type"], entity["text"]) for entity in answer["entities"]] == [("PER", "Ada"), ("LOC", "Kano")]


def test_verify(bundle: Path) -> None:
    done = edgener("verify", bundle, hidden=HEAVY)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"3 golden sentences answered as stated" in done.stdout


def test_help_of_every_command() -> None:
    done = edgener("--help", hidden=HEAVY)
    assert (done.returncode, done.stderr) == (0, b"")
    for command in (b"predict", b"verify", b"benchmark", b"export", b"train", b"data"):
        assert command in done.stdout


def test_every_module_of_the_device_side_can_be_imported() -> None:
    done = python(IMPORT_EVERYTHING)
    assert done.stderr == b""
    assert done.returncode == 0
    assert b"edgener.runtime.ner\n" in done.stdout


def test_evaluate_says_what_to_install(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "hau").mkdir()
    (tmp_path / "hau" / "test.txt").write_text("Ada B-PER\ndaga O\nKano B-LOC\n")
    done = edgener("evaluate", bundle, "--data", tmp_path, hidden=HEAVY)
    assert done.returncode == 2
    assert done.stderr.decode() == "edgener: edgener evaluate needs more packages; run: pip install 'edgener[eval]'\n"
    raw = edgener("evaluate", bundle, "--data", tmp_path, "--raw", "--json", hidden=HEAVY)
    assert (raw.returncode, raw.stderr) == (0, b"")
    assert json.loads(raw.stdout)["languages"]["hau"]["overall"]["f1"] == 1.0


def test_export_and_train_say_what_to_install(tmp_path: Path) -> None:
    for arguments in (("export", tmp_path), ("train", "--data", tmp_path, "--encoder", tmp_path)):
        done = edgener(*arguments, "--out", tmp_path / "out", hidden=HEAVY)
        assert done.returncode == 2
        assert done.stdout == b""
        said = done.stderr.decode()
        assert said.startswith("edgener: ")
        assert said.endswith("run: pip install 'edgener[train]'\n")
        assert said.count("\n") == 1
        assert not (tmp_path / "out").exists()
