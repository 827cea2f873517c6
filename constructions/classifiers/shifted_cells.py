"""Robust classifiers by a vote of shifted grids, with half the exponent of one grid (Theorem 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.cell_grids import (
    MOST_CELLS,
    CellGrid,
    cells_shorter_than,
    diameter_below,
)
from constructions.classifiers.grid_index import GridBalls
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.set_cells import cells_near
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from constructions.network.side_by_side import side_by_side
from constructions.sets.labelled_sets import LabelledSets


@dataclass(frozen=True, slots=True)
class ShiftedGrids:
    """Copies of a grid, each moved by the same part of a cell along every axis.

    Attributes:
        grids: one per vote, all with the same cells per axis.
        zone: width of the strips around inner walls in which an index may be wrong;
            strips of different grids do not meet.
        table: how the labels of a grid are cut into blocks.
    """

    grids: tuple[CellGrid, ...]
    zone: Fraction
    table: BlockTable

    @property
    def parameters(self) -> int:
        """Enough parameters for any labels: what each vote needs, and one bias."""
        first = self.grids[0]
        balls = GridBalls(first.dim, first.dim, first.count - 1, Fraction(0))
        extra = 3 if self.table.length == 1 else 4
        return len(self.grids) * (count_bit_extraction(balls, self.table) + extra) + 1

    @property
    def depth(self) -> int:
        """Number of affine maps."""
        return self.table.length + 7


def classify_with_shifted_cells(
    sets: LabelledSets | LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf"
) -> ReluNetwork:
    """Return a network that is right on both neighbourhoods, by 2d+1 votes.

    Each of ``2 d + 1`` shifted grids finds the cell of x and looks up whether that cell meets the
    neighbourhood of A. Near a wall the index is no integer and the vote may be
    anything from -1 to 1; but a coordinate is near a wall of at most one grid, so at
    least ``d + 1`` votes are right.

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
        A network from R^d to R with ``length + 7`` affine maps for blocks of that length.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a set.
        parameters: at most ``most_shifted_parameters(d, eps, radius, norm)``, of the order of
            ``n^(d/2)`` for n cells along an axis.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        BudgetExceeded: a grid has more than 2^22 cells.
        InexactInput: the radius is a float.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1/8"], ["1"]], labels=[1, 1, -1])
        >>> network = classify_with_shifted_cells(data, radius="1/4")
        >>> [int(network([x])[0]) >= 1 for x in ("-1/4", "3/8", "3/4")]
        [True, True, False]
    """
    apart = separated_sets(sets, radius, eps, norm)
    shifted = shifted_grids(apart.dim, apart.eps, apart.radius, norm)
    if shifted.grids[0].count ** apart.dim > MOST_CELLS:
        raise BudgetExceeded(f"{shifted.grids[0].count}^{apart.dim} cells a grid are too many; at most {MOST_CELLS}")
    return build_votes(shifted, [cell_labels(apart, grid) for grid in shifted.grids])


def build_votes(shifted: ShiftedGrids, labels: Sequence[np.ndarray]) -> ReluNetwork:
    """Return the network of the votes of some grids, given a label -1 or +1 per cell of each."""
    votes = [_vote(grid, shifted, marks) for grid, marks in zip(shifted.grids, labels, strict=True)]
    # Last layer: each vote cut to [0, 1], doubled, and all of them counted from -(2d+1).
    *hidden, last = side_by_side(votes)
    count = len(votes)
    weights = [2, -2] * count
    return ReluNetwork(
        [*hidden, last, AffineMap.from_coo([0] * (2 * count), range(2 * count), weights, (1, 2 * count), [-count])]
    )


def shifted_grids(dim: int, eps: Fraction, radius: Fraction, norm: str) -> ShiftedGrids:
    """Return the grids: cells shorter than the gap, as few as cover the neighbourhoods.

    With ``1 + 2 radius`` cut into m sides, m + 1 cells cover it however they are shifted.

    Theorem: lem:shifted-grids

    Example:
        >>> shifted_grids(8, Fraction(1, 8), Fraction(1, 16), "linf").grids[0].count
        11
    """
    extent, shifts = 1 + 2 * radius, 2 * dim + 1
    pieces = cells_shorter_than(extent, 2 * (eps - radius), dim, norm)
    side = extent / pieces
    grids = tuple(CellGrid(-radius - side * shift / shifts, side, pieces + 1, dim) for shift in range(shifts))
    return ShiftedGrids(grids, side / (2 * shifts), BlockTable.smallest((pieces + 1) ** dim))


def zone_grid(shifted: ShiftedGrids) -> CellGrid:
    """Return cubes, about as long as a cell, that halving cuts at both ends of every ramp zone.

    Walls of all grids are twice a zone apart: cubes as long as a zone lie in one zone or
    in none along every axis.

    Example:
        >>> shifted = shifted_grids(1, Fraction(1, 4), Fraction(1, 8), "linf")
        >>> cubes = zone_grid(shifted)
        >>> ends = [g.first + g.side * w - shifted.zone / 2 for g in shifted.grids for w in range(1, g.count)]
        >>> all(((end - cubes.first) / shifted.zone).denominator == 1 for end in ends)
        True
    """
    first, zones = shifted.grids[0], 2 * len(shifted.grids)
    side = shifted.zone * 2 ** (zones.bit_length() - 1)
    return CellGrid(first.first - shifted.zone / 2, side, first.count, first.dim)


def most_shifted_parameters(dim: int, eps: Fraction, radius: Fraction, norm: str = "linf") -> int:
    """Return a number of parameters that is enough for any two sets.

    ``(2d+1)*(6*(n-1)*d + 8*b + 22*l - 16) + 1`` for n cells along an axis and b blocks of l labels.
    """
    return shifted_grids(dim, eps, radius, norm).parameters


def cell_labels(sets: SeparatedSets, grid: CellGrid) -> np.ndarray:
    """Return +1 for every closed cell that meets the neighbourhood of A, -1 for the others.

    No cell meets both neighbourhoods: it is shorter than the gap between them.

    Args:
        sets: the sets, norm, eps and radius.
        grid: cells shorter than ``2 eps - 2 radius``.

    Returns:
        -1 or +1 per cell, the first axis varying fastest.
    """
    diameter_below(grid.side, sets.gap, grid.dim, sets.norm)
    met = {label: np.zeros(grid.count**grid.dim, dtype=bool) for label in (-1, 1)}
    units = grid.count ** np.arange(grid.dim, dtype=np.int64)
    for label, marks in met.items():
        cells = list(cells_near(sets, grid, label, sets.radius))
        marks[np.array(cells, dtype=np.int64).reshape(-1, grid.dim) @ units] = True
    assert not (met[1] & met[-1]).any(), "a cell meets both neighbourhoods"
    return np.where(met[1], 1, -1)


def _vote(grid: CellGrid, shifted: ShiftedGrids, labels: np.ndarray) -> list[AffineMap]:
    """Return the maps from x to the two halves of a vote in [0, 1]."""
    dim, steps = grid.dim, grid.count - 1
    reader = classify_grid_by_bit_extraction(labels, GridBalls(dim, dim, steps, Fraction(0)), shifted.table)
    *middle, output = reader.maps[2:]
    # The output is twice the digit, less 1; the digit stands before and is cut to [0, 1].
    digit = [(int(unit), int(value) // 2) for unit, value in zip(*output.numerators.row(0), strict=True)]
    places, values = zip(*(digit + digit), strict=True)
    rows = [0] * len(digit) + [1] * len(digit)
    return [
        *_index_maps(grid, shifted.zone),
        *middle,
        AffineMap.from_coo(rows, places, list(values), (2, output.shape[1]), [0, -1]),
    ]


def _index_maps(grid: CellGrid, zone: Fraction) -> list[AffineMap]:
    """Return the maps to the ramps across inner walls, and to the index of the cell."""
    dim, walls = grid.dim, grid.count - 1
    width = 2 * dim * walls
    ends = [grid.first + grid.side * (wall + 1) + sign * zone / 2 for wall in range(walls) for sign in (-1, 1)]
    columns = np.repeat(np.arange(dim, dtype=np.int64), 2 * walls)
    ramps = AffineMap.from_coo(range(width), columns, [1] * width, (width, dim), [-end for end in ends] * dim)
    weights = [sign * grid.count**axis / zone for axis in range(dim) for _ in range(walls) for sign in (1, -1)]
    return [ramps, AffineMap.from_coo([0] * width, range(width), weights, (1, width), [0])]


def has_disjoint_zones(shifted: ShiftedGrids) -> bool:
    """Return whether no point of a line is strictly inside ramp zones of two grids."""
    centres = sorted(grid.first + grid.side * wall for grid in shifted.grids for wall in range(1, grid.count))
    return all(upper - lower >= shifted.zone for lower, upper in pairwise(centres))
