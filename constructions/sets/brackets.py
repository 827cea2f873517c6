"""What is said of two sets: a closest pair with its exact distance, or a bracket of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ClosestPoints:
    """Two points, one in each set, at the distance of the sets.

    Attributes:
        distance: exact; in l2 the squared distance.
        first: a point of the first set.
        second: a point of the second set.
    """

    distance: Fraction
    first: Point
    second: Point

    def swapped(self) -> ClosestPoints:
        """Return the same pair seen from the second set."""
        return ClosestPoints(self.distance, self.second, self.first)


@dataclass(frozen=True, slots=True)
class Bracket:
    """Exact bounds of a number that is not known better.

    Attributes:
        lower: the number is at least this.
        upper: the number is at most this.

    Example:
        >>> Bracket(Fraction(1, 3), Fraction(1, 2)).is_exact
        False
    """

    lower: Fraction
    upper: Fraction

    @property
    def is_exact(self) -> bool:
        """True where the bounds meet."""
        return self.lower == self.upper

    def __str__(self) -> str:
        return str(self.lower) if self.is_exact else f"[{self.lower}, {self.upper}]"
