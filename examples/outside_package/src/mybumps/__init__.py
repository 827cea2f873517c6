"""A memorizer of one's own: one bump around every point with label +1."""

from __future__ import annotations

from fractions import Fraction

from constructions import AffineMap, AssumptionViolated, LabelledPoints, ReluNetwork


def memorize(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Return a network with the right sign on every closed l-infinity ball of this radius.

    A bump is 1 on the ball of its point and falls to 0 before it meets the ball of a point
    with label -1: two balls are at least ``separation - 2 * radius`` apart.
    """
    return _bumps(data, radius, lambda separation: separation - 2 * radius)


def memorize_with_a_bug(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Do the same, but forget that the ball of the other point reaches out as well."""
    return _bumps(data, radius, lambda separation: separation - radius)


def _bumps(data: LabelledPoints, radius: Fraction, gap_of) -> ReluNetwork:
    separation = data.separation("linf")
    inside = [point for point, label in zip(data.points, data.labels, strict=True) if label == 1]
    if separation is None:
        return ReluNetwork([AffineMap([[0] * data.dim], [data.labels[0]])])
    if not 0 <= 2 * radius < separation:
        raise AssumptionViolated(f"radius {radius} must be below half the separation {separation}")
    gap = gap_of(separation)
    faces, starts = [], []
    for point in inside:
        for axis, value in enumerate(point):
            for side in (1, -1):
                faces.append([side if other == axis else 0 for other in range(data.dim)])
                starts.append(-side * value - radius)
    width = 2 * data.dim
    falls = [[-1 / gap if place // width == bump else 0 for place in range(len(faces))] for bump in range(len(inside))]
    outer = AffineMap([[2] * len(inside)], [-1])
    return ReluNetwork([AffineMap(faces, starts), AffineMap(falls, [1] * len(inside)), outer])


def count(data: LabelledPoints, radius: Fraction) -> int:
    """Return the most nonzero weights and biases that ``memorize`` uses."""
    inside = sum(label == 1 for label in data.labels)
    return inside * (6 * data.dim + 2) + 1
