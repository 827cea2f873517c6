"""Where a network of two inputs is exactly zero, and its values on a grid of points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import integer_array
from constructions.network.relu_network import ReluNetwork
from verify.report.pictures.linear_pieces import (
    MOST_PIECES,
    Corner,
    LinearPiece,
    Window,
    crossing,
    linear_pieces,
)
from verify.report.pictures.planes import Place

_MOST_PRODUCTS = 5 * 10**7


@dataclass(frozen=True, slots=True)
class ZeroLine:
    """The exact zeros of a network in a rectangle.

    Attributes:
        segments: ends of straight parts, exactly.
        plateaus: corners of the polygons on which the output is 0 throughout.
        pieces: number of polygons on which the network was found to be affine.
    """

    segments: tuple[tuple[Place, Place], ...]
    plateaus: tuple[tuple[Place, ...], ...]
    pieces: int

    def lines(self) -> list[list[Place]]:
        """Return the segments joined to lines where their ends agree, each segment once."""
        ends: dict[Place, list[tuple[Place, Place]]] = {}
        for segment in self.segments:
            for end in segment:
                ends.setdefault(end, []).append(segment)
        left = dict.fromkeys(self.segments)
        starts = [end for end, met in ends.items() if len(met) != 2]
        found = []
        for start in (*starts, *ends):
            while (line := _followed(start, ends, left)) is not None:
                found.append(line)
        return found


def _followed(
    start: Place, ends: dict[Place, list[tuple[Place, Place]]], left: dict[tuple[Place, Place], None]
) -> list[Place] | None:
    """Walk from an end along segments that are left, and take them away; ``None`` where there is none."""
    line = [start]
    while (segment := next((each for each in ends[line[-1]] if each in left), None)) is not None:
        del left[segment]
        line.append(segment[1] if segment[0] == line[-1] else segment[0])
    return line if len(line) > 1 else None


def zero_line(network: ReluNetwork, window: Window, most: int = MOST_PIECES) -> ZeroLine | None:
    """Return the exact zeros in a rectangle, ``None`` where the network has too many linear pieces.

    Args:
        network: two inputs, one output.
        window: lower left and upper right corner.
        most: number of linear pieces that is still looked at.
    """
    pieces = linear_pieces(network, window, most)
    if pieces is None:
        return None
    segments: dict[tuple[Place, Place], None] = {}
    plateaus = []
    for piece in pieces:
        zeros = _zeros(piece)
        if len(zeros) > 2:
            plateaus.append(tuple(map(_place, zeros)))
        elif len(zeros) == 2:
            first, second = sorted(map(_place, zeros))
            segments[first, second] = None
    return ZeroLine(tuple(segments), tuple(plateaus), len(pieces))


def _zeros(piece: LinearPiece) -> list[Corner]:
    """Return the ends of the zeros of a polygon, or all its corners where it is zero throughout."""
    values, count = piece.values(), len(piece.corners)
    found = []
    for place, (corner, value) in enumerate(zip(piece.corners, values, strict=True)):
        if value == 0:
            found.append(corner)
        following, after = piece.corners[(place + 1) % count], values[(place + 1) % count]
        if value * after < 0:
            found.append(crossing(corner, value, following, after))
    return found


def _place(corner: Corner) -> Place:
    x, y, scale = corner
    return Fraction(x, scale), Fraction(y, scale)


def values_on_grid(network: ReluNetwork, window: Window, steps: int) -> np.ndarray:
    """Return the outputs at the middles of ``steps`` by ``steps`` cells, lowest row first.

    Every value is computed exactly and rounded once. Large networks get fewer cells.
    """
    steps = max(8, min(steps, math.isqrt(_MOST_PRODUCTS // max(1, network.size.nonzero))))
    (left, bottom), (right, top) = window
    across, up = ([low + (high - low) * Fraction(2 * k + 1, 2 * steps) for k in range(steps)] for low, high in
                  ((left, right), (bottom, top)))  # fmt: skip
    scale = math.lcm(*{value.denominator for value in (*across, *up)})
    xs, ys = (integer_array(np.array([int(value * scale) for value in side], dtype=object)) for side in (across, up))
    points = np.stack([np.tile(xs, steps), np.repeat(ys, steps)], axis=1)
    values = network.numerators_at(points, scale)[:, 0]
    whole = scale * network.scale
    return np.array([int(value) / whole for value in values.tolist()]).reshape(steps, steps)
