"""The part of a network that a ball does not already fix, by sound intervals.

Given to every solver that does no such thing itself: units that are zero on the whole ball
go, and so does everything that only they read. Intervals are float64 where every number is
an integer below 2^53, fractions for other small networks, and float64 widened by a bound of
all rounding for the rest, so they always hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from adapter import Ball
from onnx_layers import Layer

_EXACT = 2.0**53
_MOST_FRACTIONS = 1000


@dataclass(frozen=True)
class Unit:
    """One ReLU, or an affine form where the ball fixes the ReLU to be active.

    Attributes:
        layer: 0 for the first hidden layer.
        index: its place in the layer.
        lower: a lower bound of its input over the ball.
        upper: an upper bound.
    """

    layer: int
    index: int
    lower: Fraction
    upper: Fraction

    @property
    def is_fixed(self) -> bool:
        """True when the input is never negative."""
        return self.lower >= 0


def active_units(layers: Sequence[Layer], ball: Ball) -> list[Unit]:
    """Return the hidden units that can be positive on the ball and reach the output, in order."""
    bounds, unit = input_bounds(layers, ball)
    needed = [np.zeros(len(layer.bias), dtype=bool) for layer in layers]
    needed[-1][:] = True
    for depth in range(len(layers) - 1, 0, -1):
        rows, columns, _ = layers[depth].entries
        needed[depth - 1][columns[needed[depth][rows]]] = True
        needed[depth - 1] &= np.array([value > 0 for value in bounds[depth - 1][1]], dtype=bool)
    return [
        Unit(depth, int(i), *(Fraction(side[i]) / unit for side in bounds[depth]))
        for depth in range(len(layers) - 1)
        for i in np.flatnonzero(needed[depth])
    ]


def input_bounds(layers: Sequence[Layer], ball: Ball) -> tuple[list[tuple[Any, Any]], int]:
    """Return, per layer, bounds of every input of it over the ball times a unit, and that unit."""
    step: Any
    low: Any
    high: Any
    if _fits(layers, ball):
        step, unit = _floats, ball.unit
        low, high = (np.array(side, dtype=np.float64) for side in (ball.lower, ball.upper))
    elif sum(len(layer.entries[2]) for layer in layers) <= _MOST_FRACTIONS:
        step, unit = _fractions, ball.unit
        low, high = ([Fraction(value) for value in side] for side in (ball.lower, ball.upper))
    else:
        step, unit = _widened, 1
        low, high = (np.array(side) for side in zip(*ball.sides(), strict=True))
        low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    bounds = []
    for layer in layers:
        low, high = step(layer, low, high, unit)
        bounds.append((low, high))
        low, high = _relu(low, high) if step is _fractions else (np.maximum(low, 0), np.maximum(high, 0))
    return bounds, unit


def _fits(layers: Sequence[Layer], ball: Ball) -> bool:
    largest = float(max(map(abs, (*ball.lower, *ball.upper))))
    for layer in layers:
        rows, _, values = layer.entries
        if np.any(values != np.rint(values)) or np.any(layer.bias != np.rint(layer.bias)):
            return False
        sums = np.bincount(rows, weights=np.abs(values), minlength=len(layer.bias))
        largest = float(np.max(sums * largest + np.abs(layer.bias.astype(np.float64)) * ball.unit, initial=0.0))
        if not 4 * largest < _EXACT:
            return False
    return True


def _floats(layer: Layer, low: np.ndarray, high: np.ndarray, unit: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns, values = layer.entries
    bias = layer.bias.astype(np.float64) * unit
    below, above = np.where(values > 0, low[columns], high[columns]), np.where(values > 0, high[columns], low[columns])
    smallest, largest = (np.bincount(rows, weights=values * side, minlength=len(bias)) for side in (below, above))
    return smallest + bias, largest + bias


def _widened(layer: Layer, low: np.ndarray, high: np.ndarray, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of float64 arithmetic, each moved outward by more than its sum can have been rounded."""
    rows, _, values = layer.entries
    smallest, largest = _floats(layer, low, high, unit)
    sizes = np.abs(values) * np.maximum(np.abs(low), np.abs(high))[layer.entries[1]]
    total = np.bincount(rows, weights=sizes, minlength=len(layer.bias)) + np.abs(layer.bias.astype(np.float64))
    slack = (len(low) + 4) * 2.0**-51 * total + 2.0**-1000
    return smallest - slack, largest + slack


def _fractions(layer: Layer, low: list[Fraction], high: list[Fraction], unit: int) -> tuple[list[Any], list[Any]]:
    smallest, largest = [], []
    for index, shift in enumerate(layer.bias.tolist()):
        below = above = Fraction(shift) * unit
        for column, weight in layer.row(index):
            ends = (low[column], high[column]) if weight > 0 else (high[column], low[column])
            below, above = below + Fraction(weight) * ends[0], above + Fraction(weight) * ends[1]
        smallest.append(below)
        largest.append(above)
    return smallest, largest


def _relu(low: list[Fraction], high: list[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    return [max(value, Fraction(0)) for value in low], [max(value, Fraction(0)) for value in high]
