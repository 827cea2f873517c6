"""Numbers for approximating squares from above: the range, the level, the slope and the height."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SquareScale:
    """How finely squares are interpolated, and which bump that allows.

    The interpolant of ``t^2`` on ``2^levels`` equal pieces of [0, 1] is at most
    ``4^-(levels+1)`` above it and never below. A bump ``relu(slope * (height - S))`` of an
    ``S`` between the squared distance and that plus ``excess`` is then 0 where the distance
    is at least ``2 eps - radius``, and at least 1 where it is at most ``radius``.

    Attributes:
        origin: where the range of the coordinates starts.
        width: of the range.
        levels: q, at least 1.
        height: above ``radius^2 + excess``, at most ``(2 eps - radius)^2``.
        slope: a power of two.
    """

    origin: Fraction
    width: Fraction
    levels: int
    height: Fraction
    slope: Fraction

    @classmethod
    def of(cls, low: Fraction, high: Fraction, dim: int, radius: Fraction, eps: Fraction) -> SquareScale:
        """Return the scale for coordinates that stay within [low, high], all numbers short binaries.

        Args:
            low: smallest coordinate of a ball.
            high: largest coordinate of a ball, above ``low``.
            dim: how many squares are added up.
            radius: of the balls, below ``eps``.
            eps: half the separation.
        """
        exact = levels_needed(high - low, dim, radius, eps)
        origin, width = _binary_range(low, high)
        if levels_needed(width, dim, radius, eps) > exact:
            origin, width = low, high - low
        excess = dim * width * width / 4 ** (exact + 1)
        outer = (2 * eps - radius) ** 2
        height = _short_binary_between(radius * radius + excess, outer)
        return cls(origin, width, exact, height, power_of_two_above(1 / (height - radius * radius - excess)))


def levels_needed(width: Fraction, dim: int, radius: Fraction, eps: Fraction) -> int:
    """Return the smallest q >= 1 with ``dim width^2 / 4^(q+1) < 4 eps (eps - radius)``."""
    allowed = 4 * eps * (eps - radius)
    levels = 1
    while dim * width * width >= allowed * 4 ** (levels + 1):
        levels += 1
    return levels


def _binary_range(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return origin and width of a slightly wider range with few binary digits."""
    unit = power_of_two_above(high - low) / 128
    origin = math.floor(low / unit) * unit
    return origin, math.ceil((high - origin) / unit / 2) * unit * 2


def _short_binary_between(low: Fraction, high: Fraction) -> Fraction:
    """Return a number above ``(low + 3 high) / 4`` and at most ``high`` with few binary digits."""
    unit = power_of_two_above(high - low) / 8
    return math.floor(high / unit) * unit


def power_of_two_above(value: Fraction) -> Fraction:
    """Return the smallest power of two that is at least a positive value."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 1
    power = Fraction(2) ** exponent
    while power < value:
        power *= 2
    return power
