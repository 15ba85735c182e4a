"""The gate: a bundle must not lose more F1 on dev than was allowed, in any language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgener.evaluate.run import evaluate
from edgener.evaluate.score import Evaluation
from edgener.text.corpus import Sentence
from edgener.text.tagger import Tagger

Types = dict[str, dict[str, float]]
USUAL_DROP = 1.0
# Two entities of a small dev set can weigh more than that, and then one tag that falls the other way is no finding.
USUAL_ENTITIES = 2


@dataclass(frozen=True)
class Gate:
    """F1 of 100 on dev, by language: of the torch model, of the bundle, and the drops allowed.

    reference_types, bundle_types: the same by language and entity type. A type decides nothing: it may have a handful
    of entities.
    """

    reference: dict[str, float]
    bundle: dict[str, float]
    allowed: dict[str, float]
    reference_types: Types = field(default_factory=dict)
    bundle_types: Types = field(default_factory=dict)

    @property
    def drops(self) -> dict[str, float]:
        return {name: self.reference[name] - self.bundle[name] for name in self.reference}

    @property
    def failing(self) -> list[str]:
        """Languages that lost too much."""
        return [name for name, drop in self.drops.items() if drop > self.allowed[name]]

    @property
    def worst(self) -> str:
        """The language that lost most, of what it was allowed."""
        return max(self.drops, key=lambda name: self.drops[name] - self.allowed[name])

    def worst_type(self, language: str) -> tuple[str, float] | None:
        """(entity type, F1 lost) of the type that lost most there; None where there is no entity."""
        after = self.bundle_types.get(language, {})
        drops = {name: f1 - after.get(name, 0.0) for name, f1 in self.reference_types.get(language, {}).items()}
        return max(drops.items(), key=lambda item: item[1]) if drops else None

    def rows(self) -> list[list[object]]:
        found = []
        for name, drop in self.drops.items():
            kind = self.worst_type(name)
            shown = f"{kind[0]} {kind[1]:.2f}" if kind else "-"
            verdict = "too much" if name in self.failing else "ok"
            found.append([name, self.reference[name], self.bundle[name], drop, self.allowed[name], shown, verdict])
        return found

    def as_dict(self) -> dict[str, Any]:
        types = {"reference_types": self.reference_types, "bundle_types": self.bundle_types}
        return {"reference": self.reference, "bundle": self.bundle, "allowed": self.allowed, **types}


COLUMNS = ("dev F1", "torch", "bundle", "drop", "allowed", "most, by a type", "gate")


def allowed_drops(before: Evaluation, max_f1_drop: float | None) -> dict[str, float]:
    """By language, in points of 100: max_f1_drop; for None 1.0, or what two of its entities weigh if that is more."""
    if max_f1_drop is not None:
        return dict.fromkeys(before.languages, max_f1_drop)
    entities = {name: score.overall.support for name, score in before.languages.items()}
    return {
        name: max(USUAL_DROP, round(100 * USUAL_ENTITIES / count, 2)) if count else USUAL_DROP
        for name, count in entities.items()
    }


def run_gate(
    before: Evaluation, bundle: Tagger, dev: Mapping[str, Sequence[Sentence]], max_f1_drop: float | None
) -> Gate:
    """Evaluate the bundle on dev. before: what the torch model reached there. max_f1_drop: see allowed_drops."""
    after = evaluate(bundle, dev, what="gate: bundle on dev,")
    allowed = allowed_drops(before, max_f1_drop)
    return Gate(_hundreds(before), _hundreds(after), allowed, _types(before), _types(after))


def reference_of(torch: Tagger, dev: Mapping[str, Sequence[Sentence]]) -> Evaluation:
    """What the torch model reaches on dev."""
    return evaluate(torch, dev, what="gate: torch on dev,")


def _hundreds(result: Evaluation) -> dict[str, float]:
    return {name: round(100 * f1, 2) for name, f1 in result.f1().items()}


def _types(result: Evaluation) -> Types:
    return {
        language: {name: round(100 * one.f1, 2) for name, one in score.types.items()}
        for language, score in result.languages.items()
    }
