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
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.neighbourhoods import Neighbourhood
from constructions.sets.point_set import BoxSet, PointSet

MOST_BALLS = 2**20

Point = tuple[Fraction, ...]
Corners = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class SeparatedSets:
    """Two sets of points, boxes and polytopes whose neighbourhoods can be told apart.

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

    def side(self, label: int) -> PointSet:
        """Return one of the two sets."""
        return self.sets.exact_sides[0 if label == 1 else 1]

    def is_boxes(self, label: int) -> bool:
        """Return whether one set is made of points and boxes."""
        return isinstance(self.side(label), BoxSet)

    @property
    def has_balls(self) -> bool:
        """Whether finitely many balls of this norm and radius fill both neighbourhoods exactly."""
        in_linf = self.norm == "linf" and self.radius > 0
        sides = [self.side(label) for label in (1, -1)]
        return all(isinstance(s, BoxSet) and (in_linf or _are_points(s.arrays)) for s in sides)

    def neighbourhood(self, label: int, radius: Fraction) -> Neighbourhood:
        """Return the points within a radius of one set."""
        return Neighbourhood.of(self.side(label), self.norm, radius)

    def boxes(self, label: int) -> list[Corners]:
        """Return lower and upper corners of the boxes of one set; of a point they are equal.

        Raises:
            UsageError: the set is not made of points and boxes.
        """
        side = self.side(label)
        if not isinstance(side, BoxSet):
            raise UsageError(f"a {type(side).__name__} is no union of points and boxes")
        arrays = side.arrays
        sides = ([_point(row, arrays.scale) for row in side] for side in (arrays.lower, arrays.upper))
        return list(zip(*sides, strict=True))

    def balls(self) -> LabelledPoints | None:
        """Return centres of balls that fill both neighbourhoods exactly, ``None`` where none are known.

        Points are their own centres. In l-infinity the neighbourhood of a box is filled by
        the balls around points of the box that are at most two radii apart along each axis.

        Raises:
            BudgetExceeded: a box takes more than 2^20 balls.
        """
        if not self.has_balls:
            return None
        centres: dict[Point, int] = {}
        for label in (1, -1):
            for lower, upper in self.boxes(label):
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

    A covered cloud is replaced by its known points: what lies within the radius of the set
    lies within the radius and the cover radius of them. So radius and eps grow by the
    larger cover radius, and the gap between the neighbourhoods stays.

    Args:
        sets: two sets of any kind, or points of both labels.
        radius: exact, at least 0.
        eps: half the separation to assume; the largest valid one by default.
        norm: ``"linf"``, ``"l2"`` or ``"l1"``.

    Raises:
        AssumptionViolated: a set is empty or leaves the unit cube, the sets are not
            ``2 * eps`` apart, or the radius is not in ``[0, eps)``; the message has the values.
        InexactInput: a number is a float.
        UsageError: the norm is unknown.
    """
    check_norm(norm)
    given = LabelledSets.of_points(sets) if isinstance(sets, LabelledPoints) else sets
    both, grown = known_sets(given, norm)
    for label, side in zip((1, -1), both.exact_sides, strict=True):
        _require_unit_cube(side, label)
    reach = exact_fraction(radius, "radius") + grown
    half = both.eps(norm) if eps is None else exact_fraction(eps, "eps") + grown
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


def known_sets(sets: LabelledSets, norm: str) -> tuple[LabelledSets, Fraction]:
    """Return two sets with covered clouds replaced by their points, and the larger cover radius.

    Without clouds the sets are as given and the radius is 0.
    """
    sides = (sets.positive, sets.negative)
    grown = max((s.radius_in(norm) for s in sides if isinstance(s, CoveredCloud)), default=Fraction(0))
    known = [s.cloud if isinstance(s, CoveredCloud) else s for s in sides]
    return LabelledSets(*known), grown


def _are_points(arrays: BoxArrays) -> bool:
    return arrays.lower is arrays.upper or bool((arrays.lower == arrays.upper).all())


def _point(row: np.ndarray, scale: int) -> Point:
    return tuple(Fraction(int(value), scale) for value in row)


def _require_unit_cube(side: PointSet, label: int) -> None:
    if isinstance(side, BoxSet):
        _require_boxes_in_cube(side.arrays, label)
        return
    for place, piece in enumerate(side.pieces):
        for axis, (low, high) in enumerate(zip(piece.lower, piece.upper, strict=True)):
            if low < 0 or high > 1:
                raise _outside(place, label, axis, low, high)


def _require_boxes_in_cube(arrays: BoxArrays, label: int) -> None:
    outside = np.argwhere((arrays.lower < 0) | (arrays.upper > arrays.scale))
    if outside.size:
        place, axis = (int(index) for index in outside[0])
        low, high = (_point(side[place], arrays.scale)[axis] for side in (arrays.lower, arrays.upper))
        raise _outside(place, label, axis, low, high)


def _outside(place: int, label: int, axis: int, low: Fraction, high: Fraction) -> AssumptionViolated:
    shown = str(low) if low == high else f"{low} to {high}"
    message = f"coordinate {axis} of piece {place} of label {label:+d} is {shown}, outside [0, 1]"
    return AssumptionViolated(message, "unit_cube")
