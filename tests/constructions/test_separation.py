"""Separations and closest pairs against brute force, on every rung and for any number of workers."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.exact import pair_distances
from constructions.exact.pair_distances import closest_pairs
from constructions.exact.workers import set_worker_count, worker_count

NORMS = ["linf", "l1", "l2"]


@pytest.fixture(params=[1, 2, 5])
def workers(request: pytest.FixtureRequest) -> Iterator[int]:
    set_worker_count(request.param)
    yield request.param
    set_worker_count(None)


def brute_force(data: LabelledPoints, norm: str) -> tuple[Fraction, list[tuple[int, int]]] | None:
    points, labels, found = data.points, data.labels, {}
    for i in range(len(data)):
        for j in range(i + 1, len(data)):
            if labels[i] != labels[j]:
                steps = [abs(a - b) for a, b in zip(points[i], points[j], strict=True)]
                found[i, j] = {"linf": max(steps), "l1": sum(steps), "l2": sum(s * s for s in steps)}[norm]
    if not found:
        return None
    least = min(found.values())
    return Fraction(least), [pair for pair, value in sorted(found.items()) if value == least]


def measured(data: LabelledPoints, norm: str) -> Fraction | None:
    return data.separation_squared() if norm == "l2" else data.separation(norm)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("labels", [(-1, 1), (0, 1, 2), (5, -3, 7, 0)])
@pytest.mark.parametrize("largest", [1, 3, 127, 2**13, 2**14, 2**15, 2**29, 2**30, 2**31, 2**60, 2**63 - 1, 2**80])
def test_separation_against_brute_force(norm: str, labels: tuple[int, ...], largest: int) -> None:
    draw = random.Random(f"{norm} {labels} {largest}")
    for n, d in ((2, 1), (7, 2), (12, 3), (6, 70)):
        rows = [[draw.randint(-largest, largest) for _ in range(d)] for _ in range(n)]
        data = LabelledPoints.of(rows, [draw.choice(labels) for _ in range(n)], scale=draw.choice([1, 3, 16]))
        expected = brute_force(data, norm)
        closest = data.closest_opposite_pairs(norm)
        if expected is None:
            assert closest is None
            assert measured(data, norm) is None
            continue
        assert closest is not None
        assert closest.distance == expected[0] == measured(data, norm)
        assert len(closest.pairs) == min(16, len(expected[1]))
        assert set(closest.pairs) <= set(expected[1])
        assert list(closest.pairs) == sorted(closest.pairs)


@pytest.mark.parametrize("norm", NORMS)
def test_every_named_pair_attains_the_distance_whatever_the_workers(norm: str, workers: int) -> None:
    """Rows that start far from everything run beside rows that find the closest at once."""
    first, second = np.full((512, 64), 1000), np.zeros((2000, 64), dtype=int)
    first[:256] = 2000 - np.arange(256)[:, None]
    first[256] = 3
    assert worker_count() == workers
    for _ in range(2):
        distance, pairs = closest_pairs(first, second, norm)
        assert distance == {"linf": 3, "l1": 3 * 64, "l2": 9 * 64}[norm]
        assert pairs == [(256, j) for j in range(16)]


def test_the_closest_pairs_do_not_depend_on_the_workers(workers: int) -> None:
    points = np.random.RandomState(1).randint(0, 9, size=(900, 5))
    data = LabelledPoints.of(points, np.where(np.arange(900) % 3, 1, -1))
    closest = data.closest_opposite_pairs("l1")
    set_worker_count(1)
    assert LabelledPoints.of(points, data.labels).closest_opposite_pairs("l1") == closest


@pytest.mark.parametrize("norm", NORMS)
def test_separation_follows_permutations_shifts_and_scalings(norm: str) -> None:
    draw = random.Random(8)
    rows = [[draw.randint(-50, 50) for _ in range(4)] for _ in range(20)]
    labels = [draw.choice([-1, 1]) for _ in rows]
    data = LabelledPoints.of(rows, labels, scale=7)
    order = draw.sample(range(20), 20)
    moved = [[Fraction(value, 7) + Fraction(1, 3) for value in row] for row in rows]
    base, power = measured(data, norm), 2 if norm == "l2" else 1
    assert base is not None
    assert measured(data.subset(order), norm) == base
    assert measured(LabelledPoints.of(moved, labels), norm) == base
    assert measured(LabelledPoints.of(rows, [-label for label in labels], scale=7), norm) == base
    assert measured(LabelledPoints.of(rows, labels, scale=70), norm) == base / 10**power


def test_a_single_class_has_no_separation() -> None:
    for data in (LabelledPoints.of([[0]], [1]), LabelledPoints.of([[0], [1]], [-1, -1])):
        assert data.separation() is data.separation("l1") is data.separation_squared() is None
        assert data.closest_opposite_pairs() is None
        assert data.conflicting_duplicates() == ()


def test_conflicting_duplicates_are_listed() -> None:
    data = LabelledPoints.of([[1, 2], [0, 0], ["2/2", 2], [1, 2]], [1, 1, -1, 1])
    assert data.conflicting_duplicates() == ((0, 2), (2, 3))
    assert data.separation() == data.separation_squared() == 0
    assert LabelledPoints.of([[1], [1]], [1, 1]).conflicting_duplicates() == ()
    assert LabelledPoints.of([[1], [2]], [1, -1]).conflicting_duplicates() == ()


def test_at_most_sixteen_conflicting_pairs_are_listed() -> None:
    data = LabelledPoints.of([[0]] * 20, [1] * 10 + [-1] * 10)
    pairs = data.conflicting_duplicates()
    assert len(pairs) == len(set(pairs)) == 16
    assert all(data.labels[i] != data.labels[j] for i, j in pairs)


def test_the_l2_separation_names_the_way_out() -> None:
    with pytest.raises(UsageError, match="separation_squared"):
        LabelledPoints.of([[0], [1]], [1, -1]).separation("l2")
    for norm in ("l3", "", "LINF"):
        with pytest.raises(UsageError, match="unknown norm"):
            LabelledPoints.of([[0], [1]], [1, -1]).separation(norm)


@pytest.mark.parametrize("entries", [1, 40, 2**22])
@pytest.mark.parametrize("largest", [2, 5, 300, 2**20, 2**27, 2**40])
def test_closest_l2_pairs_of_any_size_are_those_of_all_differences(
    largest: int, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Products in either float type, compiled loops and Python integers agree, whatever the blocks."""
    monkeypatch.setattr(pair_distances, "_PRODUCT_ENTRIES", entries)
    stream = np.random.default_rng(largest)
    for _ in range(10):
        first, second = (stream.integers(-largest, largest + 1, (stream.integers(1, 20), 3)) for _ in range(2))
        gaps = first.astype(object)[:, None] - second.astype(object)[None]
        squares = (gaps * gaps).sum(axis=2)
        pairs = [(int(i), int(j)) for i, j in np.argwhere(squares == squares.min())]
        assert pair_distances.closest_pairs(first, second, "l2", 5) == (squares.min(), pairs[:5])


@pytest.mark.parametrize(("bits", "dim"), [(24, 1), (24, 4), (53, 1), (53, 3)])
def test_closest_l2_pairs_at_the_ends_of_both_float_types(bits: int, dim: int) -> None:
    """The coordinates' squares alone would fit where the products do not: odd squares tell them apart."""
    largest = math.isqrt((2**bits - 1) // dim)
    for size in (largest, largest // 2, largest // 2 + 1):
        first = np.full((1, dim), size, dtype=np.int64)
        second = np.array([[-size] * dim, [-size] * (dim - 1) + [1 - size]], dtype=np.int64)
        expected = 4 * size * size * (dim - 1) + (2 * size - 1) ** 2
        assert closest_pairs(first, second, "l2") == (expected, [(0, 1)])
