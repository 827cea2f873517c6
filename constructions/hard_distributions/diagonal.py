"""The origin against the diagonal: points whose balls need many inputs (Theorem 2.3)."""

from __future__ import annotations

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded, UsageError
from constructions.hard_distributions.grid import LARGEST_ARRAY_BYTES


def origin_against_diagonal(points: int, dim: int) -> LabelledPoints:
    """Return the origin, labelled +1, and N - 1 multiples of (1, ..., 1) labelled -1.

    They are ``(1, ..., 1), (2, ..., 2), ...``. The separation is d in l1, its square is d in l2.
    The first two differ alike in every coordinate, so whoever sees few of them sees points
    that are close.

    Theorem: lem:inputs-read

    Args:
        points: N, at least 2.
        dim: the dimension d, at least 1.

    Raises:
        UsageError: a number is too small.
        BudgetExceeded: the points take more than 4 GiB.

    Example:
        >>> [[int(x) for x in point] for point in origin_against_diagonal(3, 2).points]
        [[0, 0], [1, 1], [2, 2]]
    """
    if points < 2 or dim < 1:
        raise UsageError(f"at least 2 points in dimension 1 are needed, got {points} in {dim}")
    if 8 * points * dim > LARGEST_ARRAY_BYTES:
        raise BudgetExceeded(f"{points} points with {dim} coordinates need more than {LARGEST_ARRAY_BYTES} bytes")
    table = np.repeat(np.arange(points, dtype=np.int64)[:, None], dim, axis=1)
    return LabelledPoints.of(table, np.array([1, *[-1] * (points - 1)]))
