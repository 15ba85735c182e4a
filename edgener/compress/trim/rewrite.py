"""A tokenizer with fewer pieces: the same file with the others taken out and every id renumbered.

The state is that of a tokenizer.json. What is kept keeps its order, so that special tokens at the beginning of the
vocabulary keep their ids. Where all pieces of a word's old segmentation stay, its segmentation stays: the best path
of Unigram is still there, WordPiece's longest match still matches, and BPE finds the same merges, provided that what
`special_ids` and `parts_of` name stays too.
"""

import copy
import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from edgener.errors import UserError

MODELS = ("Unigram", "BPE", "WordPiece")
State = dict[str, Any]


def pieces_of(state: State) -> list[str]:
    """The pieces of the model and the added tokens, by id. UserError for a kind of model that cannot be trimmed."""
    model = state["model"]
    if model.get("type") not in MODELS:
        raise UserError(f"a tokenizer of type {model.get('type')}: only {', '.join(MODELS)} can be trimmed")
    table = dict(enumerate(_unigram(model))) if model["type"] == "Unigram" else {}
    table = table or {place: piece for piece, place in model["vocab"].items()}
    table |= {token["id"]: token["content"] for token in state.get("added_tokens", [])}
    if sorted(table) != list(range(len(table))):
        raise UserError("the ids of the tokenizer's pieces have gaps; such a vocabulary cannot be renumbered")
    return [table[place] for place in range(len(table))]


def _unigram(model: State) -> list[str]:
    return [piece for piece, _ in model["vocab"]]


def special_ids(state: State) -> set[int]:
    """Added tokens, those that the post-processor adds, and whatever the model itself needs."""
    model = state["model"]
    found = {token["id"] for token in state.get("added_tokens", [])}
    _change_ids(state.get("post_processor"), _noted(found))
    if model["type"] == "Unigram":
        # The lowest score of all says what an unknown character costs, so it must stay the lowest.
        own = [(score, place) for place, (_, score) in enumerate(model["vocab"]) if place not in found]
        found |= {min(own)[1]} if own else set()
        return found | ({model["unk_id"]} if model.get("unk_id") is not None else set())
    unknown = model["vocab"].get(model.get("unk_token"))
    return found | ({unknown} if unknown is not None else set())


def _noted(ids: set[int]) -> Callable[[int], int]:
    def note(one: int) -> int:
        ids.add(one)
        return one

    return note


def parts_of(state: State) -> dict[int, tuple[int, int]]:
    """For BPE: id -> the ids of the two pieces that it is merged from.

    One piece may have many merges (all its cuts in two, in a vocabulary from SentencePiece). Which of them is used does
    not depend on the word, since no other merge crosses the ends of the piece: it is the one found for it alone.
    """
    model = state["model"]
    ranks = {pair: rank for rank, pair in enumerate(_merges(model))}
    ways: dict[str, list[tuple[str, str]]] = {}
    for pair in ranks:
        ways.setdefault(_merged(model, *pair), []).append(pair)
    vocab, found = model["vocab"], {}
    for whole, pairs in ways.items():
        last = pairs[0] if len(pairs) == 1 else _last_merge(model, whole, ranks)
        if last is not None and whole in vocab:
            found[vocab[whole]] = (vocab[last[0]], vocab[last[1]])
    return found


def _last_merge(model: State, whole: str, ranks: Mapping[tuple[str, str], int]) -> tuple[str, str] | None:
    """What BPE merges last when it reads this piece alone; None when it does not get there."""
    prefix, suffix = model.get("continuing_subword_prefix") or "", model.get("end_of_word_suffix") or ""
    first = prefix if whole.startswith(prefix) else ""
    last = suffix if whole.endswith(suffix) else ""
    symbols = [prefix + char for char in whole.removeprefix(first).removesuffix(last)]
    symbols[0], symbols[-1] = first + symbols[0].removeprefix(prefix), symbols[-1] + last
    pair = None
    while len(symbols) > 1:
        rank, place = min((ranks.get(two, math.inf), place) for place, two in enumerate(pairwise(symbols)))
        if rank == math.inf:
            return None
        pair = symbols[place], symbols[place + 1]
        symbols[place : place + 2] = [_merged(model, *pair)]
    return pair


def continuing_of(state: State) -> str | None:
    """What a piece inside a word begins with: "##" or its like for WordPiece, "" for Unigram; None for BPE."""
    model = state["model"]
    if model["type"] == "WordPiece":
        return str(model.get("continuing_subword_prefix") or "")
    return "" if model["type"] == "Unigram" else None


def byte_alphabet(state: State) -> set[int]:
    """Ids of the single symbols of a byte-level vocabulary, without which some text could not be written."""
    steps = json.dumps([state.get(name) for name in ("normalizer", "pre_tokenizer", "decoder")])
    if '"type": "ByteLevel"' not in steps:
        return set()
    return {place for place, piece in enumerate(pieces_of(state)) if len(piece) == 1}


def trimmed(state: State, keep: Sequence[int]) -> State:
    """The state with the pieces of `keep` (old ids, sorted) alone; `keep[new]` is the old id of `new`."""
    new_ids = {old: new for new, old in enumerate(keep)}
    state = copy.deepcopy(state)
    model = state["model"]
    if model["type"] == "Unigram":
        # Added tokens may stand behind the model's own pieces.
        model["vocab"] = [model["vocab"][old] for old in keep if old < len(model["vocab"])]
        if model.get("unk_id") is not None:
            model["unk_id"] = new_ids[model["unk_id"]]
    else:
        kept = {piece: new_ids[old] for piece, old in model["vocab"].items() if old in new_ids}
        if model["type"] == "BPE":
            model["merges"] = [
                [left, right]
                for left, right in _merges(model)
                if left in kept and right in kept and _merged(model, left, right) in kept
            ]
        model["vocab"] = kept
    for token in state.get("added_tokens", []):
        token["id"] = new_ids[token["id"]]
    _change_ids(state.get("post_processor"), new_ids.__getitem__)
    if isinstance(state.get("padding"), dict):
        state["padding"]["pad_id"] = new_ids[state["padding"]["pad_id"]]
    return state


def _merges(model: State) -> list[tuple[str, str]]:
    """Pairs; older files write each pair as one string with a space between."""
    return [tuple(merge.split(" ", 1) if isinstance(merge, str) else merge) for merge in model.get("merges", [])]


def _merged(model: State, left: str, right: str) -> str:
    prefix = model.get("continuing_subword_prefix") or ""
    return left + (right.removeprefix(prefix) if prefix else right)


def _change_ids(node: Any, change: Callable[[int], int]) -> None:
    """Special tokens of a post-processor: tables of TemplateProcessing, ("</s>", 2) pairs of the other kinds."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "ids" and isinstance(value, list):
                node[name] = [change(one) for one in value]
            elif name in ("sep", "cls") and isinstance(value, list):
                node[name] = [value[0], change(value[1])]
            else:
                _change_ids(value, change)
    elif isinstance(node, list):
        for value in node:
            _change_ids(value, change)


def vocabulary(state: State) -> set[str]:
    """The pieces of the model itself."""
    model = state["model"]
    return set(_unigram(model)) if model["type"] == "Unigram" else set(model["vocab"])


def trim_sentencepiece(data: bytes, dropped: set[str]) -> bytes:
    """A SentencePiece model without the pieces of `dropped`, of whatever type, so that it counts like tokenizer.json.

    UserError when it cannot be parsed.
    """
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise UserError("the SentencePiece model beside the tokenizer cannot be read") from None
    pieces = [one for one in model.pieces if one.piece not in dropped]
    del model.pieces[:]
    model.pieces.extend(pieces)
    model.trainer_spec.vocab_size = len(pieces)
    # Samples of the old segmentation, for which older readers would refuse the model; newer ones do not know them.
    if "self_test_data" in model.DESCRIPTOR.fields_by_name:
        model.ClearField("self_test_data")
    model.DiscardUnknownFields()
    return bytes(model.SerializeToString())
