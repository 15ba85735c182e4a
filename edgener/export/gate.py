"""The gate: a bundle must not lose more F1 on dev than was allowed, in any language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgener.evaluate.run import evaluate
from edgener.text.corpus import Sentence
from edgener.text.tagger import Tagger


@dataclass(frozen=True)
class Gate:
    """F1 of 100 on dev, by language: of the torch model, of the bundle, and the drop allowed."""

    reference: dict[str, float]
    bundle: dict[str, float]
    max_f1_drop: float

    @property
    def drops(self) -> dict[str, float]:
        return {name: self.reference[name] - self.bundle[name] for name in self.reference}

    @property
    def failing(self) -> list[str]:
        """Languages that lost too much."""
        return [name for name, drop in self.drops.items() if drop > self.max_f1_drop]

    def rows(self) -> list[list[object]]:
        return [
            [name, self.reference[name], self.bundle[name], drop, "too much" if name in self.failing else "ok"]
            for name, drop in self.drops.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        return {"reference": self.reference, "bundle": self.bundle, "max_f1_drop": self.max_f1_drop}


COLUMNS = ("dev F1", "torch", "bundle", "drop", "gate")


def run_gate(reference: Tagger, bundle: Tagger, dev: Mapping[str, Sequence[Sentence]], max_f1_drop: float) -> Gate:
    """Evaluate both on dev. max_f1_drop: in points of 100."""
    before = evaluate(reference, dev, what="gate: torch on dev,")
    after = evaluate(bundle, dev, what="gate: bundle on dev,")
    return Gate(
        {name: round(100 * f1, 2) for name, f1 in before.f1().items()},
        {name: round(100 * f1, 2) for name, f1 in after.f1().items()},
        max_f1_drop,
    )
