"""Robust memorization in l2 without looking at the other class: a sum of squares per bump."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.bump_layers import axis_faces, repeated, signed_sum
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.square_scale import levels_needed, power_of_two_above
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Entry = tuple[int, int, Fraction]
HALF = Fraction(1, 2)
ONE = Fraction(1)


def memorize_with_sawtooth(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return a network with the right sign on the whole l2 ball around every training point.

    Each point a of the smaller class gets ``S = sum_j g(min(|x_j - a_j|, R))``, with
    ``R = 2 eps - radius`` and g the interpolant of the square on ``2^q`` pieces of [0, R]:
    at least ``|x - a|^2`` or ``R^2``, and at most ``radius^2`` plus a small excess on the
    ball of a. The bump is ``relu(slope * (R^2 - S))``.

    Theorem: thm:robust-memorization-l2

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l2).
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.

    Returns:
        A network from R^d to R with ``q + 4`` affine maps.

    Guarantees:
        robust_error: zero on the closed l2 balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: ``count_sawtooth(data, radius)``, less accidental zero biases.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m d q).

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> network = memorize_with_sawtooth(data, radius="1/2")
        >>> [network(p)[0] > 0 for p in (["3/10", "2/5"], ["7/10", "3/5"])]
        [False, True]
    """
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return constant_network(data)
    centres = data.numerators[instance.inside]
    levels = sawtooth_levels(instance)
    first = axis_faces(centres, data.scale, Fraction(0))
    blocks = _square_blocks(data.dim, levels, reach_of(instance))
    blocks.append(_bump(data.dim, levels, instance))
    maps = [repeated(*block, len(centres)) for block in blocks]
    return ReluNetwork([first, *maps, signed_sum(len(centres), instance.sign)])


def count_sawtooth(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return ``m*(7*d*q + 11*d + q + 2) + 1``, the nonzero parameters before accidental zeros."""
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return 1
    dim, levels = data.dim, sawtooth_levels(instance)
    return len(instance.inside) * (7 * dim * levels + 11 * dim + levels + 2) + 1 - 2 * _zeros(instance)


def memorize_with_kinks(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return the shallow variant: the square interpolated on s equal pieces by one hidden layer.

    Theorem: thm:robust-memorization-l2

    Assumes:
        As for ``memorize_with_sawtooth``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.

    Returns:
        A network from R^d to R with three affine maps; with one piece each bump is a cone
        of the l1 distance.

    Guarantees:
        robust_error: zero on the closed l2 balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: ``count_kinks(data, radius)``, less accidental zero biases.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m d s).

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> memorize_with_kinks(data, radius="1/2").size.depth
        3
    """
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return constant_network(data)
    centres, dim, pieces = data.numerators[instance.inside], data.dim, kinks_needed(instance)
    reach = reach_of(instance)
    first = _joined([axis_faces(centres, data.scale, reach * i / pieces) for i in range(pieces)], len(centres), 2 * dim)
    excess = dim * reach**2 / Fraction(4 * pieces * pieces)
    slope = power_of_two_above(1 / (reach**2 - instance.radius**2 - excess))
    # The slope of the interpolant is reach/pieces at first, and grows by twice that at each kink.
    growth = [reach / pieces * (1 if i == 0 else 2) for i in range(pieces)]
    row: list[Entry] = [(0, i * 2 * dim + k, -slope * growth[i]) for i in range(pieces) for k in range(2 * dim)]
    bumps = repeated(row, (1, 2 * dim * pieces), [slope * reach**2], len(centres))
    return ReluNetwork([first, bumps, signed_sum(len(centres), instance.sign)])


def count_kinks(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return ``m*(6*d*s + 2) + 1``, the nonzero parameters before accidental zeros."""
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return 1
    return len(instance.inside) * (6 * data.dim * kinks_needed(instance) + 2) + 1


def reach_of(instance: MemorizationInstance) -> Fraction:
    """Return R, the distance from which a bump is 0: ``2 eps - radius``."""
    return 2 * instance.eps - instance.radius


def sawtooth_levels(instance: MemorizationInstance) -> int:
    """Return the smallest q >= 1 with ``d R^2 / 4^(q+1) < R^2 - radius^2``."""
    return levels_needed(reach_of(instance), instance.data.dim, instance.radius, instance.eps)


def kinks_needed(instance: MemorizationInstance) -> int:
    """Return the smallest s >= 1 with ``d R^2 / (4 s^2) < R^2 - radius^2``."""
    return pieces_needed(reach_of(instance), instance.data.dim, instance.radius)


def pieces_needed(reach: Fraction, dim: int, radius: Fraction) -> int:
    """Return the smallest s >= 1 with ``dim reach^2 / (4 s^2) < reach^2 - radius^2``."""
    return math.isqrt(math.floor(dim * reach**2 / (4 * (reach**2 - radius**2)))) + 1


def _zeros(instance: MemorizationInstance) -> int:
    """Return how many coordinates of centres are 0: their two faces have no bias."""
    centres = instance.data.numerators[instance.inside]
    return int(centres.size - np.count_nonzero(centres))


def _square_blocks(dim: int, levels: int, reach: Fraction) -> list[tuple[list[Entry], tuple[int, int], list[Fraction]]]:
    """Return, per bump, the layers from the faces to ``(rise, turn, sum)`` of the last level."""
    axes, half = range(dim), reach * HALF
    distance = [(j, 2 * j + k, ONE) for j in axes for k in (0, 1)]
    beyond = [(dim + j, 2 * j + k, ONE) for j in axes for k in (0, 1)]
    # The distance along each axis, and what of it is beyond R.
    blocks = [([*distance, *beyond], (2 * dim, 2 * dim), [Fraction(0)] * dim + [-reach] * dim)]
    cut = [(j, j, ONE) for j in axes] + [(j, dim + j, -ONE) for j in axes]
    turns = [(dim + row, column, value) for row, column, value in cut]
    total = [(2 * dim, column, value) for _, column, value in cut]
    bias = [Fraction(0)] * dim + [-half] * dim + [Fraction(0)]
    blocks.append(([*cut, *turns, *total], (2 * dim + 1, 2 * dim), bias))
    for level in range(2, levels + 1):
        tooth = [(j, j, 2 * ONE) for j in axes] + [(j, dim + j, -4 * ONE) for j in axes]
        turns = [(dim + row, column, value) for row, column, value in tooth]
        total = [(2 * dim, 2 * dim, ONE), *teeth(dim, level - 1, 2 * dim)]
        blocks.append(([*tooth, *turns, *total], (2 * dim + 1, 2 * dim + 1), bias))
    return blocks


def teeth(dim: int, level: int, row: int, factor: Fraction = ONE) -> list[Entry]:
    """Return the row that takes the teeth of a level, over 4^level, off a sum."""
    share = factor / 4**level
    return [(row, j, -2 * share) for j in range(dim)] + [(row, dim + j, 4 * share) for j in range(dim)]


def _bump(dim: int, levels: int, instance: MemorizationInstance) -> tuple[list[Entry], tuple[int, int], list[Fraction]]:
    reach, radius = reach_of(instance), instance.radius
    excess = dim * reach**2 / Fraction(4 ** (levels + 1))
    slope = power_of_two_above(1 / (reach**2 - radius**2 - excess))
    row = [(0, 2 * dim, -slope * reach), *teeth(dim, levels, 0, -slope * reach)]
    return row, (1, 2 * dim + 1), [slope * reach**2]


def _joined(maps: list[AffineMap], copies: int, block: int) -> AffineMap:
    """Return the rows of several maps, those of each bump together."""
    rows, columns, values, bias = [], [], [], []
    for place, affine in enumerate(maps):
        matrix = affine.numerators
        counts = np.diff(matrix.starts)
        row = np.repeat(np.arange(affine.shape[0]), counts)
        rows.append((row // block) * (block * len(maps)) + place * block + row % block)
        columns.append(matrix.columns)
        values.append([Fraction(int(value), affine.denominator) for value in matrix.values])
        bias.append([Fraction(int(value), affine.denominator) for value in affine.bias_numerators])
    ordered: list[Fraction] = [Fraction(0)] * (copies * block * len(maps))
    for place, part in enumerate(bias):
        for index, value in enumerate(part):
            ordered[(index // block) * block * len(maps) + place * block + index % block] = value
    return AffineMap.from_coo(
        np.concatenate(rows),
        np.concatenate(columns),
        [value for part in values for value in part],
        (len(ordered), maps[0].shape[1]),
        ordered,
    )
