"""Exact affine forms: what a network computes on a ball where few units change phase."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from constructions.exact.integer_arrays import IntegerRows, integer_array, largest_magnitude, scaled
from verify.methods.ball_program import SAFE, BallProgram
from verify.methods.constant_tail import ConstantTail
from verify.methods.float_forms import FloatForms
from verify.methods.form_layers import FormBalls, UnitForms, first_forms, next_forms, rectified

_BLOCK_ENTRIES = 2**19
_TAIL_ENTRIES, _MOST_BALLS = 2**22, 2**12
_HOPELESS = -1e-9  # floats below this leave a ball open; they never decide one

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
        to its largest value. Integers throughout. Once all units of a layer are constant
        on a ball, the other layers are evaluated at that one vector. Where integers
        outgrow int64 before that, floats look first, and balls on which they find the
        bound far below 0 are left alone.

    Cost:
        One pass over the network per ball and input dimension, from constant units on
        one pass per ball.

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
    bounds = _Bounds(program, points)
    block = bounds.balls_at_once
    result: list[int | None] = []
    for start in range(0, len(points), block):
        if deadline is not None and time.monotonic() >= deadline:
            break
        part = points[start : start + block]
        result += bounds.margins(part, deadline)
        if progress is not None:
            progress(len(part))
    return result + [None] * (len(points) - len(result))


def has_constant_balls(program: BallProgram, points: np.ndarray) -> bool:
    """Return whether all units of some layer soon become constant on one of the balls.

    Soon means before the last layer, before integers outgrow int64 and forms a block.
    """
    return bool(_Bounds(program, points).advance(points, stops=True)[0])


@dataclass(slots=True)
class _Block:
    """Balls that have come to the same layer."""

    places: np.ndarray
    balls: FormBalls
    layer: int = 0
    units: UnitForms | None = None

    def part(self, chosen: np.ndarray) -> _Block:
        """Return some of the balls."""
        units = None if self.units is None else self.units[chosen]
        return _Block(self.places[chosen], self.balls[chosen], self.layer, units)

    def halves(self) -> list[_Block]:
        """Return the balls as two blocks."""
        return [self.part(half) for half in np.array_split(np.arange(len(self.places)), 2)]

    @property
    def is_wide(self) -> bool:
        """True once integers may be of any size."""
        return self.balls.centre.dtype == object

    def widen(self) -> None:
        """Go on in Python integers."""
        self.balls = self.balls.as_objects()
        self.units = None if self.units is None else self.units.as_objects()


Constants = list[tuple[int, np.ndarray, np.ndarray]]


class _Bounds:
    """The bounds of one program on any of its balls."""

    def __init__(self, program: BallProgram, points: np.ndarray) -> None:
        self._program = program
        self._points = points
        self._layers = _IntegerLayers(program)
        self._tail = ConstantTail(program)
        self._widest = max(rows.shape[0] for rows in program.weights)

    @property
    def balls_at_once(self) -> int:
        """The number of balls whose units in the widest layer are not too many."""
        return max(1, min(_MOST_BALLS, _TAIL_ENTRIES // self._widest))

    @cached_property
    def _floats(self) -> FloatForms:
        return FloatForms.of(self._program, self._points)

    def margins(self, points: np.ndarray, deadline: float | None) -> list[int | None]:
        """Return the lower bound of the smallest output on every ball, ``None`` where hopeless."""
        constants, found = self.advance(points)
        margins: list[int | None] = [None] * len(points)
        for place, value in found.items():
            margins[place] = value
        for layer in sorted({layer for layer, _, _ in constants}):
            places = np.concatenate([where for at, where, _ in constants if at == layer])
            values = np.concatenate([values for at, _, values in constants if at == layer], axis=1)
            outputs = self._tail.smallest_outputs(layer, values, deadline)
            for place, output in zip(places, outputs, strict=True):
                margins[int(place)] = output
        return margins

    def advance(self, points: np.ndarray, stops: bool = False) -> tuple[Constants, dict[int, int]]:
        """Take balls through the layers until they end or are constant.

        With ``stops`` balls are given up where integers outgrow int64 or forms are many.

        Returns:
            The balls that became constant, as (next layer, places, values of the units),
            and the bounds of those that came to the end.
        """
        constants: Constants = []
        found: dict[int, int] = {}
        waiting = [_Block(np.arange(len(points)), self._layers.balls(points))]
        while waiting:
            block = waiting.pop()
            fits = block.is_wide or self._layers.fit_int64(block)
            rows = self._program.weights[block.layer].shape[0] if fits else self._widest
            entries = rows * (points.shape[1] + 1)
            if stops and not (fits and entries <= _BLOCK_ENTRIES):
                continue
            if len(block.places) > 1 and entries * len(block.places) > _BLOCK_ENTRIES:
                waiting += block.halves()
                continue
            if not fits:
                block = block.part(np.flatnonzero(~(self._floats.margins(points[block.places]) < _HOPELESS)))
                block.widen()
            if len(block.places):
                waiting += self._step(block, constants, found)
        return constants, found

    def _step(self, block: _Block, constants: Constants, found: dict[int, int]) -> list[_Block]:
        """Take a block through one layer; return what is left of it."""
        layers, layer = self._layers, block.layer
        units = block.units
        rows = first_forms(block.balls, layers) if units is None else next_forms(units, layer, block.balls, layers)
        if layer == len(self._program.weights) - 1:
            lowest = rows.lowest.min(axis=0)
            found.update((int(place), int(value)) for place, value in zip(block.places, lowest, strict=True))
            return []
        after = _Block(block.places, block.balls, layer + 1, rectified(rows))
        assert after.units is not None
        is_constant = after.units.is_constant()
        if not is_constant.any():
            return [after]
        constants.append((layer + 1, block.places[is_constant], np.maximum(after.units.rest[:, is_constant], 0)))
        return [] if is_constant.all() else [after.part(np.flatnonzero(~is_constant))]


class _IntegerLayers:
    """The steps of affine forms on the program's integers: int64 where they fit, else Python integers."""

    def __init__(self, program: BallProgram) -> None:
        self._program = program
        self._parts: dict[int, tuple[IntegerRows, IntegerRows]] = {}

    def balls(self, points: np.ndarray) -> FormBalls:
        """Return balls around points."""
        program = self._program
        sides = [side for side in (program.lower, program.upper) if side is not None]
        largest = largest_magnitude(points) * program.point_factor + program.radius
        fits = max([largest, *(largest_magnitude(side) for side in sides)]) < SAFE
        centre = scaled(points, program.point_factor).astype(np.int64 if fits else object)
        low, high = centre - program.radius, centre + program.radius
        if sides:
            low, high = np.maximum(low, sides[0].astype(centre.dtype)), np.minimum(high, sides[1].astype(centre.dtype))
        return FormBalls(centre, low, high, program.radius, program.norm)

    def fit_int64(self, block: _Block) -> bool:
        """Return whether every integer of a block's next step stays below 2^62."""
        balls, units, rows = block.balls, block.units, self._program.weights[block.layer]
        reach = max(balls.radius, *(largest_magnitude(side) for side in (balls.centre, balls.low, balls.high)))
        row = rows.largest_row_sum()
        form, value = row, row * reach
        if units is not None:
            form = row * largest_magnitude(units.forms)
            parts = (units.rest, units.below, units.above, units.lowest, units.highest)
            value = row * max(largest_magnitude(part) for part in parts)
        dim = balls.centre.shape[1]
        squares = dim * form * form if balls.norm == "l2" else 0
        shift = largest_magnitude(self._program.biases[block.layer])
        return (dim + 2) * form * reach + 4 * (value + shift) + squares < SAFE

    def image(self, layer: int, columns: np.ndarray) -> np.ndarray:
        """Return the weights of a layer times the columns."""
        return _product(self._program.weights[layer], columns)

    def interval(self, layer: int, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the image of intervals."""
        if not (below != 0).any() and not (above != 0).any():
            zero = np.zeros((self._program.weights[layer].shape[0], below.shape[1]), dtype=below.dtype)
            return zero, zero.copy()
        if layer not in self._parts:
            rows = self._program.weights[layer]
            up, down = (
                IntegerRows(rows.starts, rows.columns, np.maximum(sign * rows.values, 0), rows.shape)
                for sign in (1, -1)
            )
            self._parts[layer] = up, down
        up, down = self._parts[layer]
        lower = _product(up, below) - _product(down, above)
        return lower, _product(up, above) - _product(down, below)

    def shift(self, layer: int) -> np.ndarray:
        """Return the biases of a layer."""
        return self._program.biases[layer]

    def root(self, squares: np.ndarray, radius: int) -> np.ndarray:
        """Return the radius times the square roots, rounded up."""
        flat = [_root_up(int(value) * radius * radius) for value in squares.ravel()]
        return np.array(flat, dtype=squares.dtype).reshape(squares.shape)


def _product(rows: IntegerRows, columns: np.ndarray) -> np.ndarray:
    """Return the product in the type of the columns."""
    narrow = integer_array(columns)
    return rows.times(narrow, largest_magnitude(narrow)).astype(columns.dtype, copy=False)


def _root_up(square: int) -> int:
    root = math.isqrt(square)
    return root if root * root == square else root + 1
