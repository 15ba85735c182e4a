"""Which tokenizers the C++ core reads (export/core/src/tokenizer): no kit is written that could not read its bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgener.artefact import read_json
from edgener.bundle.layout import TOKENIZER, max_bytes, printable
from edgener.errors import UserError

MODELS = {"Unigram", "BPE", "WordPiece"}
NORMALIZERS = {
    "BertNormalizer",
    "Lowercase",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "Precompiled",
    "Prepend",
    "Replace",
    "Strip",
    "StripAccents",
}
PRE_TOKENIZERS = {"BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "WhitespaceSplit"}
# Two spaces or more: the one regular expression that converted SentencePiece models have.
REGEX = " {2,}"
_DEEPEST = 8


def check_tokenizer(bundle: Path) -> None:
    """UserError when the core cannot read the tokenizer of a verified bundle."""
    path = bundle / TOKENIZER
    why = unreadable(read_json(path, max_bytes(TOKENIZER) or 0))
    if why:
        raise UserError(f"{path}: has {why}, which the C++ core cannot read; another encoder's tokenizer is needed")


def unreadable(state: Any) -> str | None:
    """The first thing in a tokenizer.json that the core cannot read; None when it reads all of it."""
    model = state.get("model") if isinstance(state, dict) else None
    if not isinstance(model, dict) or model.get("type") not in MODELS:
        return f"a model of type {_type(model)}"
    if model.get("dropout"):
        return "BPE with dropout"
    for step in _steps(state.get("normalizer"), "normalizers"):
        if _type(step) not in NORMALIZERS:
            return f"a normalizer of type {_type(step)}"
        if step["type"] == "Replace" and not _replaces(step.get("pattern")):
            return "a normalizer with a regular expression"
    for step in _steps(state.get("pre_tokenizer"), "pretokenizers"):
        if _type(step) not in PRE_TOKENIZERS:
            return f"a pre-tokenizer of type {_type(step)}"
        if step["type"] == "Punctuation" and step.get("behavior", "Isolated") != "Isolated":
            return "a pre-tokenizer that joins punctuation"
    return None


def _replaces(pattern: object) -> bool:
    return isinstance(pattern, dict) and (pattern.get("Regex") == REGEX or bool(pattern.get("String")))


def _steps(node: Any, members: str, depth: int = 0) -> Iterator[Any]:
    """The steps of a sequence, one by one."""
    if node is None:
        return
    if depth > _DEEPEST or not isinstance(node, dict) or node.get("type") != "Sequence":
        yield node
        return
    for one in node.get(members, []):
        yield from _steps(one, members, depth + 1)


def _type(node: object) -> str:
    return printable(node.get("type")) if isinstance(node, dict) else "unknown"
