"""Numbers of bits as intervals that provably contain them, by ball arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import flint

from verify.capacity.sign_patterns import EULER_ABOVE

Bits = flint.arb
_GUARD = 96
_SHOWN = 2**20


@contextmanager
def precision_for(points: int) -> Iterator[None]:
    """Compute with enough bits to resolve one bit in the factorial of a square of ``points``."""
    with flint.ctx.workprec(2 * points.bit_length() + _GUARD):
        yield


def bits_of(value: int | Fraction) -> Bits:
    """Return log2 of a positive number."""
    exact = Fraction(value)
    number = (
        flint.arb(flint.fmpq(exact.numerator, exact.denominator)) if exact.denominator > 1 else flint.arb(int(exact))
    )
    return number.log() / flint.arb.const_log2()


def exact_bits(value: int) -> Bits:
    """Return an integer number of bits as an interval of one point."""
    return flint.arb(value)


def factorial_bits(number: int) -> Bits:
    """Return log2 of n!."""
    return flint.arb(number + 1).lgamma() / flint.arb.const_log2()


def binomial_bits(above: int, below: int) -> Bits:
    """Return log2 of a binomial coefficient, for 0 <= below <= above."""
    if below in (0, above):
        return flint.arb(0)
    return factorial_bits(above) - factorial_bits(below) - factorial_bits(above - below)


def euler_bits() -> Bits:
    """Return log2 of the rational number above e that the integers use too."""
    return bits_of(Fraction(*EULER_ABOVE))


def ball_bits(points: int, radius: int) -> tuple[Bits, Bits]:
    """Return bits below and above the number of labellings within a Hamming radius below m/2."""
    sphere = binomial_bits(points, radius)
    series = sphere + bits_of(Fraction(points - radius + 1, points - 2 * radius + 1))
    return sphere, series if series < points - 1 else exact_bits(points - 1)


def sum_bits(logarithms: list[Bits]) -> Bits:
    """Return log2 of a sum of numbers given by their bits."""
    largest = max(logarithms, key=middle)
    log2 = flint.arb.const_log2()
    total = sum((((value - largest) * log2).exp() for value in logarithms), flint.arb(0))
    return largest + total.log() / log2


def middle(value: Bits) -> Fraction:
    """Return the middle of an interval, to sort by; it decides nothing."""
    return _rational(value.mid())


def rounded_up(value: Bits) -> Fraction:
    """Return a rational number at least the value, for display."""
    return Fraction(math.ceil(_rational(value.upper()) * _SHOWN), _SHOWN)


def rounded_down(value: Bits) -> Fraction:
    """Return a rational number at most the value, for display."""
    return Fraction(math.floor(_rational(value.lower()) * _SHOWN), _SHOWN)


def power_below(bits: Bits) -> Fraction:
    """Return a rational number of few digits at most 2^bits, and close to it."""
    power = _rational((bits * flint.arb.const_log2()).exp().lower())
    places = _GUARD + power.denominator.bit_length() - power.numerator.bit_length()
    return Fraction(math.floor(power * Fraction(2) ** places)) / Fraction(2) ** places


def _rational(exact: Bits) -> Fraction:
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
