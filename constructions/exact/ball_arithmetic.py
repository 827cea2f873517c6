"""Rational bounds of numbers that are not rational, by ball arithmetic (Arb)."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

import flint

_BITS = 128
_UNIT = 2**96


def ball_between(low: Fraction, high: Fraction) -> flint.arb:
    """Return a ball that contains an interval."""
    return exact_ball(low).union(exact_ball(high))


def exact_ball(value: Fraction | int) -> flint.arb:
    """Return a ball that contains a rational number."""
    number = Fraction(value)
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def rational_bounds(ball: flint.arb) -> tuple[Fraction, Fraction]:
    """Return rational numbers below and above everything in a ball, over 2^96."""
    low, high = _rational(ball.lower()), _rational(ball.upper())
    return Fraction(math.floor(low * _UNIT), _UNIT), Fraction(math.ceil(high * _UNIT), _UNIT)


def sphere_area(dimension: int) -> tuple[Fraction, Fraction]:
    """Return bounds of the area of the unit sphere of a dimension, ``2 pi^(n/2) / Gamma(n/2)``, n one more."""
    with flint.ctx.workprec(_BITS):
        half = exact_ball(Fraction(dimension + 1, 2))
        return rational_bounds(2 * flint.arb.pi() ** half / half.gamma())


def ball_volume(dimension: int) -> tuple[Fraction, Fraction]:
    """Return bounds of the volume of the unit ball, ``pi^(n/2) / Gamma(n/2 + 1)``."""
    with flint.ctx.workprec(_BITS):
        half = exact_ball(Fraction(dimension, 2))
        return rational_bounds(flint.arb.pi() ** half / (half + 1).gamma())


@lru_cache(maxsize=2**14)
def spiral_point(low: Fraction, high: Fraction) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    """Return bounds of ``t cos t`` and of ``t sin t`` for all t of an interval."""
    with flint.ctx.workprec(_BITS):
        angle = ball_between(low, high)
        return rational_bounds(angle * angle.cos()), rational_bounds(angle * angle.sin())


def spiral_length(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return bounds of the length of ``(t cos t, t sin t)`` between two parameters."""
    with flint.ctx.workprec(_BITS):
        ends = [exact_ball(value) for value in (low, high)]
        first, last = ((t * (1 + t * t).sqrt() + t.asinh()) / 2 for t in ends)
        return rational_bounds(last - first)


def _rational(exact: flint.arb) -> Fraction:
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
