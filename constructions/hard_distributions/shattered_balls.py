"""Points that memorizers of few opposite balls label in every way (Theorem 2.3)."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.ball_pairs import BallPairs, every_labelling
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.hard_distributions.grid import LARGEST_ARRAY_BYTES

MOST_PER_PAIR = 12
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class ShatteredBalls:
    """V points in groups of k; a data set of N points, two per group, realises any labels.

    In l1 and l2 a group has the points ``c + e_1, ..., c + e_k``. For labels y its two data
    points are ``c + y`` with label +1 and ``c - y`` with label -1, at distance
    ``2 k^(1/p)``; each point is at distance ``(k-1)^(1/p)`` from the one with its label.

    In l-infinity a group has k sign vectors in D = 2^(k-1) - 1 coordinates, one for each way to
    split k points in two parts. The data points ``c + 2 e_j`` and ``c - 2 e_j`` are 4 apart, j the
    coordinate that splits as y does; each point is at distance 1 from its own. Equal labels
    split nothing: their data point is c, and the other one ``c + 4 e_D``.

    A last point without a partner, or every point where pairs do not pay, stands alone: it is
    a data point itself.

    Theorem: lem:shattered-balls

    Attributes:
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        dim: the dimension d.
        per_pair: k, the points of a group with two data points; at least 3 with several groups.
        pairs: number of such groups.
        singles: number of points that stand alone.
        ratio: radius over eps, in [0, 1).

    Example:
        >>> family = ShatteredBalls.of(points=5, dim=3, norm="l2", ratio="5/6")
        >>> family.per_pair, family.size, family.spacing, family.data_points
        (3, 7, 8, 5)
        >>> family.training_set([1, -1, 1, 1, 1, -1, 1]).points[1] == (-1, 1, -1)
        True
    """

    norm: str
    dim: int
    per_pair: int
    pairs: int
    singles: int
    ratio: Fraction

    @classmethod
    def of(cls, points: Any, dim: Any, norm: str, ratio: Any) -> ShatteredBalls:
        """Return the largest family we know for N data points.

        Args:
            points: N, a positive integer.
            dim: d, a positive integer.
            norm: of separation and balls.
            ratio: radius over eps, exact, in [0, 1).

        Raises:
            AssumptionViolated: the ratio is out of range.
            UsageError: a number is not a positive integer, or the norm is unknown.
            InexactInput: the ratio is a float.
        """
        count, axes = _positive(points, "points"), _positive(dim, "dim")
        rho = exact_fraction(ratio, "ratio")
        if not 0 <= rho < 1:
            raise AssumptionViolated(f"the ratio of radius to eps must lie in [0, 1), got {rho}", "ratio")
        per_pair = largest_group(axes, norm, rho)
        if per_pair < 3 or count == 1:
            return cls(norm, axes, 1, 0, count, rho)
        return cls(norm, axes, per_pair, count // 2, count % 2, rho)

    @property
    def size(self) -> int:
        """The number V of points that are shattered."""
        return self.pairs * self.per_pair + self.singles

    @property
    def data_points(self) -> int:
        """The number N of points in a data set."""
        return 2 * self.pairs + self.singles

    @property
    def eps(self) -> Fraction:
        """Half the separation of a data set, squared in l2: 2 in l-infinity, k in l1 and l2."""
        if not self.pairs:
            return Fraction(1)
        return Fraction(2 if self.norm == "linf" else self.per_pair)

    @property
    def radius(self) -> Fraction:
        """The radius of the balls, squared in l2."""
        return self.eps * self.ratio ** (2 if self.norm == "l2" else 1)

    @property
    def spacing(self) -> int:
        """How far groups are moved from each other along the first axis."""
        if not self.pairs:
            return 2
        return 8 if self.norm == "linf" else 2 * self.per_pair + 2

    @property
    def axes(self) -> int:
        """How many coordinates a group uses."""
        return max(1, 2 ** (self.per_pair - 1) - 1) if self.norm == "linf" else self.per_pair

    def group(self) -> np.ndarray:
        """Return the points of the first group, integers of shape (k, axes)."""
        if self.norm == "linf":
            columns = np.arange(1, self.axes + 1, dtype=np.int64)[None, :]
            rows = np.arange(self.per_pair, dtype=np.int64)[:, None]
            # Coordinate j >= 1 puts point 0 on the side +1, and point i on it where bit i of 2j is not set.
            return 1 - 2 * (2 * columns >> rows & 1)
        return np.eye(self.per_pair, dtype=np.int64)

    def centres(self, labels: np.ndarray) -> np.ndarray:
        """Return the data points of the first group for each labelling.

        Args:
            labels: -1 or +1, shape (count, k).

        Returns:
            Integers, shape (count, 2, axes): the data point labelled +1, then the other.
        """
        if self.norm != "linf":
            return np.stack([labels, -labels], axis=1)
        side = labels[:, 0]
        split = ((labels != side[:, None]).astype(np.int64) << np.arange(self.per_pair)).sum(axis=1) // 2
        plus = np.zeros((len(labels), self.axes), dtype=np.int64)
        plus[np.arange(len(labels)), split - 1] = 2 * side
        centres = np.stack([plus, -plus], axis=1)
        # Equal labels have split 0: every point is at 1 from the origin, so the other side moves away.
        centres[split == 0] = 0
        centres[split == 0, (side[split == 0] + 1) // 2, -1] = 4
        return centres

    def enumerated(self) -> BallPairs:
        """Return the first group with all its labellings.

        Raises:
            BudgetExceeded: a group has more than 12 points.
        """
        if self.per_pair > MOST_PER_PAIR:
            raise BudgetExceeded(
                f"2^{self.per_pair} labellings of a group of {self.per_pair} points are too many to list; "
                f"groups of at most {MOST_PER_PAIR} are"
            )
        labels = every_labelling(self.per_pair)
        return BallPairs(self.norm, self.group(), labels, self.centres(labels), self.eps, self.radius)

    def listed(self, labels: Sequence[int] | np.ndarray) -> LabelledPoints:
        """Return the V points with these labels.

        Raises:
            UsageError: the labels are not V numbers -1 or +1.
            BudgetExceeded: the points take more than 4 GiB.
        """
        marks = self._checked(labels)
        table = self._table(self.size)
        groups = np.repeat(self.group()[None], self.pairs, axis=0) if self.pairs else np.zeros((0, 0, 0), np.int64)
        self._fill(table, groups)
        return LabelledPoints.of(table, marks)

    def training_set(self, labels: Sequence[int] | np.ndarray) -> LabelledPoints:
        """Return the N data points whose balls hold the V points by label.

        Raises:
            UsageError: the labels are not V numbers -1 or +1.
            BudgetExceeded: the points take more than 4 GiB.
        """
        marks = self._checked(labels)
        grouped = marks[: self.pairs * self.per_pair].reshape(self.pairs, self.per_pair)
        table = self._table(self.data_points)
        self._fill(table, self.centres(grouped) if self.pairs else np.zeros((0, 0, 0), np.int64))
        return LabelledPoints.of(table, np.concatenate([np.tile([1, -1], self.pairs), marks[grouped.size :]]))

    def _fill(self, table: np.ndarray, groups: np.ndarray) -> None:
        """Write the rows of each group, then the single points, each moved to its place."""
        rows = groups.shape[0] * groups.shape[1]
        table[:rows, : groups.shape[2]] = groups.reshape(rows, -1) if rows else 0
        table[:rows, 0] += self.spacing * np.repeat(np.arange(self.pairs), groups.shape[1])
        table[rows:, 0] = self.spacing * np.arange(self.pairs, self.pairs + self.singles)

    def _table(self, rows: int) -> np.ndarray:
        if 8 * rows * self.dim > LARGEST_ARRAY_BYTES:
            raise BudgetExceeded(
                f"{rows} points with {self.dim} coordinates need more than {LARGEST_ARRAY_BYTES} bytes"
            )
        return np.zeros((rows, self.dim), dtype=np.int64)

    def _checked(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        marks = np.asarray(labels)
        if marks.shape != (self.size,) or not np.isin(marks, (-1, 1)).all():
            raise UsageError(f"{self.size} labels -1 or +1 are needed, got an array of shape {marks.shape}")
        return marks.astype(np.int64)


def largest_group(dim: int, norm: str, ratio: Fraction) -> int:
    """Return the largest k for which a group of k points fits the balls.

    In l1 and l2 the largest with ``(k-1) <= ratio^p * k``, at most d; in l-infinity the
    largest with ``2^(k-1) - 1 <= d`` for ratios of at least 1/2, else 1.
    """
    if check_norm(norm) == "linf":
        return 1 if ratio < HALF else 1 + max(k for k in range(dim.bit_length() + 1) if 2**k - 1 <= dim)
    power = ratio if norm == "l1" else ratio * ratio
    # (k-1)/k grows with k and passes power between the quotient and the next integer.
    below = power.denominator // (power.denominator - power.numerator)
    return min(dim, below)


def _positive(value: Any, name: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise UsageError(f"{name} must be an integer, got {value!r}") from None
    if number < 1:
        raise UsageError(f"{name} must be at least 1, got {number}")
    return number
