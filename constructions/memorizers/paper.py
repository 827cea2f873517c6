"""The paper's route to Theorem 2.2 in l-infinity, reconstructed: a maximum tree and a trapezoid per point.

Kept for comparison: it spends a bump on every point of both classes and a tree of
maxima where one sum suffices, so it is larger than ``box_bumps`` and ``literals``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import over_common_denominator
from constructions.memorizers.bump_layers import axis_faces
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Node = tuple[int, ...]
Terms = list[tuple[int, int]]


def memorize_by_the_papers_route(data: LabelledPoints, radius: Any, eps: Any = None) -> ReluNetwork:
    """Return the network of the paper's route, reconstructed: ``sum_i y_i * trapezoid(|x - x_i|_inf)``.

    Each point of both classes gets the distance ``max_j |x_j - a_j|``, a binary tree of
    ``max(u, v) = u + relu(v - u)``, and a trapezoid that is 1 up to the radius and 0
    from ``2 eps - radius`` on.

    Theorem: thm:robust-memorization

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l-infinity).
        ``0 <= radius < eps`` (the paper asks ``radius < eps / 2``; the construction does not).

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; the exact half separation by default.

    Returns:
        A network from R^d to R with ``3 + ceil(log2 d)`` affine maps.

    Guarantees:
        robust_error: zero on the closed boxes.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: at most ``count_papers_route(n, d)``; less one for every zero bias.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(n d).

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"]], labels=[-1, +1])
        >>> network = memorize_by_the_papers_route(data, radius="1/8")
        >>> [str(network(p)[0]) for p in (["1/8", "1/8"], ["7/8", 1], ["1/2", "1/2"])]
        ['-1', '1', '0']
    """
    instance = memorization_instance(data, "linf", radius, eps)
    if instance is None:
        return constant_network(data)
    n, d = len(data), data.dim
    # Hidden layer 1: the positive and negative part of each coordinate of x - x_i.
    maps, width = [axis_faces(data.numerators, data.scale, Fraction(0))], 2 * d
    # Tree levels: each node is a sum of units of the layer before; a pair becomes its maximum.
    for units in _tree(d):
        maps.append(_repeated(units, n, width, [Fraction(0)] * len(units)))
        width = len(units)
    # Trapezoid: two ramps that end at 2 eps - radius and at the radius.
    outer, inner = 2 * instance.eps - instance.radius, instance.radius
    ramp = [(unit, -1) for unit in _root(d)]
    maps.append(_repeated([ramp, ramp], n, width, [outer, inner]))
    # Output: the trapezoids, signed by the labels.
    slopes = [sign * label / instance.gap for label in data.labels for sign in (1, -1)]
    maps.append(AffineMap.from_coo([0] * (2 * n), range(2 * n), slopes, (1, 2 * n), [0]))
    return ReluNetwork(maps)


def count_papers_route(n: int, d: int) -> int:
    """Return the parameter count of the paper's route on n points in dimension d.

    Counted before accidental zero biases: ``4*d`` for the absolute values, the tree
    (six for a pair of two-unit nodes), six for the trapezoid with its two-unit
    argument, two for the output.
    """
    tree = sum(weights for _, weights in tree_sizes(d))
    return n * (4 * d + tree + 2 * (2 + 1) + 2)


def tree_sizes(d: int) -> list[tuple[int, int]]:
    """Return units and weights of each level of the tree of maxima, for one point, in O(log d).

    All nodes of a level are sums of two units, except that the last may be one unit.
    """
    sizes, nodes, last = [], d, 2
    while nodes > 1:
        pairs, alone = divmod(nodes, 2)
        # A pair takes its left node twice and its right node once.
        sizes.append((2 * pairs + alone, 6 * pairs + (last if alone else last - 2)))
        nodes, last = pairs + alone, 1 if alone else 2
    return sizes


def _levels(d: int) -> list[tuple[list[Terms], list[Node]]]:
    """Return, per tree level, the units (as signed terms) and the nodes they form."""
    nodes: list[Node] = [(2 * j, 2 * j + 1) for j in range(d)]
    levels = []
    while len(nodes) > 1:
        units: list[Terms] = []
        merged: list[Node] = []
        for first in range(0, len(nodes) - 1, 2):
            left, right = nodes[first], nodes[first + 1]
            merged.append((len(units), len(units) + 1))
            units.append([(unit, 1) for unit in left])
            units.append([(unit, 1) for unit in right] + [(unit, -1) for unit in left])
        if len(nodes) % 2:
            merged.append((len(units),))
            units.append([(unit, 1) for unit in nodes[-1]])
        levels.append((units, merged))
        nodes = merged
    return levels


def _tree(d: int) -> list[list[Terms]]:
    return [units for units, _ in _levels(d)]


def _root(d: int) -> Node:
    """Return the units whose sum is the distance, after the last tree level."""
    levels = _levels(d)
    return levels[-1][1][0] if levels else (0, 1)


def _repeated(units: list[Terms], copies: int, width: int, bias: list[Fraction]) -> AffineMap:
    """Return one block of units per point, block-diagonal over the points."""
    triples = np.array([(index, *term) for index, terms in enumerate(units) for term in terms], dtype=np.int64)
    row, column, value = triples.T
    shift = np.arange(copies, dtype=np.int64)[:, None]
    numerators, denominator = over_common_denominator(bias)
    return AffineMap.from_coo(
        (row + shift * len(units)).reshape(-1),
        (column + shift * width).reshape(-1),
        integer_array(np.tile(value, copies).astype(object) * denominator),
        (copies * len(units), copies * width),
        integer_array(np.array(numerators * copies, dtype=object)),
        denominator,
    )
