"""Seeded bits and labels: exact uniformity and independence, the same answer on every machine."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest

from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.binary_field import BinaryField
from constructions.hard_distributions.labellings import (
    HashedLabels,
    ListedLabels,
    label_of_hash,
    labelling,
    uniform_labels,
)
from constructions.hard_distributions.seeded_bits import seeded_bytes, uniform_indices

GOLDEN = [-1, 1, 1, 1, 1, 1, -1, 1, 1, 1, 1, -1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1, -1]
HASHED = [1, 1, -1, -1, -1, 1, 1, 1, -1, 1, -1, -1]
DRAWN = (177152984793269431709, 543642700199305529496)


def _times(first: int, second: int, modulus: int) -> int:
    """Multiply two field elements by shifts and exclusive ors."""
    total = 0
    while second:
        if second & 1:
            total ^= first
        second >>= 1
        first <<= 1
        if first.bit_length() == modulus.bit_length():
            first ^= modulus
    return total


def _has_a_divisor(value: int, modulus: int) -> bool:
    """Divide one polynomial over GF(2) by another and look at the remainder."""
    while value.bit_length() >= modulus.bit_length():
        value ^= modulus << (value.bit_length() - modulus.bit_length())
    return value == 0


@pytest.mark.parametrize("least", range(21))
def test_the_modulus_is_irreducible(least: int) -> None:
    field = BinaryField(least)
    assert field.degree >= max(least, 2) and field.modulus.bit_length() == field.degree + 1
    small = range(2, 2 ** (field.degree // 2 + 1))
    assert not any(_has_a_divisor(field.modulus, divisor) for divisor in small)


@pytest.mark.parametrize("least", [40, 61, 101, 150, 295, 400])
def test_the_modulus_of_a_large_field_passes_rabins_test(least: int) -> None:
    field = BinaryField(least)
    degree, modulus = field.degree, field.modulus
    primes = [p for p in (2, 3, 5, 7) if degree % p == 0]
    rest = degree
    for prime in primes:
        while rest % prime == 0:
            rest //= prime
    assert rest == 1  # every prime divisor of the degree is looked at
    power, powers = 2, {}
    for exponent in range(1, degree + 1):
        power = _times(power, power, modulus)
        powers[exponent] = power
    assert powers[degree] == 2
    for prime in primes:
        first, second = modulus, powers[degree // prime] ^ 2
        while second:
            while first.bit_length() >= second.bit_length():
                first ^= second << (first.bit_length() - second.bit_length())
            first, second = second, first
        assert first == 1


@pytest.mark.parametrize("least", [2, 3, 5, 9, 64])
def test_a_polynomial_is_evaluated_as_by_hand(least: int) -> None:
    field = BinaryField(least)
    stream = np.random.RandomState(least)
    values = [int.from_bytes(stream.bytes(20), "little") % 2**field.degree for _ in range(12)]
    for count in range(4):
        polynomial = field.polynomial(values[:count])
        for point in (0, 1, *values[6:]):
            power, total = 1, 0
            for coefficient in values[:count]:
                total ^= _times(coefficient, power, field.modulus)
                power = _times(power, point, field.modulus)
            assert polynomial(point) == total


def test_an_element_must_fit() -> None:
    field = BinaryField(3)
    for value in (-1, 8):
        with pytest.raises(UsageError, match="3 bits"):
            field.element(value)


@pytest.mark.parametrize(("least", "independence"), [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 2)])
def test_every_choice_of_coefficients_once_gives_exact_independence(least: int, independence: int) -> None:
    field = BinaryField(least)
    elements = range(2**field.degree)
    rows = []
    for coefficients in product(elements, repeat=independence):
        polynomial = field.polynomial(coefficients)
        rows.append([label_of_hash(polynomial, index) for index in elements])
    for size in range(1, independence + 1):
        for chosen in combinations(elements, size):
            seen = Counter(tuple(row[index] for index in chosen) for row in rows)
            assert set(seen.values()) == {len(rows) // 2**size} and len(seen) == 2**size


def test_one_value_more_than_the_independence_is_not_independent() -> None:
    field = BinaryField(2)
    polynomials = [field.polynomial(pair) for pair in product(range(4), repeat=2)]
    seen = Counter(tuple(label_of_hash(p, index) for index in (0, 1, 2)) for p in polynomials)
    total = Counter(tuple(label_of_hash(p, index) for index in range(4)) for p in polynomials)
    assert len(seen) == 8 and len(total) < 16


def test_uniform_labels_are_the_same_on_every_machine() -> None:
    assert uniform_labels(24, 0).tolist() == GOLDEN
    assert uniform_labels(24, 0).dtype == np.int64
    assert uniform_labels(24, 1).tolist() != GOLDEN
    assert uniform_labels(25, 0)[:24].tolist() != GOLDEN
    assert seeded_bytes("a", 1, 4) != seeded_bytes("a", 2, 4)
    assert seeded_bytes("a", 1, 4) != seeded_bytes("b", 1, 4)
    assert seeded_bytes("a", 1, 8)[:4] == seeded_bytes("a", 1, 4)


def test_uniform_labels_are_balanced_as_coins_are() -> None:
    labels = uniform_labels(2**20, 5)
    assert set(np.unique(labels)) == {-1, 1}
    assert abs(int(labels.sum())) < 5 * 2**10
    assert abs(int((labels[1:] * labels[:-1]).sum())) < 5 * 2**10


def test_hashed_labels_are_the_same_on_every_machine() -> None:
    labels = HashedLabels(count=5**63, independence=1024, seed=3)
    assert [labels(index) for index in (*range(10), 5**62, 5**63 - 1)] == HASHED
    assert HashedLabels(5**63, 1024, 3) == labels
    other = HashedLabels(5**63, 1024, 4)
    assert [other(index) for index in range(64)] != [labels(index) for index in range(64)]


def test_hashed_labels_take_both_values_about_equally() -> None:
    labels = HashedLabels(count=2**40, independence=8, seed=0)
    assert abs(sum(labels(index) for index in range(1000))) < 160


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_smallest_labellings(count: int) -> None:
    assert HashedLabels(count, 1, 0)(count - 1) in (-1, 1)
    assert uniform_labels(count, 0).shape == (count,)


def test_listed_labels() -> None:
    labels = ListedLabels.of([1, -1, 1])
    assert [labels(index) for index in range(3)] == labels.array().tolist() == [1, -1, 1]
    assert labels.count == labels.independence == 3
    assert labels == ListedLabels.of(np.array([1, -1, 1]))
    for index in (-1, 3):
        with pytest.raises(UsageError, match=f"index {index} "):
            labels(index)
    for wrong in ([], [1, 0], [1, 2], [[1], [-1]], ["1"]):
        with pytest.raises(UsageError):
            ListedLabels.of(wrong)


def test_a_labelling_is_listed_while_it_can_be() -> None:
    assert isinstance(labelling(2**22, None, 0, 8), ListedLabels)
    assert isinstance(labelling(2**22 + 1, None, 0, 8), HashedLabels)
    assert labelling(2**22 + 1, None, 0, 8).independence == 8
    with pytest.raises(UsageError, match="4 points need as many labels, got 3"):
        labelling(4, [1, 1, -1], 0, 8)


def test_what_is_refused() -> None:
    with pytest.raises(BudgetExceeded, match="67108865 labels"):
        uniform_labels(2**26 + 1, 0)
    with pytest.raises(BudgetExceeded, match="random bits"):
        HashedLabels(2**4000, 2**20, 0)
    for count, independence in ((0, 1), (1, 0)):
        with pytest.raises(UsageError):
            HashedLabels(count, independence, 0)
    with pytest.raises(UsageError):
        uniform_labels(0, 0)
    for seed in (-1, 2**63, 1.5, "0"):
        with pytest.raises(UsageError, match="seed"):
            uniform_labels(4, seed)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="seed"):
            HashedLabels(4, 1, seed)  # type: ignore[arg-type]
    labels = HashedLabels(10, 2, 0)
    for index in (-1, 10):
        with pytest.raises(UsageError, match=f"index {index} lies outside"):
            labels(index)


def test_indices_are_uniform_and_the_same_on_every_machine() -> None:
    assert uniform_indices(5**30, 2, 9) == DRAWN
    assert uniform_indices(1, 5, 0) == (0, 0, 0, 0, 0)
    assert uniform_indices(7, 0, 0) == ()
    counts = Counter(uniform_indices(5, 5000, 2))
    assert set(counts) == set(range(5)) and all(850 < count < 1150 for count in counts.values())
    huge = uniform_indices(3**700, 50, 0)
    assert len(set(huge)) == 50 and max(huge) > 3**700 // 2
    with pytest.raises(UsageError, match="-1"):
        uniform_indices(5, -1, 0)
