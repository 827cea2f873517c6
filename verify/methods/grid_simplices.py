"""Interpolants on a grid, decided exactly on balls: affine on every simplex that a ball meets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise, permutations, product

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import over_common_denominator
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

MOST_SIMPLICES, MOST_AXES = 2**16, 8
_ENTRIES = 2**24

Progress = Callable[[int], None]
Cube = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KinkGrid:
    """The grid of the kinks of a first layer.

    Attributes:
        first: smallest kink of every coordinate.
        spacing: the same on every axis.
    """

    first: tuple[Fraction, ...]
    spacing: Fraction

    def cubes(self, centre: Sequence[Fraction], ball: NormBall) -> list[Cube]:
        """Return closed cubes that cover a ball; none where they are too many.

        A cube that only touches the ball's box from outside is left out: the points of
        contact lie in its neighbour.
        """
        ranges, places = [], []
        for value, first in zip(centre, self.first, strict=True):
            place, reach = (value - first) / self.spacing, ball.radius / self.spacing
            low = math.floor(place - reach)
            ranges.append(range(low, max(math.ceil(place + reach), low + 1)))
            places.append(place)
        if math.prod(map(len, ranges)) * math.factorial(len(ranges)) > MOST_SIMPLICES:
            return []
        if ball.norm == "linf":
            return list(product(*ranges))
        power, limit = (1, ball.radius / self.spacing) if ball.norm == "l1" else (2, (ball.radius / self.spacing) ** 2)
        excess = [
            {cube: max(cube - place, place - cube - 1, Fraction(0)) ** power for cube in cubes}
            for cubes, place in zip(ranges, places, strict=True)
        ]
        return [
            cube
            for cube in product(*ranges)
            if sum((axis[place] for axis, place in zip(excess, cube, strict=True)), Fraction(0)) <= limit
        ]


def simplex_margins(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    ball: NormBall,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> list[Fraction | None]:
    """Bound the output from below on every ball, by its values at nodes of a grid.

    Accepts:
        Networks with one output whose first layer reads single coordinates, with kinks
        that are all the multiples of one spacing between the first and the last, on every axis;
        in at most eight dimensions; l-infinity, l1 and l2 balls without a domain.

    Decides:
        Sound. Proves interpolants on the Kuhn triangulation of a grid, with the smallest
        value at a node near the ball as the margin.

    Method:
        Cubes of the grid that cover the ball are cut into simplices, one for each order of the
        coordinates. Where no unit has inputs of both signs at the vertices of a simplex,
        every unit is affine on it, by induction on the layers, and so is the output: its
        smallest value is at a vertex. The grid is read off the kinks, and is only a guess;
        the signs decide.

    Cost:
        One evaluation of the network at every node near a ball.

    Reference:
        Kuhn, Some combinatorial lemmas in topology (1960).

    Args:
        network: label times network, to be positive.
        points: integers, shape (n, dim); the centres are ``points / scale``.
        scale: positive integer.
        ball: norm and radius.
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        A lower bound of the output per ball, ``None`` where nothing is claimed.
    """
    grid = kink_grid(network)
    result: list[Fraction | None] = []
    for row in points if grid is not None else []:
        if deadline is not None and time.monotonic() >= deadline:
            break
        centre = [Fraction(int(value), scale) for value in row]
        assert grid is not None
        result.append(_margin(network, grid, grid.cubes(centre, ball)))
        if progress is not None:
            progress(1)
    return result + [None] * (len(points) - len(result))


def kink_grid(network: ReluNetwork) -> KinkGrid | None:
    """Return the grid of a network's first layer, ``None`` where its kinks form none."""
    first = network.maps[0]
    if (
        network.outputs != 1
        or len(network.maps) < 3
        or network.dim > MOST_AXES
        or (np.diff(first.numerators.starts) != 1).any()
    ):
        return None
    kinks: list[set[Fraction]] = [set() for _ in range(network.dim)]
    rows = first.numerators
    for axis, slope, bias in zip(
        rows.columns.tolist(), rows.values.tolist(), first.bias_numerators.tolist(), strict=True
    ):
        kinks[axis].add(Fraction(-bias, slope))
    if any(len(found) < 2 for found in kinks):
        return None
    sorted_kinks = [sorted(found) for found in kinks]
    steps = [b - a for found in sorted_kinks for a, b in pairwise(found)]
    if any(step != steps[0] for step in steps):
        return None
    return KinkGrid(tuple(found[0] for found in sorted_kinks), steps[0])


def _margin(network: ReluNetwork, grid: KinkGrid, cubes: list[Cube]) -> Fraction | None:
    """Return the smallest value at a vertex, ``None`` where a unit may bend inside a simplex."""
    if not cubes:
        return None
    names: dict[Cube, int] = {}
    simplices = np.array(
        [[names.setdefault(vertex, len(names)) for vertex in simplex] for cube in cubes for simplex in _simplices(cube)]
    )
    flat = [first + place * grid.spacing for node in names for first, place in zip(grid.first, node, strict=True)]
    numerators, scale = over_common_denominator(flat)
    columns = integer_array(np.array(numerators, dtype=object)).reshape(len(names), network.dim).T
    for affine in network.maps[:-1]:
        inputs = affine.apply(columns, scale)
        if not _keeps_signs(inputs, simplices):
            return None
        columns, scale = np.maximum(inputs, 0), scale * affine.denominator
    last: AffineMap = network.maps[-1]
    values = last.apply(columns, scale)[0]
    return Fraction(int(values.min()), scale * last.denominator)


def _simplices(cube: Cube) -> Iterator[list[Cube]]:
    """Yield the vertices of the simplices of a cube: one coordinate after the other goes up."""
    for order in permutations(range(len(cube))):
        vertex = list(cube)
        vertices = [cube]
        for axis in order:
            vertex[axis] += 1
            vertices.append(tuple(vertex))
        yield vertices


def _keeps_signs(inputs: np.ndarray, simplices: np.ndarray) -> bool:
    """Return whether no row has values of both signs at the vertices of one simplex."""
    signs = np.asarray(inputs > 0, dtype=np.int8) - np.asarray(inputs < 0, dtype=np.int8)
    bent = signs[(signs.min(axis=1) < 0) & (signs.max(axis=1) > 0)]
    block = max(1, _ENTRIES // max(1, len(bent)))
    for start in range(0, len(simplices), block):
        part = simplices[start : start + block]
        columns = [bent[:, part[:, place]] for place in range(part.shape[1])]
        if ((reduce(np.minimum, columns) < 0) & (reduce(np.maximum, columns) > 0)).any():
            return False
    return True
