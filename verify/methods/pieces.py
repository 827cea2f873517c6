"""Sums of bumps on balls: bumps ruled out by their slopes, the ball cut where the others bend."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import IntegerRows, integer_array, largest_magnitude, scaled
from constructions.network.relu_network import ReluNetwork
from verify.methods.ball_program import BallProgram, ball_program

MOST_PIECES, MOST_BITS = 2**14, 2**10

Progress = Callable[[int], None]
Side = tuple[int, int]


def piece_margins(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    ball: NormBall,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> list[Fraction | None]:
    """Bound the output from below on every ball, piece by piece.

    Accepts:
        Networks of three maps with one output whose first layer reads single coordinates;
        l-infinity, l1 and l2 balls without a domain.

    Decides:
        Sound. Proves unions of box bumps that cover a ball, however many of them it takes.

    Method:
        A second-layer unit with negative weights alone is bounded from above by affine
        functions below its ReLUs: their slopes are the values at the centre over the largest of
        them in l2, and 1 in l1. What may still be positive bends in known places; the
        ball's box is cut there, pieces that miss the ball are dropped, and plain
        intervals bound the others.

    Cost:
        One pass over the units near a ball for each of its pieces.

    Reference:
        Gowal et al., On the effectiveness of interval bound propagation (2018), for the intervals.

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
    result: list[Fraction | None] = []
    finer = _kink_unit(network)
    if finer is not None:
        cutter = _Cutter.of(ball_program(network, scaled(points, finer), scale * finer, ball))
        for row in points:
            if deadline is not None and time.monotonic() >= deadline:
                break
            margin = cutter.margin([int(value) * finer * cutter.program.point_factor for value in row])
            result.append(None if margin is None else Fraction(margin, cutter.program.scales[-1]))
            if progress is not None:
                progress(1)
    return result + [None] * (len(points) - len(result))


def _kink_unit(network: ReluNetwork) -> int | None:
    """Return a common denominator of all kinks of the first layer; ``None`` where the method does not apply."""
    first = network.maps[0]
    if len(network.maps) != 3 or network.outputs != 1 or (np.diff(first.numerators.starts) != 1).any():
        return None
    pairs = set(zip(first.bias_numerators.tolist(), first.numerators.values.tolist(), strict=True))
    unit = 1
    for bias, slope in pairs:
        unit = math.lcm(unit, Fraction(bias, slope).denominator)
        if unit.bit_length() > MOST_BITS:
            return None
    return unit


@dataclass(frozen=True, slots=True)
class _Cutter:
    """The first layer as columns of integers, and the program.

    Attributes:
        program: network and balls as integers.
        axes: coordinate that each first-layer unit reads.
        slopes: its weight.
        shifts: its bias.
    """

    program: BallProgram
    axes: np.ndarray
    slopes: np.ndarray
    shifts: np.ndarray

    @classmethod
    def of(cls, program: BallProgram) -> _Cutter:
        rows = program.weights[0]
        return cls(program, rows.columns, rows.values.astype(object), program.biases[0].astype(object))

    def margin(self, centre: Sequence[int]) -> int | None:
        """Return the bound of one ball."""
        radius = self.program.radius
        sides = [(value - radius, value + radius) for value in centre]
        live = self._live(centre, sides)
        cuts = self._cuts(live, sides)
        if math.prod(len(axis) - 1 for axis in cuts) > MOST_PIECES:
            return None
        pieces = [piece for piece in product(*map(list, map(pairwise, cuts))) if self._meets(piece, centre)]
        return self._smallest(live, pieces)

    def _inputs(self, units: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return first-layer units at coordinates given by axis, shape (units, columns)."""
        inner = self.slopes[units, None] * values[self.axes[units]] + self.shifts[units, None]
        return np.maximum(inner, 0)

    def _interval(self, layer: int, rows: Sequence[int], low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return lower and upper bounds of rows of a layer, shape (2, rows, columns)."""
        bounds = np.zeros((2, len(rows), low.shape[1]), dtype=object)
        for place, row in enumerate(rows):
            columns, values = self.program.weights[layer].row(row)
            up, down = np.maximum(values, 0).astype(object), np.minimum(values, 0).astype(object)
            bounds[0, place] = up @ low[columns] + down @ high[columns] + int(self.program.biases[layer][row])
            bounds[1, place] = up @ high[columns] + down @ low[columns] + int(self.program.biases[layer][row])
        return bounds

    def _live(self, centre: Sequence[int], sides: Sequence[Side]) -> list[int]:
        """Return the second-layer units that may be positive on the ball."""
        ends = np.array([self._inputs_at(values) for values in zip(*sides, strict=True)])
        low = integer_array(ends.min(axis=0)).reshape(-1, 1)
        high = integer_array(ends.max(axis=0)).reshape(-1, 1)
        rows = self.program.weights[1]
        up, down = (IntegerRows(rows.starts, rows.columns, part, rows.shape) for part in _parts(rows.values))
        most = up.times(high, largest_magnitude(high)).astype(object) + down.times(low, largest_magnitude(low))
        above = most[:, 0] + self.program.biases[1].astype(object)
        middle = self._inputs_at(centre)
        return [row for row in np.flatnonzero(above > 0).tolist() if not self._is_off(row, middle)]

    def _inputs_at(self, values: Sequence[int]) -> np.ndarray:
        column = np.array(values, dtype=object)
        return np.maximum(self.slopes * column[self.axes] + self.shifts, 0)

    def _is_off(self, row: int, middle: np.ndarray) -> bool:
        """Return whether slopes at the centre prove that a unit is 0 on the whole ball."""
        columns, weights = self.program.weights[1].row(row)
        heights = middle[columns]
        norm, radius = self.program.norm, self.program.radius
        if norm == "linf" or weights.max(initial=0) > 0 or not heights.any():
            return False
        steep = heights if norm == "l2" else (heights > 0).astype(object) * int(heights.max())
        falls = weights.astype(object) * steep
        rest = -int(heights.max() * int(self.program.biases[1][row]) + (falls * heights).sum())
        slopes = [0] * self.program.weights[0].shape[1]
        for axis, slope in zip(self.axes[columns].tolist(), (falls * self.slopes[columns]).tolist(), strict=True):
            slopes[axis] += slope
        if norm == "l1":
            return rest >= radius * max(map(abs, slopes))
        return rest >= 0 and rest * rest >= radius * radius * sum(slope * slope for slope in slopes)

    def _cuts(self, live: Sequence[int], sides: Sequence[Side]) -> list[list[int]]:
        """Return, along every axis, the ends of the box and the kinks between them."""
        cuts = [{low, high} for low, high in sides]
        units = {int(unit) for row in live for unit in self.program.weights[1].row(row)[0]}
        for unit in units:
            axis = int(self.axes[unit])
            place, rest = divmod(-int(self.shifts[unit]), int(self.slopes[unit]))
            assert not rest, "kinks are integers in the unit chosen"
            if sides[axis][0] < place < sides[axis][1]:
                cuts[axis].add(place)
        return [sorted(axis) if len(axis) > 1 else [*axis, *axis] for axis in cuts]

    def _meets(self, piece: Sequence[Side], centre: Sequence[int]) -> bool:
        gaps = [max(low - value, value - high, 0) for (low, high), value in zip(piece, centre, strict=True)]
        radius = self.program.radius
        if self.program.norm == "l2":
            return sum(gap * gap for gap in gaps) <= radius * radius
        return self.program.norm == "linf" or sum(gaps) <= radius

    def _smallest(self, live: Sequence[int], pieces: Sequence[Sequence[Side]]) -> int:
        """Return the smallest lower bound of the output on the pieces."""
        rows = self.program.weights
        needed = np.unique(np.concatenate([rows[1].row(row)[0] for row in live])) if live else np.zeros(0, np.int64)
        corners = np.array(pieces, dtype=object)
        ends = [self._inputs(needed, corners[:, :, side].T) for side in (0, 1)]
        low, high = (np.zeros((rows[0].shape[0], len(pieces)), dtype=object) for _ in range(2))
        low[needed], high[needed] = np.minimum(*ends), np.maximum(*ends)
        bumps = np.zeros((2, rows[1].shape[0], len(pieces)), dtype=object)
        bumps[:, list(live)] = np.maximum(self._interval(1, live, low, high), 0)
        return int(self._interval(2, [0], *bumps)[0].min())


def _parts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(values, 0), np.minimum(values, 0)
