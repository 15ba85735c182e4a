"""What two machines answered, compared: a line for each check."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Rounding of int8 moves a logit by up to a few tenths between CPUs: a tag may be another one where x86 was that unsure.
LEAD = 0.5
# Of an entity's score, with and without int8.
SCORE = {True: 0.25, False: 0.001}


@dataclass(frozen=True)
class Check:
    """One line of the report: what was looked at, whether it is as it should be, and what was found."""

    name: str
    good: bool
    said: str

    def __str__(self) -> str:
        return f"  {'OK ' if self.good else 'BAD'} {self.name}: {self.said}"


def conformance(found: Mapping[str, Any]) -> Check:
    failed, cases = found["failed"], found["cases"]
    said = f"{len(failed)} of {cases} cases fail: {_some(failed)}" if failed else f"{cases} cases"
    return Check("conformance", not failed and cases > 0, said)


def verified(found: Mapping[str, Any]) -> Check:
    return Check("edgener verify", found["code"] == 0, _first_line(found) if found["code"] else "as stated")


def golden(found: Mapping[str, Any]) -> Check:
    differ = found["differ"]
    said = _some(differ) if differ else f"{found['sentences']} sentences"
    return Check("golden vectors", not differ and found["sentences"] > 0, said)


def tags(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], labels: Sequence[str], eight_bit: bool
) -> Check:
    """The tags of each word; `theirs` are x86's. None may differ, but with int8 where x86 was nearly as sure of both.

    Words side by side that differ are looked at together: one tag that changes can take its neighbours with it.
    """
    total = excused = wrong = 0
    apart = 0.0
    for one, other in zip(ours, theirs, strict=True):
        pairs = list(zip(one["logits"], other["logits"], strict=False))
        if len(one["tags"]) != len(other["tags"]) or any((row is None) != (x86 is None) for row, x86 in pairs):
            return Check("tags", False, "a text is cut into other words or pieces")
        total += len(pairs)
        apart = max([apart, *(abs(x - y) for row, x86 in pairs if row for x, y in zip(row, x86, strict=True))])
        for run in differing(one["tags"], other["tags"]):
            near = eight_bit and lead(other, one["tags"], labels, run) < LEAD
            excused, wrong = excused + near * len(run), wrong + (not near) * len(run)
    said = f"{wrong + excused} of {total} words differ from x86's"
    if excused:
        said += f", {excused} of them where x86's logits speak for its own tags by less than {LEAD}"
    return Check("tags", wrong == 0 and total > 0, f"{said}; logits at most {apart:.1g} apart")


def differing(ours: Sequence[str], theirs: Sequence[str]) -> list[list[int]]:
    """The places of words that differ, those side by side together."""
    runs: list[list[int]] = []
    for place in (place for place, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def lead(x86: Mapping[str, Any], tags: Sequence[str], labels: Sequence[str], run: Sequence[int]) -> float:
    """By how much x86's logits, summed over the words at these places, are greater for its own tags than for others.

    Decoding takes the legal tags with the greatest sum, so this is what the others lacked to be the answer.
    """
    place = {label: index for index, label in enumerate(labels)}
    return sum(x86["logits"][at][place[x86["tags"][at]]] - x86["logits"][at][place[tags[at]]] for at in run)


def same_tags(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Of each text."""
    return [one["tags"] == other["tags"] for one, other in zip(ours, theirs, strict=True)]


def predicted(ours: Mapping[str, Any], theirs: Mapping[str, Any], same: Sequence[bool], eight_bit: bool) -> Check:
    """What `edgener predict --json` printed: of each text whose tags are the same, the same but for scores."""
    name = "edgener predict"
    if ours["code"] or theirs["code"]:
        return Check(name, False, _first_line(ours if ours["code"] else theirs))
    lines = [[json.loads(line) for line in found["out"].splitlines()] for found in (ours, theirs)]
    if [len(one) for one in lines] != [len(same)] * 2:
        return Check(name, False, f"{len(lines[0])} answers, and x86 has {len(lines[1])}, to {len(same)} texts")
    triples = list(zip(*lines, same, strict=True))
    far = SCORE[eight_bit]
    differ = [str(one["line"]) for one, other, equal in triples if equal and not _alike(one, other, far)]
    said = f"other entities in line {_some(differ)}" if differ else f"{len(triples)} texts, as on x86"
    return Check(name, not differ, said)


def _alike(one: dict[str, Any], other: dict[str, Any], far: float) -> bool:
    if {**one, "entities": 0} != {**other, "entities": 0} or len(one["entities"]) != len(other["entities"]):
        return False
    pairs = zip(one["entities"], other["entities"], strict=True)
    return all({**a, "score": 0} == {**b, "score": 0} and abs(a["score"] - b["score"]) <= far for a, b in pairs)


def benchmarked(names: Sequence[str], bundles: int) -> Check:
    """That it came to its end is all; an emulated CPU's times are not a device's."""
    done = len(names) == bundles
    return Check("edgener benchmark", done, "runs to its end" if done else f"has figures of {_some(names) or 'none'}")


def operators(ours: Mapping[str, int], theirs: Mapping[str, int]) -> Check:
    same = ours == theirs
    return Check("8-bit operators", same, "as on x86" if same else f"x86 has {dict(theirs)}")


def _some(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (f" and {len(items) - 3} more" if len(items) > 3 else "")


def _first_line(found: Mapping[str, Any]) -> str:
    said = (found["out"] + found["errors"]).strip().splitlines() or ["it says nothing"]
    return f"exit {found['code']}, {said[0][:200]}"
