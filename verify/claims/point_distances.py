"""The exact smallest l-infinity distance of many points, with short coordinates or long ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.data.norm_ball import Point
from constructions.exact.closest_in_one import closest_in_one, pairs_within
from constructions.exact.integer_arrays import integer_array

_FINE, _LARGEST = 2**44, 2**60
_MOST_PAIRS = 2**20
Closest = tuple[Fraction, tuple[int, int]]


def smallest_distance(points: Sequence[Point]) -> Closest:
    """Return the smallest l-infinity distance of two of the points, at least two, and a pair.

    Two different points of a product of sets differ in some factor, and by as much as
    there; so its smallest distance is the smallest of its factors. That a list is a product is seen
    by counting. Else short coordinates are compared as integers over their common denominator. Long ones are
    enclosed on a grid of 2^-44 first, a coarser one where they are large, and only pairs that may be closest are
    compared exactly.

    Raises:
        BudgetExceeded: more than 2^20 pairs may be closest.
    """
    known, labels = _labelled(points)
    rows = np.unique(labels, axis=0)
    if len(rows) < len(points):
        return _of_equal_points(labels)
    width = _factor_width(rows)
    if width == rows.shape[1]:
        return _of_factor(known, labels)
    closest: tuple[Fraction, int, np.ndarray, np.ndarray] | None = None
    for start in range(0, rows.shape[1], width):
        factor = np.unique(rows[:, start : start + width], axis=0)
        if len(factor) > 1:
            distance, (i, j) = _of_factor(known, factor)
            if closest is None or distance < closest[0]:
                closest = distance, start, factor[i], factor[j]
    assert closest is not None
    distance, start, first, second = closest
    # Of a product every point with one of the two in its factor has a partner with the other.
    i = int(np.flatnonzero((labels[:, start : start + width] == first).all(axis=1))[0])
    partner = labels[i].copy()
    partner[start : start + width] = second
    return distance, (i, int(np.flatnonzero((labels == partner).all(axis=1))[0]))


def _labelled(points: Sequence[Point]) -> tuple[list[Fraction], np.ndarray]:
    """Return the different coordinates, and their numbers in place of the coordinates."""
    # Most coordinates of a packing are the same objects: each is looked up by its value once.
    number: dict[Fraction, int] = {}
    seen = {id(x): x for point in points for x in point}
    places = {name: number.setdefault(x, len(number)) for name, x in seen.items()}
    return list(number), np.array([[places[id(x)] for x in point] for point in points], dtype=np.int64)


def _factor_width(rows: np.ndarray) -> int:
    """Return the smallest width of equal blocks of coordinates of which different rows are a product."""
    axes = rows.shape[1]
    for width in range(1, axes):
        if axes % width == 0:
            blocks = [rows[:, start : start + width] for start in range(0, axes, width)]
            if math.prod(len(np.unique(block, axis=0)) for block in blocks) == len(rows):
                return width
    return axes


def _of_equal_points(labels: np.ndarray) -> Closest:
    order = np.lexsort(labels.T[::-1])
    same = (labels[order[1:]] == labels[order[:-1]]).all(axis=1)
    place = int(same.argmax())
    return Fraction(0), (int(order[place]), int(order[place + 1]))


def _of_factor(known: list[Fraction], labels: np.ndarray) -> Closest:
    """Return the smallest distance of different points given by numbers of coordinates."""
    used = np.unique(labels)
    scale = math.lcm(*(known[k].denominator for k in used))
    if scale < _FINE:
        short = dict.fromkeys(used.tolist(), 0) | {k: int(known[k] * scale) for k in used.tolist()}
        table = integer_array(np.array([[short[k] for k in row] for row in labels.tolist()], dtype=object))
        distance, pair = closest_in_one(table, table)
        return Fraction(distance, scale), pair
    # Differences of enclosures stay below 2^63.
    steps = min(Fraction(_FINE), _LARGEST / max(abs(known[k]) for k in used))
    floors = np.zeros(len(known), dtype=np.int64)
    floors[used] = [math.floor(known[k] * steps) for k in used.tolist()]
    table = floors[labels]
    least = closest_in_one(table, table + 1)[0]
    # Enclosures more than two units above the least cannot be closest.
    best: Closest | None = None
    for i, j in pairs_within(table, table + 1, least + 2, _MOST_PAIRS).tolist():
        exact = max(abs(known[a] - known[b]) for a, b in zip(labels[i].tolist(), labels[j].tolist(), strict=True))
        if best is None or exact < best[0]:
            best = exact, (min(i, j), max(i, j))
    assert best is not None
    return best
