"""What a size bound is asked for, with every number checked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction

_LARGEST_DIM = 10**9
_LARGEST_BITS = 14_000
_LARGEST_DEPTH = 2**20


@dataclass(frozen=True, slots=True)
class SizeQuestion:
    """A finite set of points, the errors forgiven, and the networks considered.

    Attributes:
        points: m, the points to be labelled.
        dim: d, their dimension.
        error: alpha, the fraction of wrong points up to which a network counts as right.
        depth: largest depth of the networks, ``None`` for any.
        weight_bits: b if every nonzero parameter is one of 2^b values, ``None`` for reals.
        failure: eta; the bound holds for more than a fraction 1 - eta of all labellings, or
            for at least one where eta is 1.
    """

    points: int
    dim: int
    error: Fraction = Fraction(0)
    depth: int | None = None
    weight_bits: int | None = None
    failure: Fraction = Fraction(1)

    @classmethod
    def of(
        cls, points: Any, dim: Any, error: Any = 0, depth: Any = None, weight_bits: Any = None, failure: Any = None
    ) -> SizeQuestion:
        """Check the numbers and return the question.

        Raises:
            UsageError: a number is not an integer, or out of range.
            AssumptionViolated: the error is 1/2 or more, which a constant attains.
            InexactInput: a number is a float.
        """
        alpha = exact_fraction(error, "error")
        eta = Fraction(1) if failure is None else exact_fraction(failure, "failure probability")
        if alpha < 0:
            raise UsageError(f"the error must be at least 0, got {alpha}")
        if not alpha < Fraction(1, 2):
            raise AssumptionViolated(f"error {alpha} must be below 1/2; a constant network errs on half", "error")
        if not 0 < eta <= 1:
            raise UsageError(f"the failure probability must be above 0 and at most 1, got {eta}")
        m = _integer(points, "points")
        if m.bit_length() > _LARGEST_BITS:
            raise UsageError(f"the number of points has {m.bit_length()} bits; at most {_LARGEST_BITS} are handled")
        return cls(
            m,
            _integer(dim, "dim", most=_LARGEST_DIM),
            alpha,
            None if depth is None else _integer(depth, "depth", most=_LARGEST_DEPTH),
            None if weight_bits is None else _integer(weight_bits, "weight_bits", most=_LARGEST_DEPTH),
            eta,
        )

    @property
    def forgiven(self) -> int:
        """The number of wrong points that is still no error above alpha."""
        return self.error.numerator * self.points // self.error.denominator


def _integer(value: Any, name: str, most: int | None = None) -> int:
    exact = exact_fraction(value, name)
    if exact.denominator != 1 or exact < 1 or (most is not None and exact > most):
        upper = "" if most is None else f" and at most {most}"
        raise UsageError(f"{name} must be an integer of at least 1{upper}, got {str(exact)[:40]}")
    return int(exact)
