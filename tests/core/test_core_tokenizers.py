"""Every kind of tokenizer that a bundle can carry gives in C++ the ids that it gives in Python; others are refused."""

import json
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edgener.kit.core_tokenizers import unreadable
from edgener.text.pieces import NO_PIECE, encode
from edgener.train.model import load_config, load_tokenizer
from tests.core.conftest import Run
from tests.helpers import vocabularies
from tests.kit.test_web_tokenizers import words

# Letters of newer versions of Unicode than Python's change nothing here: neither library knows them.
_NO_CHARACTER = {"Cn", "Co", "Cs"}


def pieces(program: Run, state: dict[str, Any], given: list[str]) -> list[list[int]]:
    asked = json.dumps({"tokenizer": json.dumps(state, ensure_ascii=False), "words": given})
    done = program("tests/pieces", stdin=asked.encode())
    assert done.returncode == 0, done.stderr.decode()
    found: list[list[int]] = json.loads(done.stdout)
    return found


def every_character() -> list[str]:
    points = (chr(point) for point in range(0x21, 0x30000))
    return [f"a{char}b" for char in points if unicodedata.category(char) not in _NO_CHARACTER and not char.isspace()]


@pytest.mark.parametrize("kind", [*vocabularies.KINDS, "wordpiece-uncased"])
def test_ids_are_those_of_python(kind: str, program: Run, tmp_path: Path) -> None:
    folder = str(vocabularies.KINDS[kind.removesuffix("-uncased")](tmp_path / kind))
    state = json.loads(load_tokenizer(folder, load_config(folder))[1].to_str())
    if kind.endswith("-uncased"):
        state["normalizer"] |= {"lowercase": True, "strip_accents": None}
    assert unreadable(state) is None
    # One kind of each family sees every character; the others have the same steps.
    given = words() + (every_character() if kind in ("xlmr-unigram", "wordpiece-uncased", "unigram") else [])
    tokenizer = vocabularies.tokenizer_of(state)
    found = encode(tokenizer, given)
    ends = [*(first for first in found.firsts if first != NO_PIECE), len(found.ids)]
    spans = iter(pairwise(ends))
    expected = [[] if first == NO_PIECE else list(found.ids[slice(*next(spans))]) for first in found.firsts]
    answers = zip(given, pieces(program, state, given), expected, strict=True)
    different = [(word, ours, theirs) for word, ours, theirs in answers if ours != theirs]
    assert not different, f"{len(different)} of {len(given)}, such as {different[:5]}"


WORDLEVEL = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "vocab": [["a", -1.0]]}
REFUSED: dict[str, dict[str, Any]] = {
    "model": {"model": WORDLEVEL},
    "no model": {},
    "normalizer": {"model": UNIGRAM, "normalizer": {"type": "Nmt"}},
    "nested normalizer": {
        "model": UNIGRAM,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "ByteLevel"}]},
    },
    "regular expression": {
        "model": UNIGRAM,
        "normalizer": {"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"},
    },
    "pre-tokenizer": {"model": UNIGRAM, "pre_tokenizer": {"type": "UnicodeScripts"}},
    "punctuation": {"model": UNIGRAM, "pre_tokenizer": {"type": "Punctuation", "behavior": "Removed"}},
    "dropout": {"model": {"type": "BPE", "dropout": 0.5, "vocab": {"a": 0}, "merges": []}},
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_kit_refuses_what_the_core_refuses(name: str, program: Run) -> None:
    assert unreadable(REFUSED[name])
    done = program("tests/pieces", stdin=json.dumps({"tokenizer": json.dumps(REFUSED[name]), "words": []}).encode())
    assert done.returncode == 2
    assert done.stderr.decode().startswith("tokenizer.json: not a tokenizer.json that this version can read (")
