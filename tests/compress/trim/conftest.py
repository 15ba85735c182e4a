"""The tiny model, trimmed for its two languages."""

from pathlib import Path

import pytest

from edgener.text import corpus


@pytest.fixture(scope="session")
def trimmed(tiny_model: Path, sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the words of train and dev, the latter as raw text, so that all of dev is read as before."""
    from edgener.compress.trim.stage import TrimConfig, trim_vocab

    folder = tmp_path_factory.mktemp("trim")
    (folder / "raw").mkdir()
    for name, part in corpus.load(sample_data, "dev", ["hau", "swa"]).items():
        lines = "".join(" ".join(sentence.tokens) + "\n" for sentence in part)
        (folder / "raw" / f"{name}.txt").write_text(lines, encoding="utf-8")
    config = TrimConfig(languages=("hau", "swa"))
    return trim_vocab(str(tiny_model), config, folder / "out", data=sample_data, raw_text=folder / "raw")
