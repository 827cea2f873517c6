"""Squared distances of many points and centres against thresholds, exactly, by float matrix products."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from constructions.exact.integer_arrays import (
    FLOAT32_EXACT,
    FLOAT64_EXACT,
    INT64_EXACT,
    integer_array,
    largest_magnitude,
)
from verify.methods.separable.common_square import squared_lengths

_TILE_ROWS, _TILE_COLUMNS = 512, 1024
_BIG_ROWS = 4096

Progress = Callable[[int], None]


class Distances:
    """Distances of points and centres in one unit.

    Coordinates too large for float64 are rounded to multiples of a step, which moves every
    distance by at most ``step * sqrt(dim)``; what that leaves open is worked out in integers.

    Args:
        points: integers, shape (n, dim).
        centres: integers, shape (k, dim).
    """

    def __init__(self, points: np.ndarray, centres: np.ndarray) -> None:
        self._points, self._centres = points, centres
        dim = points.shape[1]
        middle = _middle(points, centres)
        reach = max(_reach(points, middle), _reach(centres, middle))
        # Every partial sum of the product is below 2 * most + 1, with thresholds cut at most + 1.
        self._step = 1
        while 2 * dim * (2 * (reach // self._step + 1)) ** 2 + 1 >= FLOAT64_EXACT:
            self._step *= 2
        self._slack = 0 if self._step == 1 else math.isqrt(dim) + 1
        self._most = dim * (2 * (reach // self._step + 1)) ** 2
        self._kind = np.float32 if 2 * self._most + 1 < FLOAT32_EXACT else np.float64
        self._near = _rounded(points, middle, self._step)
        self._far = _rounded(centres, middle, self._step)

    def are_beyond(
        self, squares: list[int], deadline: float | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Return for which points every squared distance is at least the centre's, for as many as time allows."""
        different = {square: self._threshold(square) for square in set(squares)}
        limits = np.array([different[square] for square in squares], dtype=np.int64)
        wanted = np.flatnonzero(limits > 0)
        found: list[bool] = []
        tiles = [wanted[start : start + _TILE_COLUMNS] for start in range(0, len(wanted), _TILE_COLUMNS)]
        columns = [np.ascontiguousarray(-2 * self._far[tile].T.astype(self._kind)) for tile in tiles]
        rests = [(squared_lengths(self._far[tile]) - limits[tile]).astype(self._kind) for tile in tiles]
        for start in range(0, len(self._near), _TILE_ROWS):
            if deadline is not None and time.monotonic() >= deadline:
                break
            rows = self._near[start : start + _TILE_ROWS]
            part, lengths = rows.astype(self._kind), squared_lengths(rows).astype(self._kind)
            is_far = np.ones(len(rows), dtype=bool)
            for tile, column, rest in zip(tiles, columns, rests, strict=True):
                excess: np.ndarray = part @ column
                excess += rest
                short = np.flatnonzero(excess.min(axis=1) + lengths < 0)
                if self._slack:
                    for row in short.tolist():
                        places = tile[excess[row] + lengths[row] < 0]
                        is_far[row] &= all(self.square(start + row, c) >= squares[c] for c in places.tolist())
                else:
                    is_far[short] = False
            found += is_far.tolist()
            if progress is not None:
                progress(len(rows))
        return np.array(found, dtype=bool)

    def nearest(self, indices: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return, for some points, which of some centres is nearest; about so, where they were rounded."""
        best = np.empty(len(indices), dtype=np.int64)
        centres = self._far[columns].astype(self._kind)
        lengths = squared_lengths(self._far[columns]).astype(self._kind)
        for start in range(0, len(indices), _TILE_ROWS):
            part = self._near[indices[start : start + _TILE_ROWS]].astype(self._kind)
            best[start : start + _TILE_ROWS] = (lengths - 2 * (part @ centres.T)).argmin(axis=1)
        return columns[best]

    def square(self, point: int, centre: int) -> int:
        """Return one squared distance."""
        steps = self._points[point].astype(object) - self._centres[centre].astype(object)
        return int((steps * steps).sum())

    def _threshold(self, square: int) -> int:
        """Return the squared distance, in steps, from which one is surely at least this, cut where none is."""
        if not self._slack or square <= 0:
            return min(max(square, 0), self._most + 1)
        root = -(-_root_up(square) // self._step) + self._slack
        return min(root * root, self._most + 1)


def _root_up(square: int) -> int:
    root = math.isqrt(square)
    return root if root * root == square else root + 1


def _middle(points: np.ndarray, centres: np.ndarray) -> int:
    sides = [int(side) for array in (points, centres) if array.size for side in (array.min(), array.max())]
    return (min(sides, default=0) + max(sides, default=0)) // 2


def _reach(array: np.ndarray, middle: int) -> int:
    return max((abs(int(side) - middle) for side in (array.min(), array.max())), default=0) if array.size else 0


def _rounded(array: np.ndarray, middle: int, step: int) -> np.ndarray:
    """Return the nearest multiples of a step, moved by a middle, as int64."""
    if array.dtype == object or abs(middle) + largest_magnitude(array) + step >= INT64_EXACT:
        array = array.astype(object)
    moved = array.astype(np.int64, copy=False) - middle if array.dtype != object else array - middle
    return np.asarray(integer_array(moved if step == 1 else (moved + step // 2) // step)).astype(np.int64, copy=False)
