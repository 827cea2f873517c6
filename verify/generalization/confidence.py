"""Clopper-Pearson limits of a probability: floats propose, exact binomial sums decide."""

from __future__ import annotations

import math
from fractions import Fraction

from constructions.errors import UsageError
from constructions.sets.brackets import Bracket

_BITS = 24


def clopper_pearson(wrong: int, samples: int, failure: Fraction, most: int | None = None) -> Bracket:
    """Return limits that hold an unknown probability except with probability ``failure``.

    The lower limit is a p with ``P(X >= wrong) <= failure/2`` for a binomial X, the upper
    one a p with ``P(X <= most) <= failure/2``: multiples of 2^-24 just outside the classical
    ones, so that rounding cannot make the interval too short.

    Args:
        wrong: samples known to be wrong.
        samples: independent samples, at least 1.
        failure: of the whole interval, in (0, 1).
        most: samples that may be wrong, ``wrong`` by default; those undecided count here.

    Raises:
        UsageError: the numbers do not fit.

    Example:
        >>> limits = clopper_pearson(0, 20, Fraction(1, 20))
        >>> limits.lower == 0, round(float(limits.upper), 3)
        (True, 0.168)
    """
    above = wrong if most is None else most
    if not 0 <= wrong <= above <= samples or samples < 1:
        raise UsageError(f"{wrong} to {above} wrong samples of {samples} are no count")
    if not 0 < failure < 1:
        raise UsageError(f"the failure probability must lie in (0, 1), got {failure}")
    half = failure / 2
    return Bracket(_lower_limit(wrong, samples, half), 1 - _lower_limit(samples - above, samples, half))


def _lower_limit(count: int, samples: int, failure: Fraction) -> Fraction:
    """Return a multiple p of 2^-24 with ``P(X >= count) <= failure`` at p, as large as floats propose."""
    from scipy.stats import beta

    if count == 0:
        return Fraction(0)
    unit = 1 << _BITS
    proposed = math.floor(float(beta.ppf(float(failure), count, samples - count + 1)) * unit)
    while proposed > 0 and tail(count, samples, Fraction(proposed, unit)) > failure:
        proposed -= 1
    return Fraction(max(proposed, 0), unit)


def tail(count: int, samples: int, probability: Fraction) -> Fraction:
    """Return ``P(X >= count)`` exactly, X binomial.

    Example:
        >>> tail(1, 2, Fraction(1, 2))
        Fraction(3, 4)
    """
    hit, unit = probability.numerator, probability.denominator
    miss = unit - hit
    total = sum(math.comb(samples, k) * hit**k * miss ** (samples - k) for k in range(count, samples + 1))
    return Fraction(total, unit**samples)
