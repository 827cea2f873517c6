"""Robust memorization by votes over shifted grids, each reading its labels from long weights."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import integer_array
from constructions.memorizers.hashing.threshold_reader import label_row, label_sums, label_unit
from constructions.memorizers.hashing.threshold_table import ThresholdTable, alike_tables
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.memorizers.voting.shifted_grids import ShiftedGrids
from constructions.network.affine_map import AffineMap
from constructions.network.named_units import Row, maps_of_rows
from constructions.network.relu_network import ReluNetwork

MOST_CELLS = 10**6


@dataclass(frozen=True, slots=True)
class Vote:
    """What one grid says: a label that changes at thresholds of the cell number.

    Attributes:
        grid: number of the grid.
        first: the label of the cell of the smallest number.
        origin: the first threshold, 0 where there is none.
        thresholds: increasing integers from 0, empty where all cells have one label.
    """

    grid: int
    first: int
    origin: int
    thresholds: np.ndarray

    @classmethod
    def of(cls, grid: int, keys: dict[int, int]) -> Vote:
        """Return the vote with these labels of cells."""
        order = sorted(keys)
        ends = [key for key, after in itertools.pairwise(order) if keys[key] != keys[after]]
        origin = ends[0] if ends else 0
        return cls(grid, keys[order[0]], origin, integer_array([end - origin for end in ends]))


def memorize_by_votes(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf", grids: ShiftedGrids | None = None
) -> ReluNetwork:
    """Return a network in which 2 d + 1 shifted grids vote on the label.

    A point is on a ramp of at most one grid for each axis, so at most d votes are wrong and
    the d + 1 others outvote them.

    Theorem: thm:voting-memorization

    Assumes:
        Labels are -1 or +1.
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d; d should be small.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        grids: other grids than ``ShiftedGrids.around``.

    Returns:
        A deep network from R^d to R.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.

    Raises:
        AssumptionViolated: an assumption fails, or a cell meets balls of both labels.
        InexactInput: the radius is a float.
        BudgetExceeded: the balls meet too many cells.

    Cost:
        The number of pairs of a ball and a cell that it meets, over all grids.

    Example:
        >>> data = LabelledPoints.of([[0], [1], [2]], labels=[-1, +1, -1])
        >>> network = memorize_by_votes(data, "1/4")
        >>> [str(network([x])[0]) for x in (0, 1, 2)]
        ['-3', '3', '-3']
    """
    plan = plan_votes(data, radius, eps, norm, grids)
    return constant_network(data) if plan is None else build_votes(*plan)


def plan_votes(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf", grids: ShiftedGrids | None = None
) -> tuple[ShiftedGrids, list[Vote]] | None:
    """Return the grids and what each says, ``None`` when all labels agree.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use.
        norm: of the perturbations.
        grids: other grids than ``ShiftedGrids.around``.

    Raises:
        AssumptionViolated: an assumption of ``memorize_by_votes`` fails.
        BudgetExceeded: the balls meet too many cells.
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return None
    ball = NormBall(norm, instance.radius)
    chosen = ShiftedGrids.around(data, ball, instance.eps) if grids is None else grids
    cells = chosen.most_cells(len(data), ball)
    if cells > MOST_CELLS:
        raise BudgetExceeded(
            f"{len(data)} balls in dimension {data.dim} may meet {cells:,} cells; at most {MOST_CELLS:,}"
        )
    return chosen, [Vote.of(grid, chosen.keys(grid, data, ball)) for grid in range(chosen.shifts)]


def count_votes(grids: ShiftedGrids, votes: list[Vote]) -> int:
    """Return the nonzero parameters if none vanishes by accident: six a wall, and those of each reader.

    A vote takes one more than a reader of the same thresholds: a clip and two weights of the
    output in place of the label. Grids in which all cells have one label take none.
    """
    active = [vote for vote in votes if len(vote.thresholds)]
    if not active:
        return 1
    walls = sum(len(grids.walls(vote.grid, axis)) for vote in active for axis in range(grids.dim))
    tables = alike_tables([vote.thresholds for vote in active])
    return 6 * walls + sum(table.parameters + 5 for table in tables) + 1


def build_votes(grids: ShiftedGrids, votes: list[Vote]) -> ReluNetwork:
    """Return the network of these votes, those of one label in all cells as a constant."""
    active = [vote for vote in votes if len(vote.thresholds)]
    always = sum(vote.first for vote in votes if not len(vote.thresholds))
    if not active:
        return ReluNetwork([AffineMap.from_coo([], [], [], (1, grids.dim), [always])])
    tables = alike_tables([vote.thresholds for vote in active])
    layers = _side_by_side([_vote_layers(vote, table) for vote, table in zip(active, tables, strict=True)])
    unit = label_unit(tables[0])
    # Output: every vote lies between -1 and 1, whatever its place on the line.
    total = {f"{number}.{name}": sign for number in range(len(active)) for name, sign in (("up", 1), ("down", -1))}
    output: dict[str, Row] = {"output": (total, unit * (always - len(active)))}
    places = [f"{number}.place" for number in range(len(active))]
    return ReluNetwork([*_place_maps(grids, active), *maps_of_rows([*layers, output], places, unit)])


def _vote_layers(vote: Vote, table: ThresholdTable) -> list[dict[str, Row]]:
    """Return the layers from the number of a cell to a label, clipped to [-1, 1]."""
    clip = {"up": label_row(table, vote.first, 1), "down": label_row(table, vote.first, -1)}
    return [*label_sums(vote.thresholds, table), clip]


def _side_by_side(parts: list[list[dict[str, Row]]]) -> list[dict[str, Row]]:
    """Return layers in parallel, the units of each part named by its number."""
    return [
        {
            f"{number}.{name}": ({f"{number}.{unit}": weight for unit, weight in row.items()}, bias)
            for number, part in enumerate(rows)
            for name, (row, bias) in part.items()
        }
        for rows in zip(*parts, strict=True)
    ]


def _place_maps(grids: ShiftedGrids, votes: list[Vote]) -> list[AffineMap]:
    """Return two maps to the number of the cell in each grid, less the first threshold."""
    base, slope = grids.base(), 1 / grids.ramp
    axes: list[int] = []
    ends: list[Fraction] = []
    entries: list[tuple[int, Fraction]] = []
    for number, vote in enumerate(votes):
        for axis in range(grids.dim):
            for wall in grids.walls(vote.grid, axis):
                axes += [axis, axis]
                ends += [-wall, -wall - grids.ramp]
                entries += [(number, slope * base**axis), (number, -slope * base**axis)]
    width = len(axes)
    ramps = AffineMap.from_coo(range(width), axes, [1] * width, (width, grids.dim), ends)
    rows, values = zip(*entries, strict=True)
    shape, bias = (len(votes), width), [-vote.origin for vote in votes]
    return [ramps, AffineMap.from_coo(rows, range(width), list(values), shape, bias)]
