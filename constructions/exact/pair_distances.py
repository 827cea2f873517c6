"""Compiled exact distances between two sets of integer points: the closest pairs.

Each kernel keeps the best distance so far and leaves a pair as soon as a block of
coordinates already exceeds it. Squared l2 distances are one matrix product, in floats that
hold every partial sum exactly.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import FLOAT32_EXACT, FLOAT64_EXACT, INT64_EXACT, largest_magnitude
from constructions.exact.workers import worker_count

_FIRST = 8
_BLOCK = 64
_SLICE = 256
_PRODUCT_ENTRIES = 2**22
_CODES = {"linf": 0, "l1": 1, "l2": 2}


def closest_pairs(
    first: np.ndarray, second: np.ndarray, norm: str, most: int = 16
) -> tuple[int, list[tuple[int, int]]]:
    """Return the smallest distance between two sets, and pairs that attain it.

    Args:
        first: integers, shape (n, d).
        second: integers, shape (m, d).
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.
        most: how many attaining pairs to return, in lexicographic order.

    Returns:
        The distance (squared in l2) in the units of the integers, and index pairs.

    Cost:
        At most n * m * d operations, all workers; no Python loop over pairs.
    """
    if norm == "l2":
        largest = max(largest_magnitude(first), largest_magnitude(second))
        bound = 4 * largest * largest * max(first.shape[1], 1)
        if bound < FLOAT64_EXACT:
            return _closest_by_products(first, second, most, np.float32 if bound < FLOAT32_EXACT else np.float64)
    first, second = _alike(first, second)
    if first.dtype == object:
        return _closest_big(first, second, norm, most)
    code = _CODES[norm]
    blocks = [(start, min(start + _SLICE, len(first))) for start in range(0, len(first), _SLICE)]
    best = np.full(1, np.iinfo(np.int64).max, dtype=np.int64)
    with ThreadPoolExecutor(worker_count()) as pool:
        found = list(pool.map(lambda part: _search(first, second, part[0], part[1], best, most, code), blocks))
    distance = min(int(distance) for distance, _, _ in found)
    pairs = [(int(i), int(j)) for value, count, places in found if int(value) == distance for i, j in places[:count]]
    return distance, sorted(pairs)[:most]


def _closest_by_products(
    first: np.ndarray, second: np.ndarray, most: int, kind: type[np.floating]
) -> tuple[int, list[tuple[int, int]]]:
    """Return the same in l2 from ``|x|^2 + |y|^2 - 2 <x, y>``, block of rows by block.

    The caller has bounded every partial sum by what the float type holds exactly.
    """
    rows, columns = first.astype(kind), second.astype(kind)
    left = np.concatenate([rows, (rows * rows).sum(axis=1, keepdims=True), np.ones((len(rows), 1), kind)], axis=1)
    right = np.concatenate(
        [-2 * columns, np.ones((len(columns), 1), kind), (columns * columns).sum(axis=1, keepdims=True)], axis=1
    )
    best: int | None = None
    pairs: list[tuple[int, int]] = []
    step = max(1, _PRODUCT_ENTRIES // len(columns))
    for start in range(0, len(left), step):
        squares = left[start : start + step] @ right.T
        least = int(squares.min())
        if best is None or least < best:
            best, pairs = least, []
        if least == best and len(pairs) < most:
            places = np.flatnonzero(squares == least)[:most]
            pairs += [(start + int(place) // len(columns), int(place) % len(columns)) for place in places]
    assert best is not None
    return best, pairs[:most]


def _alike(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give both sets one type in which differences, and sums of squares, cannot overflow."""
    largest = max(largest_magnitude(first), largest_magnitude(second))
    if 4 * largest * largest * max(first.shape[1], 1) >= INT64_EXACT:
        return first.astype(object), second.astype(object)
    kinds = [array.dtype for array in (first, second)]
    if all(kind == np.uint8 for kind in kinds) or largest < 2**14:
        return np.ascontiguousarray(first, np.int16), np.ascontiguousarray(second, np.int16)
    if largest < 2**30:
        return np.ascontiguousarray(first, np.int32), np.ascontiguousarray(second, np.int32)
    return np.ascontiguousarray(first, np.int64), np.ascontiguousarray(second, np.int64)


@nb.njit(nogil=True, cache=True)
def _linf(x, y, best):  # type: ignore[no-untyped-def]
    largest = np.int64(0)
    start, step = 0, _FIRST
    while start < x.shape[0]:
        stop = min(start + step, x.shape[0])
        block = x[0] - x[0]
        for j in range(start, stop):
            block = max(block, abs(x[j] - y[j]))
        largest = max(largest, np.int64(block))
        if largest > best:
            break
        start, step = stop, min(2 * step, _BLOCK)
    return largest


@nb.njit(nogil=True, cache=True)
def _l1(x, y, best):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for start in range(0, x.shape[0], _BLOCK):
        stop = min(start + _BLOCK, x.shape[0])
        for j in range(start, stop):
            total += abs(np.int64(x[j]) - np.int64(y[j]))
        if total > best:
            break
    return total


@nb.njit(nogil=True, cache=True)
def _l2(x, y, best):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for start in range(0, x.shape[0], _BLOCK):
        stop = min(start + _BLOCK, x.shape[0])
        for j in range(start, stop):
            difference = np.int64(x[j]) - np.int64(y[j])
            total += difference * difference
        if total > best:
            break
    return total


@nb.njit(nogil=True, cache=True)
def _search(first, second, start, stop, shared, most, code):  # type: ignore[no-untyped-def]
    """Return the least distance seen, and pairs of these rows of ``first`` that attain it."""
    best = shared[0]
    count = 0
    places = np.zeros((most, 2), dtype=np.int64)
    for i in range(start, stop):
        if shared[0] < best:  # another worker found a smaller distance: our pairs are not the closest
            best = shared[0]
            count = 0
        for j in range(second.shape[0]):
            if code == 0:
                value = _linf(first[i], second[j], best)
            elif code == 1:
                value = _l1(first[i], second[j], best)
            else:
                value = _l2(first[i], second[j], best)
            if value < best:
                best = value
                count = 0
            if value == best and count < most:
                places[count, 0] = i
                places[count, 1] = j
                count += 1
        if best < shared[0]:
            shared[0] = best
    return best, count, places


def _closest_big(first: np.ndarray, second: np.ndarray, norm: str, most: int) -> tuple[int, list[tuple[int, int]]]:
    """The same for integers beyond int64, one row of pairs at a time."""
    rows = []
    for point in first:
        gaps = np.abs(second - point)
        if norm == "linf":
            rows.append(gaps.max(axis=1) if gaps.shape[1] else np.zeros(len(gaps), object))
        else:
            rows.append((gaps if norm == "l1" else gaps * gaps).sum(axis=1))
    distance = min(min(row) for row in rows)
    pairs = [(i, j) for i, row in enumerate(rows) for j in np.flatnonzero(row == distance)]
    return int(distance), [(int(i), int(j)) for i, j in pairs[:most]]
