"""All distances between two sets, and which are within a limit: every arithmetic against plain integers."""

from __future__ import annotations

import numpy as np
import pytest

from constructions.exact.opposite_distances import opposite_distances, packed, pairs_within, unpacked

NORMS = ("linf", "l1", "l2")
LARGEST = {"bytes": 255, "floats": 2**20, "int64": 2**29, "beyond": 2**70}


def plain(x: list[int], y: list[int], norm: str) -> int:
    gaps = [abs(a - b) for a, b in zip(x, y, strict=True)]
    if norm == "linf":
        return max(gaps)
    return sum(gaps) if norm == "l1" else sum(gap * gap for gap in gaps)


def drawn(count: int, dim: int, largest: int, seed: int) -> np.ndarray:
    stream = np.random.RandomState(seed)
    rows = [[int(stream.randint(-(2**20), 2**20)) * largest // 2**20 for _ in range(dim)] for _ in range(count)]
    return np.array(rows, dtype=object if largest > 2**62 else np.int64)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("size", list(LARGEST))
@pytest.mark.parametrize(("n", "m", "dim"), [(3, 70, 5), (130, 2, 1), (5, 64, 150)])
def test_distances_and_limits_are_exact(norm: str, size: str, n: int, m: int, dim: int) -> None:
    first, second = drawn(n, dim, LARGEST[size], 1), drawn(m, dim, LARGEST[size], 2)
    truth = [[plain(x, y, norm) for y in second.tolist()] for x in first.tolist()]
    assert opposite_distances(first, second, norm).tolist() == truth
    some = truth[0][0]
    for limit in (-1, 0, some - 1, some, some + 1, 2**200):
        marks = unpacked(pairs_within(first, second, norm, limit), m)
        assert marks.tolist() == [[value <= limit for value in row] for row in truth]


def test_unsigned_bytes_do_not_wrap() -> None:
    first, second = np.array([[0]], dtype=np.uint8), np.array([[255]], dtype=np.uint8)
    assert [int(opposite_distances(first, second, norm)[0, 0]) for norm in NORMS] == [255, 255, 255**2]


def test_squares_near_the_ends_of_the_float_types() -> None:
    """The bound 4 M^2 d just below and just above 2^24 and 2^53."""
    for largest in (2047, 2048, 2049, 47_453_132, 47_453_133, 2**26):
        first, second = np.array([[largest]]), np.array([[-largest], [1 - largest]])
        squares = [4 * largest**2, (2 * largest - 1) ** 2]
        assert opposite_distances(first, second, "l2").tolist() == [squares]
        assert unpacked(pairs_within(first, second, "l2", squares[1]), 2).tolist() == [[False, True]]


@pytest.mark.parametrize("norm", NORMS)
def test_an_empty_set_has_no_pairs(norm: str) -> None:
    some, none = np.array([[1, 2]]), np.zeros((0, 2), dtype=np.int64)
    assert opposite_distances(some, none, norm).shape == (1, 0)
    assert opposite_distances(none, some, norm).shape == (0, 1)
    assert pairs_within(some, none, norm, 3).shape == (1, 0)
    assert pairs_within(none, some, norm, 3).shape == (0, 1)


@pytest.mark.parametrize("width", [1, 7, 8, 63, 64, 65, 200])
def test_bits_are_packed_and_unpacked(width: int) -> None:
    marks = np.random.RandomState(width).randint(0, 2, (5, width)).astype(bool)
    assert np.array_equal(unpacked(packed(marks), width), marks)
    assert packed(marks).shape == (5, -(-width // 64))
