"""A finite set of points with exact coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.sets.box import Box
from constructions.sets.box_arrays import BoxArrays
from constructions.sets.brackets import Point
from constructions.sets.distances import distance, distance_squared
from constructions.sets.point_set import PointSet


@dataclass(frozen=True, slots=True)
class FiniteSet:
    """Finitely many points.

    Attributes:
        store: the points, all with label 1.

    Example:
        >>> FiniteSet.of([[0, 0], [4, 1]]).distance(FiniteSet.of([["1/2", 3]]), "l1")
        Fraction(7, 2)
    """

    store: LabelledPoints

    @classmethod
    def of(cls, points: Any, scale: int = 1) -> FiniteSet:
        """Return the set of these points.

        Args:
            points: n sequences of d exact numbers, or an integer array of shape (n, d).
            scale: positive common denominator of all coordinates.

        Raises:
            InexactInput: a coordinate is a float.
            ValueError: there is no point, or the shapes do not fit.
        """
        rows = points if isinstance(points, np.ndarray) else [list(point) for point in points]
        return cls(LabelledPoints.of(rows, np.ones(len(rows), dtype=np.int64), scale=scale))

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.store.dim

    def __len__(self) -> int:
        return len(self.store)

    @property
    def points(self) -> tuple[Point, ...]:
        """The points as tuples of fractions."""
        return self.store.points

    @property
    def arrays(self) -> BoxArrays:
        """The points as boxes of width 0."""
        return BoxArrays(self.store.numerators, self.store.numerators, self.store.scale)

    @property
    def pieces(self) -> tuple[Box, ...]:
        """The points as boxes of width 0."""
        return tuple(Box(point, point) for point in self.points)

    def distance(self, other: PointSet, norm: str) -> Fraction:
        """Return the exact l-infinity or l1 distance to another set."""
        return distance(self, other, norm)

    def distance_squared(self, other: PointSet) -> Fraction:
        """Return the exact squared l2 distance to another set."""
        return distance_squared(self, other)
