"""Three-layer robust classifiers: one box bump per cell of a grid that the set meets (Theorem 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.classifiers.cell_grids import (
    Cell,
    CellGrid,
    cells_shorter_than,
    diameter_below,
)
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.set_cells import cells_covering, cells_near
from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import integer_array
from constructions.memorizers.bump_layers import axis_faces, signed_sum, sum_of_faces
from constructions.network.relu_network import ReluNetwork
from constructions.sets.labelled_sets import LabelledSets


@dataclass(frozen=True, slots=True)
class CellPlan:
    """The cells that get a bump, chosen but not built.

    Attributes:
        grid: the cells.
        chosen: those with a bump, in increasing order.
        reach: how far a bump is 1 beyond its cell.
        ramp: distance over which it falls to 0, positive.
        sign: label of the set that the cells cover.
    """

    grid: CellGrid
    chosen: tuple[Cell, ...]
    reach: Fraction
    ramp: Fraction
    sign: int

    @property
    def parameters(self) -> int:
        """The exact number of nonzero parameters.

        ``n*(6*d+2)+1`` for n cells, less one for every face in a coordinate plane.
        """
        dim = self.grid.dim
        zero = 0
        for side, reach in ((0, -self.reach), (1, self.reach)):
            place = -(self.grid.first + reach) / self.grid.side - side
            zero += sum(cell.count(int(place)) for cell in self.chosen) if place.denominator == 1 else 0
        return len(self.chosen) * (6 * dim + 2) + 1 - zero


def classify_with_cells(
    sets: LabelledSets | LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf"
) -> ReluNetwork:
    """Return a network that is right on both neighbourhoods, with a bump per cell.

    The cube is cut into cells shorter than the gap ``2 eps - 2 radius`` between the
    neighbourhoods. Each cell that the smaller of the two covers needs gets a bump: 1 on
    the part of the neighbourhood that it answers for, 0 on the other neighbourhood.

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
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a set.
        parameters: exactly ``plan_cells(...).parameters``, at most
            ``n^d*(6*d+2)+1`` with n cells along an axis.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1/8"], ["1"]], labels=[1, 1, -1])
        >>> network = classify_with_cells(data, radius="1/4")
        >>> [str(network([x])[0]) for x in ("-1/4", "3/8", "3/4")]
        ['1', '1', '-1']
    """
    return build_cells(plan_cells(separated_sets(sets, radius, eps, norm)))


def plan_cells(sets: SeparatedSets) -> CellPlan:
    """Return the cells that get a bump, of the set that needs fewer."""
    grid = cell_grid(sets.dim, sets.eps, sets.radius, sets.norm)
    covers = {label: cover_with_cells(sets, grid, label) for label in (-1, 1)}
    sign = min(covers, key=lambda label: (len(covers[label]), -label))
    shape = bump_shape(grid, sets.eps, sets.radius, sets.norm)
    return CellPlan(grid, covers[sign], *(shape if sets.has_balls else with_room(*shape, sets.norm)), sign)


def build_cells(plan: CellPlan) -> ReluNetwork:
    """Return the network of a plan."""
    grid = plan.grid
    middle = grid.first + grid.side / 2
    scale = np.lcm.reduce([middle.denominator, grid.side.denominator], dtype=object)
    start, step = int(middle * scale), int(grid.side * scale)
    centres = integer_array(np.array(plan.chosen, dtype=object) * step + start)
    # Hidden layer 1: how far x lies beyond each face of each widened cell; 2: the bumps.
    faces = axis_faces(centres, int(scale), grid.side / 2 + plan.reach)
    bumps = sum_of_faces(len(centres), grid.dim, -1 / plan.ramp, Fraction(1))
    return ReluNetwork([faces, bumps, signed_sum(len(centres), plan.sign)])


def cell_grid(dim: int, eps: Fraction, radius: Fraction, norm: str) -> CellGrid:
    """Return the coarsest grid whose cells are shorter than the gap.

    In l-infinity it covers the cube, where the sets lie: a bump is as wide as its cell
    and the radius. Otherwise a ball is no box, and it covers the neighbourhoods as well.

    Example:
        >>> cell_grid(2, Fraction(1, 4), Fraction(1, 8), "l2").count
        8
    """
    beyond = Fraction(0) if norm == "linf" else radius
    count = cells_shorter_than(1 + 2 * beyond, 2 * (eps - radius), dim, norm)
    return CellGrid(-beyond, (1 + 2 * beyond) / count, count, dim)


def bump_shape(grid: CellGrid, eps: Fraction, radius: Fraction, norm: str) -> tuple[Fraction, Fraction]:
    """Return how far a bump is 1 beyond its cell, and over what distance it falls to 0."""
    gap = 2 * (eps - radius)
    return radius if norm == "linf" else Fraction(0), gap - diameter_below(grid.side, gap, grid.dim, norm)


def with_room(reach: Fraction, ramp: Fraction, norm: str) -> tuple[Fraction, Fraction]:
    """Return a bump that keeps its promise a little beyond the neighbourhoods as well.

    Small cubes that cover a neighbourhood stick out of it; with half of the ramp left over
    they are decided too. In l-infinity half of that room is used to widen the bump.
    """
    return (reach + ramp / 4 if norm == "linf" else reach), ramp / 2


def most_cell_parameters(dim: int, eps: Fraction, radius: Fraction, norm: str = "linf") -> int:
    """Return ``n^d*(6*d+2)+1``, enough for any two sets: a bump on every cell."""
    return cell_grid(dim, eps, radius, norm).count ** dim * (6 * dim + 2) + 1


def cover_with_cells(sets: SeparatedSets, grid: CellGrid, label: int) -> tuple[Cell, ...]:
    """Return the cells that answer for one set, in increasing order.

    In l-infinity they cover the set, otherwise its neighbourhood.
    """
    found = cells_covering(sets, grid, label) if sets.norm == "linf" else cells_near(sets, grid, label, sets.radius)
    return tuple(sorted(set(found)))
