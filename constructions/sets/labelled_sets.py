"""Two sets, A labelled +1 and B labelled -1, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction, round_down
from constructions.sets.brackets import Bracket, ClosestPoints
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.distance_bounds import AnySet, distance_bounds, is_exact_set
from constructions.sets.distances import closest
from constructions.sets.finite_set import FiniteSet
from constructions.sets.point_set import PointSet


@dataclass(frozen=True, slots=True)
class LabelledSets:
    """The two sets of a classification problem, neither of them empty.

    Attributes:
        positive: the set A, labelled +1.
        negative: the set B, labelled -1.

    Raises:
        UsageError: the sets lie in different dimensions.

    Example:
        >>> from constructions.sets.box_union import BoxUnion
        >>> sets = LabelledSets(BoxUnion.of([([0, 0], [1, 1])]), FiniteSet.of([[2, 3]]))
        >>> sets.separation("linf"), sets.eps("linf"), sets.separation_squared()
        (Fraction(2, 1), Fraction(1, 1), Fraction(5, 1))
    """

    positive: AnySet
    negative: AnySet

    def __post_init__(self) -> None:
        if self.positive.dim != self.negative.dim:
            raise UsageError(f"A lies in dimension {self.positive.dim}, B in dimension {self.negative.dim}")

    @classmethod
    def of_points(cls, data: LabelledPoints) -> LabelledSets:
        """Return the two classes of labelled points, +1 as A and -1 as B.

        Raises:
            AssumptionViolated: a class is empty, or a label is neither -1 nor +1.
        """
        if data.classes != (-1, 1):
            raise AssumptionViolated(f"two sets need points of both labels -1 and +1; got {data.classes}", "two_sets")
        sides = (FiniteSet.of(data.numerators[data.indices(label)], scale=data.scale) for label in (1, -1))
        return cls(*sides)

    def to_points(self) -> LabelledPoints:
        """Return the points of two finite sets with their labels, those of A first.

        Raises:
            UsageError: a set is not finite.
        """
        if not (isinstance(self.positive, FiniteSet) and isinstance(self.negative, FiniteSet)):
            raise UsageError("only finite sets are labelled points")
        points = [*self.positive.points, *self.negative.points]
        return LabelledPoints.of(points, [1] * len(self.positive) + [-1] * len(self.negative))

    @property
    def is_finite(self) -> bool:
        """True when both sets are lists of points."""
        return isinstance(self.positive, FiniteSet) and isinstance(self.negative, FiniteSet)

    @property
    def is_exact(self) -> bool:
        """True when distances are numbers: neither set is a covered cloud."""
        return is_exact_set(self.positive) and is_exact_set(self.negative)

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.positive.dim

    @property
    def exact_sides(self) -> tuple[PointSet, PointSet]:
        """A and B, where both are of an exact kind.

        Raises:
            UsageError: one of them is a covered cloud, known within its cover radius only.
        """
        if isinstance(self.positive, CoveredCloud) or isinstance(self.negative, CoveredCloud):
            raise UsageError(
                "a covered cloud has bracketed distances only; use separation_bounds() or distance_bounds()"
            )
        return self.positive, self.negative

    def closest(self, norm: str) -> ClosestPoints:
        """Return the exact separation (squared in l2) with a point of A and of B attaining it."""
        return closest(*self.exact_sides, norm)

    def separation(self, norm: str = "linf") -> Fraction:
        """Return the exact distance of A and B in l-infinity or l1 (Definition 1.1).

        Raises:
            UsageError: the norm is l2 (use ``separation_squared``), or a set is a covered
                cloud (use ``separation_bounds``).
        """
        if check_norm(norm) == "l2":
            raise UsageError("the l2 separation is irrational in general; use separation_squared()")
        return self.closest(norm).distance

    def separation_squared(self) -> Fraction:
        """Return the exact squared l2 distance of A and B."""
        return self.closest("l2").distance

    def separation_bounds(self, norm: str) -> Bracket:
        """Return exact bounds of the distance of A and B, for every kind of set."""
        return distance_bounds(self.positive, self.negative, norm)

    def eps(self, norm: str = "linf") -> Fraction:
        """Return half the separation, the largest number proved valid.

        In l2 it is the largest multiple of 2^-20 whose double is proved not to exceed
        the distance; with a covered cloud, half the lower bound.
        """
        half = self.separation_bounds(norm).lower / 2
        return round_down(half, 2**20) if norm == "l2" else half

    def distances(self, point: Sequence[Any], norm: str) -> tuple[Fraction, Fraction]:
        """Return the exact distances of a point from A and from B, squared in l2."""
        here = FiniteSet.of([point])
        first, second = (closest(here, side, norm).distance for side in self.exact_sides)
        return first, second

    def labels_near(self, point: Sequence[Any], norm: str, radius: Any) -> tuple[int, ...]:
        """Return the labels of the sets whose closed ``radius``-neighbourhood holds the point."""
        reach = exact_fraction(radius, "radius")
        limit = reach * reach if norm == "l2" else reach
        pairs = zip((1, -1), self.distances(point, norm), strict=True)
        return tuple(label for label, distance in pairs if distance <= limit)

    def save(self, path: str | Path) -> Path:
        """Write the sets as a JSON file that ``load`` reads back without loss."""
        from constructions.sets.sets_json import sets_text

        path = Path(path)
        path.write_text(sets_text(self), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> LabelledSets:
        """Read a file written by ``save``.

        Raises:
            MalformedInput: the file is damaged or of another kind.
            UsageError: there is no such file.
        """
        from constructions.sets.sets_json import read_sets

        return read_sets(path)
