"""What the Python runtime answers to the cases of the decode contract (README.md beside this file); needs no pytest."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgener.text.decode import Decoder, Units, entities
from edgener.text.normalise import normalise
from edgener.text.windows import owner, plan
from edgener.text.words import split

Case = dict[str, Any]
SCORE_TOLERANCE = 1e-4


def load() -> list[Case]:
    """All cases beside this file, or those in the folder that EDGENER_CASES names."""
    folder = Path(os.environ.get("EDGENER_CASES") or Path(__file__).parent)
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    return [json.loads(line) for line in lines]


def answer(case: Case) -> Case:
    """What the runtime says to a case, in the shape of its `expect`."""
    times = case.get("repeat", 1)
    return ANSWERS[case["op"]](case) if times == 1 else folded(ANSWERS[case["op"]](repeated(case, times)), case)


def repeated(case: Case, times: int) -> Case:
    """The case whose inputs are those of `times` copies, one behind the other."""
    copies = {key: case[key] * times for key in ("text", "logits") if key in case}
    if "ranges" in case:
        copies["ranges"] = [one for k in range(times) for one in _moved(case["ranges"], "ranges", case["text"], k)]
    return {**case, **copies}


def folded(given: Case, case: Case) -> Case:
    """The answer to one copy; None for a part of it that is not the same for each."""
    folded, times, text = {}, case["repeat"], case.get("text", "")
    for key, value in given.items():
        size, rest = divmod(len(value), times)
        parts = [_moved(value[k * size : (k + 1) * size], key, text, -k) for k in range(times)]
        folded[key] = None if rest or not all(same(parts[0], part) for part in parts) else parts[0]
    return folded


def _moved(value: Any, key: str, text: str, copies: int) -> Any:
    """With all positions in it moved by so many copies of the text; `key` is what holds the value."""
    if isinstance(value, dict):
        return {name: _moved(one, name, text, copies) for name, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, key, text, copies) for one in value]
    return value + copies * LENGTHS[key](text) if key in LENGTHS else value


def _in_utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _in_utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# What holds positions, and how long a text is in their unit.
LENGTHS = {
    **dict.fromkeys(("ranges", "start", "end"), len),
    **dict.fromkeys(("utf16", "start_utf16", "end_utf16"), _in_utf16),
    **dict.fromkeys(("utf8", "start_utf8", "end_utf8"), _in_utf8),
}


def _normalise(case: Case) -> Case:
    normal = normalise(case["text"])
    return {"text": normal.text, "ranges": [list(pair) for pair in zip(normal.starts, normal.ends, strict=True)]}


def _words(text: str, splitter: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of the normalised text and their ranges in the original one."""
    normal = normalise(text)
    words = split(normal.text, splitter)
    return [normal.text[start:end] for start, end in words], [normal.original(start, end) for start, end in words]


def _split(case: Case) -> Case:
    words, ranges = _words(case["text"], case["splitter"])
    return {"words": words, "ranges": [list(pair) for pair in ranges]}


def _offsets(case: Case) -> Case:
    pairs = [[Units(case["text"]).at(place) for place in pair] for pair in case["ranges"]]
    return {
        "utf16": [[utf16 for utf16, _ in pair] for pair in pairs],
        "utf8": [[utf8 for _, utf8 in pair] for pair in pairs],
    }


def _windows(case: Case) -> Case:
    pieces, capacity, stride = case["pieces"], case["capacity"], case["stride"]
    windows = plan(pieces, capacity, stride)
    owners = [owner(first, windows, capacity, stride) for first in case["firsts"]]
    return {"windows": [list(window) for window in windows], "owners": owners}


def _decode(case: Case) -> tuple[list[str], list[float]]:
    """The tag and the confidence of each word."""
    labels, rows = case["labels"], case["logits"]
    logits = np.array([row or [0.0] * len(labels) for row in rows], np.float64).reshape(len(rows), len(labels))
    decoder = Decoder(labels)
    path = decoder.best(logits, [row is not None for row in rows], case["recall_bias"])
    return [labels[index] for index in path], [float(value) for value in decoder.confidence(logits, path)]


def _tags(case: Case) -> Case:
    return {"tags": _decode(case)[0]}


def _entities(case: Case) -> Case:
    words, ranges = _words(case["text"], case["splitter"])
    assert len(words) == len(case["logits"]), "a case has a row for each word"
    found = entities(case["text"], ranges, *_decode(case))
    return {"entities": [entity.as_dict() for entity in found if entity.score >= case["min_score"]]}


ANSWERS = {
    "normalise": _normalise,
    "split": _split,
    "offsets": _offsets,
    "windows": _windows,
    "tags": _tags,
    "entities": _entities,
}


def same(expected: Any, given: Any, key: str = "") -> bool:
    """Equal in type and value; a `score` may differ by SCORE_TOLERANCE."""
    if key == "score":
        return isinstance(given, float) and abs(expected - given) <= SCORE_TOLERANCE
    if type(expected) is not type(given):
        return False
    if isinstance(expected, dict):
        return expected.keys() == given.keys() and all(same(expected[name], given[name], name) for name in expected)
    if isinstance(expected, list):
        return len(expected) == len(given) and all(map(same, expected, given))
    return bool(expected == given)


def broken(value: Any) -> Iterator[Any]:
    """Every copy of an expectation in which one leaf is changed, or one list has an element less or more."""
    if isinstance(value, dict):
        yield from ({**value, key: wrong} for key in value for wrong in broken(value[key]))
    elif isinstance(value, list):
        yield from ([*value[:at], wrong, *value[at + 1 :]] for at in range(len(value)) for wrong in broken(value[at]))
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
        yield [*value, value[-1] if value else 0]
    else:
        yield value + "x" if isinstance(value, str) else value + 1


def failures(cases: list[Case]) -> list[str]:
    """The names of the cases that are answered otherwise, or whose wrong expectations would not be noticed."""
    found = []
    for case in cases:
        given = answer(case)
        if not same(case["expect"], given) or any(same(wrong, given) for wrong in broken(case["expect"])):
            found.append(case["name"])
    return found
