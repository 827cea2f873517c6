"""Networks that are affine on every simplex of a triangulated grid, decided from their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import numpy as np

from constructions.data.norm_ball import Point
from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.integer_arrays import integer_array
from constructions.network.relu_network import ReluNetwork

_MOST_ENTRIES, _BLOCK_ENTRIES = 2**31, 2**24


@dataclass(frozen=True, slots=True)
class Mesh:
    """The simplices of Kuhn's triangulation in some cells of a grid, by what their vertices have in common.

    A simplex of a cell goes from its lowest corner to its highest, one coordinate after the other. So
    two corners of a cell lie in a common simplex if and only if one is nowhere below the other.

    Attributes:
        vertices: corners of the cells, integers in lexicographic order, shape (n, p).
        pairs: numbers of two vertices in a common simplex, shape (m, 2), all such pairs.
    """

    vertices: np.ndarray
    pairs: np.ndarray


def mesh_of(cells: np.ndarray) -> Mesh:
    """Return the mesh of cells given by their lowest corners, integers of shape (n, p)."""
    axes = cells.shape[1]
    corners = np.array(list(product((0, 1), repeat=axes)))
    low = cells.min(axis=0)
    shape = cells.max(axis=0) - low + 2
    numbers = np.ravel_multi_index(((cells - low)[:, None] + corners).reshape(-1, axes).T, shape)
    known, places = np.unique(numbers, return_inverse=True)
    table = places.reshape(len(cells), len(corners))
    below = [(i, j) for i, a in enumerate(corners) for j, b in enumerate(corners) if i != j and (a <= b).all()]
    first, second = (table[:, [pair[end] for pair in below]].reshape(-1) for end in (0, 1))
    first, second = np.divmod(np.unique(first * len(known) + second), len(known))
    return Mesh(np.stack(np.unravel_index(known, shape), axis=1) + low, np.stack([first, second], axis=1))


def values_at_vertices(
    network: ReluNetwork, points: np.ndarray, scale: int, pairs: np.ndarray
) -> tuple[np.ndarray, int, int | None]:
    """Evaluate a network at the vertices of a mesh, and look for a unit that bends inside a simplex.

    If the input of every unit has one sign, or 0, at the vertices of a simplex, then layer by layer
    the network is affine on it; its values between the vertices then lie between those at the vertices.

    Args:
        network: from R^p.
        points: integers, the vertices over ``scale``, shape (n, p).
        scale: positive integer.
        pairs: of vertices with a common simplex, all of them.

    Returns:
        Integers of shape (outputs, n), what they are over, and the number of a pair with inputs of
        both signs, ``None`` where there is none.
    """
    columns, bent = points.T, None
    for place, affine in enumerate(network.maps):
        if place:
            bent = _first_bend(columns, pairs) if bent is None else bent
            columns = np.maximum(columns, 0)
        columns = affine.apply(columns, scale)
        scale *= affine.denominator
    return columns, scale, bent


@dataclass(frozen=True, slots=True)
class GridValues:
    """A network at the vertices of a grid, and whether it is affine between them.

    Attributes:
        axes: rising breakpoints per coordinate.
        numerators: integers, one row per vertex in lexicographic order, one column per output.
        scale: the outputs are these over it.
        bent: two vertices of one simplex between which some unit changes its sign, or ``None``; if there
            are none the network is affine on every simplex of Kuhn's triangulation.
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

    Args:
        network: from R^p.
        axes: at least two rising breakpoints for each of the p coordinates.

    Raises:
        BudgetExceeded: the grid and the network together are too large.
        UsageError: an axis has fewer than two breakpoints.
    """
    ends = tuple(tuple(each) for each in axes)
    if any(len(each) < 2 for each in ends):
        raise UsageError(f"a grid needs two breakpoints on every axis, got {[len(each) for each in ends]}")
    count, widest = math.prod(map(len, ends)), max(affine.shape[0] for affine in network.maps)
    if count * widest > _MOST_ENTRIES:
        raise BudgetExceeded(f"{count} vertices and {widest} units make more than {_MOST_ENTRIES} entries")
    scale = math.lcm(*(x.denominator for each in ends for x in each))
    places = [integer_array(np.array([int(x * scale) for x in each], dtype=object)) for each in ends]
    layers = max(1, _BLOCK_ENTRIES * len(ends[0]) // (count * widest))
    parts, bent, unit = [], None, scale
    # Slabs of cells; the last vertices of one are the first of the next.
    for start in range(0, len(ends[0]) - 1, layers):
        ranges = [range(start, min(start + layers, len(ends[0]) - 1)), *(range(len(each) - 1) for each in ends[1:])]
        mesh = mesh_of(np.array(list(product(*ranges))))
        points = np.stack([each[mesh.vertices[:, axis]] for axis, each in enumerate(places)], axis=1)
        values, unit, found = values_at_vertices(network, points, scale, mesh.pairs)
        parts.append(values[:, mesh.vertices[:, 0] >= start + (start > 0)])
        if found is not None and bent is None:
            corners = mesh.vertices[mesh.pairs[found]].tolist()
            bent = tuple(tuple(e[i] for e, i in zip(ends, corner, strict=True)) for corner in corners)
    return GridValues(ends, np.concatenate(parts, axis=1).T, unit, bent)


def _first_bend(inputs: np.ndarray, pairs: np.ndarray) -> int | None:
    """Return the number of a pair of vertices at which a row has opposite signs."""
    signs = np.asarray(inputs > 0, dtype=np.int8) - np.asarray(inputs < 0, dtype=np.int8)
    mixed = np.ascontiguousarray(signs[(signs.min(axis=1) < 0) & (signs.max(axis=1) > 0)].T)
    block = max(1, _BLOCK_ENTRIES // max(1, mixed.shape[1]))
    for start in range(0, len(pairs), block):
        first, second = pairs[start : start + block].T
        opposite = (mixed[first] * mixed[second] < 0).any(axis=1)
        if opposite.any():
            return start + int(opposite.argmax())
    return None
