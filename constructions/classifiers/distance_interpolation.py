"""The paper's route to Theorem 5.5: project, then interpolate the distance classifier on a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from constructions.data.labelled_cover import LabelledCover
from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.exact.integer_arrays import integer_array, scaled
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.kuhn_hats import count_hats, hat_layers, weighted_sum
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_arrays import BoxArrays, nearest_distances

MOST_NODES = 2**14


@dataclass(frozen=True, slots=True)
class GridRoute:
    """A grid on the projections of two classes and their neighbourhoods.

    Attributes:
        columns: coordinates that the projection keeps, an integer matrix of zeros and ones.
        pieces: the spacing is one over this.
        margin: the grid reaches this many steps beyond the unit box.
        nodes: integers, one row per node within a step of a neighbourhood.
        rounding: the values are off by at most this.
        values: the distance classifier at the nodes, rounded to a power of two.
    """

    columns: tuple[int, ...]
    pieces: int
    margin: int
    rounding: Fraction
    nodes: np.ndarray = field(repr=False)
    values: tuple[Fraction, ...] = field(repr=False)

    @property
    def breakpoints(self) -> tuple[tuple[Fraction, ...], ...]:
        """The grid, per kept coordinate."""
        places = range(-self.margin, self.pieces + self.margin + 1)
        return (tuple(Fraction(place, self.pieces) for place in places),) * len(self.columns)


def plan_route(classes: LabelledCover, eps: Any, radius: Any, columns: Sequence[int]) -> GridRoute:
    """Return the grid of the paper's route, with the values of ``f* = (d_B - d_A) / (d_A + d_B)``.

    f* has Lipschitz constant 1/eps in l-infinity and is at least ``1 - c`` within ``c eps`` of
    A. Interpolation between nodes at most h apart errs by at most ``h / eps``, and ``1 - c`` must
    exceed that strictly: the spacing is the largest ``1/n`` below ``eps - radius``. Values with few bits
    will do, off by at most half of what is left.

    Args:
        classes: boxes of two classes in the unit cube, 2 eps apart after the projection.
        eps: half the separation.
        radius: of the perturbations.
        columns: coordinates to keep.

    Raises:
        AssumptionViolated: the radius is out of range, or a class is empty.
        BudgetExceeded: the grid has more than 2^14 nodes.
    """
    half, reach = exact_fraction(eps, "eps"), exact_fraction(radius, "radius")
    if not 0 <= reach < half:
        raise AssumptionViolated(f"the radius must lie in [0, eps) = [0, {half}), got {reach}", "radius")
    pieces = math.floor(1 / (half - reach)) + 1
    margin = math.ceil(reach * pieces)
    if (pieces + 2 * margin + 1) ** len(columns) > MOST_NODES:
        raise BudgetExceeded(f"{pieces + 2 * margin + 1}^{len(columns)} nodes are more than {MOST_NODES}")
    if len({*classes.labels}) < 2:
        raise AssumptionViolated("the distance classifier needs two classes", "separation")
    table = np.array(list(product(range(-margin, pieces + margin + 1), repeat=len(columns))), dtype=np.int64)
    plus, minus = (_distances(table, pieces, classes.boxes(label), columns) for label in (1, -1))
    # A node is used if it is within a step of a neighbourhood of either class.
    near = [min(a, b) <= reach + Fraction(1, pieces) for a, b in zip(plus, minus, strict=True)]
    room = 1 - (reach + Fraction(1, pieces)) / half
    unit = 2 ** math.ceil(1 / room).bit_length()
    exact = [(b - a) / (a + b) for a, b, used in zip(plus, minus, near, strict=True) if used]
    values = tuple(Fraction(round(value * unit), unit) for value in exact)
    return GridRoute(tuple(columns), pieces, margin, Fraction(1, 2 * unit), table[np.array(near)], values)


def classify_by_projected_interpolation(route: GridRoute, dim: int) -> ReluNetwork:
    """Return the interpolation of a route's values by hat functions of projected points.

    Theorem: thm:robust-classifier-on-manifold-as-printed

    Assumes:
        The route was planned for classes 2 eps apart, and a spacing below ``eps - radius``.

    Args:
        route: from ``plan_route``.
        dim: d, coordinates of the input.

    Returns:
        A network from R^d to R of depth ``3 + ceil(log2 p)`` for p kept coordinates.

    Guarantees:
        robust_error: zero within ``radius`` of the classes, in R^d.
        parameters: at most ``count_projected_interpolation(route)``.

    Raises:
        AssumptionViolated: a kept coordinate is not among the d.

    Cost:
        O(N p) for N nodes.

    Example:
        >>> from constructions.manifolds.covers import cover_with_pieces
        >>> from constructions.manifolds.planes import AxisPlane
        >>> patches = cover_with_pieces(AxisPlane(1, 2), pieces=16).patches
        >>> cover = LabelledCover((patches[0], patches[15]), (1, -1))
        >>> network = classify_by_projected_interpolation(plan_route(cover, "1/4", "1/8", [0]), dim=2)
        >>> network(["1/16", "5/8"])[0] > 0, network(["15/16", "3/8"])[0] < 0
        (True, True)
    """
    axes = len(route.columns)
    if not all(0 <= column < dim for column in route.columns):
        raise AssumptionViolated(f"the projection keeps coordinates {route.columns}, of {dim}", "projection")
    keep = AffineMap.from_coo(range(axes), route.columns, [1] * axes, (axes, dim), [0] * axes)
    first, *rest = hat_layers(route.nodes.tolist(), route.pieces)
    return ReluNetwork([composed(first, keep), *rest, weighted_sum(route.values)])


def count_projected_interpolation(route: GridRoute) -> int:
    """Return the exact number of nonzero parameters of ``classify_by_projected_interpolation``."""
    return count_hats(route.nodes.tolist()) + sum(1 for value in route.values if value)


def _distances(nodes: np.ndarray, pieces: int, boxes: BoxArrays, columns: Sequence[int]) -> list[Fraction]:
    """Return the l-infinity distance of every node to the projected boxes of a class."""
    scale = math.lcm(boxes.scale, pieces)
    points = integer_array(scaled(nodes, scale // pieces))
    kept = list(columns)
    lower, upper = (scaled(side[:, kept], scale // boxes.scale) for side in (boxes.lower, boxes.upper))
    found = nearest_distances(BoxArrays(points, points, scale), BoxArrays(lower, upper, scale), "linf")
    return [Fraction(int(value), scale) for value in found]
