"""Networks that are affine on every simplex of a triangulated box, decided from their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations, product

import numpy as np

from constructions.data.norm_ball import Point
from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import integer_array
from constructions.network.relu_network import ReluNetwork

_MOST_ENTRIES = 2**28


@dataclass(frozen=True, slots=True)
class GridValues:
    """A network at the vertices of a grid, and whether it is affine between them.

    Attributes:
        axes: rising breakpoints per coordinate.
        numerators: integers, one row per vertex in lexicographic order, one column per output.
        scale: the outputs are these over it.
        bent: vertices of a simplex on which some unit changes its sign, or ``None``; if there is
            none the network is affine on every simplex of Freudenthal's triangulation.
    """

    axes: tuple[tuple[Fraction, ...], ...]
    numerators: np.ndarray = field(repr=False)
    scale: int
    bent: tuple[Point, ...] | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Breakpoints per axis."""
        return tuple(len(ends) for ends in self.axes)

    def vertex(self, index: int) -> Point:
        """Return a vertex by its number."""
        places = np.unravel_index(index, self.shape)
        return tuple(ends[int(place)] for ends, place in zip(self.axes, places, strict=True))

    def value(self, index: int, output: int) -> Fraction:
        """Return an output at a vertex."""
        return Fraction(int(self.numerators[index, output]), self.scale)


def values_on_grid(network: ReluNetwork, axes: Sequence[Sequence[Fraction]]) -> GridValues:
    """Evaluate a network at all vertices of a grid, exactly, and look for bends between them.

    A grid cell is cut into p! simplices, one per order of the coordinates. If the input of every
    unit has one sign, or 0, at the vertices of a simplex, then layer by layer the network is
    affine on it; its values between the vertices then lie between those at the vertices.

    Args:
        network: from R^p.
        axes: rising breakpoints for each of the p coordinates.

    Raises:
        BudgetExceeded: the grid and the network together are too large.
    """
    ends = tuple(tuple(each) for each in axes)
    shape = tuple(len(each) for each in ends)
    count = math.prod(shape)
    widest = max(affine.shape[0] for affine in network.maps)
    if count * widest > _MOST_ENTRIES:
        raise BudgetExceeded(f"{count} vertices and {widest} units make more than {_MOST_ENTRIES} entries")
    scale = math.lcm(*(x.denominator for each in ends for x in each))
    table = np.array([[int(x * scale) for x in vertex] for vertex in product(*ends)], dtype=object)
    columns, chains = integer_array(table).T, _simplices(shape)
    bent: tuple[int, ...] | None = None
    for place, affine in enumerate(network.maps):
        if place:
            bent = bent or _bend(columns, chains)
            columns = np.maximum(columns, 0)
        columns = affine.apply(columns, scale)
        scale *= affine.denominator
    found = GridValues(ends, columns.T, scale, None)
    if bent is None:
        return found
    return GridValues(ends, columns.T, scale, tuple(found.vertex(index) for index in bent))


def _simplices(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return, per order of the coordinates, the vertices of its simplex in every cell, shape (cells, p + 1)."""
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    cells = product(*(range(count - 1) for count in shape))
    corners = np.array([sum(i * stride for i, stride in zip(cell, strides, strict=True)) for cell in cells])
    found = []
    for order in permutations(range(len(shape))):
        steps = np.cumsum([0, *(strides[axis] for axis in order)])
        found.append(corners[:, None] + steps[None])
    return found


def _bend(columns: np.ndarray, chains: list[np.ndarray]) -> tuple[int, ...] | None:
    """Return the vertices of a simplex on which a row has both signs."""
    positive, negative = np.asarray(columns > 0, dtype=bool), np.asarray(columns < 0, dtype=bool)
    for chain in chains:
        up, down = np.zeros((len(columns), len(chain)), bool), np.zeros((len(columns), len(chain)), bool)
        for corner in chain.T:
            up |= positive[:, corner]
            down |= negative[:, corner]
        both = np.flatnonzero((up & down).any(axis=0))
        if both.size:
            return tuple(int(index) for index in chain[both[0]])
    return None
