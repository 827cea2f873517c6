"""The smallest l-infinity distance inside one collection of boxes with integer corners."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numba as nb
import numpy as np

from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import INT64_EXACT, largest_magnitude

_BLOCK_ENTRIES = 2**22
_MOST_AXES, _FEW = 4, 2**11


def closest_in_one(lower: np.ndarray, upper: np.ndarray) -> tuple[int, tuple[int, int]]:
    """Return the smallest l-infinity distance of two different boxes of one collection, at least two.

    Many boxes are put into the buckets of a grid first, as wide as a distance that occurs and the
    widest box: boxes closer than that lie in the same bucket or in neighbours.

    Args:
        lower: integers, shape (n, d).
        upper: likewise.

    Cost:
        All pairs for few boxes or large integers, in blocks; else those in buckets near each other.
    """
    if len(lower) < 2:
        raise ValueError("a distance inside a collection needs two boxes")
    if len(lower) <= _FEW or not _is_small(lower, upper):
        return _of_all_pairs(lower, upper)
    low, high = lower.astype(np.int64), upper.astype(np.int64)
    distance, pair = _of_neighbours(low, high)
    if distance == 0:
        return 0, pair
    buckets = _in_buckets(low, high, distance)
    found, i, j = _search(low, high, buckets.order, buckets.starts, buckets.near, distance, *pair)
    return int(found), (int(i), int(j))


def pairs_within(lower: np.ndarray, upper: np.ndarray, distance: int, most: int) -> np.ndarray:
    """Return all pairs of different boxes at most a distance apart, shape (m, 2).

    Args:
        lower: integers below 2^61 in size, shape (n, d).
        upper: likewise.
        distance: at least 0.
        most: pairs to list.

    Raises:
        BudgetExceeded: there are more.
    """
    low, high = lower.astype(np.int64), upper.astype(np.int64)
    buckets = _in_buckets(low, high, max(1, distance))
    pairs = np.empty((most, 2), dtype=np.int64)
    count = _collect(low, high, buckets.order, buckets.starts, buckets.near, distance, pairs)
    if count > most:
        raise BudgetExceeded(f"more than {most} pairs of {len(lower)} boxes are at most {distance} apart")
    return pairs[:count]


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Boxes by bucket: an order, where each bucket starts in it, and the later neighbours of each, -1 for none."""

    order: np.ndarray
    starts: np.ndarray
    near: np.ndarray


def _in_buckets(low: np.ndarray, high: np.ndarray, distance: int) -> _Buckets:
    """Sort boxes into buckets such that those within a distance are in the same or in neighbours.

    Only the axes with the most buckets count; the others decide nothing here.
    """
    side = distance + int((high - low).max())
    places = (low - low.min(axis=0)) // side + 1
    widths = [int(width) for width in places.max(axis=0) + 2]
    axes = sorted(range(len(widths)), key=lambda axis: -widths[axis])[:_MOST_AXES]
    while math.prod(widths[axis] for axis in axes) >= 2**62:
        axes.pop()
    keys, steps = np.zeros(len(low), dtype=np.int64), list[int]()
    for axis in axes:
        keys, steps = keys * widths[axis] + places[:, axis], [*(step * widths[axis] for step in steps), 1]
    order = np.argsort(keys, kind="stable")
    known, starts = np.unique(keys[order], return_index=True)
    shifts = (
        sum(s * step for s, step in zip(signs, steps, strict=True)) for signs in product((-1, 0, 1), repeat=len(axes))
    )
    later = [shift for shift in shifts if shift > 0]
    near = np.full((len(known), len(later)), -1, dtype=np.int64)
    for column, shift in enumerate(later):
        found = np.minimum(np.searchsorted(known, known + shift), len(known) - 1)
        near[:, column] = np.where(known[found] == known + shift, found, -1)
    return _Buckets(order, np.append(starts, len(low)), near)


def _of_neighbours(low: np.ndarray, high: np.ndarray) -> tuple[int, tuple[int, int]]:
    """Return the smallest distance of boxes that follow each other along an axis, or in lexicographic order."""
    best: tuple[int, tuple[int, int]] | None = None
    for order in (*np.argsort(low, axis=0, kind="stable").T, np.lexsort(low.T[::-1])):
        a, b = order[:-1], order[1:]
        gaps = np.maximum(np.maximum(low[a] - high[b], low[b] - high[a]).max(axis=1), 0)
        place = int(gaps.argmin())
        if best is None or gaps[place] < best[0]:
            best = int(gaps[place]), (int(a[place]), int(b[place]))
    assert best is not None
    return best


def _of_all_pairs(lower: np.ndarray, upper: np.ndarray) -> tuple[int, tuple[int, int]]:
    best: tuple[int, tuple[int, int]] | None = None
    rows = max(1, _BLOCK_ENTRIES // max(1, lower.size))
    small = _is_small(lower, upper)
    low_all, high_all = (side.astype(np.int64 if small else object) for side in (lower, upper))
    for start in range(0, len(lower) - 1, rows):
        low, high = low_all[start : start + rows, None], high_all[start : start + rows, None]
        rest_low, rest_high = low_all[None, start + 1 :], high_all[None, start + 1 :]
        gaps = np.maximum(low - rest_high, rest_low - high).max(axis=2)
        # Row i of the block meets only later boxes: columns from i on.
        early = np.arange(gaps.shape[1])[None] < np.arange(gaps.shape[0])[:, None]
        gaps = np.where(early, np.array(2**62, gaps.dtype) if small else gaps.max() + 1, gaps)
        place = int(np.argmin(gaps))
        found = max(0, int(gaps.reshape(-1)[place]))
        if best is None or found < best[0]:
            best = found, (start + place // gaps.shape[1], start + 1 + place % gaps.shape[1])
    assert best is not None
    return best


def _is_small(lower: np.ndarray, upper: np.ndarray) -> bool:
    return max(largest_magnitude(lower), largest_magnitude(upper)) < INT64_EXACT // 4


@nb.njit(nogil=True, cache=True)
def _gap(low, high, i, j, limit):  # type: ignore[no-untyped-def]
    """Return the distance of two boxes, or something above the limit as soon as it is known to be that."""
    gap = 0
    for axis in range(low.shape[1]):
        gap = max(gap, low[i, axis] - high[j, axis], low[j, axis] - high[i, axis])
        if gap > limit:
            break
    return gap


@nb.njit(nogil=True, cache=True)
def _search(low, high, order, starts, near, best, first, second):  # type: ignore[no-untyped-def]
    for bucket in range(near.shape[0]):
        for place in range(starts[bucket], starts[bucket + 1]):
            i = order[place]
            for column in range(-1, near.shape[1]):
                other = bucket if column < 0 else near[bucket, column]
                if other < 0:
                    continue
                begin = place + 1 if column < 0 else starts[other]
                for later in range(begin, starts[other + 1]):
                    gap = _gap(low, high, i, order[later], best - 1)
                    if gap < best:
                        best, first, second = gap, i, order[later]
    return best, first, second


@nb.njit(nogil=True, cache=True)
def _collect(low, high, order, starts, near, limit, pairs):  # type: ignore[no-untyped-def]
    count = 0
    for bucket in range(near.shape[0]):
        for place in range(starts[bucket], starts[bucket + 1]):
            i = order[place]
            for column in range(-1, near.shape[1]):
                other = bucket if column < 0 else near[bucket, column]
                if other < 0:
                    continue
                begin = place + 1 if column < 0 else starts[other]
                for later in range(begin, starts[other + 1]):
                    if _gap(low, high, i, order[later], limit) <= limit:
                        if count < pairs.shape[0]:
                            pairs[count, 0], pairs[count, 1] = i, order[later]
                        count += 1
                        if count > pairs.shape[0]:
                            return count
    return count
