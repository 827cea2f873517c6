"""Sizes that are enough to memorize every separated data set robustly, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.capacity.memorization_bounds import checked_ratio, coordinates_for_two_points
from verify.capacity.question import SizeQuestion


@dataclass(frozen=True, slots=True)
class EnoughParameters:
    """A size with which every data set of N points in one setting is memorized.

    Attributes:
        size: nonzero parameters.
        construction: that needs no more.
    """

    size: int
    construction: str


def enough_for_every_set(points: Any, dim: Any, norm: str, ratio: Any) -> EnoughParameters:
    """Return the smallest size we know to be enough for all 2 eps-separated sets of N points.

    Two points take a half-space that reads s coordinates, ``s + 1`` parameters: s is 1 in
    l-infinity, ``floor(rho d) + 1`` in l1 and ``floor(rho^2 d) + 1`` in l2, rho the ratio.
    With m = floor(N/2) and k = N - m, coordinate tests take ``m (3 min(2d, k) + 2) + 1``, in
    l1 and l2 where s is 1. Cones in l1 take ``m (6 d + 2) + 1``, sums of squares in l2
    ``m (7 d q + 11 d + q + 2) + 1``.

    Args:
        points: N, a positive integer.
        dim: d, a positive integer.
        norm: of separation and perturbations.
        ratio: the radius over eps, exact, in [0, 1).

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: the norm is unknown, or a number is out of range.

    Example:
        >>> enough_for_every_set(2, 10**6, "linf", "99/100").size
        2
        >>> enough_for_every_set(64, 10**6, "linf", "99/100").size
        3137
    """
    question, rho = SizeQuestion.of(points, dim), checked_ratio(ratio)
    count, axes = question.points, question.dim
    coordinates = coordinates_for_two_points(axes, norm, rho)
    if count == 1:
        return EnoughParameters(1, "constant")
    if count == 2:
        return EnoughParameters(coordinates + 1, "two-points")
    smaller, larger = count // 2, count - count // 2
    found = []
    if coordinates == 1:
        size = smaller * (3 * min(2 * axes, larger) + 2) + 1
        found.append(EnoughParameters(size, "literals"))
    if norm == "l1":
        found.append(EnoughParameters(smaller * (6 * axes + 2) + 1, "l1"))
    if norm == "l2":
        levels = _levels(axes, rho)
        size = smaller * (7 * axes * levels + 11 * axes + levels + 2) + 1
        found.append(EnoughParameters(size, "sawtooth"))
    return min(found, key=lambda entry: entry.size)


def _levels(dim: int, ratio: Fraction) -> int:
    """Return the smallest q >= 1 with ``d (2 - rho)^2 < 4^(q+2) (1 - rho)``."""
    levels = 1
    while dim * (2 - ratio) ** 2 >= 4 ** (levels + 2) * (1 - ratio):
        levels += 1
    return levels
