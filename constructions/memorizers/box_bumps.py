"""Robust memorization in the l-infinity norm, one box bump per point of the smaller class."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.bump_layers import axis_faces, signed_sum, sum_of_faces
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.relu_network import ReluNetwork


def memorize_with_box_bumps(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return a network with the right sign on the whole box around every training point.

    Each point ``a`` of the smaller class gets the bump ``1 - dist(x, box(a)) / gap``,
    where ``dist`` is the l1 distance to the box of the given radius: 1 on its own box,
    0 on the box of every opposite point.

    Theorem: thm:robust-memorization-linf

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l-infinity).
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; the exact half separation by default.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero on the closed boxes.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: exactly ``count_box_bumps(data, radius)``, at most ``m*(6*d+2)+1``
            with m the size of the smaller class.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m d) after the separation is known.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"]], labels=[-1, +1])
        >>> network = memorize_with_box_bumps(data, radius="1/4")
        >>> [str(network([x])[0]) for x in ("1/4", "3/4")]
        ['-1', '1']
    """
    instance = memorization_instance(data, "linf", radius, eps)
    if instance is None:
        return constant_network(data)
    centres = data.numerators[instance.inside]
    # Hidden layer 1: how far x lies beyond each of the 2d faces of each box.
    faces = axis_faces(centres, data.scale, instance.radius)
    # Hidden layer 2: 1 minus the total distance to the box, in units of the gap.
    bumps = sum_of_faces(len(centres), data.dim, -1 / instance.gap, Fraction(1))
    return ReluNetwork([faces, bumps, signed_sum(len(centres), instance.sign)])


def count_box_bumps(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return the exact number of nonzero parameters of ``memorize_with_box_bumps``.

    ``m*(6*d+2)+1``, less one for every face through the origin of its axis
    (a coordinate equal to plus or minus the radius).
    """
    instance = memorization_instance(data, "linf", radius, eps)
    if instance is None:
        return 1
    reach = instance.radius * data.scale
    zero_biases = 0
    if reach.denominator == 1:
        centres = data.numerators[instance.inside]
        signed = centres if centres.dtype == object else centres.astype(np.int64)
        zero_biases = int(np.count_nonzero(signed == int(reach))) + int(np.count_nonzero(signed == -int(reach)))
    return len(instance.inside) * (6 * data.dim + 2) + 1 - zero_biases
