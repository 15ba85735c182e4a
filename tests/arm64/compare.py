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


def tags(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], eight_bit: bool) -> Check:
    """The tags of each word; `theirs` are x86's. None may differ, but with int8 where x86 was nearly as sure of two."""
    total = excused = wrong = 0
    apart = 0.0
    for one, other in zip(ours, theirs, strict=True):
        if len(one["tags"]) != len(other["tags"]):
            return Check("tags", False, "a text is cut into other words")
        for a, b, row, theirs_row in zip(one["tags"], other["tags"], one["logits"], other["logits"], strict=True):
            total += 1
            if (row is None) != (theirs_row is None):
                return Check("tags", False, "a word has pieces on one machine only")
            if row is not None:
                apart = max(apart, max(abs(x - y) for x, y in zip(row, theirs_row, strict=True)))
            if a != b:
                near = eight_bit and theirs_row is not None and lead(theirs_row) < LEAD
                excused, wrong = excused + near, wrong + (not near)
    said = f"{wrong + excused} of {total} words differ from x86's"
    if excused:
        said += f", {excused} of them where x86's two best logits were less than {LEAD} apart"
    return Check("tags", wrong == 0 and total > 0, f"{said}; logits at most {apart:.1g} apart")


def lead(row: Sequence[float]) -> float:
    """By how much the best logit is ahead of the second one."""
    second, best = sorted(row)[-2:]
    return best - second


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
