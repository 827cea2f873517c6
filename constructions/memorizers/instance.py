"""The hypotheses every memorizer shares, checked once: labels, separation, radius."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class MemorizationInstance:
    """A two-class training set that can be memorized robustly at this radius.

    Attributes:
        data: the training set.
        norm: of the perturbation set.
        radius: perturbation radius (the paper's delta), at least 0.
        eps: half the separation assumed; opposite points are at least ``2 * eps`` apart.
        inside: indices of the class that gets the bumps, the smaller one.
        outside: indices of the other class.
        sign: label of the class with the bumps.
    """

    data: LabelledPoints
    norm: str
    radius: Fraction
    eps: Fraction
    inside: np.ndarray
    outside: np.ndarray
    sign: int

    @property
    def gap(self) -> Fraction:
        """How far opposite balls stay apart: ``2 * eps - 2 * radius``, positive."""
        return 2 * self.eps - 2 * self.radius


def memorization_instance(data: LabelledPoints, norm: str, radius: Any, eps: Any = None) -> MemorizationInstance | None:
    """Return the instance, or ``None`` when all labels agree.

    Args:
        data: labelled points, labels -1 and +1.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0.
        eps: half the separation to assume; the exact half separation by default, in l2 the
            largest multiple of 2^-20 that is at most that.

    Raises:
        AssumptionViolated: a label is not -1 or +1, the points are not separated by
            ``2 * eps``, or the radius is not below ``eps``; the message has the values.
        UsageError: the norm is unknown.
    """
    delta = exact_fraction(radius, "radius")
    check_norm(norm)
    if delta < 0:
        raise AssumptionViolated(f"radius must be at least 0, got {delta}", "radius")
    _check_labels(data)
    closest = data.closest_opposite_pairs(norm)
    if closest is None:
        return None
    i, j = closest.pairs[0]
    half = half_separation(closest.distance, norm) if eps is None else exact_fraction(eps, "eps")
    apart = f"points {i} and {j} have different labels at {_shown(closest.distance, norm)}"
    if (4 * half * half if norm == "l2" else 2 * half) > closest.distance or half < 0:
        needed = f"{4 * half * half} (squared)" if norm == "l2" else str(2 * half)
        raise AssumptionViolated(f"{apart}; eps = {half} needs at least {needed}", "separation")
    if delta >= half:
        raise AssumptionViolated(f"{apart}; radius {delta} must be below eps = {half}", "radius")
    plus, minus = data.indices(1), data.indices(-1)
    sign = 1 if plus.size <= minus.size else -1
    inside, outside = (plus, minus) if sign == 1 else (minus, plus)
    return MemorizationInstance(data, norm, delta, half, inside, outside, sign)


def half_separation(distance: Fraction, norm: str) -> Fraction:
    """Return eps for the smallest distance of opposite points, which in l2 is given squared.

    Half the distance; in l2 the largest k / 2^20 with ``(2 eps)^2`` at most the square.
    """
    if norm != "l2":
        return distance / 2
    return Fraction(math.isqrt(math.floor(distance * 2**38)), 2**20)


def _shown(distance: Fraction, norm: str) -> str:
    return f"squared distance {distance} (l2)" if norm == "l2" else f"distance {distance} ({norm})"


def constant_network(data: LabelledPoints) -> ReluNetwork:
    """Return the network that always answers the one label of ``data`` (margin 1)."""
    return ReluNetwork([AffineMap.from_coo([], [], [], (1, data.dim), [data.classes[0]])])


def _check_labels(data: LabelledPoints) -> None:
    for label in data.classes:
        if label not in (-1, 1):
            raise AssumptionViolated(f"labels must be -1 and +1, found {label}", "labels")
