"""Affine forms of all units of one layer on many balls, and the step to the next layer.

A unit is a form of the input, a constant, an interval for what the form leaves out, and
the range of its values. The same steps run on integers and on floats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class FormBalls:
    """Balls that are bounded together.

    Attributes:
        centre: shape (balls, dim).
        low: smallest coordinates, same shape.
        high: largest coordinates, same shape.
        radius: integer or float, as the coordinates.
        norm: of the balls.
    """

    centre: np.ndarray
    low: np.ndarray
    high: np.ndarray
    radius: Any
    norm: str

    def __getitem__(self, chosen: Any) -> FormBalls:
        return replace(self, centre=self.centre[chosen], low=self.low[chosen], high=self.high[chosen])

    def as_objects(self) -> FormBalls:
        """Return the same balls in Python integers."""
        centre, low, high = (side.astype(object) for side in (self.centre, self.low, self.high))
        return replace(self, centre=centre, low=low, high=high)


class FormArithmetic(Protocol):
    """What the steps need to know of a network."""

    def image(self, layer: int, columns: np.ndarray) -> np.ndarray:
        """Return the weights of a layer times the columns."""

    def interval(self, layer: int, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the image of intervals."""

    def shift(self, layer: int) -> np.ndarray:
        """Return the biases of a layer."""

    def root(self, squares: np.ndarray, radius: Any) -> np.ndarray:
        """Return the radius times the square roots, not rounded down."""


@dataclass(frozen=True, slots=True)
class UnitForms:
    """Units of one layer on some balls.

    On every ball, unit u lies within ``forms[u] . x + rest[u] + [below[u], above[u]]`` and
    within ``[lowest[u], highest[u]]``.

    Attributes:
        forms: shape (units, balls, dim).
        rest: constants, shape (units, balls) as all that follow.
        below: at most 0 before the first ReLU and after it.
        above: at least 0.
        lowest: smallest value.
        highest: largest value.
    """

    forms: np.ndarray
    rest: np.ndarray
    below: np.ndarray
    above: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    def __getitem__(self, chosen: Any) -> UnitForms:
        return UnitForms(*(part[:, chosen] for part in self._parts()))

    def as_objects(self) -> UnitForms:
        """Return the same forms in Python integers."""
        return UnitForms(*(part.astype(object) for part in self._parts()))

    def is_constant(self) -> np.ndarray:
        """Return the balls on which every unit is its constant."""
        free = ~(self.forms != 0).any(axis=(0, 2))
        return np.asarray(free & ~((self.below != 0) | (self.above != 0)).any(axis=0))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.forms, self.rest, self.below, self.above, self.lowest, self.highest


def first_forms(balls: FormBalls, layers: FormArithmetic) -> UnitForms:
    """Return the first layer's rows on the balls, before ReLU."""
    count, dim = balls.centre.shape
    kind = balls.centre.dtype
    shift = layers.shift(0)[:, None].astype(kind)
    forms = np.repeat(layers.image(0, np.eye(dim, dtype=kind))[:, None], count, axis=1)
    rest = np.repeat(shift, count, axis=1)
    lowest, highest = layers.interval(0, balls.low.T, balls.high.T)
    zero = np.zeros_like(rest)
    rows = UnitForms(forms, rest, zero, zero.copy(), lowest + shift, highest + shift)
    return rows if balls.norm == "linf" else _narrowed(rows, balls, layers)


def next_forms(units: UnitForms, layer: int, balls: FormBalls, layers: FormArithmetic) -> UnitForms:
    """Return a layer's rows, before ReLU, from the units that it reads."""
    count, dim = balls.centre.shape
    shift = layers.shift(layer)[:, None].astype(units.rest.dtype)
    forms = layers.image(layer, units.forms.reshape(-1, count * dim)).reshape(len(shift), count, dim)
    rest = layers.image(layer, units.rest) + shift
    below, above = layers.interval(layer, units.below, units.above)
    lowest, highest = layers.interval(layer, units.lowest, units.highest)
    return _narrowed(UnitForms(forms, rest, below, above, lowest + shift, highest + shift), balls, layers)


def rectified(rows: UnitForms) -> UnitForms:
    """Apply ReLU in place: a unit that is on stays, one that may be off becomes an interval."""
    on = (rows.lowest >= 0) & (rows.highest > 0)
    is_open = ~on & (rows.highest > 0)
    rows.forms[~on] = 0
    for part in (rows.rest, rows.below, rows.above):
        part[~on] = 0
    rows.above[is_open] = rows.highest[is_open]
    return replace(rows, lowest=np.maximum(rows.lowest, 0), highest=np.maximum(rows.highest, 0))


def _narrowed(rows: UnitForms, balls: FormBalls, layers: FormArithmetic) -> UnitForms:
    """Return the rows with their range cut to that of form, constant and interval."""
    low, high = _range(rows.forms, balls, layers)
    lowest = np.maximum(rows.lowest, low + rows.rest + rows.below)
    return replace(rows, lowest=lowest, highest=np.minimum(rows.highest, high + rows.rest + rows.above))


def _range(forms: np.ndarray, balls: FormBalls, layers: FormArithmetic) -> tuple[np.ndarray, np.ndarray]:
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
