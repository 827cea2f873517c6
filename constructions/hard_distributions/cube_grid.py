"""Separated points with arbitrary labels: the full grid of the unit cube (Theorem 3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sampler import Charge
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


@dataclass(frozen=True, slots=True)
class CubeGrid:
    """The grid ``{0, 1/q, ..., 1}^d`` with any labels; classes are ``1/q >= 2 eps`` apart.

    Theorem: thm:hard-separated-sets

    Attributes:
        dim: the dimension d, at least 1.
        eps: in (0, 1/2].
        labelling: a label per index.
        indices: the grid.

    Example:
        >>> grid = CubeGrid.of(dim=2, eps="1/3", labels=[1, -1, -1, 1])
        >>> grid.listed().points[1], grid.label(1)
        ((Fraction(1, 1), Fraction(0, 1)), -1)
    """

    dim: int
    eps: Fraction
    labelling: Labelling
    indices: GridIndices

    @classmethod
    def of(
        cls,
        dim: int,
        eps: Any,
        labels: Sequence[int] | np.ndarray | None = None,
        seed: int = 0,
        independence: int = 1024,
    ) -> CubeGrid:
        """Return the grid for these parameters.

        Args:
            dim: the dimension d, at least 1.
            eps: exact, in (0, 1/2].
            labels: -1 or +1 for every index, or ``None`` for seeded labels: all
                independent up to 2^22 points, k-wise independent beyond.
            seed: of the labels, 0 to 2^63 - 1.
            independence: the number k.

        Raises:
            AssumptionViolated: a parameter is out of its range; the message has the values.
            InexactInput: eps is a float.
            UsageError: the labels do not fit.
            BudgetExceeded: the indices or the seeded labels need too many bits.
        """
        axes, separation = checked_dim(dim, 1), checked_eps(eps)
        indices = GridIndices(axes, grid_steps(separation))
        return cls(axes, separation, labelling(indices.size, labels, seed, independence), indices)

    @property
    def steps(self) -> int:
        """The number q of steps along an axis, ``floor(1/(2 eps))``."""
        return self.indices.steps

    @property
    def centres(self) -> int:
        """Values a coordinate can take, ``q + 1``."""
        return self.indices.centres

    @property
    def size(self) -> int:
        """Number of points, ``(q + 1)^d``, exact at any dimension."""
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
        return tuple(Fraction(digit, self.steps) for digit in self.indices.digits(index))

    def listed(self) -> LabelledPoints:
        """Return all points in order.

        Raises:
            BudgetExceeded: there are more than 2^22; the message has the number.
        """
        return self._labelled(self.indices.all_indices())

    def subset(self, indices: Sequence[int] | np.ndarray) -> LabelledPoints:
        """Return the points at these indices, in this order.

        Raises:
            UsageError: an index is out of range, or there is none.
        """
        return self._labelled(self.indices.index_array(indices))

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

    def _labelled(self, indices: np.ndarray) -> LabelledPoints:
        table = self.indices.coordinates(indices, self.steps)
        return LabelledPoints.of(table, label_array(self.labelling, indices), scale=self.steps)
