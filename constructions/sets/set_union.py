"""A finite union of sets of any of the exact kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from constructions.sets.convex_pieces import ConvexPiece
from constructions.sets.distances import distance, distance_squared
from constructions.sets.point_set import PointSet


@dataclass(frozen=True, slots=True)
class SetUnion:
    """The union of finitely many sets, such as several polytopes.

    Attributes:
        parts: the sets, all in one dimension.

    Raises:
        ValueError: there is no part, or the dimensions differ.
    """

    parts: tuple[PointSet, ...]

    def __init__(self, parts: Iterable[PointSet]) -> None:
        listed = tuple(parts)
        dims = sorted({part.dim for part in listed})
        if len(dims) != 1:
            raise ValueError(f"a union needs parts in one dimension, got {dims}")
        object.__setattr__(self, "parts", listed)

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.parts[0].dim

    @property
    def pieces(self) -> tuple[ConvexPiece, ...]:
        """The convex pieces of all parts."""
        return tuple(piece for part in self.parts for piece in part.pieces)

    def distance(self, other: PointSet, norm: str) -> Fraction:
        """Return the exact l-infinity or l1 distance to another set."""
        return distance(self, other, norm)

    def distance_squared(self, other: PointSet) -> Fraction:
        """Return the exact squared l2 distance to another set."""
        return distance_squared(self, other)
