"""Grids of closed cells that are shorter than a gap, and the cells that balls meet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.exact.square_roots import square_root_bounds

MOST_CELLS = 2**22
MOST_LISTED = 2**18

Cell = tuple[int, ...]
Point = tuple[Fraction, ...]


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

    def cover(self, lower: Point, upper: Point) -> list[Cell]:
        """Return cells that cover a closed box within the grid, few of them.

        A wall belongs to the cell above it, the last wall to the last cell.
        """
        ranges = []
        for low, high in zip(lower, upper, strict=True):
            first, last = (math.floor((value - self.first) / self.side) for value in (low, high))
            ranges.append(range(min(first, self.count - 1), min(last, self.count - 1) + 1))
        return list(product(*_few(ranges)))

    def met(self, lower: Point, upper: Point, radius: Fraction, norm: str) -> list[Cell]:
        """Return the closed cells that a neighbourhood of a box meets, contact at a wall included."""
        ranges = []
        for low, high in zip(lower, upper, strict=True):
            first = math.ceil((low - radius - self.first) / self.side) - 1
            last = math.floor((high + radius - self.first) / self.side)
            ranges.append(range(max(first, 0), min(last, self.count - 1) + 1))
        if norm == "linf":
            return list(product(*_few(ranges)))
        power = 1 if norm == "l1" else 2
        excess = [
            [(place, self._excess(low, high, place) ** power) for place in places]
            for low, high, places in zip(lower, upper, ranges, strict=True)
        ]
        return _within(excess, radius**power)

    def _excess(self, low: Fraction, high: Fraction, place: int) -> Fraction:
        """Return the gap between an interval and the side of a cell."""
        start = self.first + self.side * place
        return max(start - high, low - start - self.side, Fraction(0))


def _within(excess: list[list[tuple[int, Fraction]]], limit: Fraction) -> list[Cell]:
    """Return the cells whose excesses along the axes add up to at most a limit.

    Axis by axis; what already exceeds the limit less what the axes to come add at least is dropped.
    """
    scale = math.lcm(limit.denominator, *(value.denominator for axis in excess for _, value in axis))
    whole = [[(place, int(value * scale)) for place, value in axis] for axis in excess]
    least = [min((value for _, value in axis), default=0) for axis in whole]
    room = int(limit * scale) - sum(least)
    cells: list[tuple[Cell, int]] = [((), 0)] if all(whole) and room >= 0 else []
    for axis, smallest in zip(whole, least, strict=True):
        steps = [(place, value - smallest) for place, value in axis]
        cells = [
            ((*cell, place), spent + value) for cell, spent in cells for place, value in steps if spent + value <= room
        ]
        if len(cells) > MOST_LISTED:
            raise BudgetExceeded(f"one piece of a set meets more than {MOST_LISTED} cells")
    return [cell for cell, _ in cells]


def _few(ranges: list[range]) -> list[range]:
    count = math.prod(map(len, ranges))
    if count > MOST_CELLS:
        raise BudgetExceeded(f"one piece of a set meets {count} cells; at most {MOST_CELLS} are listed")
    return ranges


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


def diameter_above(side: Fraction, dim: int, norm: str) -> Fraction:
    """Return the diameter of a cube, in l2 rounded up by less than 2^-64."""
    if norm == "l2":
        return square_root_bounds(side * side * dim)[1]
    return side * dim if norm == "l1" else side


def _root_between(square: Fraction, above: Fraction) -> Fraction:
    """Return a rational number of the form k/2^b from the root of ``square`` to below ``above``."""
    bits = 16
    while True:
        unit = 4**bits
        root = Fraction(math.isqrt(math.ceil(square * unit) - 1) + 1, 2**bits) if square else Fraction(0)
        if root < above:
            return root
        bits += 16
