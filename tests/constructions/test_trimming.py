"""Trimming: exact distances to the nearest opposite point, and which points go."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data, trim_closest
from constructions.errors import UsageError
from constructions.exact.nearest_opposite import nearest_opposite_distances


def brute_nearest(data: LabelledPoints, norm: str) -> list[int]:
    rows, labels = [[int(v) for v in row] for row in data.numerators], data.labels

    def gap(i: int, j: int) -> int:
        steps = [abs(a - b) for a, b in zip(rows[i], rows[j], strict=True)]
        return {"linf": max(steps), "l1": sum(steps), "l2": sum(step * step for step in steps)}[norm]

    indices = range(len(data))
    return [min(gap(i, j) for j in indices if labels[i] != labels[j]) for i in indices]


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("largest", [3, 2**7, 2**13, 2**15, 2**29, 2**31, 2**61, 2**63 - 1, 2**90])
@pytest.mark.parametrize(("n", "d", "classes"), [(2, 1, 2), (30, 3, 2), (25, 70, 3), (14, 130, 2)])
def test_nearest_opposite_distances_against_brute_force(norm: str, largest: int, n: int, d: int, classes: int) -> None:
    draw = random.Random(f"{norm} {largest} {n}")
    points = [[draw.randint(-largest, largest) for _ in range(d)] for _ in range(n)]
    data = LabelledPoints.of(points, [index % classes for index in range(n)])
    found = nearest_opposite_distances(data.numerators, data.label_array, norm)
    assert found is not None
    assert [int(value) for value in found] == brute_nearest(data, norm)


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_nearest_opposite_distances_at_the_ends_of_int64(norm: str) -> None:
    low, high = -(2**63), 2**63 - 1
    points = np.array([[low, low], [high, high], [low, high]])
    labels = np.array([0, 1, 1])
    gap = high - low
    both = {"linf": gap, "l1": 2 * gap, "l2": 2 * gap * gap}[norm]
    one = {"linf": gap, "l1": gap, "l2": gap * gap}[norm]
    found = nearest_opposite_distances(points, labels, norm)
    assert found is not None
    assert [int(value) for value in found] == [min(one, both), both, one]


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_trimming_drops_the_closest_first_and_ties_by_index(norm: str) -> None:
    data = load_data("random:n=120,d=3,levels=9,seed=4")
    nearest = brute_nearest(data, norm)
    ranks = sorted(range(len(data)), key=lambda i: (nearest[i], i))
    for k in (0, 1, 2, 17, 60, 119):
        kept, dropped = trim_closest(data, k, norm)
        assert dropped == tuple(sorted(ranks[:k]))
        rest = [index for index in range(len(data)) if index not in dropped]
        assert kept.points == tuple(data.point(index) for index in rest)
        assert kept.labels == tuple(data.labels[index] for index in rest)


def test_trimming_ranks_once() -> None:
    data = LabelledPoints.of([[0], [1], [3], [100]], labels=[-1, 1, -1, 1])
    assert trim_closest(data, 1)[1] == (0,)
    assert trim_closest(data, 2)[1] == (0, 1)
    assert trim_closest(data, 3)[1] == (0, 1, 2)


def test_trimming_the_digits_raises_their_separation() -> None:
    data = load_data("digits:even-odd")
    kept, dropped = trim_closest(data, 5)
    assert dropped == (248, 532, 598, 1361, 1774)
    assert data.separation() == Fraction(7, 16)
    assert kept.separation() == Fraction(1, 2)
    assert len(kept) == 1792


@pytest.mark.parametrize("k", [-1, 64, 65])
def test_trimming_out_of_range(k: int) -> None:
    with pytest.raises(UsageError, match=r"of 64 points"):
        trim_closest(load_data("random"), k)


def test_trimming_one_class_only() -> None:
    data = LabelledPoints.of([[0], [1]], labels=[1, 1])
    assert trim_closest(data, 0) == (data, ())
    with pytest.raises(UsageError, match=r"all points have label 1"):
        trim_closest(data, 1)


def test_trimming_in_an_unknown_norm() -> None:
    with pytest.raises(UsageError, match=r"l3"):
        trim_closest(load_data("random"), 1, "l3")
