"""Clopper-Pearson limits of a probability, rounded outward: every limit is proved by a tail of the binomial."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from constructions.errors import UsageError
from constructions.sets.brackets import Bracket
from verify.generalization.binomial_tail import tail_is_at_most

BITS = 40


def clopper_pearson(wrong: int, samples: int, failure: Fraction, most: int | None = None) -> Bracket:
    """Return limits that hold an unknown probability except with probability ``failure``.

    The lower limit is a p with ``P(X >= wrong) <= failure/2`` for a binomial X, the upper
    one a p with ``P(X <= most) <= failure/2``: the multiples of 2^-40 just outside the
    classical ones, so that rounding cannot make the interval too short.

    Theorem: thm:sampled-robust-error

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
    _check(wrong, above, samples, failure)
    half = failure / 2
    return Bracket(_limit(wrong, samples, half), 1 - _limit(samples - above, samples, half))


def lower_limit(wrong: int, samples: int, failure: Fraction) -> Fraction:
    """Return a number that an unknown probability falls below with probability ``failure`` at most.

    Theorem: thm:sampled-robust-error

    Args:
        wrong: samples known to be wrong.
        samples: independent samples, at least 1.
        failure: in (0, 1).

    Raises:
        UsageError: the numbers do not fit.

    Example:
        >>> round(float(lower_limit(20, 20, Fraction(1, 20))), 3)
        0.861
    """
    _check(wrong, wrong, samples, failure)
    return _limit(wrong, samples, failure)


def upper_limit(wrong: int, samples: int, failure: Fraction) -> Fraction:
    """Return a number that an unknown probability exceeds with probability ``failure`` at most.

    Without a wrong sample it is ``1 - failure^(1/n)``, rounded up.

    Theorem: thm:sampled-robust-error

    Args:
        wrong: samples that may be wrong.
        samples: independent samples, at least 1.
        failure: in (0, 1).

    Raises:
        UsageError: the numbers do not fit.

    Example:
        >>> upper_limit(0, 2, Fraction(1, 4))
        Fraction(1, 2)
    """
    _check(wrong, wrong, samples, failure)
    return 1 - _limit(samples - wrong, samples, failure)


def _check(wrong: int, above: int, samples: int, failure: Fraction) -> None:
    if not 0 <= wrong <= above <= samples or samples < 1:
        raise UsageError(f"{wrong} to {above} wrong samples of {samples} are no count")
    if not 0 < failure < 1:
        raise UsageError(f"the failure probability must lie in (0, 1), got {failure}")


@lru_cache(maxsize=4096)
def _limit(count: int, samples: int, failure: Fraction) -> Fraction:
    """Return the largest multiple p of 2^-40, at most ``count/samples``, with ``P(X >= count) <= failure`` at p."""
    if count == 0:
        return Fraction(0)
    proved, refuted = 0, (count << BITS) // samples + 1
    while refuted - proved > 1:
        middle = (proved + refuted) // 2
        if tail_is_at_most(count, samples, middle, BITS, failure):
            proved = middle
        else:
            refuted = middle
    return Fraction(proved, 1 << BITS)
