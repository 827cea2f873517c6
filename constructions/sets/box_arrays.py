"""Closest pairs of boxes as integer arrays: the distance is separable, axis by axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, largest_magnitude, scaled
from constructions.exact.pair_distances import closest_pairs

_CELLS = 2**21


@dataclass(frozen=True, slots=True)
class BoxArrays:
    """Closed boxes with integer corners over one scale; points are boxes of width 0.

    Attributes:
        lower: lower corners, shape (n, d).
        upper: upper corners, shape (n, d).
        scale: positive common denominator.
    """

    lower: np.ndarray
    upper: np.ndarray
    scale: int

    def over(self, factor: int) -> BoxArrays:
        """Return the same boxes over ``factor`` times the scale."""
        lower = scaled(self.lower, factor)
        upper = lower if self.upper is self.lower else scaled(self.upper, factor)
        return BoxArrays(lower, upper, self.scale * factor)


def closest_boxes(first: BoxArrays, second: BoxArrays, norm: str) -> tuple[int, int, int]:
    """Return the smallest distance between two lists of boxes over one scale, and who attains it.

    Args:
        first: n boxes.
        second: m boxes, over the same scale.
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.

    Returns:
        The distance in units of the scale (squared in l2) and the indices of the
        first attaining pair.

    Cost:
        n * m * d integer operations, in blocks; compiled with early exit for points.
    """
    if first.lower is first.upper and second.lower is second.upper:
        distance, pairs = closest_pairs(first.lower, second.lower, norm, most=1)
        return distance, *pairs[0]
    arrays = _alike(first.lower, first.upper, second.lower, second.upper)
    best: tuple[int, int, int] | None = None
    step = max(1, _CELLS // len(second.lower))
    for start in range(0, len(first.lower), step):
        distances = _distances(arrays, slice(start, start + step), norm)
        place = int(distances.argmin())
        row, column = divmod(place, distances.shape[1])
        found = int(distances[row, column]), start + row, column
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None
    return best


def nearest_distances(first: BoxArrays, second: BoxArrays, norm: str) -> np.ndarray:
    """Return the distance of each box of a list to the nearest of another list.

    Args:
        first: n boxes.
        second: m boxes, over the same scale.
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.

    Returns:
        Integers in units of the scale (squared in l2), shape (n,).
    """
    arrays = _alike(first.lower, first.upper, second.lower, second.upper)
    step = max(1, _CELLS // len(second.lower))
    starts = range(0, len(first.lower), step)
    return np.concatenate([_distances(arrays, slice(start, start + step), norm).min(axis=1) for start in starts])


def _alike(*arrays: np.ndarray) -> list[np.ndarray]:
    """Give all arrays one type in which sums of squared differences cannot overflow."""
    largest = max(largest_magnitude(array) for array in arrays)
    fits = 4 * largest * largest * arrays[0].shape[1] < INT64_EXACT
    return [array.astype(np.int64 if fits else object) for array in arrays]


def _distances(arrays: list[np.ndarray], rows: slice, norm: str) -> np.ndarray:
    lower, upper, other_lower, other_upper = arrays
    total: np.ndarray | None = None
    for axis in range(lower.shape[1]):
        above = other_lower[None, :, axis] - upper[rows, axis, None]
        below = lower[rows, axis, None] - other_upper[None, :, axis]
        gap = np.maximum(np.maximum(above, below), 0)
        if norm == "l2":
            gap = gap * gap
        total = gap if total is None else np.maximum(total, gap) if norm == "linf" else total + gap
    assert total is not None
    return total
