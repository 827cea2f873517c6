"""Where to put the walls of a grid so that no interval meets one: the middle of the largest gap on a circle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import exact_fraction, over_common_denominator


@dataclass(frozen=True, slots=True)
class GridShift:
    """Walls at ``offset + side * z`` for all integers z, and how far they are from all intervals.

    Attributes:
        offset: of one wall, at least 0 and below the side.
        clearance: exact distance from the walls to the nearest interval, the same on both sides.
    """

    offset: Fraction
    clearance: Fraction


def grid_shift(places: Sequence[Any], reach: Any, side: Any) -> GridShift:
    """Return the shift of a grid of the line that keeps its walls farthest from all intervals.

    Modulo the side, the n intervals lie on a circle. The walls go to the middle of the largest
    gap between them, which is at least ``side / n - 2 * reach`` long.

    Theorem: lem:grid-shift-and-floor

    Args:
        places: n midpoints of intervals.
        reach: half the length of every interval, at least 0.
        side: distance of neighbouring walls, positive.

    Raises:
        AssumptionViolated: the intervals cover the circle, or a number is out of range.
        InexactInput: a number is a float.

    Cost:
        O(n log n).

    Example:
        >>> grid_shift(["1/4", "5/2", "13/4"], "1/8", 1)
        GridShift(offset=Fraction(7, 8), clearance=Fraction(1, 4))
    """
    width, half = exact_fraction(side, "side"), exact_fraction(reach, "reach")
    if width <= 0 or half < 0 or not len(places):
        raise AssumptionViolated(
            f"side must be positive, reach at least 0 and a place given, got side {width}, reach {half}, "
            f"{len(places)} places"
        )
    numbers = [exact_fraction(place, "place") for place in places]
    numerators, scale = over_common_denominator([*numbers, width])
    starts, lengths = largest_gaps(integer_array(numerators[:-1]).reshape(-1, 1), int(numerators[-1]))
    start, gap = Fraction(int(starts[0]), scale), Fraction(int(lengths[0]), scale)
    if gap <= 2 * half:
        raise AssumptionViolated(
            f"{len(numbers)} intervals of length {2 * half} cover a circle of length {width}: "
            f"the largest gap of their midpoints is {gap}",
            "overlap",
        )
    return GridShift((start + gap / 2) % width, gap / 2 - half)


def largest_gaps(places: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the largest gap on a circle begins, and its length, for every column.

    Args:
        places: integers, shape (n, k), n at least 1.
        side: length of the circle, a positive integer.

    Returns:
        The first place after which there is the largest gap, modulo the side, shape (k,), and
        the length of that gap, between 1 and the side unless all residues occur.
    """
    residues = np.sort(places % side, axis=0)
    following = np.concatenate([residues[1:], residues[:1] + side])
    gaps = following - residues
    widest = np.argmax(gaps, axis=0)
    columns = np.arange(places.shape[1])
    return residues[widest, columns], gaps[widest, columns]
