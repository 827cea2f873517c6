"""Shifted grids of cells, and which cells a ball meets."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import AssumptionViolated
from constructions.exact.norms import is_within

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ShiftedGrids:
    """Grids of one side, each shifted against the one before by a fraction of the side.

    In grid k the walls across an axis stand at ``low + side * (z + k / shifts)``. A ramp
    begins at each wall. Off the ramps a point has a cell number on each axis, the number of
    ramps behind it.

    Attributes:
        low: smallest coordinates of interest.
        high: largest coordinates of interest.
        side: distance of neighbouring walls.
        shifts: number of grids.
        ramp: width of a ramp.
    """

    low: Point
    high: Point
    side: Fraction
    shifts: int
    ramp: Fraction

    @classmethod
    def around(cls, data: LabelledPoints, ball: NormBall, eps: Fraction) -> ShiftedGrids:
        """Return ``2 d + 1`` grids with cells so small that none meets opposite balls.

        The side is below ``2 (eps - radius)`` divided by the length of the vector of ones, so
        that a cell is shorter than the distance of opposite balls.
        """
        columns = list(zip(*data.points, strict=True))
        low = tuple(min(column) - ball.radius for column in columns)
        high = tuple(max(column) + ball.radius for column in columns)
        root = Fraction(math.isqrt(data.dim * 2**20) + 1, 2**10)
        longest = {"linf": Fraction(1), "l1": Fraction(data.dim), "l2": root}[ball.norm]
        side = Fraction(63, 32) * (eps - ball.radius) / longest
        shifts = 2 * data.dim + 1
        return cls(low, high, side, shifts, side / (2 * shifts))

    @property
    def dim(self) -> int:
        """Number of axes."""
        return len(self.low)

    def walls(self, grid: int, axis: int) -> list[Fraction]:
        """Return the walls of one grid across one axis, inside the range of interest."""
        first = self.low[axis] + self.side * Fraction(grid, self.shifts)
        count = math.ceil((self.high[axis] - first) / self.side)
        return [wall for step in range(count) if (wall := first + self.side * step) > self.low[axis]]

    def base(self) -> int:
        """Return a number above every cell number on an axis."""
        return 1 + max(len(self.walls(grid, axis)) for grid in range(self.shifts) for axis in range(self.dim))

    def most_cells(self, points: int, ball: NormBall) -> int:
        """Return a bound on the pairs of a ball and a cell that it meets, over all grids."""
        return points * self.shifts * int(math.ceil(2 * ball.radius / self.side) + 1) ** self.dim

    def cells_met(self, grid: int, centre: Point, ball: NormBall) -> list[tuple[int, ...]]:
        """Return the cells of one grid, without their ramps, that a closed ball meets.

        Cost:
            The number of cells that meet the cube around the ball.
        """
        return self._cells([self.walls(grid, axis) for axis in range(self.dim)], centre, ball)

    def _cells(self, walls: list[list[Fraction]], centre: Point, ball: NormBall) -> list[tuple[int, ...]]:
        near = []
        for x, across in zip(centre, walls, strict=True):
            cells = range(bisect_left(across, x - ball.radius), bisect_right(across, x + ball.radius) + 1)
            gaps = [(cell, self._gap(across, cell, x)) for cell in cells]
            near.append([(cell, gap) for cell, gap in gaps if gap <= ball.radius])
        found = []
        for chosen in itertools.product(*near):
            if is_within([gap for _, gap in chosen], ball.norm, ball.radius):
                found.append(tuple(cell for cell, _ in chosen))
        return found

    def _gap(self, walls: list[Fraction], cell: int, x: Fraction) -> Fraction:
        """Return how far a coordinate is from a cell, whose ramp is no part of it."""
        before = walls[cell - 1] + self.ramp - x if cell else Fraction(0)
        after = x - walls[cell] if cell < len(walls) else Fraction(0)
        return max(before, after, Fraction(0))

    def keys(self, grid: int, data: LabelledPoints, ball: NormBall) -> dict[int, int]:
        """Return the label of every cell of one grid that a ball meets, by the cell's number.

        Cell ``(i_1, ..., i_d)`` has the number ``sum_j i_j base^(j-1)``.

        Raises:
            AssumptionViolated: a cell meets balls of both labels.
        """
        base = self.base()
        labels: dict[int, int] = {}
        owners: dict[int, int] = {}
        walls = [self.walls(grid, axis) for axis in range(self.dim)]
        for index, (centre, label) in enumerate(zip(data.points, data.labels, strict=True)):
            for cell in self._cells(walls, centre, ball):
                key = sum(number * base**axis for axis, number in enumerate(cell))
                if labels.setdefault(key, label) != label:
                    raise AssumptionViolated(
                        f"cell {cell} of grid {grid} meets the balls of points {owners[key]} and {index}, "
                        "which have different labels",
                        "cells",
                    )
                owners.setdefault(key, index)
        return labels
