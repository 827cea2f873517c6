"""What no learner can do with too few samples, whatever its size."""

from __future__ import annotations

from fractions import Fraction

from constructions.errors import UsageError
from verify.capacity.enclosures import bits_of, exact_bits, power_below, precision_for

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
        UsageError: a number is out of range.

    Example:
        >>> unseen_error(2, 1), unseen_error(8, 4)
        (Fraction(1, 4), Fraction(2401, 8192))
    """
    if points < 1 or samples < 0:
        raise UsageError(f"at least 1 point and 0 samples are needed, got {points} and {samples}")
    if samples == 0 or points == 1:
        return Fraction(0 if samples else 1, 2)
    if samples * points.bit_length() <= _LARGEST_EXACT:
        return Fraction((points - 1) ** samples, 2 * points**samples)
    with precision_for(points * samples):
        bits = samples * bits_of(Fraction(points - 1, points)) - 1
        return power_below(bits) if bits > exact_bits(-_LARGEST_EXACT) else Fraction(0)
