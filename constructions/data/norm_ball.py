"""Closed balls in l-infinity, l1 and l2, with exact radii."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from constructions.errors import InexactInput
from constructions.exact.norms import check_norm, is_within
from constructions.exact.rational import exact_fraction

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class NormBall:
    """The closed ball of a norm; centres are given to its methods.

    Attributes:
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: at least 0, in the units of the coordinates.

    Raises:
        InexactInput: the radius is a float or negative.

    Example:
        >>> NormBall("linf", "1/4").contains([0, 0], ["1/4", "-1/8"])
        True
    """

    norm: str
    radius: Fraction

    def __init__(self, norm: str, radius: Any) -> None:
        value = exact_fraction(radius, "radius")
        if value < 0:
            raise InexactInput(f"radius must be at least 0, got {value}")
        object.__setattr__(self, "norm", check_norm(norm))
        object.__setattr__(self, "radius", value)

    def contains(self, centre: Sequence[Any], point: Sequence[Any]) -> bool:
        """Return whether ``point`` lies in the closed ball around ``centre``, exactly."""
        offset = [exact_fraction(x) - exact_fraction(c) for x, c in zip(point, centre, strict=True)]
        return is_within(offset, self.norm, self.radius)

    def corners(self, centre: Sequence[Any]) -> Iterator[Point]:
        """Yield the extreme points: 2^d of a box, 2d otherwise (in l2 the axis points)."""
        origin = tuple(exact_fraction(value) for value in centre)
        if self.norm == "linf":
            for signs in product((-1, 1), repeat=len(origin)):
                yield tuple(value + sign * self.radius for value, sign in zip(origin, signs, strict=True))
        else:
            for axis in range(len(origin)):
                for sign in (-1, 1):
                    moved = list(origin)
                    moved[axis] += sign * self.radius
                    yield tuple(moved)

    def towards(self, centre: Sequence[Any], target: Sequence[Any]) -> Point:
        """Return the target, or the point of the ball on the way to it, rounded inward.

        In l-infinity each coordinate is clipped; in l1 and l2 the segment is cut where
        it leaves the ball (in l2 at a rational point just inside).
        """
        origin = tuple(exact_fraction(value) for value in centre)
        offset = [exact_fraction(x) - c for x, c in zip(target, origin, strict=True)]
        if self.norm == "linf":
            offset = [max(-self.radius, min(self.radius, step)) for step in offset]
        elif not is_within(offset, self.norm, self.radius):
            share = self._share(offset)
            offset = [step * share for step in offset]
        return tuple(c + step for c, step in zip(origin, offset, strict=True))

    def _share(self, offset: Sequence[Fraction]) -> Fraction:
        from math import isqrt

        if self.norm == "l1":
            return self.radius / sum((abs(step) for step in offset), Fraction(0))
        square = self.radius**2 / sum((step * step for step in offset), Fraction(0))
        bits = 2**64
        return Fraction(isqrt(square.numerator * bits * bits // square.denominator), bits)
