"""Shared fixtures: a bundle made by hand; a corpus, a tiny trained model and its bundles, made once a session."""

import os
import shutil
from pathlib import Path

import pytest

from edgener.text import sample
from tests.helpers import onnx_bundle

if "PYTEST_XDIST_WORKER" in os.environ:  # workers that each use every core wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hand-made bundle, for tests that leave it as it is."""
    return onnx_bundle.build(tmp_path_factory.mktemp("bundles") / "sound")


@pytest.fixture(scope="session")
def stated(sound: Path) -> Path:
    """The bundle whose golden sentences every runtime answers: that of EDGENER_BUNDLE, else the hand-made one."""
    named = os.environ.get("EDGENER_BUNDLE")
    assert not named or os.path.isdir(named), f"EDGENER_BUNDLE: {named} is no folder"
    return Path(named) if named else sound


@pytest.fixture
def bundle(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, for tests that do something to it."""
    return Path(shutil.copytree(sound, tmp_path / "bundle"))


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in sample in MasakhaNER's layout."""
    folder = tmp_path_factory.mktemp("sample")
    sample.write(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from edgener.train.tiny import TinyConfig, tiny_encoder

    texts = [" ".join(tokens) for name in sample.LANGUAGES for tokens, _ in sample.generate(name, "train")]
    config = TinyConfig(vocabulary=1200, hidden=64, ffn=128, dropout=0.2)
    return tiny_encoder(texts, config, tmp_path_factory.mktemp("e") / "tiny")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, sample_data: Path) -> Path:
    """Two languages, a few epochs: good enough that its tags mean something."""
    from edgener.train.config import TrainConfig
    from edgener.train.finetune import finetune

    config = TrainConfig(languages=("hau", "swa"), epochs=12, patience=12, learning_rate=3e-3)
    return finetune(str(tiny_encoder), sample_data, config, tmp_path_factory.mktemp("runs") / "tiny-model")


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """int8, gated on the sample's dev split."""
    return _export(tmp_path_factory, tiny_model, "int8")


@pytest.fixture(scope="session")
def tiny_fp32(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    return _export(tmp_path_factory, tiny_model, "none")


def _export(tmp_path_factory: pytest.TempPathFactory, model: Path, quant: str) -> Path:
    from edgener.export.config import ExportConfig
    from edgener.export.run import export

    out = tmp_path_factory.mktemp("bundles") / f"tiny-{quant}"
    return export(str(model), ExportConfig(quant=quant, max_f1_drop=5.0), out, licence="CC-BY-4.0")
