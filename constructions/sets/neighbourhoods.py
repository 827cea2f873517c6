"""Which boxes meet the closed neighbourhood of a set, decided exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from constructions.sets.box import Box
from constructions.sets.brackets import Point
from constructions.sets.convex_pieces import ConvexPiece, closest_points
from constructions.sets.distances import box_gap
from constructions.sets.point_set import PointSet
from constructions.sets.polytope import Polytope
from constructions.sets.separators import Separator, separator_between

_MOST_NEAR = 32


@dataclass(slots=True)
class PieceNeighbourhood:
    """All points within a radius of one convex piece.

    Attributes:
        piece: a box or another polytope.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: at least 0.
        separators: functionals found so far; each may keep many boxes away.
    """

    piece: ConvexPiece
    norm: str
    radius: Fraction
    separators: list[Separator] = field(default_factory=list)
    _near: list[Point] = field(default_factory=list)

    @property
    def limit(self) -> Fraction:
        """The radius, squared in l2."""
        return self.radius * self.radius if self.norm == "l2" else self.radius

    def meets(self, lower: Sequence[Fraction], upper: Sequence[Fraction]) -> bool:
        """Return whether a closed box meets the closed neighbourhood, contact included."""
        corners = tuple(lower), tuple(upper)
        if box_gap(*corners, self.piece.lower, self.piece.upper, self.norm) > self.limit:
            return False
        if isinstance(self.piece, Box):
            return True
        if any(box_gap(*corners, point, point, self.norm) <= self.limit for point in self._near):
            return True
        return self.separator(lower, upper) is None and self._is_near(Box(lower, upper))

    def separator(self, lower: Sequence[Fraction], upper: Sequence[Fraction]) -> Separator | None:
        """Return a functional that keeps a box away from the neighbourhood, ``None`` if the box meets it."""
        for place, known in enumerate(self.separators):
            if known.keeps_away(lower, upper, self.radius, self.norm):
                self.separators.insert(0, self.separators.pop(place))
                return known
        if not isinstance(self.piece, Polytope):
            return None
        found = separator_between(self.piece, Box(lower, upper), self.norm)
        if found is None or not found.keeps_away(lower, upper, self.radius, self.norm):
            return None
        self.separators.insert(0, found)
        return found

    def _is_near(self, box: Box) -> bool:
        """Remember a point of the piece that is close to a box, and return whether it is close enough."""
        pair = closest_points(box, self.piece, self.norm)
        self._near.insert(0, pair.second)
        del self._near[_MOST_NEAR:]
        return pair.distance <= self.limit


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """All points within a radius of a set.

    Attributes:
        parts: the neighbourhoods of its pieces.

    Example:
        >>> triangle = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
        >>> near = Neighbourhood.of(triangle, "l2", Fraction(1, 2))
        >>> near.meets([Fraction(7, 8)] * 2, [1, 1]), near.meets([Fraction(6, 8)] * 2, [1, 1])
        (False, True)
    """

    parts: tuple[PieceNeighbourhood, ...]

    @classmethod
    def of(cls, given: PointSet, norm: str, radius: Fraction) -> Neighbourhood:
        """Return the closed neighbourhood of a set."""
        return cls(tuple(PieceNeighbourhood(piece, norm, radius) for piece in given.pieces))

    def meets(self, lower: Sequence[Fraction], upper: Sequence[Fraction]) -> bool:
        """Return whether a closed box meets it, contact included."""
        return any(part.meets(lower, upper) for part in self.parts)

    def ranges(self) -> Iterable[tuple[Point, Point]]:
        """Yield a box around the neighbourhood of every piece."""
        for part in self.parts:
            yield (
                tuple(value - part.radius for value in part.piece.lower),
                tuple(value + part.radius for value in part.piece.upper),
            )
