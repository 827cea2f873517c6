"""Exact distances between two sets of integer points: all of them, or which pairs are within a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import FLOAT32_EXACT, FLOAT64_EXACT, largest_magnitude
from constructions.exact.nearest_opposite import NORM_CODES, bounded_distance, overflow_free
from constructions.exact.norms import check_norm
from constructions.exact.workers import worker_count

WORD = 64
_SLICE = 64
_PRODUCT_ENTRIES = 2**22
_NEVER = np.iinfo(np.int64).max


def opposite_distances(first: np.ndarray, second: np.ndarray, norm: str) -> np.ndarray:
    """Return the distance of every pair, one point from each set.

    Args:
        first: integers, shape (n, d).
        second: integers, shape (m, d).
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.

    Returns:
        Exact distances, shape (n, m), in int64 or as Python integers.

    Cost:
        n * m * d operations in compiled code, on all workers; in l2 one matrix product.
    """
    kind = _product_kind(first, second, norm)
    distances = np.empty((len(first), len(second)), dtype=np.int64)
    if kind is not None:
        for start, squares in _products(first, second, kind):
            distances[start : start + len(squares)] = squares
        return distances
    left, right = _alike(first, second)
    if left.dtype == object:
        return np.array([_big_row(point, right, norm) for point in left], dtype=object).reshape(distances.shape)
    code = NORM_CODES[check_norm(norm)]
    _in_slices(len(left), lambda start: _all_distances(left, right, start, start + _SLICE, code, distances))
    return distances


def pairs_within(first: np.ndarray, second: np.ndarray, norm: str, limit: int) -> np.ndarray:
    """Return which pairs are at most ``limit`` apart, a row of bits for each point of ``first``.

    Args:
        first: integers, shape (n, d).
        second: integers, shape (m, d).
        norm: ``"linf"``, ``"l1"``, or ``"l2"``.
        limit: in the units of the integers, in l2 of their squares; below 0 no pair is.

    Returns:
        Words of 64 bits, shape (n, ceil(m / 64)): bit ``j % 64`` of word ``j // 64`` of row
        i says whether the pair (i, j) is within the limit.

    Cost:
        At most n * m * d operations in compiled code with early exit, on all workers; in l2
        one matrix product. Beside the rows, blocks of some 50 MiB.
    """
    rows = np.zeros((len(first), -(-len(second) // WORD)), dtype=np.uint64)
    if limit < 0:
        return rows
    kind = _product_kind(first, second, norm)
    if kind is not None:
        limit = min(limit, FLOAT32_EXACT if kind is np.float32 else FLOAT64_EXACT)  # no float rounds it
        for start, squares in _products(first, second, kind):
            rows[start : start + len(squares)] = packed(squares <= limit)
        return rows
    left, right = _alike(first, second)
    if left.dtype == object:
        for index, point in enumerate(left):
            rows[index] = packed((_big_row(point, right, norm) <= limit).astype(bool)[None])[0]
        return rows
    code, limit = NORM_CODES[check_norm(norm)], min(limit, _NEVER - 1)
    _in_slices(len(left), lambda start: _mark(left, right, start, start + _SLICE, code, limit, rows))
    return rows


def packed(marks: np.ndarray) -> np.ndarray:
    """Return a boolean matrix as rows of 64-bit words, the first column in the lowest bit."""
    count, width = marks.shape
    words = -(-width // WORD)
    body = np.zeros((count, 8 * words), dtype=np.uint8)
    body[:, : -(-width // 8)] = np.packbits(marks, axis=1, bitorder="little")
    return np.ascontiguousarray(body).view("<u8").astype(np.uint64, copy=False)


def unpacked(rows: np.ndarray, width: int) -> np.ndarray:
    """Return rows of 64-bit words as a boolean matrix with ``width`` columns."""
    body = np.ascontiguousarray(rows.astype("<u8", copy=False)).view(np.uint8)
    return np.unpackbits(body, axis=1, count=width, bitorder="little").astype(bool)


def _in_slices(count: int, work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(worker_count()) as pool:
        list(pool.map(work, range(0, count, _SLICE)))


def _alike(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give both sets one type in which no distance overflows."""
    both = overflow_free(np.concatenate([first, second]))
    return both[: len(first)], both[len(first) :]


def _product_kind(first: np.ndarray, second: np.ndarray, norm: str) -> type[np.floating] | None:
    """Return a float type that holds every partial sum of the squared distances exactly, if one does."""
    if norm != "l2":
        return None
    bound = 4 * max(largest_magnitude(first), largest_magnitude(second)) ** 2 * max(first.shape[1], 1)
    if bound < FLOAT32_EXACT:
        return np.float32
    return np.float64 if bound < FLOAT64_EXACT else None


def _products(first: np.ndarray, second: np.ndarray, kind: type[np.floating]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield blocks of squared distances, ``|x|^2 + |y|^2 - 2 <x, y>``, with the row each starts at."""
    right = -2 * second.astype(kind).T
    squares = (second.astype(kind) ** 2).sum(axis=1)
    step = max(1, _PRODUCT_ENTRIES // max(len(second), 1))
    for start in range(0, len(first), step):
        left = first[start : start + step].astype(kind)
        block = left @ right
        block += squares
        block += (left * left).sum(axis=1, keepdims=True)
        yield start, block


def _big_row(point: np.ndarray, others: np.ndarray, norm: str) -> np.ndarray:
    """Return the distances of one point in Python integers."""
    gaps = np.abs(others - point)
    if norm == "linf":
        return gaps.max(axis=1)
    return (gaps * gaps if norm == "l2" else gaps).sum(axis=1)


@nb.njit(nogil=True, cache=True)
def _all_distances(first, second, start, stop, code, distances):  # type: ignore[no-untyped-def]
    """Fill rows ``start`` to ``stop`` of the distances."""
    for i in range(start, min(stop, first.shape[0])):
        for j in range(second.shape[0]):
            distances[i, j] = bounded_distance(first[i], second[j], code, _NEVER)


@nb.njit(nogil=True, cache=True)
def _mark(first, second, start, stop, code, limit, rows):  # type: ignore[no-untyped-def]
    """Set the bits of the pairs within the limit in rows ``start`` to ``stop``."""
    one = np.uint64(1)
    for i in range(start, min(stop, first.shape[0])):
        for j in range(second.shape[0]):
            if bounded_distance(first[i], second[j], code, limit) <= limit:
                rows[i, j // WORD] |= one << np.uint64(j % WORD)
