"""Which differences are larger than those between seeds.

The same chain with another seed gives another F1. Welch would need several seeds of both groups; here their variances
are pooled, so that a group of one seed can be held against a reference of three: a difference counts as noise when a
two-sided t-test with pooled variance (Student, 1908) does not reject at 5 % that both have the same mean.
"""

from math import sqrt

from edgener.study.summary import Group, Spread

CONFIDENCE = 0.95


def margin(one: Spread, other: Spread) -> float | None:
    """The least difference of their means that is more than noise, a share of 1.

    None with fewer than two degrees of freedom: of two seeds, nearly every difference would be noise.
    """
    from scipy.stats import t  # type: ignore[import-untyped]  # half a second

    freedom = one.count + other.count - 2
    if freedom < 2:
        return None
    squares = sum((spread.count - 1) * spread.sd**2 for spread in (one, other) if spread.sd is not None)
    standard_error = sqrt(squares / freedom) * sqrt(1 / one.count + 1 / other.count)
    return float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * standard_error


def is_noise(group: Group, reference: Group | None, language: str | None = None) -> bool:
    """Is what the group loses or gains beside the reference in a language, or in the mean, within the noise of seeds?

    False where that cannot be told.
    """
    if reference is None or group is reference:
        return False
    pair = [one.mean_f1 if language is None else one.f1.get(language) for one in (group, reference)]
    if (ours := pair[0]) is None or (theirs := pair[1]) is None:
        return False
    limit = margin(ours, theirs)
    return limit is not None and abs(ours.mean - theirs.mean) <= limit
