"""Exact distances between sets, with points that attain them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.errors import UsageError
from constructions.exact.norms import check_norm
from constructions.sets.box_arrays import BoxArrays, closest_boxes
from constructions.sets.brackets import ClosestPoints, Point
from constructions.sets.convex_pieces import ConvexPiece, closest_points
from constructions.sets.point_set import BoxSet, PointSet


def closest(first: PointSet, second: PointSet, norm: str) -> ClosestPoints:
    """Return the distance of two sets and a point of each that attains it.

    Args:
        first: a set.
        second: a set in the same dimension.
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.

    Raises:
        UsageError: an unknown norm, or two dimensions.

    Cost:
        Boxes and points: one integer operation per pair and axis. Polytopes: a linear
        program (in l2 Wolfe's method) per pair whose bounding boxes are close enough.
    """
    check_norm(norm)
    if first.dim != second.dim:
        raise UsageError(f"a set in dimension {first.dim} has no distance to one in dimension {second.dim}")
    if isinstance(first, BoxSet) and isinstance(second, BoxSet):
        return _closest_of_arrays(first.arrays, second.arrays, norm)
    return _closest_of_pieces(first.pieces, second.pieces, norm)


def distance(first: PointSet, second: PointSet, norm: str) -> Fraction:
    """Return the exact distance of two sets in l-infinity or l1.

    Raises:
        UsageError: the norm is l2, whose distances are irrational; use
            ``distance_squared``.
    """
    if check_norm(norm) == "l2":
        raise UsageError("an l2 distance is irrational in general; use distance_squared()")
    return closest(first, second, norm).distance


def distance_squared(first: PointSet, second: PointSet) -> Fraction:
    """Return the exact squared l2 distance of two sets."""
    return closest(first, second, "l2").distance


def box_gap(lower: Point, upper: Point, other_lower: Point, other_upper: Point, norm: str) -> Fraction:
    """Return the exact distance of two boxes, squared in l2."""
    sides = zip(lower, upper, other_lower, other_upper, strict=True)
    gaps = [max(start - high, low - end, Fraction(0)) for low, high, start, end in sides]
    if norm == "linf":
        return max(gaps)
    return sum((gap * gap if norm == "l2" else gap for gap in gaps), Fraction(0))


def _closest_of_arrays(first: BoxArrays, second: BoxArrays, norm: str) -> ClosestPoints:
    scale = math.lcm(first.scale, second.scale)
    one, two = first.over(scale // first.scale), second.over(scale // second.scale)
    units, i, j = closest_boxes(one, two, norm)
    pairs = [
        _nearest_on_axis(*map(int, ends))
        for ends in zip(one.lower[i], one.upper[i], two.lower[j], two.upper[j], strict=True)
    ]
    mine, other = (tuple(Fraction(pair[side], scale) for pair in pairs) for side in (0, 1))
    return ClosestPoints(Fraction(units, scale * scale if norm == "l2" else scale), mine, other)


def _nearest_on_axis(low: int, high: int, start: int, end: int) -> tuple[int, int]:
    if start > high:
        return high, start
    if low > end:
        return low, end
    shared = max(low, start)
    return shared, shared


def _closest_of_pieces(first: Sequence[ConvexPiece], second: Sequence[ConvexPiece], norm: str) -> ClosestPoints:
    """Try the pairs of pieces by the distance of their bounding boxes, until no box is closer."""
    gaps = [
        (box_gap(one.lower, one.upper, two.lower, two.upper, norm), i, j)
        for i, one in enumerate(first)
        for j, two in enumerate(second)
    ]
    best: ClosestPoints | None = None
    for gap, i, j in sorted(gaps):
        if best is not None and gap >= best.distance:
            break
        found = closest_points(first[i], second[j], norm)
        if best is None or found.distance < best.distance:
            best = found
    if best is None:
        raise ValueError("a set without a piece")
    return best
