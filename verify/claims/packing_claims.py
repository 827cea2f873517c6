"""Claims about packings: points on a manifold that keep their distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.data.manifold import Box, Manifold, Patch
from constructions.data.norm_ball import Point
from constructions.exact.closest_in_one import closest_in_one
from constructions.exact.integer_arrays import integer_array
from verify.claims.point_distances import smallest_distance
from verify.verdict import Status, Verdict


def points_on_manifold(manifold: Manifold, points: Sequence[Point], name: str = "on_manifold") -> Verdict:
    """Judge "every point lies on the manifold", exactly."""
    for index, point in enumerate(points):
        if not manifold.contains(point):
            witness = {"index": index, "point": [str(x) for x in point]}
            return Verdict(
                name, "violated", "exact", str(index), str(len(points)), "equal", "equations", witness=witness
            )
    return Verdict(name, "holds", "exact", str(len(points)), str(len(points)), "equal", "equations")


def boxes_hold_points(manifold: Manifold, patches: Sequence[Patch], name: str = "on_manifold") -> Verdict:
    """Judge "every box contains the image of its cell", and so a point of the manifold."""
    for index, patch in enumerate(patches):
        lower, upper = manifold.enclose(patch.cell)
        is_filled = all(low <= high for low, high in zip(patch.cell.lower, patch.cell.upper, strict=True))
        sides = zip(patch.lower, lower, upper, patch.upper, strict=True)
        if not is_filled or not all(low <= x and y <= high for low, x, y, high in sides):
            return Verdict(name, "violated", "exact", str(index), None, None, "boxes", witness={"index": index})
    return Verdict(name, "holds", "exact", str(len(patches)), str(len(patches)), "equal", "boxes")


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


def _integers(points: Sequence[Point], scale: int) -> np.ndarray:
    return integer_array(np.array([[int(x * scale) for x in point] for point in points], dtype=object))
