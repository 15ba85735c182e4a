"""Words to piece ids: section 3 of the decode contract (tests/conformance/README.md)."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from edgener.errors import UserError

# Words go to the tokenizer in slices, so that a text of any length needs little memory at a time.
_WORDS_A_CALL = 2000
NO_PIECE = -1


@dataclass(frozen=True)
class Pieces:
    """Piece ids of a text, without special tokens; `firsts[w]` is the first piece of word w, or NO_PIECE."""

    ids: "array[int]"
    firsts: "array[int]"


@dataclass(frozen=True)
class Specials:
    """Ids that stand before and behind every window, and the id that fills a batch."""

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer.json, with truncation and padding off. UserError when it is not one."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for whatever is wrong with the file
        raise UserError(f"{path}: not a tokenizer.json this version can read ({_line(error)})") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def rows_of(tokenizer: Tokenizer) -> int:
    """How many embeddings its ids need; more than it has pieces where the ids have gaps."""
    return max(tokenizer.get_vocab().values(), default=-1) + 1


def begin_words_with_space(state: dict[str, Any]) -> None:
    """Change the state of a tokenizer (its tokenizer.json as an object) so that it reads words given one by one.

    Byte-level BPE marks the beginning of a word by the space before it, which such words lack.
    """
    nodes = [state.get("pre_tokenizer")]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "ByteLevel":
                node["add_prefix_space"] = True
            nodes += node.get("pretokenizers", [])


def for_words(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer for words given one by one, whatever their number: with truncation and padding off."""
    state = json.loads(tokenizer.to_str())
    begin_words_with_space(state)
    state["truncation"] = state["padding"] = None
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def specials_of(tokenizer: Tokenizer, pad: int) -> Specials:
    """The special tokens that the tokenizer's own post-processor puts around one sequence."""
    encoding = tokenizer.encode(["a"], is_pretokenized=True, add_special_tokens=True)
    mask, ids = encoding.special_tokens_mask, encoding.ids
    before = mask.index(0) if 0 in mask else len(mask)
    behind = len(mask) - before - sum(1 for flag in mask if not flag)
    return Specials(tuple(ids[:before]), tuple(ids[len(ids) - behind :]), pad)


def encode(tokenizer: Tokenizer, words: Sequence[str]) -> Pieces:
    """Each (normalised) word by itself, in order."""
    ids = array("i")
    firsts = array("i", [NO_PIECE]) * len(words)
    for start in range(0, len(words), _WORDS_A_CALL):
        slice_ = list(words[start : start + _WORDS_A_CALL])
        encoding = tokenizer.encode(slice_, is_pretokenized=True, add_special_tokens=False)
        for place, word in enumerate(encoding.word_ids, len(ids)):
            if word is not None and firsts[start + word] == NO_PIECE:
                firsts[start + word] = place
        ids.extend(encoding.ids)
    return Pieces(ids, firsts)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
