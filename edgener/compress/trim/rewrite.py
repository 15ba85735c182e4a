"""A tokenizer with fewer pieces: the same file with the others taken out and every id renumbered.

The state is that of a tokenizer.json. What is kept keeps its order, so that special tokens at the beginning of the
vocabulary keep their ids. Where all pieces of a word's old segmentation stay, its segmentation stays: the best path
of Unigram is still there, WordPiece's longest match still matches, and BPE finds the same merges.
"""

import copy
import re
from collections.abc import Mapping, Sequence
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
    """Added tokens, and whatever the model itself needs."""
    model = state["model"]
    found = {token["id"] for token in state.get("added_tokens", [])}
    if model["type"] == "Unigram":
        return found | ({model["unk_id"]} if model.get("unk_id") is not None else set())
    unknown = model["vocab"].get(model.get("unk_token"))
    return found | ({unknown} if unknown is not None else set())


def parts_of(state: State) -> dict[int, tuple[int, int]]:
    """For BPE: id -> the ids of the two pieces that its first merge puts together."""
    model = state["model"]
    found: dict[int, tuple[int, int]] = {}
    for left, right in _merges(model):
        whole = model["vocab"].get(_merged(model, left, right))
        if whole is not None:
            found.setdefault(whole, (model["vocab"][left], model["vocab"][right]))
    return found


def byte_alphabet(state: State) -> set[int]:
    """Ids of the single symbols of a byte-level vocabulary, without which some text could not be written."""
    if "ByteLevel" not in re.findall(r"'type': '(\w+)'", str([state.get("pre_tokenizer"), state.get("decoder")])):
        return set()
    return {place for piece, place in state["model"]["vocab"].items() if len(piece) == 1}


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
    _renumber(state.get("post_processor"), new_ids)
    if isinstance(state.get("padding"), dict):
        state["padding"]["pad_id"] = new_ids[state["padding"]["pad_id"]]
    return state


def _merges(model: State) -> list[tuple[str, str]]:
    """Pairs; older files write each pair as one string with a space between."""
    return [tuple(merge.split(" ", 1) if isinstance(merge, str) else merge) for merge in model.get("merges", [])]


def _merged(model: State, left: str, right: str) -> str:
    prefix = model.get("continuing_subword_prefix") or ""
    return left + (right.removeprefix(prefix) if prefix else right)


def _renumber(node: Any, new_ids: Mapping[int, int]) -> None:
    """Special tokens of a post-processor: tables of TemplateProcessing, ("</s>", 2) pairs of the other kinds."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "ids" and isinstance(value, list):
                node[name] = [new_ids[one] for one in value]
            elif name in ("sep", "cls") and isinstance(value, list):
                node[name] = [value[0], new_ids[value[1]]]
            else:
                _renumber(value, new_ids)
    elif isinstance(node, list):
        for value in node:
            _renumber(value, new_ids)


def trim_sentencepiece(data: bytes, kept: set[str]) -> bytes:
    """A SentencePiece model with the pieces of `kept`; control, unknown, byte and user-defined pieces stay.

    UserError when it cannot be parsed.
    """
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise UserError("the SentencePiece model beside the tokenizer cannot be read") from None
    normal = sentencepiece_model_pb2.ModelProto.SentencePiece.NORMAL
    pieces = [one for one in model.pieces if one.type != normal or one.piece in kept]
    del model.pieces[:]
    model.pieces.extend(pieces)
    model.trainer_spec.vocab_size = len(pieces)
    return bytes(model.SerializeToString())
