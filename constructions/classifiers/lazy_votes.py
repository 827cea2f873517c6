"""The votes of shifted grids as a function: cells are labelled when they are asked for, no network is built."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from constructions.classifiers.cell_grids import Cell, CellGrid, diameter_above
from constructions.classifiers.separated_sets import SeparatedSets
from constructions.classifiers.shifted_cells import ShiftedGrids, shifted_grids
from constructions.sets.brackets import Bracket, Point
from constructions.sets.convex_pieces import ConvexPiece
from constructions.sets.distances import box_gap
from constructions.sets.neighbourhoods import Neighbourhood, PieceNeighbourhood


@dataclass(frozen=True, slots=True)
class LazyVotes:
    """What ``classify_with_shifted_cells`` computes, for grids with too many cells to list.

    A vote is the label of the cell of x, +1 where the closed cell is within ``reach`` of A; in a
    ramp zone it is some number from -1 to 1. The output is the sum of the votes.

    Theorem: lem:shifted-grids

    Attributes:
        shifted: the grids.
        near: the neighbourhood of A that labels the cells.
        norm: of the neighbourhood.
        reach: its radius.

    Example:
        >>> from constructions import LabelledPoints
        >>> from constructions.classifiers.separated_sets import separated_sets
        >>> data = LabelledPoints.of([["0"], ["1/8"], ["1"]], labels=[1, 1, -1])
        >>> votes = LazyVotes.of(separated_sets(data, "1/4"))
        >>> [str(votes.value([Fraction(x)])) for x in ("-1/4", "3/8", "3/4")]
        ['3', '3', '[-3, -1]']
    """

    shifted: ShiftedGrids
    near: Neighbourhood
    norm: str
    reach: Fraction

    @classmethod
    def of(cls, sets: SeparatedSets) -> LazyVotes:
        """Return the votes for two sets."""
        shifted = shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm)
        return cls(shifted, sets.neighbourhood(1, sets.radius), sets.norm, sets.radius)

    def value(self, point: Sequence[Fraction]) -> Bracket:
        """Return bounds of the output at a point; they meet where no coordinate is in a ramp zone."""
        low = high = Fraction(0)
        for grid in self.shifted.grids:
            places = [self._place(grid, value) for value in point]
            cell = tuple(place for place in places if place is not None)
            vote = self.label(grid, cell) if len(cell) == len(places) else None
            low, high = low + (-1 if vote is None else vote), high + (1 if vote is None else vote)
        return Bracket(low, high)

    def label(self, grid: CellGrid, cell: Cell) -> int:
        """Return +1 if a closed cell meets the neighbourhood of A, otherwise -1."""
        lower = [grid.first + grid.side * place for place in cell]
        return 1 if self.near.meets(lower, [value + grid.side for value in lower]) else -1

    def _place(self, grid: CellGrid, value: Fraction) -> int | None:
        """Return the cell of a coordinate, ``None`` strictly inside the ramp zone of a wall."""
        place = (value - grid.first) / grid.side
        wall, half = round(place), self.shifted.zone / (2 * grid.side)
        if 0 < wall < grid.count and abs(place - wall) < half:
            return None
        return min(max(math.floor(place), 0), grid.count - 1)

    def margin_around(self, anchor: Point, label: int, radius: Fraction) -> Fraction | None:
        """Return a proved lower bound of ``label * f`` on a ball, ``None`` where some vote is not proved.

        Cells that meet the ball of a point of A are labelled +1, since its radius is at most
        the reach. No cell meets the ball of a point of B and the neighbourhood of a piece of A
        if along one axis (l-infinity), or in all axes together, the two are too far apart for
        one cell. Ramp zones along an axis do not meet, so each axis costs one vote at most.

        Args:
            anchor: the centre, a point of A or of B.
            label: +1 or -1.
            radius: of the closed ball.
        """
        if label == 1 and (radius > self.reach or not self._contains(anchor)):
            return None
        if label == -1 and not all(self._is_apart(part.piece, anchor, radius) for part in self.near.parts):
            return None
        zones = sum(1 for value in anchor if self._meets_a_zone(value - radius, value + radius))
        return Fraction(len(self.shifted.grids) - 2 * zones)

    def _contains(self, anchor: Point) -> bool:
        """Return whether a point is in A itself."""
        pieces = [PieceNeighbourhood(part.piece, self.norm, Fraction(0)) for part in self.near.parts]
        return any(piece.meets(anchor, anchor) for piece in pieces)

    def _is_apart(self, piece: ConvexPiece, centre: Point, radius: Fraction) -> bool:
        """Return whether it is proved that no cell meets both a ball and the neighbourhood of a piece of A."""
        grid = self.shifted.grids[0]
        span = radius + self.reach + diameter_above(grid.side, grid.dim, self.norm)
        gap = box_gap(centre, centre, piece.lower, piece.upper, self.norm)
        if gap > (span * span if self.norm == "l2" else span):
            return True
        ends = (centre, centre, radius), (piece.lower, piece.upper, self.reach)
        return all(_no_cell_between(grid, self.norm, *ends) for grid in self.shifted.grids)

    def _meets_a_zone(self, low: Fraction, high: Fraction) -> bool:
        """Return whether an interval meets an open ramp zone of some grid."""
        for grid in self.shifted.grids:
            half = self.shifted.zone / 2
            wall = max(math.floor((low - half - grid.first) / grid.side) + 1, 1)
            if wall < grid.count and grid.first + grid.side * wall - half < high:
                return True
        return False


Grown = tuple[Point, Point, Fraction]


def _no_cell_between(grid: CellGrid, norm: str, one: Grown, two: Grown) -> bool:
    """Return whether it is proved that no cell is within the given distances of two boxes."""
    power = 2 if norm == "l2" else 1
    limit = one[2] ** power + two[2] ** power
    total = Fraction(0)
    for low, high, start, end in zip(one[0], one[1], two[0], two[1], strict=True):
        # Places of cells near both along this axis, and the least they cost together.
        costs = []
        for place in _places(grid, max(low - one[2], start - two[2]), min(high + one[2], end + two[2])):
            left = grid.first + grid.side * place
            first = max(left - high, low - left - grid.side, Fraction(0))
            second = max(left - end, start - left - grid.side, Fraction(0))
            if first <= one[2] and second <= two[2]:
                costs.append(first**power + second**power)
        if not costs:
            return True
        total += min(costs)
    return norm != "linf" and total > limit


def _places(grid: CellGrid, low: Fraction, high: Fraction) -> range:
    """Return the cells that reach down to ``high`` and up to ``low``: between the two, or with both inside."""
    low, high = min(low, high), max(low, high)
    first = math.ceil((low - grid.first) / grid.side) - 1
    last = math.floor((high - grid.first) / grid.side)
    return range(max(first, 0), min(last, grid.count - 1) + 1)
