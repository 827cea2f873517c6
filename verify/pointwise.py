"""What a network says at the points themselves, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

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


def wrong_points_in_floats(network: ReluNetwork, data: LabelledPoints, dtype: Any = np.float32) -> np.ndarray:
    """Return the points a network gets wrong when it is evaluated in floating point.

    Weights and points are rounded to the nearest float and every layer is one sparse matrix
    product, as any inference engine would do. A network whose weights need more bits than
    the type has, such as one that reads a block of labels from one weight, goes wrong here
    though it is right; the exact verdict is ``wrong_points``.

    Args:
        network: with one output.
        data: n points labelled -1 or +1.
        dtype: ``numpy.float32`` or ``numpy.float64``.

    Returns:
        Indices in increasing order; NaN counts as wrong.
    """
    columns = _floats(data.numerators.ravel(), data.scale, dtype).reshape(data.numerators.shape).T
    with np.errstate(all="ignore"):
        for place, affine in enumerate(network.maps):
            rows = affine.numerators
            values = _floats(rows.values, affine.denominator, dtype)
            weight = sparse.csr_array((values, rows.columns, rows.starts), shape=rows.shape)
            columns = weight @ columns + _floats(affine.bias_numerators, affine.denominator, dtype)[:, None]
            if place < len(network.maps) - 1:
                columns = np.maximum(columns, dtype(0))
        return np.flatnonzero(~(columns[0] * data.label_array > 0))


def _floats(numerators: np.ndarray, denominator: int, dtype: Any) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array([_ratio(int(value), denominator) for value in numerators]).astype(dtype)


def _ratio(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")
