"""Axes of plots: from values to places in an SVG, with ticks at round numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LOG_FROM = 10.0  # the greatest value as a multiple of the least, from which on an axis is logarithmic
MOST_STEPS = 9  # with a label each; a logarithmic axis with more has labels at powers of ten


@dataclass(frozen=True)
class Axis:
    """A scale from low..high, in the unit of the title, to start..end in units of the SVG."""

    title: str
    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a value is. A logarithmic axis takes values above 0 only."""
        low, high, value = (math.log10(one) if self.is_log else one for one in (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def marks(self) -> list[tuple[float, str]]:
        """(place, label) of each tick."""
        return [(self.at(tick), f"{tick:,.10g}") for tick in self.ticks]


def axis(title: str, values: Sequence[float], start: float, end: float, may_be_log: bool = False) -> Axis:
    """An axis that shows all values, none of them below 0: between round numbers, about five of them.

    may_be_log: logarithmic where the values differ by more than ten times; they are above 0 then.
    """
    low, high = min(values), max(values)
    is_log = may_be_log and high > LOG_FROM * low
    steps = log_steps(low, high) if is_log else nice_steps(low, high)
    few = [one for one in steps if math.log10(one).is_integer()] if is_log and len(steps) > MOST_STEPS else steps
    return Axis(title, steps[0], steps[-1], start, end, tuple(few), is_log)


def nice_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from one at or below `low` to one at or above `high`.

    From 0 where the two are the same but for rounding.
    """
    low = low if high - low > 1e-6 * high else 0.0
    high = high or 1.0
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]


def log_steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten, from one at or below `low` to one at or above `high`."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = [float(f"{factor}e{power}") for power in powers for factor in (1, 2, 5)]
    first = max(place for place, one in enumerate(steps) if one <= low)
    last = min(place for place, one in enumerate(steps) if one >= high)
    return steps[first : last + 1]
