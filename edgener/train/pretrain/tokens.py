"""Raw text to a Unigram tokenizer: which lines are held out, what the alphabet is, and the training of the pieces.

A word is cut from the text as inference cuts it, so that the tokenizer learns what it will be asked.
"""

import heapq
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from edgener.console import track
from edgener.errors import UserError
from edgener.text import raw
from edgener.text.normalise import normalise_word
from edgener.text.scripts import script_of
from edgener.text.words import UNICODE_1, WHITE_SPACE, split
from edgener.train.features import quotas
from edgener.train.tiny import SPECIALS

HELD_OUT = 200  # lines of a language, at most
_HELD_OUT_SHARE = 50  # one line in so many
TOKENIZER_LINES = 300_000  # read for the tokenizer, of all languages together

_SPACES = re.compile(f"[{''.join(sorted(WHITE_SPACE))}]+")
_SEEN_OFTEN = 3  # characters that are rarer are mostly noise: an emoji, a name in another script
_SCRIPT_SHARE = 1000  # a script is in use when it has one letter in so many
_LONGEST_WORD = 200  # characters
_LARGEST_SCRIPT = 1500  # no list of letters for Han and Hangul: most would never be used
# Printable ASCII, the signs of printed text, and the marks of African orthographies.
_USUAL = (
    "".join(map(chr, range(0x21, 0x7F)))
    + "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u00ab\u00bb\u2022\u00b0\u20ac\u00a3\u20a6"
    + "\u0300\u0301\u0302\u0303\u0304\u0306\u0308\u030c\u0323\u0329\u0330\u0331"
)


@dataclass(frozen=True)
class Survey:
    """What a first reading tells of a language: its lines, and those (normalised) that no training ever sees."""

    path: Path
    lines: int
    held_out: frozenset[str]


def read_lines(path: Path) -> Iterator[str]:
    """The normalised lines of a file, single spaces between what white space separates."""
    for line in raw.read(path):
        if text := clean(line):
            yield text


def clean(line: str) -> str:
    return " ".join(chunk for chunk in _SPACES.split(normalise_word(line)) if chunk)


@lru_cache(maxsize=200_000)
def words_of(chunk: str) -> tuple[str, ...]:
    """The words of normalised text without white space. No rule of the splitter looks across white space."""
    return tuple(chunk[start:end] for start, end in split(chunk, UNICODE_1))


def survey(path: Path) -> Survey:
    """Count a file's lines and choose one in fifty, 200 at most, by their content: a repeated line is held out whole.

    A function of the text alone. UserError for a file without text.
    """
    chosen: list[tuple[int, str]] = []  # a heap, the largest hash first to go
    members: set[str] = set()
    lines = 0
    for line in track(read_lines(path), f"reading {path.name}", unit="lines"):
        lines += 1
        rank = -int.from_bytes(blake2b(line.encode(), digest_size=8).digest())
        if line in members or (len(chosen) == HELD_OUT and rank <= chosen[0][0]):
            continue
        members.add(line)
        if len(chosen) < HELD_OUT:
            heapq.heappush(chosen, (rank, line))
        else:
            members.discard(heapq.heapreplace(chosen, (rank, line))[1])
    if not lines:
        raise UserError(f"{path}: no text in this file; expected one sentence a line")
    best = sorted(chosen, reverse=True)[: max(1, lines // _HELD_OUT_SHARE)]
    return Survey(path, lines, frozenset(line for _, line in best))


def train_tokenizer(texts: Mapping[str, Survey], vocabulary: int, temperature: float) -> Tokenizer:
    """A Unigram tokenizer (Kudo 2018) in XLM-R's form: NFC, words behind U+2581, <s> <pad> </s> <unk> <mask> as 0 to 4.

    It may have fewer pieces than asked for when the text has no more. Two trainings on the same text can differ: the
    library adds up in the order in which its threads end. UserError for a text of next to nothing.
    """
    lines = list(balanced_lines(texts, temperature))
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
    del counts[" "]
    letters = alphabet(counts, vocabulary // 4)
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.NFC()
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIALS,
        unk_token=SPECIALS[3],
        initial_alphabet=letters,
        show_progress=False,
    )
    unigram.train_from_iterator(_spelt_with(lines, frozenset(letters)), trainer)
    if any(score is None for _, score in json.loads(unigram.to_str())["model"]["vocab"]):  # 0 / 0, which JSON lacks
        names = ", ".join(str(text.path) for text in texts.values())
        raise UserError(f"{names}: too little text to train a tokenizer on; give more text, or a --tokenizer")
    unigram.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return unigram


def balanced_lines(texts: Mapping[str, Survey], temperature: float) -> Iterator[str]:
    """Lines that are not held out, in the languages' shares of training; those of a small language come repeatedly."""
    sizes = {name: one.lines for name, one in texts.items()}
    scale = min(1.0, TOKENIZER_LINES / sum(sizes.values()))
    for name, share in quotas(sizes, temperature).items():
        wanted = max(1, int(scale * share))
        # Twice as many as can be held out more, so that enough remain without them.
        found = [clean(line) for line in raw.sample(texts[name].path, wanted + 2 * HELD_OUT)]
        kept = [line for line in found if line and line not in texts[name].held_out]
        yield from islice(cycle(kept), wanted)


def _spelt_with(lines: Sequence[str], letters: frozenset[str]) -> Iterator[str]:
    """The words of each line that a tokenizer can learn from.

    Those with another character are left out, since each of these would become a piece; and those that are no words
    but data, on which the trainer would spend the square of their length.
    """
    for line in lines:
        words = (word for chunk in line.split(" ") for word in words_of(chunk))
        yield " ".join(word for word in words if len(word) <= _LONGEST_WORD and letters.issuperset(word))


def alphabet(counts: Mapping[str, int], most: int) -> list[str]:
    """The characters that are pieces whatever the text: seen often, usual, or a letter of a script in use.

    counts: how often each character occurs. At most `most`, the most used first.
    """
    often = sorted((char for char, count in counts.items() if count >= _SEEN_OFTEN), key=lambda char: -counts[char])
    scripts: Counter[str] = Counter()
    for char, count in counts.items():
        if char.isalpha():
            scripts[script_of(char)] += count
    in_use = {name for name, count in scripts.items() if name and count * _SCRIPT_SHARE >= scripts.total()}
    letters = [letter for name in sorted(in_use) for letter in _letters(name)]
    return list(dict.fromkeys([*often, *_USUAL, *letters]))[:most]


@lru_cache(maxsize=64)
def _letters(script: str) -> tuple[str, ...]:
    """The letters of a script in NFC; of Latin those that living orthographies use."""
    if script == "LATIN":
        places = [*range(0xC0, 0x2B0), *range(0x1E00, 0x1F00)]
    else:
        places = [*range(0x370, 0xD800), *range(0xF900, 0x20000)]
    found = [
        chr(place)
        for place in places
        if chr(place).isalpha() and script_of(chr(place)) == script and unicodedata.is_normalized("NFC", chr(place))
    ]
    return tuple(found) if len(found) <= _LARGEST_SCRIPT else ()


def wrap(backend: Tokenizer, length: int) -> Any:
    """The same tokenizer as transformers knows it; length: the longest sequence, in pieces."""
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=SPECIALS[0],
        eos_token=SPECIALS[2],
        cls_token=SPECIALS[0],
        sep_token=SPECIALS[2],
        pad_token=SPECIALS[1],
        unk_token=SPECIALS[3],
        mask_token=SPECIALS[4],
        model_max_length=length,
    )
