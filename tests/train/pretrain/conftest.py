"""The sample as raw text, and an encoder pretrained on it."""

from pathlib import Path
from typing import Any

import pytest

from edgener.text import sample
from edgener.train.network import load_network
from edgener.train.pretrain.stage import pretrain
from tests.helpers.pretraining import CONFIG


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in sample as raw text; Swahili has a third of its lines."""
    folder = tmp_path_factory.mktemp("raw")
    for name, size in {"hau": 300, "swa": 100, "amh": 300}.items():
        lines = [" ".join(words) for words, _ in sample.generate(name, "train")[:size]]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def encoder(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(text, CONFIG, tmp_path_factory.mktemp("runs") / "whole", licence="CC0-1.0")


@pytest.fixture(scope="module")
def tokenizer(encoder: Path) -> Any:
    return load_network(str(encoder)).tokenizer
