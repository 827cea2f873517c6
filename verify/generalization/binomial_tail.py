"""Tails of the binomial distribution: exactly, and from above in integers of bounded length."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

_PRECISION = 128
_SERIES_BITS = 64
_SMALL_TERM = 2**10

# A positive number as (mantissa, exponent): mantissa * 2^exponent.
Scaled = tuple[int, int]


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


def tail_is_at_most(count: int, samples: int, numerator: int, bits: int, limit: Fraction) -> bool:
    """Return True only if ``P(X >= count) <= limit`` at the probability ``numerator / 2^bits``.

    The tail is its first term times ``1 + r_1 + r_1 r_2 + ...``, where the ratios
    ``r_j = (n - c - j + 1) p / ((c + j)(1 - p))`` fall; the rest of the sum is at most a
    geometric series. Everything is rounded up, so True is a proof, and False may only be
    wrong when the tail is below the limit by less than a part in 2^40.

    Args:
        count: c, from 1 to ``samples``.
        samples: n.
        numerator: of a probability p of at most c/n.
        bits: its denominator is ``2^bits``.
        limit: above 0.

    Example:
        >>> [tail_is_at_most(2, 2, p, 2, Fraction(1, 4)) for p in (1, 2, 3)]
        [True, True, False]
    """
    if numerator == 0:
        return True
    miss = (1 << bits) - numerator
    first = _product(
        _product(_choices(count, samples), _power((numerator, -bits), count)),
        _power((miss, -bits), samples - count),
    )
    mantissa, exponent = _product(first, (_series(count, samples, numerator, miss), -_SERIES_BITS))
    left, right = mantissa * limit.denominator, limit.numerator
    return left <= right << -exponent if exponent < 0 else left << exponent <= right


def _series(count: int, samples: int, hit: int, miss: int) -> int:
    """Return an upper bound of ``2^64 (1 + r_1 + r_1 r_2 + ...)``."""
    term = total = 1 << _SERIES_BITS
    for step in range(1, samples - count + 1):
        rise, fall = (samples - count - step + 1) * hit, (count + step) * miss
        if term < _SMALL_TERM:
            return total + -(-term * rise // (fall - rise))
        term = -(-term * rise // fall)
        total += term
    return total


@lru_cache(maxsize=4096)
def _choices(count: int, samples: int) -> Scaled:
    """Return an upper bound of the number of subsets of ``count`` out of ``samples``."""
    few = min(count, samples - count)
    found: Scaled = (1, 0)
    for step in range(1, few + 1):
        mantissa, exponent = found
        found = _rounded(-(-(mantissa << _PRECISION) * (samples - few + step) // step), exponent - _PRECISION)
    return found


def _power(base: Scaled, exponent: int) -> Scaled:
    found: Scaled = (1, 0)
    while exponent:
        if exponent & 1:
            found = _product(found, base)
        base, exponent = _product(base, base), exponent >> 1
    return found


def _product(one: Scaled, other: Scaled) -> Scaled:
    return _rounded(one[0] * other[0], one[1] + other[1])


def _rounded(mantissa: int, exponent: int) -> Scaled:
    """Return the next larger number whose mantissa has at most 128 bits."""
    excess = mantissa.bit_length() - _PRECISION
    return (mantissa, exponent) if excess <= 0 else (-(-mantissa >> excess), exponent + excess)
