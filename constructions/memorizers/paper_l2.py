"""The paper's route to Theorem 2.2 in l2, reconstructed: squares at the scale of the data, a trapezoid per point.

Kept for comparison: it spends a bump on every point of both classes, each with squares as
fine as the whole unit ball needs, where ``shared_square`` computes one sum for all.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import largest_magnitude
from constructions.memorizers.bump_layers import axis_faces, repeated
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.sawtooth import Entry, reach_of, teeth
from constructions.memorizers.square_scale import levels_needed
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

ONE = Fraction(1)


def memorize_by_the_papers_route_in_l2(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return ``sum_i y_i * trapezoid(S_i(x))``, ``S_i`` a piecewise linear ``|x - x_i|^2``.

    The squares are interpolated on [0, D], where D is twice the largest coordinate, at least 2
    as for the unit ball, plus the radius. The trapezoid is 1 where ``S_i`` is at most ``radius^2``
    plus the excess of the interpolation, and 0 from ``(2 eps - radius)^2`` on.

    Theorem: thm:robust-memorization

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l2).
        ``0 <= radius < eps`` (the paper asks ``radius < eps / 2``; the construction does not).

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.

    Returns:
        A network from R^d to R with ``q + 3`` affine maps.

    Guarantees:
        robust_error: zero on the closed l2 balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: ``count_papers_route_in_l2(data, radius)``, less accidental zero biases.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(n d q).

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> network = memorize_by_the_papers_route_in_l2(data, radius="1/4")
        >>> [str(network(p)[0]) for p in (["0", "1/4"], ["3/4", "1"])]
        ['-1', '1']
    """
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return constant_network(data)
    dim, count, widest = data.dim, len(data), _widest(instance)
    levels = papers_levels(instance)
    maps = [axis_faces(data.numerators, data.scale, Fraction(0))]
    maps += [repeated(*block, count) for block in _square_blocks(dim, levels, widest)]
    outer = reach_of(instance) ** 2
    inner = instance.radius**2 + dim * widest**2 / Fraction(4 ** (levels + 1))
    row = [(0, 2 * dim, -widest), *teeth(dim, levels, 0, -widest)]
    maps.append(repeated([*row, *((1, c, v) for _, c, v in row)], (2, 2 * dim + 1), [outer, inner], count))
    slopes = [sign * label / (outer - inner) for label in data.labels for sign in (1, -1)]
    maps.append(AffineMap.from_coo([0] * (2 * count), range(2 * count), slopes, (1, 2 * count), [0]))
    return ReluNetwork(maps)


def count_papers_route_in_l2(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return ``n*(7*d*q + 8*d + q + 5)``, the nonzero parameters before accidental zeros."""
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return 1
    dim, levels = data.dim, papers_levels(instance)
    return len(data) * (7 * dim * levels + 8 * dim + levels + 5)


def papers_levels(instance: MemorizationInstance) -> int:
    """Return the smallest q >= 1 with ``d D^2 / 4^(q+1) < R^2 - radius^2``, D the scale of the squares."""
    return levels_needed(_widest(instance), instance.data.dim, instance.radius, instance.eps)


def _widest(instance: MemorizationInstance) -> Fraction:
    """Return the scale of the squares, ``2 + radius`` for points of the unit ball."""
    data = instance.data
    return 2 * max(ONE, Fraction(largest_magnitude(data.numerators), data.scale)) + instance.radius


def _square_blocks(dim: int, levels: int, width: Fraction) -> list[tuple[list[Entry], tuple[int, int], list[Fraction]]]:
    """Return, per point, the layers from the faces to ``(rise, turn, sum)`` of the last level."""
    axes, half = range(dim), width / 2
    distance = [(j, 2 * j + k, ONE) for j in axes for k in (0, 1)]
    turns = [(dim + row, column, value) for row, column, value in distance]
    total = [(2 * dim, column, value) for _, column, value in distance]
    bias = [Fraction(0)] * dim + [-half] * dim + [Fraction(0)]
    blocks = [([*distance, *turns, *total], (2 * dim + 1, 2 * dim), bias)]
    for level in range(2, levels + 1):
        tooth = [(j, j, 2 * ONE) for j in axes] + [(j, dim + j, -4 * ONE) for j in axes]
        turns = [(dim + row, column, value) for row, column, value in tooth]
        total = [(2 * dim, 2 * dim, ONE), *teeth(dim, level - 1, 2 * dim)]
        blocks.append(([*tooth, *turns, *total], (2 * dim + 1, 2 * dim + 1), bias))
    return blocks
