"""The hypotheses every memorizer shares, checked once: labels, separation, radius."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class MemorizationInstance:
    """A two-class training set that can be memorized robustly at this radius.

    Attributes:
        data: the training set.
        norm: of the perturbation set, ``"linf"`` or ``"l1"``.
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
        norm: ``"linf"`` or ``"l1"``.
        radius: exact, at least 0.
        eps: half the separation to assume; the exact half separation by default.

    Raises:
        AssumptionViolated: a label is not -1 or +1, the points are not separated by
            ``2 * eps``, or the radius is not below ``eps``; the message has the values.
        UsageError: the norm is l2.
    """
    delta = exact_fraction(radius, "radius")
    if norm not in ("linf", "l1"):
        raise UsageError(f"this construction works in linf and l1, not in {norm}")
    if delta < 0:
        raise AssumptionViolated(f"radius must be at least 0, got {delta}", "radius")
    _check_labels(data)
    closest = data.closest_opposite_pairs(norm)
    if closest is None:
        return None
    i, j = closest.pairs[0]
    half = closest.distance / 2 if eps is None else exact_fraction(eps, "eps")
    if 2 * half > closest.distance:
        raise AssumptionViolated(
            f"points {i} and {j} have different labels at distance {closest.distance} ({norm}); "
            f"eps = {half} needs at least {2 * half}",
            "separation",
        )
    if delta >= half:
        raise AssumptionViolated(
            f"points {i} and {j} have different labels at distance {closest.distance} ({norm}); "
            f"radius {delta} must be below eps = {half}",
            "radius",
        )
    plus, minus = data.indices(1), data.indices(-1)
    sign = 1 if plus.size <= minus.size else -1
    inside, outside = (plus, minus) if sign == 1 else (minus, plus)
    return MemorizationInstance(data, norm, delta, half, inside, outside, sign)


def constant_network(data: LabelledPoints) -> ReluNetwork:
    """Return the network that always answers the one label of ``data`` (margin 1)."""
    return ReluNetwork([AffineMap.from_coo([], [], [], (1, data.dim), [data.classes[0]])])


def _check_labels(data: LabelledPoints) -> None:
    for label in data.classes:
        if label not in (-1, 1):
            raise AssumptionViolated(f"labels must be -1 and +1, found {label}", "labels")
