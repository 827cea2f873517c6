"""A finite union of closed rational boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.sets.box import Box
from constructions.sets.box_arrays import BoxArrays
from constructions.sets.distances import distance, distance_squared
from constructions.sets.point_set import PointSet


@dataclass(frozen=True, slots=True)
class BoxUnion:
    """Finitely many closed boxes; they may touch, overlap, or have width 0.

    Attributes:
        corners: the lower corners, label -1, then the upper corners, label +1.

    Example:
        >>> boxes = BoxUnion.of([([0, 0], [1, 1]), ([3, 0], [4, "1/2"])])
        >>> boxes.distance(BoxUnion.of([([2, 2], [2, 2])]), "linf")
        Fraction(1, 1)
    """

    corners: LabelledPoints

    @classmethod
    def of(cls, boxes: Sequence[Sequence[Any] | Box]) -> BoxUnion:
        """Return the union of boxes given as ``Box`` or as pairs of corners.

        Raises:
            AssumptionViolated: a box is empty.
            InexactInput: a coordinate is a float.
            ValueError: there is no box, or the shapes do not fit.
        """
        exact = [box if isinstance(box, Box) else Box(*box) for box in boxes]
        rows = [box.lower for box in exact] + [box.upper for box in exact]
        return cls(LabelledPoints.of(rows, _corner_labels(len(exact))))

    @classmethod
    def of_corners(cls, lower: np.ndarray, upper: np.ndarray, scale: int = 1) -> BoxUnion:
        """Return the union of boxes given by integer corners, without a Python loop.

        Args:
            lower: lower corners, shape (n, d).
            upper: upper corners, shape (n, d).
            scale: positive common denominator of all coordinates.

        Raises:
            AssumptionViolated: a box is empty.
            ValueError: there is no box, or the shapes do not fit.
        """
        if lower.shape != upper.shape:
            raise ValueError(f"corners of shapes {lower.shape} and {upper.shape}")
        empty = np.argwhere(lower > upper)
        if len(empty):
            box, axis = (int(place) for place in empty[0])
            raise AssumptionViolated(f"box {box} is empty along coordinate {axis}", "box")
        return cls(LabelledPoints.of(np.vstack([lower, upper]), _corner_labels(len(lower)), scale=scale))

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.corners.dim

    def __len__(self) -> int:
        return len(self.corners) // 2

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes, with fractions for corners."""
        points = self.corners.points
        return tuple(Box(low, high) for low, high in zip(points[: len(self)], points[len(self) :], strict=True))

    @property
    def arrays(self) -> BoxArrays:
        """The boxes as integer corners over one scale."""
        numerators = self.corners.numerators
        return BoxArrays(numerators[: len(self)], numerators[len(self) :], self.corners.scale)

    @property
    def pieces(self) -> tuple[Box, ...]:
        """The boxes, as the convex pieces they are."""
        return self.boxes

    def distance(self, other: PointSet, norm: str) -> Fraction:
        """Return the exact l-infinity or l1 distance to another set."""
        return distance(self, other, norm)

    def distance_squared(self, other: PointSet) -> Fraction:
        """Return the exact squared l2 distance to another set."""
        return distance_squared(self, other)


def _corner_labels(count: int) -> np.ndarray:
    return np.repeat(np.array([-1, 1], dtype=np.int64), count)
