"""Grids of closed cells that are shorter than a gap, and the cells that balls meet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.memorizers.instance import MemorizationInstance

MOST_CELLS = 2**22

Cell = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CellGrid:
    """Closed cubes side by side: cell k is ``first + side * (k + [0, 1]^dim)``.

    Attributes:
        first: lowest corner, the same on every axis.
        side: of a cell, positive.
        count: cells along an axis.
        dim: number of axes.
    """

    first: Fraction
    side: Fraction
    count: int
    dim: int

    def home(self, point: tuple[Fraction, ...]) -> Cell:
        """Return one cell with the point in it: on a wall the upper one, at the end the last."""
        places = (math.floor((value - self.first) / self.side) for value in point)
        return tuple(min(max(place, 0), self.count - 1) for place in places)

    def met(self, centre: tuple[Fraction, ...], radius: Fraction, norm: str) -> list[Cell]:
        """Return the closed cells that a closed ball meets, contact at a wall included."""
        ranges = []
        for value in centre:
            low = math.ceil((value - radius - self.first) / self.side) - 1
            high = math.floor((value + radius - self.first) / self.side)
            ranges.append(range(max(low, 0), min(high, self.count - 1) + 1))
        if math.prod(map(len, ranges)) > MOST_CELLS:
            raise BudgetExceeded(f"a ball of radius {radius} meets more than {MOST_CELLS} cells of side {self.side}")
        if norm == "linf":
            return list(product(*ranges))
        steps = [
            {place: self._excess(value, place) for place in places}
            for value, places in zip(centre, ranges, strict=True)
        ]
        power, limit = (1, radius) if norm == "l1" else (2, radius * radius)
        return [
            cell
            for cell in product(*ranges)
            if sum(axis[place] ** power for axis, place in zip(steps, cell, strict=True)) <= limit
        ]

    def _excess(self, value: Fraction, place: int) -> Fraction:
        """Return how far a coordinate lies outside its side of a cell."""
        low = self.first + self.side * place
        return max(low - value, value - low - self.side, Fraction(0))


def cells_shorter_than(extent: Fraction, gap: Fraction, dim: int, norm: str) -> int:
    """Return the smallest n for which cubes of side ``extent / n`` are shorter than a gap.

    The diameter of a cube is its side in l-infinity, ``dim`` sides in l1 and ``sqrt(dim)``
    sides in l2, where squares are compared.

    Example:
        >>> cells_shorter_than(Fraction(1), Fraction(1, 8), 5, "linf")
        9
    """
    quotient = extent / gap
    if norm == "l2":
        return math.isqrt(math.floor(quotient * quotient * dim)) + 1
    return math.floor(quotient * (dim if norm == "l1" else 1)) + 1


def diameter_below(side: Fraction, gap: Fraction, dim: int, norm: str) -> Fraction:
    """Return a rational number that is at least the diameter of a cube and below the gap.

    In l2 the diameter is rounded up to the first power of 1/2 that leaves room.

    Raises:
        AssumptionViolated: the cube is not shorter than the gap.
    """
    if norm != "l2":
        length = side * dim if norm == "l1" else side
    else:
        square = side * side * dim
        length = gap if square >= gap * gap else _root_between(square, gap)
    if length >= gap:
        raise AssumptionViolated(f"cells of side {side} in dimension {dim} are not shorter than {gap} in {norm}")
    return length


def _root_between(square: Fraction, above: Fraction) -> Fraction:
    """Return a rational number of the form k/2^b from the root of ``square`` to below ``above``."""
    bits = 16
    while True:
        unit = 4**bits
        root = Fraction(math.isqrt(math.ceil(square * unit) - 1) + 1, 2**bits) if square else Fraction(0)
        if root < above:
            return root
        bits += 16


def require_unit_cube(instance: MemorizationInstance) -> None:
    """Refuse points outside the unit cube, the only place the sets of the theorem may lie.

    Raises:
        AssumptionViolated: a coordinate is below 0 or above 1; the message has the point.
    """
    data = instance.data
    outside = np.argwhere((data.numerators < 0) | (data.numerators > data.scale))
    if outside.size:
        point, axis = (int(place) for place in outside[0])
        value = Fraction(int(data.numerators[point, axis]), data.scale)
        raise AssumptionViolated(f"coordinate {axis} of point {point} is {value}, outside [0, 1]", "unit_cube")
