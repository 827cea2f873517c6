"""Robust memorization of two points by one half-space that reads few coordinates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def memorize_two_points(data: LabelledPoints, radius: Any, norm: str = "linf", eps: Any = None) -> ReluNetwork:
    """Return an affine network with the right sign on the whole balls around two points.

    With b the point labelled +1, a the other and v = b - a, take the s largest coordinates S
    of v and ``f(x) = <u, x - (a+b)/2>``, where u is v on S, in l1 and l-infinity its signs.
    It is right if v on S is longer than ``2 * radius`` in the norm of the perturbations; the
    fewest coordinates for which this is so are read.

    Theorem: thm:memorization-size-bound

    Assumes:
        Two points with labels -1 and +1, or any points of one label.
        They are at least ``2 * eps`` apart in the norm.
        ``0 <= radius < eps``.

    Args:
        data: two labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        eps: half the separation to use; about the exact half separation by default.

    Returns:
        A network from R^d to R with one affine map.

    Guarantees:
        robust_error: zero on the closed balls.
        parameters: at most ``s + 1``, with s at most 1 in l-infinity, ``floor(rho d) + 1`` in l1
            and ``floor(rho^2 d) + 1`` in l2, rho the ratio of radius to eps.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(d log d).

    Example:
        >>> data = LabelledPoints.of([["0", "0", "0"], ["1", "2", "2"]], labels=[-1, +1])
        >>> [memorize_two_points(data, r, "l2").size.nonzero for r in ("9/10", "1", "7/5", "149/100")]
        [2, 3, 3, 4]
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return constant_network(data)
    if len(data) != 2:
        raise AssumptionViolated(f"one half-space for two points; there are {len(data)}", "points")
    plus, minus = (data.point(int(data.indices(label)[0])) for label in (1, -1))
    apart = [b - a for b, a in zip(plus, minus, strict=True)]
    axes = _fewest_axes(apart, norm, instance.radius)
    direction = [apart[j] if norm == "l2" else Fraction((apart[j] > 0) - (apart[j] < 0)) for j in axes]
    middle = sum((u * (plus[j] + minus[j]) / 2 for u, j in zip(direction, axes, strict=True)), Fraction(0))
    return ReluNetwork([AffineMap.from_coo([0] * len(axes), axes, direction, (1, data.dim), [-middle])])


def _fewest_axes(apart: list[Fraction], norm: str, radius: Fraction) -> list[int]:
    """Return the largest coordinates, as few as are together longer than twice the radius."""
    order = sorted(range(len(apart)), key=lambda j: (-abs(apart[j]), j))
    if norm == "linf":
        return order[:1]
    needed = 4 * radius * radius if norm == "l2" else 2 * radius
    total = Fraction(0)
    for count, j in enumerate(order, start=1):
        total += apart[j] ** 2 if norm == "l2" else abs(apart[j])
        if total > needed:
            return order[:count]
    raise AssertionError("points are farther apart than twice the radius")
