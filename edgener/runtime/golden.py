"""Golden sentences: what every runtime must answer for a bundle, written at export, compared by `edgener verify`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from edgener.text.decode import Entity, entities
from edgener.text.pieces import encode
from edgener.text.tagger import Tagger

# A golden sentence keeps its tags on every CPU: int8 rounding moves logits by up to 0.6 between machines.
MARGIN = 1.5
SCORE_TOLERANCE = 0.05


def record(tagger: Tagger, text: str) -> tuple[dict[str, Any], float]:
    """The expected answer for one text, and its margin: the least gap between the best and the second logit of a word.

    `words` are code point ranges, `ids` all piece ids without special tokens, `pieces` how many of them each word has.
    """
    ranges, words = tagger.words(text)
    pieces = encode(tagger.tokenizer, words)
    logits, has_pieces = tagger.word_logits(words)
    path = tagger.decoder.best(logits, has_pieces)
    tags = [tagger.decoder.labels[index] for index in path]
    confidence = tagger.decoder.confidence(logits, path) if path else np.zeros(0)
    top_two = np.sort(logits[has_pieces], axis=1)[:, -2:]
    margin = float((top_two[:, 1] - top_two[:, 0]).min()) if len(top_two) else np.inf
    document = {
        "text": text,
        "words": [list(range_) for range_ in ranges],
        "ids": list(pieces.ids),
        "pieces": [len(encode(tagger.tokenizer, [word]).ids) for word in words],
        "tags": tags,
        "entities": [_entity(entity) for entity in entities(text, ranges, tags, confidence)],
    }
    return document, margin


def choose(tagger: Tagger, texts: Mapping[str, Sequence[str]], a_language: int) -> list[dict[str, Any]]:
    """For each language the sentences with a clear margin, those with entities first; at most `a_language` of them."""
    chosen = []
    for language, sentences in texts.items():
        made = [record(tagger, text) for text in sentences]
        clear = [document for document, margin in made if margin >= MARGIN]
        clear.sort(key=lambda document: not document["entities"])
        # The language of a user's own sentences is not known.
        chosen += [{**({"language": language} if language else {}), **one} for one in clear[:a_language]]
    return chosen


def differences(tagger: Tagger, golden: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line for each golden sentence that this runtime answers otherwise."""
    found = []
    for number, expected in enumerate(golden, 1):
        answer, _ = record(tagger, expected["text"])
        for part in ("words", "ids", "pieces", "tags"):
            if answer[part] != expected.get(part):
                found.append(f"golden sentence {number}: {part} differ from what the bundle states")
                break
        else:
            if not _same(answer["entities"], expected.get("entities")):
                found.append(f"golden sentence {number}: entities differ from what the bundle states")
    return found


def _same(answer: list[dict[str, Any]], expected: object) -> bool:
    """Equal but for the scores, which int8 rounding may move a little from one CPU to another."""
    if not isinstance(expected, list) or len(answer) != len(expected):
        return False
    for ours, theirs in zip(answer, expected, strict=True):
        if not isinstance(theirs, dict) or not isinstance(theirs.get("score"), int | float):
            return False
        if not 0 <= theirs["score"] <= 1 or abs(ours["score"] - theirs["score"]) > SCORE_TOLERANCE:
            return False
        if {**ours, "score": 0} != {**theirs, "score": 0}:
            return False
    return True


def _entity(entity: Entity) -> dict[str, Any]:
    return {**entity.as_dict(), "score": round(entity.score, 4)}
