"""Interpolants on a grid, decided exactly on balls: affine on every simplex that a ball meets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import over_common_denominator
from constructions.network.relu_network import ReluNetwork
from verify.simplicial import mesh_of, values_at_vertices

MOST_SIMPLICES, MOST_AXES = 2**16, 8

Progress = Callable[[int], None]
Cube = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KinkGrid:
    """The grid of the kinks of a first layer.

    Attributes:
        axes: coordinates that have kinks; the network reads no others.
        first: smallest kink of every such coordinate.
        spacing: the same on every axis.
    """

    axes: tuple[int, ...]
    first: tuple[Fraction, ...]
    spacing: Fraction

    def cubes(self, centre: Sequence[Fraction], ball: NormBall) -> list[Cube]:
        """Return closed cubes of the axes that cover the ball's shadow; none where they are too many.

        A cube that only touches the ball's box from outside is left out: the points of
        contact lie in its neighbour.
        """
        ranges, places = [], []
        for axis, first in zip(self.axes, self.first, strict=True):
            place, reach = (centre[axis] - first) / self.spacing, ball.radius / self.spacing
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
        Networks with one output whose first layer reads single coordinates, at most eight
        of them, with kinks that are multiples of one spacing from the first on every axis, and
        two neighbours of that spacing on some axis; l-infinity, l1 and l2 balls without a domain.

    Decides:
        Sound. Proves interpolants on the Kuhn triangulation of a grid, with the smallest
        value at a node near the ball as the margin.

    Method:
        Cubes of the grid that cover the ball are cut into simplices, one for each order of the
        coordinates. Where no unit has inputs of both signs at the vertices of a simplex,
        every unit is affine on it, by induction on the layers, and so is the output: its
        smallest value is at a vertex. Coordinates that are not read are left out: the shadow
        of a ball on the others is a ball of the same radius. The grid is read off the kinks, and is
        only a guess; the signs decide.

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
    if network.outputs != 1 or len(network.maps) < 3 or (np.diff(first.numerators.starts) != 1).any():
        return None
    kinks: dict[int, set[Fraction]] = {}
    rows = first.numerators
    for axis, slope, bias in zip(
        rows.columns.tolist(), rows.values.tolist(), first.bias_numerators.tolist(), strict=True
    ):
        kinks.setdefault(axis, set()).add(Fraction(-bias, slope))
    axes = sorted(kinks)
    sorted_kinks = [sorted(kinks[axis]) for axis in axes]
    steps = [b - a for found in sorted_kinks for a, b in pairwise(found)]
    if len(axes) > MOST_AXES or not steps or any((step / min(steps)).denominator != 1 for step in steps):
        return None
    return KinkGrid(tuple(axes), tuple(found[0] for found in sorted_kinks), min(steps))


def _margin(network: ReluNetwork, grid: KinkGrid, cubes: list[Cube]) -> Fraction | None:
    """Return the smallest value at a vertex, ``None`` where a unit may bend inside a simplex."""
    if not cubes:
        return None
    mesh = mesh_of(np.array(cubes))
    zero = Fraction(0)
    flat = []
    for node in mesh.vertices.tolist():
        known = {a: f + place * grid.spacing for a, f, place in zip(grid.axes, grid.first, node, strict=True)}
        flat += [known.get(axis, zero) for axis in range(network.dim)]
    numerators, scale = over_common_denominator(flat)
    points = integer_array(np.array(numerators, dtype=object)).reshape(len(mesh.vertices), network.dim)
    values, unit, bent = values_at_vertices(network, points, scale, mesh.pairs)
    return None if bent is not None else Fraction(int(values.min()), unit)
