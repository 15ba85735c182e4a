"""Which pieces of a vocabulary to keep, from how often each language uses them.

Whatever the choice, three sets stay, so that a word nobody has seen is cut into smaller pieces and does not become
unknown: the special tokens; every single character of the texts; and a safety set of single characters - digits,
punctuation, symbols, marks, and all letters of Latin and of the scripts that the languages are written in. A letter of
another script, in a name or a quotation, may become unknown; the report counts such words.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from edgener.errors import UserError
from edgener.text.scripts import script_of

Counts = np.ndarray[Any, np.dtype[np.int64]]
METASPACE = "\u2581"
_MARKERS = (METASPACE, "##", "\u0120", "</w>")  # of SentencePiece, WordPiece, byte-level BPE, the first BPE
_SCRIPT_SHARE = 0.01  # of a language's letters, so that one foreign name does not bring its whole script
_NEVER_READ = re.compile(r"\[unused\d+\]")  # free places of BERT's vocabularies
_WORDS_A_CALL = 2000


@dataclass(frozen=True)
class Use:
    """How a language uses a tokenizer: `counts[id]` over its texts, its words and how many of them have an unknown."""

    counts: Counts
    words: int
    unknown_words: int

    @property
    def pieces_per_word(self) -> float:
        return float(self.counts.sum()) / max(1, self.words)

    @property
    def unknown_rate(self) -> float:
        return self.unknown_words / max(1, self.words)


def use_of(tokenizer: Tokenizer, words: Mapping[str, int]) -> Use:
    """words: how often each (normalised) word occurs."""
    counts = np.zeros(tokenizer.get_vocab_size(), np.int64)
    unknown_id, unknown = unknown_of(tokenizer), 0
    each, times = list(words), np.fromiter(words.values(), np.int64, len(words))
    for start in range(0, len(each), _WORDS_A_CALL):
        encoding = tokenizer.encode(each[start : start + _WORDS_A_CALL], is_pretokenized=True, add_special_tokens=False)
        places = np.fromiter(encoding.word_ids, np.int64, len(encoding.ids)) + start
        ids = np.fromiter(encoding.ids, np.int64, len(encoding.ids))
        np.add.at(counts, ids, times[places])
        unknown += int(times[np.unique(places[ids == unknown_id])].sum())
    return Use(counts, int(times.sum()), unknown)


def unknown_of(tokenizer: Tokenizer) -> int:
    """The id of the unknown piece; -1 for a tokenizer that has none, as byte-level ones."""
    model: Any = tokenizer.model
    token = getattr(model, "unk_token", None)
    for name in (token, "<unk>", "[UNK]"):
        if name is not None and (found := tokenizer.token_to_id(name)) is not None:
            return int(found)
    place = json.loads(tokenizer.to_str())["model"].get("unk_id")  # Unigram does not tell otherwise
    return -1 if place is None else int(place)


def bare(piece: str) -> str:
    """The piece without the mark that says where in a word it stands."""
    for marker in _MARKERS:
        piece = piece.removeprefix(marker).removesuffix(marker)
    return piece


def scripts_of(words: Mapping[str, int]) -> set[str]:
    """The scripts that hold at least one letter in a hundred."""
    letters: Counter[str] = Counter()
    for word, times in words.items():
        for char in word:
            if found := script_of(char):
                letters[found] += times
    return {name for name, times in letters.items() if times >= _SCRIPT_SHARE * letters.total()}


def safety_set(
    pieces: Sequence[str],
    languages: Iterable[Mapping[str, int]],
    normalise: Callable[[str], str] | None = None,
    continuing: str | None = None,
) -> set[int]:
    """Ids of the single-character pieces that stay whatever they were used, and of what stands in for missing ones.

    normalise: what the tokenizer does to text before it looks for pieces (`Normalizer.normalize_str`). continuing: what
    a piece inside a word begins with; None for BPE, where longer pieces have no character that is no piece.
    """
    seen = {METASPACE}
    scripts = {"LATIN"}
    for words in languages:
        scripts |= scripts_of(words)
        seen.update(*words)
        if normalise is not None:  # whole words too: characters may melt into others
            seen.update(*map(normalise, words))
    if normalise is not None:
        seen.update(*map(normalise, seen))
    table = set(pieces)

    def is_safe(char: str) -> bool:
        return char in seen or script_of(char) in scripts or unicodedata.category(char)[0] in "NPSM"

    def stays(piece: str) -> bool:
        inner = bare(piece)
        if len(inner) > 1:
            if continuing is None:
                return False
            return any(map(is_safe, _without_piece(piece, table, continuing)))
        return not inner or is_safe(inner)

    sentencepiece_bytes = {place for place, piece in enumerate(pieces) if len(piece) == 6 and piece.startswith("<0x")}
    return {place for place, piece in enumerate(pieces) if stays(piece)} | sentencepiece_bytes


def _without_piece(piece: str, table: Set[str], continuing: str) -> list[str]:
    """The characters of a longer piece that have no piece of their own where they stand, and are read in it only."""
    if _NEVER_READ.fullmatch(piece):
        return []
    inside = bool(continuing) and piece.startswith(continuing)
    chars = list(piece.removeprefix(continuing) if inside else piece)
    if piece[:2] in table and piece.startswith(METASPACE):
        chars = chars[2:]
    return [c for place, c in enumerate(chars) if (continuing if place or inside else "") + c not in table]


def ranking(uses: Mapping[str, Use]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """A piece's worth: the mean over languages of its share in the language, so that small languages count as much."""
    shares: Any = sum(use.counts / max(1, int(use.counts.sum())) for use in uses.values())
    return np.asarray(shares / len(uses), np.float64)


def choose(
    uses: Mapping[str, Use],
    always: set[int],
    *,
    min_count: int = 1,
    coverage: float | None = None,
    budget: int | None = None,
    parts: Mapping[int, tuple[int, int]] | None = None,
) -> list[int]:
    """The ids to keep, in their old order.

    min_count: pieces used less often than this, in all languages together, go. coverage: of each language, only the
    most used pieces that make up this share of its text. budget: at most this many pieces, the worthiest first.
    parts: for BPE, the two pieces that a piece is merged from; they stay with it. UserError when the budget is smaller
    than what must stay.
    """
    total = np.sum([use.counts for use in uses.values()], axis=0)
    wanted = total >= max(1, min_count)
    if coverage is not None:
        wanted &= np.any([_covering(use.counts, coverage) for use in uses.values()], axis=0)
    worth = ranking(uses)
    order = [int(place) for place in np.argsort(-worth, kind="stable") if wanted[place]]
    kept: set[int] = set()
    for place in sorted(always):
        kept |= _with_parts(place, parts or {})
    if budget is not None and len(kept) > budget:
        raise UserError(
            f"--budget {budget}: special tokens and single characters alone are {len(kept):,} pieces; give more"
        )
    for place in order:
        more = _with_parts(place, parts or {}) - kept
        if budget is not None and len(kept) + len(more) > budget:
            break
        kept |= more
    return sorted(kept)


def _covering(counts: Counts, share: float) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """The fewest pieces that make up `share` of all occurrences."""
    order = np.argsort(-counts, kind="stable")
    reached = np.cumsum(counts[order])
    enough = int(np.searchsorted(reached, share * reached[-1])) + 1 if len(reached) else 0
    chosen = np.zeros(len(counts), bool)
    chosen[order[:enough]] = True
    return chosen


def _with_parts(place: int, parts: Mapping[int, tuple[int, int]]) -> set[int]:
    found, rest = set(), [place]
    while rest:
        one = rest.pop()
        if one not in found:
            found.add(one)
            rest += parts.get(one, ())
    return found
