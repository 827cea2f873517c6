"""Exact affine forms: what a network computes on a ball where few units change phase."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

from constructions.exact.integer_arrays import IntegerRows, integer_array, largest_magnitude, scaled
from verify.methods.attack_balls import ratios
from verify.methods.ball_program import BallProgram

_BLOCK_ENTRIES = 2**19
_HOPELESS = -1e-9

Progress = Callable[[int], None]


def affine_margins(
    program: BallProgram, points: np.ndarray, deadline: float | None = None, progress: Progress | None = None
) -> list[int | None]:
    """Bound the smallest output from below on every ball, by affine forms of all units.

    Accepts:
        Any network on l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Sound. Exact (in l2 up to one rounding of a square root) on balls on which no
        unit changes phase, however deep the network and large its weights: the
        bit-extraction networks.

    Method:
        Every unit is an affine form of the input plus an interval. A unit that is on
        keeps both, one that is off becomes 0, and any other becomes the interval from 0
        to its largest value. Integers throughout. Floats look first, and balls on which
        they find the bound far below 0 are left alone.

    Cost:
        One pass over the network per ball and input dimension.

    Reference:
        Stolfi and de Figueiredo, Affine arithmetic (1997).

    Args:
        program: the network and balls as integers.
        points: integers, shape (n, dim).
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        One integer per point, in units of the program's last scale; ``None`` where the
        ball was left alone.
    """
    widest = max(rows.shape[0] for rows in program.weights)
    block = max(1, _BLOCK_ENTRIES // (widest * (points.shape[1] + 1)))
    integers, floats = _Integers.of(program), _Floats.of(program, points)
    result: list[int | None] = []
    for start in range(0, len(points), block):
        if deadline is not None and time.monotonic() >= deadline:
            break
        part = points[start : start + block]
        margins: list[int | None] = [None] * len(part)
        hopeful = np.flatnonzero(~(floats.margins(part) < _HOPELESS))
        if hopeful.size:
            for place, value in zip(hopeful, integers.margins(part[hopeful]), strict=True):
                margins[int(place)] = int(value)
        result += margins
        if progress is not None:
            progress(len(part))
    return result + [None] * (len(points) - len(result))


@dataclass(frozen=True, slots=True)
class _Balls:
    """Centres and sides of shape (balls, dim), radius and norm, as integers or as floats."""

    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray
    radius: Any
    norm: str


@dataclass(frozen=True, slots=True)
class _Integers:
    """Exact arithmetic on the program's integers."""

    program: BallProgram
    parts: list[tuple[IntegerRows, IntegerRows]]
    biases: list[np.ndarray]

    @classmethod
    def of(cls, program: BallProgram) -> _Integers:
        parts = [
            tuple(IntegerRows(w.starts, w.columns, np.maximum(sign * w.values, 0), w.shape) for sign in (1, -1))
            for w in program.weights
        ]
        return cls(program, parts, [bias.astype(object) for bias in program.biases])  # type: ignore[arg-type]

    def margins(self, points: np.ndarray) -> np.ndarray:
        """Return the lower bound of the smallest output on every ball."""
        program = self.program
        centre = points.astype(object) * program.point_factor
        low, high = centre - program.radius, centre + program.radius
        if program.lower is not None and program.upper is not None:
            low, high = np.maximum(low, program.lower.astype(object)), np.minimum(high, program.upper.astype(object))
        return _smallest_outputs(_Balls(centre, low, high, program.radius, program.norm), self)

    def image(self, layer: int, columns: np.ndarray) -> np.ndarray:
        """Return the weights of a layer times the columns."""
        return self._times(self.program.weights[layer], columns)

    def interval(self, layer: int, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the image of intervals."""
        up, down = self.parts[layer]
        lower = self._times(up, below) - self._times(down, above)
        return lower, self._times(up, above) - self._times(down, below)

    def shift(self, layer: int) -> np.ndarray:
        """Return the biases of a layer."""
        return self.biases[layer]

    def root(self, squares: np.ndarray, radius: int) -> np.ndarray:
        """Return the radius times the square roots, rounded up."""
        flat = [_root_up(int(value) * radius * radius) for value in squares.ravel()]
        return np.array(flat, dtype=object).reshape(squares.shape)

    @staticmethod
    def _times(rows: IntegerRows, columns: np.ndarray) -> np.ndarray:
        narrow = integer_array(columns)
        return rows.times(narrow, largest_magnitude(narrow)).astype(object)


@dataclass(frozen=True, slots=True)
class _Floats:
    """The same in floats, each layer divided by its size: it only says where exact work is hopeless."""

    program: BallProgram
    extent: int
    layers: list[tuple[Any, Any, Any, np.ndarray]]

    @classmethod
    def of(cls, program: BallProgram, points: np.ndarray) -> _Floats:
        size = extent = max(1, largest_magnitude(points) * program.point_factor + program.radius)
        layers = []
        for rows, bias in zip(program.weights, program.biases, strict=True):
            grown = max(1, rows.largest_row_sum() * size + largest_magnitude(bias))
            peak = max(1, largest_magnitude(rows.values))
            values = ratios(rows.values, peak) * float(Fraction(peak * size, grown))
            matrix = sparse.csr_array((values, rows.columns, rows.starts), shape=rows.shape)
            shift = ratios(bias, max(1, largest_magnitude(bias))) * float(Fraction(largest_magnitude(bias), grown))
            layers.append((matrix, matrix.maximum(0), (-matrix).maximum(0), shift))
            size = grown
        return cls(program, extent, layers)

    def margins(self, points: np.ndarray) -> np.ndarray:
        """Return the bound in floats, in units of the largest possible output."""
        program, extent = self.program, self.extent
        radius = float(Fraction(program.radius, extent))
        centre = ratios(scaled(points, program.point_factor), extent)
        low, high = centre - radius, centre + radius
        if program.lower is not None and program.upper is not None:
            low, high = np.maximum(low, ratios(program.lower, extent)), np.minimum(high, ratios(program.upper, extent))
        with np.errstate(all="ignore"):
            return _smallest_outputs(_Balls(centre, low, high, radius, program.norm), self)

    def image(self, layer: int, columns: np.ndarray) -> np.ndarray:
        """Return the weights of a layer times the columns."""
        return self.layers[layer][0] @ columns

    def interval(self, layer: int, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the image of intervals."""
        _, up, down, _ = self.layers[layer]
        return up @ below - down @ above, up @ above - down @ below

    def shift(self, layer: int) -> np.ndarray:
        """Return the biases of a layer."""
        return self.layers[layer][3]

    def root(self, squares: np.ndarray, radius: float) -> np.ndarray:
        """Return the radius times the square roots."""
        return radius * np.sqrt(squares)


def _smallest_outputs(balls: _Balls, layers: _Integers | _Floats) -> np.ndarray:
    """Return a lower bound of the smallest output on each ball; forms have shape (units, balls, dim)."""
    count, dim = balls.centre.shape
    kind, depth = balls.centre.dtype, len(layers.program.weights)
    forms = np.zeros((dim, count, dim), dtype=kind)
    forms[np.arange(dim), :, np.arange(dim)] = 1
    rest, below, above = (np.zeros((dim, count), dtype=kind) for _ in range(3))
    lowest, highest = balls.low.T, balls.high.T
    for layer in range(depth):
        shift = layers.shift(layer)[:, None]
        forms = layers.image(layer, forms.reshape(-1, count * dim)).reshape(len(shift), count, dim)
        rest = layers.image(layer, rest) + shift
        below, above = layers.interval(layer, below, above)
        lowest, highest = layers.interval(layer, lowest, highest)
        low, high = _range(forms, balls, layers)
        lowest = np.maximum(lowest + shift, low + rest + below)
        highest = np.minimum(highest + shift, high + rest + above)
        if layer == depth - 1:
            break
        on = (lowest >= 0) & (highest > 0)
        is_open = ~on & (highest > 0)
        forms[~on] = 0
        for part in (rest, below, above):
            part[~on] = 0
        above[is_open] = highest[is_open]
        lowest, highest = np.maximum(lowest, 0), np.maximum(highest, 0)
    return lowest.min(axis=0)


def _range(forms: np.ndarray, balls: _Balls, layers: _Integers | _Floats) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and largest value of forms over the balls, without their constants."""
    up, down = np.maximum(forms, 0), np.minimum(forms, 0)
    low = (up * balls.low + down * balls.high).sum(axis=2)
    high = (up * balls.high + down * balls.low).sum(axis=2)
    if balls.norm == "linf":
        return low, high
    middle = (forms * balls.centre).sum(axis=2)
    if balls.norm == "l1":
        reach = balls.radius * (up - down).max(axis=2)
    else:
        reach = layers.root((forms * forms).sum(axis=2), balls.radius)
    return np.maximum(low, middle - reach), np.minimum(high, middle + reach)


def _root_up(square: int) -> int:
    root = math.isqrt(square)
    return root if root * root == square else root + 1
