"""Sentences from templates and gazetteers: what fills `edgener.text.sample`."""

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from edgener.text.words import UNICODE_1, split

TYPES = ("PER", "ORG", "LOC", "DATE")
# The tail of each gazetteer is kept from the train split, so that more than half of the test entities are new.
_HELD_OUT = 0.5
_NEW_OUTSIDE_TRAIN = 0.7
_TRIES = 200

Tagged = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Language:
    """Templates with {PER}, {ORG}, {LOC}, {DATE}; names that combine to people; plain sentences without entities."""

    templates: tuple[str, ...]
    plain: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    organisations: tuple[str, ...]
    places: tuple[str, ...]
    dates: tuple[str, ...]

    def pools(self, kind: str) -> tuple[list[str], list[str]]:
        """(entities that every split may use, entities of dev and test only)."""
        if kind == "PER":
            known, new = zip(_cut(self.first_names), _cut(self.last_names), strict=True)
            # Both halves of a new person's name are new.
            return _people(*known), _people(*new)
        return _cut({"ORG": self.organisations, "LOC": self.places, "DATE": self.dates}[kind])


def _cut(items: Sequence[str]) -> tuple[list[str], list[str]]:
    cut = round(len(items) * (1 - _HELD_OUT))
    composed = [unicodedata.normalize("NFC", item) for item in items]
    return composed[:cut], composed[cut:]


def _people(first_names: Sequence[str], last_names: Sequence[str]) -> list[str]:
    """Every full name, and the first names alone."""
    return [f"{first} {last}" for first in first_names for last in last_names] + list(first_names)


def draw(language: Language, split_name: str, count: int, seed: str, taken: set[str]) -> list[Tagged]:
    """`count` sentences that are not in `taken`, which grows. RuntimeError when the templates cannot give as many."""
    chance = random.Random(seed)
    pools = {kind: language.pools(kind) for kind in TYPES}
    found = [_tag(text, {}) for text in _plain(language, split_name)]
    while len(found) < count:
        for _ in range(_TRIES):
            one = _from_template(chance.choice(language.templates), pools, split_name != "train", chance)
            key = " ".join(one[0]).lower()
            if key not in taken:
                break
        else:
            raise RuntimeError(f"{seed}: only {len(found)} different sentences of {count}; add templates or names")
        taken.add(key)
        found.append(one)
    chance.shuffle(found)
    return found


def _from_template(
    template: str, pools: dict[str, tuple[list[str], list[str]]], may_be_new: bool, chance: random.Random
) -> Tagged:
    fillers: dict[str, list[str]] = {kind: [] for kind in TYPES}
    for kind in TYPES:
        known, new = pools[kind]
        for _ in range(template.count(f"{{{kind}}}")):
            pool = new if may_be_new and chance.random() < _NEW_OUTSIDE_TRAIN else known
            fillers[kind].append(chance.choice(pool))
    return _tag(template, fillers)


def _plain(language: Language, split_name: str) -> tuple[str, ...]:
    """Sentences without entities cannot be varied, so each belongs to one split."""
    return language.plain[("train", "dev", "test").index(split_name) :: 3]


def _tag(template: str, fillers: dict[str, list[str]]) -> Tagged:
    tokens: list[str] = []
    tags: list[str] = []
    rest = {kind: list(values) for kind, values in fillers.items()}
    for word in template.split():
        kind = word.strip("{}") if word.startswith("{") else None
        text = unicodedata.normalize("NFC", rest[kind].pop(0) if kind else word)
        words = [text[start:end] for start, end in split(text, UNICODE_1)]
        tokens += words
        tags += [f"{'B' if place == 0 else 'I'}-{kind}" if kind else "O" for place in range(len(words))]
    return tuple(tokens), tuple(tags)
