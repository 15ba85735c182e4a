"""Every kind of tokenizer that a bundle can carry gives in JavaScript the ids that it gives in Python."""

import json
import random
from pathlib import Path

import pytest

from edgener.text.pieces import encode
from edgener.text.raw import words_of
from edgener.text.words import UNICODE_1
from edgener.train.model import load_config, load_tokenizer
from tests.helpers import vocabularies
from tests.kit.conftest import Run

# Compatibility characters and the marks that can stand on them; whole blocks of scripts.
_BLOCKS = ((0x21, 0x250), (0x300, 0x370), (0x5D0, 0x700), (0x7C0, 0x800), (0x1200, 0x1380), (0x1E00, 0x1F00))
_COMPATIBILITY = ((0x2000, 0x2200), (0x3300, 0x3400), (0xF900, 0xFB07), (0xFE70, 0x10000), (0x1F300, 0x1F700))
_MARKS = "\u0301\u0323\u0345\u034f\u05b4\u064b\u07eb\u135f\u200c\u20d0\u3099\ufe0f\U0001f3fb"


def words() -> list[str]:
    """As the runtime cuts them out of texts."""
    draw = random.Random(3)
    found = {*vocabularies.lines(), "ΟΔΟΣ ΣΑΣ İstanbul 𥉉a𠀀b 北京 \uf936"}
    for _ in range(6000):
        drawn = [_char(draw) for _ in range(draw.randrange(1, 6))]
        found.add("".join(drawn))
    return sorted({word for text in found for word in words_of(text, UNICODE_1)})


def _char(draw: random.Random) -> str:
    if draw.random() < 0.3:
        return draw.choice(_MARKS)
    return chr(draw.randrange(*draw.choice(_COMPATIBILITY if draw.random() < 0.4 else _BLOCKS)))


@pytest.mark.parametrize("kind", [*vocabularies.KINDS, "wordpiece-uncased"])
def test_ids_are_those_of_python(kind: str, node: Run, tmp_path: Path) -> None:
    folder = str(vocabularies.KINDS[kind.removesuffix("-uncased")](tmp_path / kind))
    state = json.loads(load_tokenizer(folder, load_config(folder))[1].to_str())
    if kind.endswith("-uncased"):
        state["normalizer"] |= {"lowercase": True, "strip_accents": None}
    tokenizer, given = vocabularies.tokenizer_of(state), words()
    done = node("build/pieces.mjs", stdin=json.dumps({"tokenizer": state, "words": given}))
    assert done.returncode == 0, done.stderr
    expected = [list(encode(tokenizer, [word]).ids) for word in given]
    answers = zip(given, expected, json.loads(done.stdout), strict=True)
    different = [(word, ours, theirs) for word, ours, theirs in answers if ours != theirs]
    assert not different, f"{len(different)} of {len(given)}, such as {different[:5]}"
