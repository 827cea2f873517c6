"""What the paper prints for the same networks, with the constant of its Omega taken as 1."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint


def printed_size(dim: int, eps: Fraction) -> int:
    """Return ``K^((d-1)/6)`` rounded down, K = floor(1/(2 eps)): Theorem 4.3 as printed.

    The constant in the paper's Omega is not explicit, so this is a shape, not a bound.
    """
    centres = int(1 / (2 * eps))
    root: Any = flint.fmpz(centres ** (dim - 1)).root(6)
    return int(root)


def printed_separated_size(dim: int, eps: Fraction) -> int:
    """Return ``(2 eps)^(-d/2) (d log2 1/(2 eps))^(-1/2)`` rounded down: Theorem 3.4 as printed."""
    with flint.ctx.workprec(64 + 2 * dim * eps.denominator.bit_length()):
        base = flint.arb(flint.fmpq(eps.denominator, 2 * eps.numerator))
        log2 = base.log() / flint.arb.const_log2()
        if not log2 > 0:
            return 1
        value = (base**dim / (dim * log2)).sqrt()
        whole: Any = value.upper().floor().unique_fmpz()
        return int(whole)


def printed_manifold_size(dimension: int, dim: int, eps: Fraction) -> int:
    """Return ``(2 eps sqrt(d/k))^(-k/2)`` rounded down: Theorem 5.8 as printed.

    The fourth power is rational, and rounding down commutes with square roots.
    """
    fourth = (Fraction(dimension, dim) / (4 * eps * eps)) ** dimension
    return math.isqrt(math.isqrt(math.floor(fourth)))
