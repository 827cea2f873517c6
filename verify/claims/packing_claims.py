"""Claims about packings: points on a manifold that keep their distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.data.manifold import Box, Manifold
from constructions.data.norm_ball import Point
from constructions.exact.closest_in_one import closest_in_one
from constructions.exact.integer_arrays import integer_array
from verify.verdict import Status, Verdict

_FINE = 2**44


def points_on_manifold(manifold: Manifold, points: Sequence[Point], name: str = "on_manifold") -> Verdict:
    """Judge "every point lies on the manifold", exactly."""
    for index, point in enumerate(points):
        if not manifold.contains(point):
            witness = {"index": index, "point": [str(x) for x in point]}
            return Verdict(
                name, "violated", "exact", str(index), str(len(points)), "equal", "equations", witness=witness
            )
    return Verdict(name, "holds", "exact", str(len(points)), str(len(points)), "equal", "equations")


def points_apart(points: Sequence[Point], promised: Fraction, name: str = "packing") -> Verdict:
    """Judge "different points are at least ``promised`` apart in l-infinity", all pairs exactly."""
    if len(points) < 2:
        return Verdict(name, "holds", "exact", "one point only", str(promised), "at least", "no pair")
    distance, (i, j) = smallest_distance(points)
    status: Status = "holds" if distance >= promised else "violated"
    shown = [[str(x) for x in points[k]] for k in (i, j)]
    witness = None if status == "holds" else {"pair": [i, j], "points": shown, "distance": str(distance)}
    return Verdict(
        name, status, "exact", str(distance), str(promised), "at least", "all pairs", 0.0, f"pair {i}-{j}", witness
    )


def boxes_apart(boxes: Sequence[Box], promised: Fraction, name: str = "packing") -> Verdict:
    """Judge "different boxes are at least ``promised`` apart in l-infinity", all pairs exactly."""
    scale = math.lcm(*(x.denominator for box in boxes for corner in box for x in corner))
    lower, upper = (_integers([box[end] for box in boxes], scale) for end in (0, 1))
    distance, (i, j) = closest_in_one(lower, upper)
    measured = Fraction(distance, scale)
    status: Status = "holds" if measured >= promised else "violated"
    witness = None if status == "holds" else {"pair": [i, j], "distance": str(measured)}
    detail = f"pair {i}-{j}; each box holds a point of the set"
    return Verdict(name, status, "exact", str(measured), str(promised), "at least", "all pairs", 0.0, detail, witness)


def smallest_distance(points: Sequence[Point]) -> tuple[Fraction, tuple[int, int]]:
    """Return the smallest l-infinity distance of two of the points, at least two, and a pair.

    Short coordinates are compared as integers over their common denominator. Long ones are
    enclosed on a grid of 2^-44 first, and only pairs that may be closest are compared exactly.
    """
    scale = math.lcm(*(x.denominator for point in points for x in point))
    if scale < _FINE:
        table = _integers(points, scale)
        distance, pair = closest_in_one(table, table)
        return Fraction(distance, scale), pair
    floors = np.array([[math.floor(x * _FINE) for x in point] for point in points], dtype=np.int64)
    least = closest_in_one(floors, floors + 1)[0]
    best: tuple[Fraction, tuple[int, int]] | None = None
    for i in range(len(points) - 1):
        # Enclosures more than two units above the least cannot be closest.
        gaps = np.abs(floors[i + 1 :] - floors[i]).max(axis=1) - 1
        for j in (int(k) + i + 1 for k in np.flatnonzero(gaps <= least + 2)):
            exact = max(abs(x - y) for x, y in zip(points[i], points[j], strict=True))
            if best is None or exact < best[0]:
                best = exact, (i, j)
    assert best is not None
    return best


def _integers(points: Sequence[Point], scale: int) -> np.ndarray:
    return integer_array(np.array([[int(x * scale) for x in point] for point in points], dtype=object))
