"""What no learner can do with too few samples, whatever its size."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction
from verify.capacity.enclosures import bits_of, exact_bits, power_below, precision_for, rounded_up

_LARGEST_EXACT = 2**12


def unseen_error(points: int, samples: int) -> Fraction:
    """Return a lower bound of the expected error after n uniform samples of m random labels.

    Labels are uniform and independent, so on a point that was not drawn any prediction is
    wrong with probability 1/2: the expected error, clean or robust, over samples and labels
    is at least ``(1/2) (1 - 1/m)^n``, for every learner and every size of its model.

    Args:
        points: m, at least 1.
        samples: n, at least 0.

    Returns:
        The bound exactly, or a slightly smaller number where that fraction would have
        thousands of digits.

    Raises:
        UsageError: a number is no integer, or out of range.
        InexactInput: a number is a float.

    Example:
        >>> unseen_error(2, 1), unseen_error(8, 4)
        (Fraction(1, 4), Fraction(2401, 8192))
    """
    m, n = _whole(points, "points", 1), _whole(samples, "samples", 0)
    if n == 0 or m == 1:
        return Fraction(0 if n else 1, 2)
    if n * m.bit_length() <= _LARGEST_EXACT:
        return Fraction((m - 1) ** n, 2 * m**n)
    with precision_for(m * n):
        bits = n * bits_of(Fraction(m - 1, m)) - 1
        return power_below(bits) if bits > exact_bits(-_LARGEST_EXACT) else Fraction(0)


def _whole(value: Any, name: str, least: int) -> int:
    exact = exact_fraction(value, name)
    if exact.denominator != 1 or exact < least:
        raise UsageError(f"{name} must be an integer of at least {least}, got {str(exact)[:40]}")
    return int(exact)


def consistent_halfspace_samples(dim: int, accuracy: Fraction, confidence: Fraction) -> int:
    """Return how many samples make every consistent half-space accurate, with high probability.

    ``max((4/beta) log2(2/delta), (8 (d+1)/beta) log2(13/beta))``, rounded up: half-spaces
    in R^d have VC dimension d + 1 (Blumer, Ehrenfeucht, Haussler and Warmuth).

    Args:
        dim: d.
        accuracy: beta in (0, 1).
        confidence: delta in (0, 1), the probability of failing.

    Example:
        >>> consistent_halfspace_samples(6, Fraction(1, 10), Fraction(1, 100))
        3933
    """
    with precision_for(2**64 * dim * accuracy.denominator * confidence.denominator):
        few = 4 / accuracy * rounded_up(bits_of(2 / confidence))
        many = 8 * (dim + 1) / accuracy * rounded_up(bits_of(13 / accuracy))
    return math.ceil(max(few, many))
