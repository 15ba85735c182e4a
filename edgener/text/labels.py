"""Tagging schemes: IOB1, IOB2, BIOES and BMES are read, IOB2 is what everything inside speaks.

IOB1/IOB2: Ramshaw and Marcus 1995, Tjong Kim Sang and Veenstra 1999; BIOES (also BILOU) and BMES mark ends and singles.
"""

import re
from collections.abc import Iterable, Sequence

from edgener.errors import UserError

IOB1, IOB2, BIOES, BMES = "IOB1", "IOB2", "BIOES", "BMES"
SCHEMES = (IOB1, IOB2, BIOES, BMES)
MAX_LABELS = 1000
_TAG = re.compile(r"O|[BIMELSU]-\S+")
PREFIXES = {IOB1: "BI", IOB2: "BI", BIOES: "BIELSU", BMES: "BMES"}
# A prefix means the same in every scheme that has it. These begin an entity (others go on inside), these end one.
_BEGINS, _ENDS = "BSU", "ELSU"


def is_tag(text: str) -> bool:
    """True for `O` and for a prefix and a type without white space or invisible characters, such as `B-PER`."""
    return _TAG.fullmatch(text) is not None and text.isprintable()


def entity_type(tag: str) -> str:
    return tag[2:]


def begins(tag: str) -> bool:
    """Does the tag open an entity by itself, whatever stands before it?"""
    return tag[0] in _BEGINS


def continues(before: str, tag: str) -> bool:
    """May `tag` stand directly behind `before` in IOB2?"""
    return not tag.startswith("I-") or (before != "O" and entity_type(before) == entity_type(tag))


def spans(tags: Sequence[str]) -> list[tuple[int, int]]:
    """Word ranges of the entities of a legal IOB2 sequence."""
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            end = place + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            found.append((place, end))
    return found


def detect(sequences: Iterable[Sequence[str]]) -> str:
    """The scheme of a corpus, from the prefixes it uses and, for B/I alone, from where I- stands.

    IOB1 writes B- only between two touching entities of one type; IOB2 opens every entity with B-. A corpus in which
    most entities open with I- is IOB1; a few stray I- in IOB2 stay stray (and are reported by `edgener data check`).
    """
    prefixes: set[str] = set()
    opened = {"B": 0, "I": 0}
    for tags in sequences:
        before = "O"
        for tag in tags:
            prefixes.add(tag[0])
            if tag[0] == "B" or (tag[0] == "I" and not continues(before, tag)):
                opened[tag[0]] += 1
            before = tag
    if prefixes & {"E", "S", "L", "U"} and "M" not in prefixes:
        return BIOES
    if "M" in prefixes or prefixes & {"E", "S", "L", "U"}:
        return BMES
    return IOB1 if opened["I"] > opened["B"] else IOB2


def to_iob2(tags: Sequence[str]) -> list[str]:
    """The same entities in IOB2, from any scheme or a mixture.

    A stray I- (no entity to go on with) opens one, as seqeval's default mode reads it.
    """
    result: list[str] = []
    open_before = "O"  # the tag before, in IOB2, unless it closed its entity
    for tag in tags:
        if tag == "O":
            result.append("O")
        else:
            goes_on = not begins(tag) and continues(open_before, f"I-{entity_type(tag)}")
            result.append(f"{'I' if goes_on else 'B'}-{entity_type(tag)}")
        open_before = "O" if tag[0] in _ENDS else result[-1]
    return result


def label_list(types: Iterable[str]) -> list[str]:
    """The labels of a model over these entity types: O first, then B- and I- of each type in sorted order."""
    return ["O", *(f"{prefix}-{name}" for name in sorted(set(types)) for prefix in "BI")]


def check_model_labels(labels: Sequence[str], where: str) -> None:
    """UserError unless a model's labels can be decoded: an O, and a B- for every I-."""
    if not 2 <= len(labels) <= MAX_LABELS:
        raise UserError(f"{where}: {len(labels)} labels; a token classifier has 2 to {MAX_LABELS}")
    strange = [label for label in labels if not (label == "O" or (is_tag(label) and label[0] in "BI"))]
    if strange:
        raise UserError(f"{where}: {strange[0]!r} is not an IOB2 label (O, B-TYPE, I-TYPE)")
    if "O" not in labels or len(set(labels)) != len(labels):
        raise UserError(f"{where}: the labels have no O, or one of them twice")
    for label in labels:
        if label[0] == "I" and f"B-{entity_type(label)}" not in labels:
            raise UserError(f"{where}: {label} has no B-{entity_type(label)}; only IOB2 label sets can be decoded")
