"""What a network says at the points themselves, exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.exact.integer_arrays import scaled
from constructions.network.relu_network import ReluNetwork

_BLOCK_ENTRIES = 2**24


def wrong_points(network: ReluNetwork, data: LabelledPoints) -> np.ndarray:
    """Return the indices of the points with ``label * network(x) <= 0``; zero is an error.

    Args:
        network: with one output.
        data: n points labelled -1 or +1.

    Raises:
        UsageError: the network has several outputs or another input dimension, or a label
            is neither -1 nor +1.
    """
    if network.outputs != 1 or network.dim != data.dim:
        raise UsageError(f"a network R^{data.dim} -> R is needed, got R^{network.dim} -> R^{network.outputs}")
    if not set(data.classes) <= {-1, 1}:
        raise UsageError(f"labels must be -1 or +1, got {data.classes}")
    widest = max(affine.shape[0] for affine in network.maps)
    block = max(1, _BLOCK_ENTRIES // widest)
    found = []
    for start in range(0, len(data), block):
        part = slice(start, start + block)
        values = network.numerators_at(scaled(data.numerators[part], 1), data.scale)
        signs = np.asarray(values[:, 0] > 0).astype(np.int64) - np.asarray(values[:, 0] < 0).astype(np.int64)
        found.append(start + np.flatnonzero(signs * data.label_array[part] <= 0))
    return np.concatenate(found)


def clean_error(network: ReluNetwork, points: LabelledPoints | FiniteDistribution) -> Fraction:
    """Return the exact probability of a point the network gets wrong, without perturbation.

    On the midpoints of a hard distribution this bounds the robust error from below: a
    network that is right on the closed ball around a hard point is right at its midpoint.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        network: with one output.
        points: labelled points, all equally likely, or a distribution on them.

    Raises:
        UsageError: network and points do not fit.

    Example:
        >>> from constructions import AffineMap, LabelledPoints, ReluNetwork
        >>> data = LabelledPoints.of([[0], [1], [2]], labels=[-1, -1, +1])
        >>> clean_error(ReluNetwork([AffineMap([[1]], [-1])]), data)
        Fraction(1, 3)
    """
    if isinstance(points, FiniteDistribution):
        return points.weight_of([int(index) for index in wrong_points(network, points.points)])
    return Fraction(len(wrong_points(network, points)), len(points))
