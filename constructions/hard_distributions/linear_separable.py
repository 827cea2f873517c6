"""Linearly separable points on which a robust classifier must know every label (Theorem 4.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sampler import Charge
from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.hard_distributions.grid import (
    GridIndices,
    Point,
    checked_dim,
    checked_eps,
    grid_steps,
    label_array,
)
from constructions.hard_distributions.labellings import Labelling, labelling
from constructions.hard_distributions.seeded_bits import uniform_indices

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class LinearlySeparableGrid:
    """A grid in the first d-1 coordinates, its labels written faintly into the last one.

    Point i is ``(i_1/q, ..., i_{d-1}/q, 1/2 + offset * label(i))``. The plane
    ``x_d = 1/2`` separates the classes, and the classes are ``1/q >= 2 eps`` apart in
    every lp norm. The midpoint of i, on the plane, is at distance ``offset <= radius``
    from point i, so a classifier that is right on the closed ball of the radius around
    point i gives its midpoint the label of i; and the midpoints do not depend on the
    labels.

    Theorem: thm:hard-linearly-separable-sets

    Attributes:
        dim: the dimension d, at least 2.
        eps: in (0, 1/2].
        radius: perturbation radius (the paper's c eps), below eps.
        offset: half the distance of the last coordinates of the classes (the paper's eps_0).
        labelling: a label per index.
        indices: the grid of the first d-1 coordinates.

    Example:
        >>> grid = LinearlySeparableGrid.of(dim=3, eps="1/4", labels=[1, -1, 1, 1, -1, -1, 1, -1, 1])
        >>> grid.size, [str(value) for value in grid.point(5)], grid.listed().separation("linf")
        (9, ['1', '1/2', '7/16'], Fraction(1, 2))
    """

    dim: int
    eps: Fraction
    radius: Fraction
    offset: Fraction
    labelling: Labelling
    indices: GridIndices

    @classmethod
    def of(
        cls,
        dim: int,
        eps: Any,
        radius: Any = None,
        offset: Any = None,
        labels: Sequence[int] | np.ndarray | None = None,
        seed: int = 0,
        independence: int = 1024,
    ) -> LinearlySeparableGrid:
        """Return the hard points for these parameters.

        Args:
            dim: the dimension d, at least 2.
            eps: exact, in (0, 1/2].
            radius: exact, above 0 and below eps; ``eps/2`` by default.
            offset: exact, above 0 and at most the radius; ``radius/2`` by default.
            labels: -1 or +1 for every index, or ``None`` for seeded labels: all
                independent up to 2^22 points, k-wise independent beyond.
            seed: of the labels, 0 to 2^63 - 1.
            independence: the number k.

        Raises:
            AssumptionViolated: a parameter is out of its range; the message has the values.
            InexactInput: a parameter is a float.
            UsageError: the labels do not fit.
            BudgetExceeded: the indices or the seeded labels need too many bits.
        """
        size, separation = checked_dim(dim, 2), checked_eps(eps)
        reach = separation / 2 if radius is None else exact_fraction(radius, "radius")
        if not 0 < reach < separation:
            raise AssumptionViolated(f"the radius must lie in (0, eps) = (0, {separation}), got {reach}", "radius")
        lift = reach / 2 if offset is None else exact_fraction(offset, "offset")
        if not 0 < lift <= reach:
            raise AssumptionViolated(f"the offset must lie in (0, radius] = (0, {reach}], got {lift}", "offset")
        indices = GridIndices(size - 1, grid_steps(separation))
        return cls(size, separation, reach, lift, labelling(indices.size, labels, seed, independence), indices)

    @property
    def steps(self) -> int:
        """The number q of steps along an axis, ``floor(1/(2 eps))``."""
        return self.indices.steps

    @property
    def centres(self) -> int:
        """Values a coordinate of the grid can take, ``q + 1``."""
        return self.indices.centres

    @property
    def size(self) -> int:
        """Number of points, ``(q + 1)^(d - 1)``, exact at any dimension."""
        return self.indices.size

    @property
    def independence(self) -> int:
        """How many labels are independent when they are drawn: all, or the number k."""
        return self.labelling.independence

    def label(self, index: int) -> int:
        """Return the label of one point."""
        return self.labelling(self.indices.checked(index))

    def point(self, index: int) -> Point:
        """Return one point."""
        return (*self._base(index), HALF + self.offset * self.label(index))

    def midpoint(self, index: int) -> Point:
        """Return the point of the separating plane below or above one point."""
        return (*self._base(index), HALF)

    def listed(self) -> LabelledPoints:
        """Return all points in order.

        Raises:
            BudgetExceeded: there are more than 2^22; the message has the number.
        """
        return self._labelled(self.indices.all_indices(), self.offset)

    def midpoints(self) -> LabelledPoints:
        """Return all midpoints in order, each with the label of its point.

        Raises:
            BudgetExceeded: there are more than 2^22; the message has the number.
        """
        return self._labelled(self.indices.all_indices(), Fraction(0))

    def subset(self, indices: Sequence[int] | np.ndarray) -> LabelledPoints:
        """Return the points at these indices, in this order.

        Raises:
            UsageError: an index is out of range, or there is none.
        """
        return self._labelled(self.indices.index_array(indices), self.offset)

    def sample(self, count: int, seed: int) -> tuple[tuple[int, ...], LabelledPoints]:
        """Return independent uniform draws: their indices, and the points.

        Args:
            count: how many, at least 1.
            seed: of the draws, 0 to 2^63 - 1.
        """
        drawn = uniform_indices(self.size, count, seed)
        return drawn, self.subset(drawn)

    @property
    def charge(self) -> Charge:
        """What has positive probability around a drawn point: the point itself."""
        return "points"

    def draw(self, count: int, seed: int) -> LabelledPoints:
        """Return ``count`` independent uniform draws; equal seeds give equal points."""
        return self.sample(count, seed)[1]

    def _base(self, index: int) -> Point:
        return tuple(Fraction(digit, self.steps) for digit in self.indices.digits(index))

    def _labelled(self, indices: np.ndarray, offset: Fraction) -> LabelledPoints:
        scale = math.lcm(self.steps, 2, offset.denominator)
        labels = label_array(self.labelling, indices)
        table = self.indices.coordinates(indices, scale, more=1)
        low, high = (int((HALF + sign * offset) * scale) for sign in (-1, 1))
        table[:, -1] = np.where(labels == 1, np.array(high, table.dtype), np.array(low, table.dtype))
        return LabelledPoints.of(table, labels, scale=scale)
