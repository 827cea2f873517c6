"""Compiled exact distance from each point to the nearest point of another label."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, largest_magnitude
from constructions.exact.norms import check_norm
from constructions.exact.workers import worker_count

_BLOCK = 64
_SLICE = 64
NORM_CODES = {"linf": 0, "l1": 1, "l2": 2}


def nearest_opposite_distances(points: np.ndarray, labels: np.ndarray, norm: str) -> np.ndarray | None:
    """Return each point's distance to the nearest point of another label.

    Args:
        points: integers, shape (n, d), in int64 or narrower or as Python integers.
        labels: integers, shape (n,).
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.

    Returns:
        Exact distances in the units of the integers (squared in l2), shape (n,), int64
        or Python integers; ``None`` when there is one label only.

    Cost:
        At most n^2 d integer operations in compiled code, with early exit, on all workers.
    """
    code = NORM_CODES[check_norm(norm)]
    if np.unique(labels).size < 2:
        return None
    points = overflow_free(points)
    if points.dtype == object:
        return _nearest_big(points, labels, norm)
    marks = np.ascontiguousarray(labels, np.int64)
    nearest = np.empty(len(points), dtype=np.int64)
    starts = range(0, len(points), _SLICE)
    with ThreadPoolExecutor(worker_count()) as pool:
        list(pool.map(lambda start: _search(points, marks, start, start + _SLICE, code, nearest), starts))
    return nearest


def overflow_free(points: np.ndarray) -> np.ndarray:
    """Return integer points in the narrowest signed type in which no distance overflows, else as Python integers."""
    largest, width = largest_magnitude(points), max(points.shape[1], 1)
    if 4 * largest * largest * width >= INT64_EXACT:
        return points.astype(object)
    for kind, limit in ((np.int16, 2**14), (np.int32, 2**30)):
        if largest < limit:
            return np.ascontiguousarray(points, kind)
    return np.ascontiguousarray(points, np.int64)


@nb.njit(nogil=True, cache=True)
def _search(points, labels, start, stop, code, nearest):  # type: ignore[no-untyped-def]
    """Fill ``nearest[start:stop]``."""
    for i in range(start, min(stop, points.shape[0])):
        best = np.int64(np.iinfo(np.int64).max)
        for j in range(points.shape[0]):
            if labels[j] != labels[i]:
                best = min(best, bounded_distance(points[i], points[j], code, best))
        nearest[i] = best


@nb.njit(nogil=True, cache=True)
def bounded_distance(x, y, code, enough):  # type: ignore[no-untyped-def]
    """Return the distance, or some value above ``enough`` once it is known to exceed it.

    The loops run over slices from 0, which the compiler turns into vector instructions.
    """
    total = np.int64(0)
    for start in range(0, x.shape[0], _BLOCK):
        first, second = x[start : start + _BLOCK], y[start : start + _BLOCK]
        if code == 0:
            widest = abs(first[0] - second[0])
            for k in range(first.shape[0]):
                widest = max(widest, abs(first[k] - second[k]))
            total = max(total, np.int64(widest))
        elif code == 1:
            for k in range(first.shape[0]):
                total += abs(np.int64(first[k]) - np.int64(second[k]))
        else:
            for k in range(first.shape[0]):
                gap = np.int64(first[k]) - np.int64(second[k])
                total += gap * gap
        if total > enough:
            break
    return total


def _nearest_big(points: np.ndarray, labels: np.ndarray, norm: str) -> np.ndarray:
    """The same in Python integers, one row of pairs at a time."""
    nearest = np.empty(len(points), dtype=object)
    for label in np.unique(labels):
        others = points[labels != label]
        for index in np.flatnonzero(labels == label):
            gaps = np.abs(others - points[index])
            if norm == "l2":
                gaps = gaps * gaps
            nearest[index] = (gaps.max(axis=1) if norm == "linf" else gaps.sum(axis=1)).min()
    return nearest
