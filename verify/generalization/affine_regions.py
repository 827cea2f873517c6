"""Where a network is affine on a box, and how much of a box a half-space takes, exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import IntegerRows
from constructions.exact.norms import dual_norm, length
from constructions.exact.square_roots import square_root_bounds
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.brackets import Bracket

_MOST_AXES = 12


@dataclass(frozen=True, slots=True)
class AffineForm:
    """The function ``slope . x + constant``.

    Attributes:
        slope: one coefficient per coordinate.
        constant: its value at 0.
    """

    slope: tuple[Fraction, ...]
    constant: Fraction


def affine_forms_on(network: ReluNetwork, box: Box) -> list[AffineForm] | None:
    """Return the affine functions that the outputs are on a box, ``None`` if no unit pattern proves it.

    Outputs that are positive all over the box are left out: they make nothing wrong.

    Layer by layer each unit is an affine function of the input; its exact range on the
    box says whether it is on, off, or changes, in which last case nothing is claimed.
    """
    form = network.maps[0]
    for following in network.maps[1:]:
        low, high = _ranges(form, box)
        if any(a < 0 < b for a, b in zip(low, high, strict=True)):
            return None
        form = composed(following, _kept(form, np.array([b > 0 for b in high], dtype=bool)))
    low, _ = _ranges(form, box)
    return [_form_of(form, row, len(box.lower)) for row, least in enumerate(low) if least <= 0]


def _form_of(affine: AffineMap, row: int, dim: int) -> AffineForm:
    slope = [Fraction(0)] * dim
    columns, values = affine.numerators.row(row)
    for column, value in zip(columns.tolist(), values.tolist(), strict=True):
        slope[column] = Fraction(int(value), affine.denominator)
    return AffineForm(tuple(slope), Fraction(int(affine.bias_numerators[row]), affine.denominator))


def wrong_share(form: AffineForm, box: Box, norm: str, radius: Fraction) -> Bracket | None:
    """Return which share of a box lies within the radius of a point with ``form <= 0``.

    That is where ``form`` is at most ``radius`` times the dual norm of its slope. The
    bounds meet in l-infinity and l1; in l2 that norm is enclosed.

    Args:
        form: the function, on all of space.
        box: of centres.
        norm: of the balls.
        radius: of the closed balls.

    Returns:
        ``None`` where more than 12 axes matter.
    """
    size = length(form.slope, dual_norm(norm))
    low, high = square_root_bounds(size) if norm == "l2" else (size, size)
    shares = [below_share(form.slope, radius * steep - form.constant, box) for steep in (low, high)]
    if shares[0] is None or shares[1] is None:
        return None
    return Bracket(shares[0], shares[1])


def nearest_wrong(form: AffineForm, box: Box, ball: NormBall) -> tuple[Point, Point] | None:
    """Return the centre of a box at which the form is smallest, and the point of its ball where it is.

    Returns:
        ``None`` if the form is positive there (in l2 after rounding into the ball).
    """
    sides = zip(form.slope, box.lower, box.upper, strict=True)
    centre = tuple(low if factor >= 0 else high for factor, low, high in sides)
    steps = list(form.slope)
    if ball.norm == "linf":
        steps = [Fraction((factor > 0) - (factor < 0)) for factor in steps]
    if ball.norm == "l1":
        steepest = max(range(len(steps)), key=lambda axis: abs(steps[axis]))
        steps = [factor if axis == steepest else Fraction(0) for axis, factor in enumerate(steps)]
    reach = (ball.radius + 1) / max((abs(step) for step in steps if step), default=Fraction(1))
    far = [x - step * reach * len(steps) for x, step in zip(centre, steps, strict=True)]
    point = ball.towards(centre, far)
    value = form.constant + sum((a * x for a, x in zip(form.slope, point, strict=True)), Fraction(0))
    return (centre, point) if value <= 0 else None


def below_share(slope: Sequence[Fraction], limit: Fraction, box: Box) -> Fraction | None:
    """Return the share of a box on which ``slope . x <= limit``; ``None`` beyond 12 axes.

    With axes turned so that all coefficients are positive and the box a unit cube, the
    volume is ``sum over corners v of (-1)^|v| (limit - a . v)_+^n / (n! a_1 ... a_n)``.

    Example:
        >>> below_share([Fraction(1), Fraction(-1)], Fraction(0), Box([0, 0], [1, 1]))
        Fraction(1, 2)
    """
    rest, steps = limit, []
    for factor, low, high in zip(slope, box.lower, box.upper, strict=True):
        rest -= factor * (low if factor >= 0 else high)
        if factor and low < high:
            steps.append(abs(factor) * (high - low))
    if rest < 0:
        return Fraction(0)
    if rest >= sum(steps):
        return Fraction(1)
    if len(steps) > _MOST_AXES:
        return None
    total = Fraction(0)
    for corner in product((0, 1), repeat=len(steps)):
        gap = rest - sum(step for step, chosen in zip(steps, corner, strict=True) if chosen)
        if gap > 0:
            total += (-1) ** sum(corner) * gap ** len(steps)
    return total / (math.factorial(len(steps)) * math.prod(steps))


def _ranges(form: AffineMap, box: Box) -> tuple[list[Fraction], list[Fraction]]:
    """Return the exact range of every row on the box, up to the positive denominator of the map."""
    low, high = [], []
    for row in range(form.shape[0]):
        columns, values = form.numerators.row(row)
        least = most = Fraction(int(form.bias_numerators[row]))
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            ends = (box.lower[column], box.upper[column])
            least += value * ends[value < 0]
            most += value * ends[value > 0]
        low.append(least)
        high.append(most)
    return low, high


def _kept(form: AffineMap, active: np.ndarray) -> AffineMap:
    """Return the map with the rows of inactive units replaced by zero."""
    rows = form.numerators
    places = active[rows.entry_rows]
    matrix = IntegerRows.from_entries(rows.entry_rows[places], rows.columns[places], rows.values[places], rows.shape)
    return AffineMap.from_integers(matrix, np.where(active, form.bias_numerators, 0), form.denominator)
