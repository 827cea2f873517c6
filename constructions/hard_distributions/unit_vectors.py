"""The origin against unit vectors: points that need a wide first layer (Theorem 2.3)."""

from __future__ import annotations

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded, UsageError
from constructions.hard_distributions.grid import LARGEST_ARRAY_BYTES


def origin_against_unit_vectors(points: int, dim: int) -> LabelledPoints:
    """Return the origin, labelled +1, and N - 1 points labelled -1 at distance 1 or more.

    The others are ``e_1, ..., e_t`` with ``t = min(N-1, d)``, then ``2 e_1, 3 e_1, ...``; the
    separation is 1 in every norm. A first layer of small rank sends a point near the origin
    and one near some unit vector to the same place.

    Theorem: lem:first-layer

    Args:
        points: N, at least 2.
        dim: the dimension d, at least 1.

    Raises:
        UsageError: a number is too small.
        BudgetExceeded: the points take more than 4 GiB.

    Example:
        >>> [[int(x) for x in point] for point in origin_against_unit_vectors(4, 2).points]
        [[0, 0], [1, 0], [0, 1], [2, 0]]
    """
    if points < 2 or dim < 1:
        raise UsageError(f"at least 2 points in dimension 1 are needed, got {points} in {dim}")
    if 8 * points * dim > LARGEST_ARRAY_BYTES:
        raise BudgetExceeded(f"{points} points with {dim} coordinates need more than {LARGEST_ARRAY_BYTES} bytes")
    table = np.zeros((points, dim), dtype=np.int64)
    directions = min(points - 1, dim)
    table[np.arange(1, directions + 1), np.arange(directions)] = 1
    table[directions + 1 :, 0] = np.arange(2, points - directions + 1)
    return LabelledPoints.of(table, np.array([1, *[-1] * (points - 1)]))
