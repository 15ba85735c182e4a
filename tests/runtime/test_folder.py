"""A stock folder with an ONNX model, as optimum writes it: for evaluation."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from edgener.bundle.layout import MODEL, TOKENIZER, WEIGHTS
from edgener.errors import UserError
from edgener.runtime.folder import load_folder
from tests.helpers import onnx_bundle

LABELS = {str(place): label for place, label in enumerate(onnx_bundle.LABELS)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bundle = onnx_bundle.build(tmp_path / "bundle")
    (tmp_path / "stock").mkdir()
    for name in (MODEL, WEIGHTS, TOKENIZER):
        shutil.copy(bundle / name, tmp_path / "stock")
    return configured(tmp_path / "stock")


def configured(folder: Path, **change: Any) -> Path:
    (folder / "config.json").write_text(json.dumps({"id2label": LABELS, "pad_token_id": 1, **change}))
    return folder


def test_it_tags_like_the_bundle_of_the_same_graph(folder: Path) -> None:
    tagger = load_folder(folder, threads=1)
    assert [(entity.type, entity.text) for entity in tagger("Ada daga Kano")] == [("PER", "Ada"), ("LOC", "Kano")]
    assert tagger.spec.max_length == 256
    assert load_folder(configured(folder, max_position_embeddings=66), threads=1).spec.max_length == 64


def test_byte_level_pieces_begin_words_with_their_space(folder: Path) -> None:
    """What the torch path and every bundle give; without it a RoBERTa would see words it was never trained on."""
    vocabulary = {"<unk>": 0, "\u0120Kano": 4, "Kano": 5, "\u0120": 6, "K": 7, "a": 8, "n": 9, "o": 10}
    merges = [("K", "a"), ("n", "o"), ("Ka", "no"), ("\u0120", "Kano")]
    tokenizer = Tokenizer(models.BPE(vocabulary | {"Ka": 11, "no": 12}, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.save(str(folder / TOKENIZER))
    tagger = load_folder(folder, threads=1)
    assert tagger.tokenizer.encode(["Kano"], is_pretokenized=True).ids == [4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id2label": None}, "no id2label"),
        ({"id2label": {"0": 1}}, "no id2label"),
        ({"id2label": {"1": "O"}}, "no id2label"),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, "not an IOB2 label"),
        ({"max_position_embeddings": -1}, "max_position_embeddings is '-1'"),
        ({"max_position_embeddings": 2}, "no room for a word"),
        ({"max_position_embeddings": "x"}, "expected a whole number"),
        ({"pad_token_id": [1]}, "pad_token_id"),
        ({"id2label": {"0": "O", "1": "B-X"}}, "5 outputs, config.json 2 labels"),
    ],
)
def test_an_odd_config_is_one_line(folder: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_folder(configured(folder, **change), threads=1)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_null_in_the_config_is_the_default(folder: Path) -> None:
    assert load_folder(configured(folder, max_position_embeddings=None), threads=1).spec.max_length == 256
