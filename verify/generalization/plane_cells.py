"""Where a network on the plane is wrong: every linear piece of a polygon, as exact polygons."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from constructions.exact.integer_arrays import integer_array, largest_magnitude
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

MOST_CELLS = 150

# A corner is a list of integers (x, y, q, h_1, h_2, ...): the point (x/q, y/q), and the values h/(factor q) there.
Corner = list[int]
_VALUES = 3


def wrong_pieces(
    network: ReluNetwork, corners: Sequence[Sequence[int]], deadline: float | None = None, most_cells: int = MOST_CELLS
) -> list[tuple[tuple[int, ...], ...]] | None:
    """Return convex polygons that together are the points of a polygon with an output of at most 0.

    The polygon is cut along the zeros of every unit, layer by layer. On each part the
    network is affine, so that values between corners follow from those at the corners,
    and the wrong points of a part are a convex polygon, a segment or a point.

    Args:
        network: two inputs; right where every output is positive.
        corners: of a convex polygon, in order around it, two for a segment, one for a point;
            integers (x, y, q) with q positive stand for the point (x/q, y/q).
        deadline: ``time.monotonic()`` value at which to give up.
        most_cells: give up at more parts than this.

    Returns:
        Their corners in the same form; ``None`` after giving up.

    Cost:
        One exact product per corner and layer; parts times units comparisons.
    """
    cells = [[[x, y, q, x, y] for x, y, q in corners]]
    factor = 1
    for depth, affine in enumerate(network.maps):
        cells = _images(affine, cells, factor)
        factor *= affine.denominator
        if depth == len(network.maps) - 1:
            break
        for unit in range(affine.shape[0]):
            cells = [part for cell in cells for part in _halves(cell, _VALUES + unit)]
            if len(cells) > most_cells or (deadline is not None and time.monotonic() > deadline):
                return None
        for cell in cells:
            for corner in cell:
                corner[_VALUES:] = [max(value, 0) for value in corner[_VALUES:]]
    wrong = (_part(cell, _VALUES + output, -1) for cell in cells for output in range(network.outputs))
    return [tuple((x, y, q) for x, y, q, *_ in piece) for piece in wrong if piece]


def _images(affine: AffineMap, cells: list[list[Corner]], factor: int) -> list[list[Corner]]:
    """Replace the values at every corner by their image: ``N h + b (factor q)``, over a larger factor."""
    flat = [corner for cell in cells for corner in cell]
    columns = integer_array(np.array([corner[_VALUES:] for corner in flat], dtype=object).T)
    units = np.array([factor * corner[2] for corner in flat], dtype=object)
    images = affine.numerators.times(columns, largest_magnitude(columns)).astype(object)
    images = images + np.outer(affine.bias_numerators.astype(object), units)
    fresh = iter([[*corner[:_VALUES], *map(int, image)] for corner, image in zip(flat, images.T, strict=True)])
    return [[next(fresh) for _ in cell] for cell in cells]


def _halves(cell: list[Corner], place: int) -> list[list[Corner]]:
    """Cut a cell where a value changes its sign, if it does."""
    values = [corner[place] for corner in cell]
    if min(values) >= 0 or max(values) <= 0:
        return [cell]
    return [_part(cell, place, 1), _part(cell, place, -1)]


def _part(cell: list[Corner], place: int, sign: int) -> list[Corner]:
    """Return the corners of the closed part of a cell on which ``sign`` times a value is at least 0."""
    kept: list[Corner] = []
    for corner, after in zip(cell, [*cell[1:], cell[0]], strict=True):
        here, there = sign * corner[place], sign * after[place]
        if here >= 0:
            kept.append(list(corner))
        if (here < 0 < there) or (there < 0 < here):
            between = [abs(there) * a + abs(here) * b for a, b in zip(corner, after, strict=True)]
            common = math.gcd(*between)
            kept.append([value // common for value in between])
    return kept
