"""Words to pieces: section 3 of the decode contract."""

import json
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from edgener.text.pieces import begin_words_with_space, encode

WORDS = ["Kano", "na", "Kano"]
VOCAB = {piece: place for place, piece in enumerate(["K", "a", "n", "o", "Ġ", "ĠK", "an", "ĠKan"])}
MERGES = [("Ġ", "K"), ("a", "n"), ("ĠK", "an")]


def state_of(pre_tokenizer: Any) -> dict[str, Any]:
    tokenizer = Tokenizer(models.BPE(VOCAB, MERGES))
    tokenizer.pre_tokenizer = pre_tokenizer
    state: dict[str, Any] = json.loads(tokenizer.to_str())
    return state


def pieces(state: dict[str, Any]) -> list[str]:
    tokenizer = Tokenizer.from_str(json.dumps(state))
    return [tokenizer.id_to_token(id_) for id_ in encode(tokenizer, WORDS).ids]


@pytest.mark.parametrize("nested", [False, True])
def test_byte_level_words_begin_with_a_space(nested: bool) -> None:
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    parts = [pre_tokenizers.Digits(), pre_tokenizers.Sequence([byte_level])]
    state = state_of(pre_tokenizers.Sequence(parts) if nested else byte_level)
    assert pieces(state) == ["K", "an", "o", "n", "a", "K", "an", "o"]
    begin_words_with_space(state)
    assert pieces(state) == ["ĠKan", "o", "Ġ", "n", "a", "ĠKan", "o"]


@pytest.mark.parametrize("pre_tokenizer", [None, pre_tokenizers.Metaspace()])
def test_other_tokenizers_stay_as_they_are(pre_tokenizer: Any) -> None:
    state = state_of(pre_tokenizer) if pre_tokenizer else json.loads(Tokenizer(models.BPE(VOCAB, MERGES)).to_str())
    before = json.dumps(state)
    begin_words_with_space(state)
    assert json.dumps(state) == before
