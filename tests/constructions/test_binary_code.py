"""Binary codes with exact distances, and the hard points made of them."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from constructions.errors import AssumptionViolated, BudgetExceeded, InexactInput, UsageError
from constructions.hard_distributions.binary_code import (
    CodeFamily,
    gilbert_varshamov,
    lexicode,
    reed_muller_words,
)


def _greedy(length: int, distance: int) -> list[int]:
    kept: list[int] = []
    for word in range(2**length):
        if all((word ^ other).bit_count() >= distance for other in kept):
            kept.append(word)
    return kept


@pytest.mark.parametrize(("length", "distance"), [(n, d) for n in range(1, 10) for d in range(1, n + 1)])
def test_a_lexicode_is_the_greedy_code(length: int, distance: int) -> None:
    words = lexicode(length, distance)
    assert words.tolist() == _greedy(length, distance)
    assert len(words) >= gilbert_varshamov(length, distance)


@pytest.mark.parametrize(("length", "distance", "size"), [(15, 3, 2048), (16, 4, 2048), (20, 8, 256), (20, 20, 2)])
def test_longer_lexicodes_keep_their_distance(length: int, distance: int, size: int) -> None:
    words = lexicode(length, distance)
    assert len(words) == size >= gilbert_varshamov(length, distance)
    weights = [int(word).bit_count() for word in words]
    assert weights[0] == 0 and min(weights[1:]) == distance
    members = set(words.tolist())
    assert all(int(a) ^ int(b) in members for a in words[:64] for b in words)


@pytest.mark.parametrize(
    ("length", "distance", "bound"), [(7, 3, 5), (5, 1, 32), (5, 2, 6), (5, 5, 2), (23, 7, 58), (1, 1, 2)]
)
def test_the_gilbert_varshamov_bound_is_exact(length: int, distance: int, bound: int) -> None:
    assert gilbert_varshamov(length, distance) == bound


def test_the_gilbert_varshamov_bound_is_rounded_up() -> None:
    assert gilbert_varshamov(3, 2) == 2 and gilbert_varshamov(4, 2) == 4  # 8/4 and 16/5
    assert gilbert_varshamov(1000, 100) > 2**500


@pytest.mark.parametrize("order", range(1, 8))
def test_reed_muller_words_are_half_their_length_apart(order: int) -> None:
    words = reed_muller_words(order)
    assert words.shape == (2 ** (order + 1), 2**order) and words.dtype == np.uint8
    distances = (words[:, None, :] != words[None, :, :]).sum(axis=2)
    assert set(distances[~np.eye(len(words), dtype=bool)].tolist()) <= {2 ** (order - 1), 2**order}
    assert words[2 * 1 + 1].tolist() == [1, 0] * 2 ** (order - 1)


@pytest.mark.parametrize(("length", "distance", "radius"), [(5, 2, "7/10"), (7, 3, "3/4"), (8, 4, "999/1000")])
def test_the_family_of_a_lexicode(length: int, distance: int, radius: str) -> None:
    family = CodeFamily.of(length, distance, radius, seed=1)
    data, middle = family.listed(), family.midpoints()
    assert (family.size, family.dim) == (len(lexicode(length, distance)), length + 1) == (len(data), data.dim)
    assert data.classes == (-1, 1)
    separation = data.separation_squared()
    assert separation is not None and separation >= distance > 4 * family.radius**2
    assert separation == min(
        (a_word != b_word).sum() + 4 * family.offset**2
        for (a_word, a), (b_word, b) in combinations(zip(family.codewords, data.labels, strict=True), 2)
        if a != b
    )
    _assert_points_hover_over_midpoints(family)
    assert data.labels == middle.labels == tuple(family.label(index) for index in range(family.size))
    words = [sum(int(bit) << j for j, bit in enumerate(row)) for row in family.codewords]
    assert words == lexicode(length, distance).tolist()


@pytest.mark.parametrize("order", [1, 3, 6])
def test_the_family_of_a_reed_muller_code(order: int) -> None:
    family = CodeFamily.reed_muller(order, "1/4", labels=[1, -1] * 2**order)
    assert (family.length, family.distance, family.size) == (2**order, 2 ** (order - 1), 2 ** (order + 1))
    separation = family.listed().separation_squared()
    assert separation is not None and separation >= family.distance
    _assert_points_hover_over_midpoints(family)


def _assert_points_hover_over_midpoints(family: CodeFamily) -> None:
    data, middle = family.listed(), family.midpoints()
    assert len(set(data.points)) == len(data)
    for index, (point, base) in enumerate(zip(data.points, middle.points, strict=True)):
        assert point[:-1] == base[:-1] == tuple(int(bit) for bit in family.codewords[index])
        assert base[-1] == Fraction(1, 2)
        assert point[-1] - base[-1] == family.label(index) * family.offset
        assert 0 <= point[-1] <= 1


def test_the_offset_defaults_to_half_of_what_is_allowed() -> None:
    assert CodeFamily.of(8, 4, "1/3").offset == Fraction(1, 6)
    assert CodeFamily.of(8, 8, "4/3").offset == Fraction(1, 4)
    assert CodeFamily.of(8, 8, "4/3", offset="1/2").listed().points[0][-1] in (0, 1)
    assert CodeFamily.of(8, 4, "1/3") == CodeFamily.of(8, 4, "1/3", "1/6", seed=0)
    assert CodeFamily.of(8, 4, "1/3") != CodeFamily.of(8, 4, "1/3", seed=1)


def test_an_offset_of_many_digits_stays_exact() -> None:
    family = CodeFamily.of(4, 2, "1/2", offset=Fraction(1, 10**30 + 1))
    _assert_points_hover_over_midpoints(family)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, 1, "1/4"), UsageError, "at least 1, got 0"),
        ((5, 0, "1/4"), UsageError, "from 1 to the length 5, got 0"),
        ((5, 6, "1/4"), UsageError, "got 6"),
        ((21, 3, "1/4"), BudgetExceeded, "length 21"),
        ((8, 4, "1"), AssumptionViolated, r"4 \* radius\^2 = 4 must be below 4"),
        ((8, 4, "0"), AssumptionViolated, "got 0"),
        ((8, 4, "-1/2"), AssumptionViolated, "got -1/2"),
        ((8, 4, 0.5), InexactInput, "radius 0.5"),
        ((8, 4, "1/3", "1/2"), AssumptionViolated, r"\(0, 1/3\], got 1/2"),
        ((8, 8, "4/3", "3/5"), AssumptionViolated, r"\(0, 1/2\], got 3/5"),
        ((8, 8, "4/3", None, [1, -1, 1]), UsageError, "2 points need as many labels, got 3"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(arguments: tuple[Any, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        CodeFamily.of(*arguments)


@pytest.mark.parametrize("order", [0, 13])
def test_the_order_is_bounded(order: int) -> None:
    with pytest.raises(UsageError, match=f"got {order}"):
        reed_muller_words(order)
