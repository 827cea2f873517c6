"""One closed box with rational corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.sets.brackets import Point
from constructions.sets.convex_pieces import PieceProgram


@dataclass(frozen=True, slots=True)
class Box:
    """The closed box between two corners; an axis may have width 0.

    Attributes:
        lower: the smallest coordinates.
        upper: the largest coordinates.

    Raises:
        AssumptionViolated: a lower coordinate exceeds the upper one.
        InexactInput: a coordinate is a float.
        ValueError: the corners do not have one length, at least 1.
    """

    lower: Point
    upper: Point

    def __init__(self, lower: Sequence[Any], upper: Sequence[Any]) -> None:
        low, high = (tuple(exact_fraction(value, "corner") for value in corner) for corner in (lower, upper))
        if len(low) != len(high) or not low:
            raise ValueError(f"a box needs two corners of one length, got {len(low)} and {len(high)} coordinates")
        for axis, (start, end) in enumerate(zip(low, high, strict=True)):
            if start > end:
                raise AssumptionViolated(f"the box is empty: coordinate {axis} runs from {start} to {end}", "box")
        object.__setattr__(self, "lower", low)
        object.__setattr__(self, "upper", high)

    @property
    def volume(self) -> Fraction:
        """The product of the widths."""
        total = Fraction(1)
        for low, high in zip(self.lower, self.upper, strict=True):
            total *= high - low
        return total

    def program(self) -> PieceProgram:
        """Return the box for a linear program: its coordinates are the variables."""
        one, zero = Fraction(1), Fraction(0)
        unit = [[one if i == j else zero for j in range(len(self.lower))] for i in range(len(self.lower))]
        return PieceProgram(unit, (), (), self.lower, self.upper)

    def lowest(self, direction: Sequence[Fraction]) -> Point:
        """Return the corner at which ``direction . x`` is smallest."""
        sides = zip(direction, self.lower, self.upper, strict=True)
        return tuple(low if slope >= 0 else high for slope, low, high in sides)

    def contains(self, point: Sequence[Fraction]) -> bool:
        """Return whether a point lies in the closed box."""
        return all(low <= x <= high for low, x, high in zip(self.lower, point, self.upper, strict=True))
