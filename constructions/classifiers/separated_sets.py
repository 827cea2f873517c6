"""The hypotheses of Theorem 3.3, checked once: two sets in the unit cube, separation, radius."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.sets.box_arrays import BoxArrays
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import BoxSet

MOST_BALLS = 2**20

Point = tuple[Fraction, ...]
Corners = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class SeparatedSets:
    """Two sets of points and boxes whose neighbourhoods can be told apart.

    Attributes:
        sets: A, labelled +1, and B, labelled -1.
        norm: of the neighbourhoods.
        radius: of the neighbourhoods, at least 0 and below eps.
        eps: half the separation assumed.
    """

    sets: LabelledSets
    norm: str
    radius: Fraction
    eps: Fraction

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.sets.dim

    @property
    def gap(self) -> Fraction:
        """How far the neighbourhoods stay apart: ``2 * eps - 2 * radius``, positive."""
        return 2 * (self.eps - self.radius)

    def boxes(self, label: int) -> list[Corners]:
        """Return lower and upper corners of the boxes of one set; of a point they are equal."""
        arrays = _arrays(self.sets, label)
        sides = ([_point(row, arrays.scale) for row in side] for side in (arrays.lower, arrays.upper))
        return list(zip(*sides, strict=True))

    def balls(self) -> LabelledPoints | None:
        """Return centres of balls that fill both neighbourhoods exactly, ``None`` where none are known.

        Points are their own centres. In l-infinity the neighbourhood of a box is filled by
        the balls around points of the box that are at most two radii apart along each axis.

        Raises:
            BudgetExceeded: a box takes more than 2^20 balls.
        """
        centres: dict[Point, int] = {}
        for label in (1, -1):
            for lower, upper in self.boxes(label):
                if lower != upper and (self.norm != "linf" or not self.radius):
                    return None
                centres |= dict.fromkeys(_spaced(lower, upper, 2 * self.radius), label)
        return LabelledPoints.of(list(centres), list(centres.values()))


def _spaced(lower: Point, upper: Point, most: Fraction) -> Iterator[Point]:
    """Yield points of a box, corners included, whose steps along every axis are at most ``most``."""
    steps = [math.ceil((high - low) / most) if high > low else 0 for low, high in zip(lower, upper, strict=True)]
    if math.prod(step + 1 for step in steps) > MOST_BALLS:
        raise BudgetExceeded(
            f"a box takes {math.prod(step + 1 for step in steps)} balls; at most {MOST_BALLS} are made"
        )
    axes = [
        [low + (high - low) * place / max(step, 1) for place in range(step + 1)]
        for low, high, step in zip(lower, upper, steps, strict=True)
    ]
    return product(*axes)


def separated_sets(
    sets: LabelledSets | LabelledPoints, radius: Any, eps: Any = None, norm: str = "linf"
) -> SeparatedSets:
    """Check the hypotheses and return the sets.

    Args:
        sets: two sets made of points and boxes, or points of both labels.
        radius: exact, at least 0.
        eps: half the separation to assume; the largest valid one by default.
        norm: ``"linf"``, ``"l2"`` or ``"l1"``.

    Raises:
        AssumptionViolated: a set is empty or leaves the unit cube, the sets are not
            ``2 * eps`` apart, or the radius is not in ``[0, eps)``; the message has the values.
        InexactInput: a number is a float.
        UsageError: the norm is unknown, or a set is no union of points and boxes.
    """
    check_norm(norm)
    both = LabelledSets.of_points(sets) if isinstance(sets, LabelledPoints) else sets
    for label in (1, -1):
        _require_unit_cube(_arrays(both, label), label)
    reach = exact_fraction(radius, "radius")
    half = both.eps(norm) if eps is None else exact_fraction(eps, "eps")
    closest = both.closest(norm)
    if (4 * half * half if norm == "l2" else 2 * half) > closest.distance or half <= 0:
        squared = " (squared)" if norm == "l2" else ""
        needed = 4 * half * half if norm == "l2" else 2 * half
        raise AssumptionViolated(
            f"the sets are {closest.distance}{squared} apart in {norm}; eps = {half} needs at least {needed}{squared}"
            + (", and more than 0" if half <= 0 else ""),
            "separation",
        )
    if not 0 <= reach < half:
        raise AssumptionViolated(f"the radius must lie in [0, eps) = [0, {half}), got {reach}", "radius")
    return SeparatedSets(both, norm, reach, half)


def _arrays(sets: LabelledSets, label: int) -> BoxArrays:
    side = sets.positive if label == 1 else sets.negative
    if not isinstance(side, BoxSet):
        raise UsageError(f"a classifier needs sets of points and boxes, got {type(side).__name__}")
    return side.arrays


def _point(row: np.ndarray, scale: int) -> Point:
    return tuple(Fraction(int(value), scale) for value in row)


def _require_unit_cube(arrays: BoxArrays, label: int) -> None:
    outside = np.argwhere((arrays.lower < 0) | (arrays.upper > arrays.scale))
    if outside.size:
        place, axis = (int(index) for index in outside[0])
        low, high = (_point(side[place], arrays.scale)[axis] for side in (arrays.lower, arrays.upper))
        shown = str(low) if low == high else f"{low} to {high}"
        raise AssumptionViolated(
            f"coordinate {axis} of piece {place} of label {label:+d} is {shown}, outside [0, 1]", "unit_cube"
        )
