"""Square roots of fractions: exact where they are fractions, else enclosed."""

from __future__ import annotations

import math
from fractions import Fraction

_BITS = 64


def square_root_bounds(square: Fraction, bits: int = _BITS) -> tuple[Fraction, Fraction]:
    """Return fractions ``low <= sqrt(square) <= high``, equal where the root is a fraction.

    Args:
        square: at least 0.
        bits: the bounds differ by at most ``2**-bits``.

    Raises:
        ValueError: the square is negative.

    Example:
        >>> square_root_bounds(Fraction(9, 4))
        (Fraction(3, 2), Fraction(3, 2))
    """
    if square < 0:
        raise ValueError(f"{square} has no square root")
    top, bottom = math.isqrt(square.numerator), math.isqrt(square.denominator)
    if top * top == square.numerator and bottom * bottom == square.denominator:
        root = Fraction(top, bottom)
        return root, root
    unit = 1 << bits
    floor = math.isqrt(square.numerator * unit * unit // square.denominator)
    return Fraction(floor, unit), Fraction(floor + 1, unit)
