"""The gate: a bundle must not lose more F1 on dev than was allowed, in any language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgener.evaluate.run import evaluate
from edgener.evaluate.score import Evaluation
from edgener.text.corpus import Sentence
from edgener.text.tagger import Tagger

Types = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Gate:
    """F1 of 100 on dev, by language: of the torch model, of the bundle, and the drop allowed.

    reference_types, bundle_types: the same by language and entity type. A type decides nothing: it may have a handful
    of entities.
    """

    reference: dict[str, float]
    bundle: dict[str, float]
    max_f1_drop: float
    reference_types: Types = field(default_factory=dict)
    bundle_types: Types = field(default_factory=dict)

    @property
    def drops(self) -> dict[str, float]:
        return {name: self.reference[name] - self.bundle[name] for name in self.reference}

    @property
    def failing(self) -> list[str]:
        """Languages that lost too much."""
        return [name for name, drop in self.drops.items() if drop > self.max_f1_drop]

    @property
    def worst(self) -> str:
        """The language that lost most."""
        return max(self.drops, key=lambda name: self.drops[name])

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
            found.append([name, self.reference[name], self.bundle[name], drop, shown, verdict])
        return found

    def as_dict(self) -> dict[str, Any]:
        types = {"reference_types": self.reference_types, "bundle_types": self.bundle_types}
        return {"reference": self.reference, "bundle": self.bundle, "max_f1_drop": self.max_f1_drop, **types}


COLUMNS = ("dev F1", "torch", "bundle", "drop", "most, by a type", "gate")


def run_gate(before: Evaluation, bundle: Tagger, dev: Mapping[str, Sequence[Sentence]], max_f1_drop: float) -> Gate:
    """Evaluate the bundle on dev. before: what the torch model reached there. max_f1_drop: in points of 100."""
    after = evaluate(bundle, dev, what="gate: bundle on dev,")
    return Gate(_hundreds(before), _hundreds(after), max_f1_drop, _types(before), _types(after))


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
