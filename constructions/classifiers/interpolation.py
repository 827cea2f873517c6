"""The paper's route to Theorem 3.3, reconstructed: the distance classifier, interpolated on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.classifiers.cell_grids import MOST_CELLS, cells_shorter_than, diameter_below
from constructions.classifiers.separated_sets import Point, SeparatedSets, separated_sets
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.network.kuhn_hats import Vertex, count_interpolant, interpolate_on_grid
from constructions.network.relu_network import ReluNetwork
from constructions.sets.distances import closest
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import PointSet


@dataclass(frozen=True, slots=True)
class InterpolationGrid:
    """A grid fine enough for the distance classifier.

    Attributes:
        dim: number of axes.
        steps: N, intervals per axis.
        margin: a lower bound of ``label * f`` on the balls before node values are
            rounded; positive.
    """

    dim: int
    steps: int
    margin: Fraction

    @property
    def parameters(self) -> int:
        """Parameters of the network when no node has the value 0."""
        return count_interpolant(self.dim, self.steps)


def classify_by_interpolation(
    sets: LabelledSets | LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf"
) -> ReluNetwork:
    """Return the interpolant of ``(d_B - d_A) / (d_A + d_B)`` on a grid.

    The distance classifier is at least ``1 - radius/eps`` on the neighbourhood of A, at
    most minus that on the other, and changes by at most ``|x - y| / eps``. An interpolant
    is a mean of values at nodes close by, so its sign is right if the grid is fine enough.

    Theorem: thm:robust-classifier

    Assumes:
        Both sets lie in [0, 1]^d.
        They are at least ``2 * eps`` apart.
        ``0 <= radius < eps``.

    Args:
        sets: A, labelled +1, and B, labelled -1; or points of both labels.
        radius: of the neighbourhoods.
        eps: half the separation to use; the exact half separation by default.
        norm: ``"linf"``, ``"l2"`` or ``"l1"``.

    Returns:
        A network from R^d to R with ``3 + ceil(log2 d)`` affine maps.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x)`` is at least ``1 - radius/eps - 1/(eps N)`` in
            l-infinity, otherwise at least ``interpolation_grid(...).margin``, in l2 half of it.
        parameters: at most ``count_interpolant(d, N)``, of the order of ``N^d``.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        BudgetExceeded: there are more than 2^22 nodes.
        InexactInput: the radius is a float.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"]], labels=[1, -1])
        >>> network = classify_by_interpolation(data, radius="1/4")
        >>> [str(network([x])[0]) for x in ("-1/4", "1/4", "1/2", "3/4")]
        ['1', '1/2', '0', '-1/2']
    """
    apart = separated_sets(sets, radius, eps, norm)
    grid = interpolation_grid(apart.dim, apart.eps, apart.radius, norm)
    if (grid.steps + 1) ** grid.dim > MOST_CELLS:
        raise BudgetExceeded(f"{grid.steps + 1}^{grid.dim} nodes are too many; at most {MOST_CELLS}")
    near, far, bits = apart.side(1), apart.side(-1), distance_bits(apart, grid)

    def value(node: Vertex) -> Fraction:
        place = tuple(Fraction(step, grid.steps) for step in node)
        return distance_quotient(place, near, far, norm, bits)

    return interpolate_on_grid(grid.dim, grid.steps, value)


def interpolation_grid(dim: int, eps: Fraction, radius: Fraction, norm: str) -> InterpolationGrid:
    """Return the coarsest grid: cubes shorter than ``eps - radius``, strictly.

    Example:
        >>> interpolation_grid(2, Fraction(1, 4), Fraction(1, 8), "linf")
        InterpolationGrid(dim=2, steps=9, margin=Fraction(1, 18))
    """
    steps = cells_shorter_than(Fraction(1), eps - radius, dim, norm)
    diameter = diameter_below(Fraction(1, steps), eps - radius, dim, norm)
    return InterpolationGrid(dim, steps, (eps - radius - diameter) / eps)


def most_interpolation_parameters(dim: int, eps: Fraction, radius: Fraction, norm: str = "linf") -> int:
    """Return the size of the network for any two sets: every node of the grid has a hat."""
    return interpolation_grid(dim, eps, radius, norm).parameters


def distance_quotient(place: Point, near: PointSet, far: PointSet, norm: str, bits: int) -> Fraction:
    """Return ``(d_far - d_near) / (d_near + d_far)``: exact in l-infinity and l1.

    In l2 both distances are rounded down to multiples of ``2^-bits``.
    """
    to_near, to_far = (_distance(place, side, norm, bits) for side in (near, far))
    return (to_far - to_near) / (to_near + to_far)


def distance_bits(sets: SeparatedSets, grid: InterpolationGrid) -> int:
    """Return a precision of l2 distances that moves no node value by half of the margin.

    With both distances off by at most u and their sum at least ``2 eps``, the quotient
    moves by at most ``2 u / (2 eps - 2 u)``.
    """
    bits = 1
    while Fraction(2, 2**bits) > (2 * sets.eps - Fraction(2, 2**bits)) * grid.margin / 2:
        bits += 1
    return bits


def _distance(place: Point, side: PointSet, norm: str, bits: int) -> Fraction:
    shortest = closest(FiniteSet.of([place]), side, norm).distance
    return Fraction(math.isqrt(math.floor(shortest * 4**bits)), 2**bits) if norm == "l2" else shortest
