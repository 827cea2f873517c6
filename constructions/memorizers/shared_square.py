"""Robust memorization in l2: one sum of squares, shared by all bumps."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import integer_array, scaled
from constructions.memorizers.bump_layers import signed_sum
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.square_scale import SquareScale
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Entry = tuple[int, int, Fraction]
HALF = Fraction(1, 2)


def memorize_with_shared_square(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return a network with the right sign on the whole l2 ball around every training point.

    ``|x - a|^2 = |x|^2 - 2 <a, x> + |a|^2``, and only ``|x|^2`` needs more than a linear
    form. It is the same for all bumps: ``T(x)`` is computed once, a piecewise linear
    function with ``|x|^2 <= T(x) <= |x|^2 + excess`` on all balls, and the bump of ``a`` is
    ``relu(slope * (height - T(x) + 2 <a, x> - |a|^2))``.

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
        A network from R^d to R with ``q + 3`` affine maps, q as in ``SquareScale``.

    Guarantees:
        robust_error: zero on the closed l2 balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: ``count_shared_square(data, radius)``, less accidental zeros; at most
            ``m*(d+3) + 1 + 8*d*q + q`` with m the size of the smaller class.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m d) after the separation is known.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> network = memorize_with_shared_square(data, radius="1/2")
        >>> [network(p)[0] > 0 for p in (["3/10", "2/5"], ["7/10", "3/5"])]
        [False, True]
    """
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return constant_network(data)
    scale = square_scale(instance)
    bumps = _bumps(instance, scale)
    return ReluNetwork([*_square_layers(data.dim, scale), bumps, signed_sum(bumps.shape[0], instance.sign)])


def count_shared_square(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return the number of nonzero parameters of ``memorize_with_shared_square``.

    ``sum over a of (nonzero coordinates + 3) + 1``, and ``8*d*q + q`` for the square
    (``7*d + 1`` if q is 1), before accidental zeros.
    """
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return 1
    levels = square_scale(instance).levels
    coordinates = int(np.count_nonzero(data.numerators[instance.inside]))
    shared = 8 * data.dim * levels + levels if levels > 1 else 7 * data.dim + 1
    return coordinates + 3 * len(instance.inside) + 1 + shared


def shared_square_bound(data: LabelledPoints, radius: Any, eps: Any = None) -> int:
    """Return ``m*(d+3) + 1 + 8*d*q + q``, which counts every coordinate."""
    instance = memorization_instance(data, "l2", radius, eps)
    if instance is None:
        return 1
    dim, levels = data.dim, square_scale(instance).levels
    return len(instance.inside) * (dim + 3) + 1 + 8 * dim * levels + levels


def square_scale(instance: MemorizationInstance) -> SquareScale:
    """Return the numbers of the shared square for an instance."""
    data, radius = instance.data, instance.radius
    low = Fraction(int(data.numerators.min()), data.scale) - radius
    high = Fraction(int(data.numerators.max()), data.scale) + radius
    return SquareScale.of(low, high, data.dim, radius, instance.eps)


def _square_layers(dim: int, scale: SquareScale) -> list[AffineMap]:
    """Return the layers up to ``(T, x - origin)``; units are in blocks of ``dim``.

    ``rise`` and ``turn`` of level s are ``relu(g)`` and ``relu(g - width/2)`` for the tooth
    g of level s - 1; the tooth of level s is ``2 rise - 4 turn``. ``carried`` is x - origin.
    """
    axes = range(dim)
    half = scale.width * HALF
    first = [(j, j, Fraction(1)) for j in axes] + [(dim + j, j, Fraction(1)) for j in axes]
    maps = [_map(first, 2 * dim, dim, [-scale.origin] * dim + [-scale.origin - half] * dim)]
    # Level 1 carries x in its rise; later levels have rise, turn, carried and one sum.
    carried, width, has_sum = 0, 2 * dim, False
    for level in range(2, scale.levels + 1):
        entries = _tooth(dim, 0) + _tooth(dim, dim)
        entries += [(2 * dim + j, carried + j, Fraction(1)) for j in axes]
        entries += _sum_terms(dim, level - 1, 3 * dim, has_sum, carried)
        bias = [Fraction(0)] * dim + [-half] * dim + [Fraction(0)] * (dim + 1)
        maps.append(_map(entries, 3 * dim + 1, width, bias))
        carried, width, has_sum = 2 * dim, 3 * dim + 1, True
    total = [
        (row, column, value * scale.width)
        for row, column, value in _sum_terms(dim, scale.levels, dim, has_sum, carried)
    ]
    total += [(dim, carried + j, 2 * scale.origin) for j in axes]
    total += [(j, carried + j, Fraction(1)) for j in axes]
    # 2 o sum (x - o) + d o^2 = 2 o sum x - d o^2.
    maps.append(_map(total, dim + 1, width, [Fraction(0)] * dim + [dim * scale.origin**2]))
    return maps


def _tooth(dim: int, block: int) -> list[Entry]:
    """Return the rows ``2 rise - 4 turn`` of every axis, placed in one block."""
    rises = [(block + j, j, Fraction(2)) for j in range(dim)]
    return rises + [(block + j, dim + j, Fraction(-4)) for j in range(dim)]


def _sum_terms(dim: int, level: int, row: int, has_sum: bool, carried: int) -> list[Entry]:
    """Return the row of the sum up to a level: the sum before it less the teeth over 4^level.

    Before the first level the sum is that of ``x - origin``, which is the rise there.
    """
    share = Fraction(1, 4**level)
    terms = [(row, j, -2 * share + (0 if has_sum else 1)) for j in range(dim)]
    terms += [(row, dim + j, 4 * share) for j in range(dim)]
    return [*terms, (row, 3 * dim, Fraction(1))] if has_sum else terms


def _bumps(instance: MemorizationInstance, scale: SquareScale) -> AffineMap:
    """Return the bumps from ``(x - origin, T)``: slope times height - T + 2 <a, x> - |a|^2."""
    data, unit, slope = instance.data, instance.data.scale, scale.slope
    centres = data.numerators[instance.inside]
    rows, columns = np.nonzero(centres)
    wide = centres.astype(object)
    squares, sums = (wide * wide).sum(axis=1), wide.sum(axis=1)
    height, tilt, bend = slope * scale.height, 2 * slope * scale.origin / unit, slope / unit**2
    common = math.lcm(*(value.denominator for value in (height, tilt, bend, 2 * slope / unit, slope)))
    bias = int(height * common) + int(tilt * common) * sums - int(bend * common) * squares
    places = np.arange(len(centres))
    ends = np.full(len(centres), -int(slope * common), dtype=object)
    return AffineMap.from_coo(
        np.concatenate([rows, places]),
        np.concatenate([columns, np.full(len(centres), data.dim)]),
        np.concatenate([scaled(centres[rows, columns], int(2 * slope / unit * common)), integer_array(ends)]),
        (len(centres), data.dim + 1),
        integer_array(bias),
        common,
    )


def _map(entries: list[Entry], outputs: int, inputs: int, bias: list[Fraction]) -> AffineMap:
    kept = [entry for entry in entries if entry[2]]
    return AffineMap.from_coo(
        [row for row, _, _ in kept],
        [column for _, column, _ in kept],
        [value for _, _, value in kept],
        (outputs, inputs),
        bias,
    )
