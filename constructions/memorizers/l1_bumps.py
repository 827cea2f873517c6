"""Robust memorization in the l1 norm, one cone per point of the smaller class."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.bump_layers import axis_faces, signed_sum, sum_of_faces
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.relu_network import ReluNetwork


def memorize_with_l1_bumps(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return a network with the right sign on the whole l1 ball around every training point.

    Each point ``a`` of the smaller class gets the bump
    ``(2 eps - radius - |x - a|_1) / gap``: at least 1 on its own ball, 0 on every
    opposite ball.

    Theorem: thm:robust-memorization-l1

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l1).
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; the exact half separation by default.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero on the closed l1 balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: exactly ``count_l1_bumps(data, radius)``, at most ``m*(6*d+2)+1``
            with m the size of the smaller class.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m d) after the separation is known.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> network = memorize_with_l1_bumps(data, radius="1/2")
        >>> str(network(["1/2", "0"])[0])
        '-1'
    """
    instance = memorization_instance(data, "l1", radius, eps)
    if instance is None:
        return constant_network(data)
    centres = data.numerators[instance.inside]
    # Hidden layer 1: the positive and negative part of each coordinate of x - a.
    parts = axis_faces(centres, data.scale, Fraction(0))
    # Hidden layer 2: (2 eps - radius - |x - a|_1) / gap.
    height = (2 * instance.eps - instance.radius) / instance.gap
    bumps = sum_of_faces(len(centres), data.dim, -1 / instance.gap, height)
    return ReluNetwork([parts, bumps, signed_sum(len(centres), instance.sign)])


def count_l1_bumps(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return the exact number of nonzero parameters of ``memorize_with_l1_bumps``.

    ``m*(6*d+2)+1``, less two for every coordinate of a bump's centre that is zero.
    """
    instance = memorization_instance(data, "l1", radius, eps)
    if instance is None:
        return 1
    centres = data.numerators[instance.inside]
    zero_biases = 2 * int(np.count_nonzero(centres == 0))
    return len(instance.inside) * (6 * data.dim + 2) + 1 - zero_biases
