"""The error that no learner avoids with few samples: exact values, limits, huge instances."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from constructions import InexactInput
from constructions.errors import UsageError
from verify.capacity.samples import unseen_error


@pytest.mark.parametrize(("points", "samples"), [(1, 0), (1, 1), (2, 0), (2, 3), (3, 2), (4, 3)])
def test_half_of_the_unseen_points_are_missed(points: int, samples: int) -> None:
    draws = list(itertools.product(range(points), repeat=samples))
    unseen = sum(points - len(set(draw)) for draw in draws)
    assert unseen_error(points, samples) == Fraction(unseen, 2 * points * len(draws))


def test_exact_values() -> None:
    assert unseen_error(2, 1) == Fraction(1, 4)
    assert unseen_error(8, 4) == Fraction(2401, 8192)
    assert unseen_error(10**9, 0) == Fraction(1, 2)
    assert unseen_error(10**9, 1) == Fraction(10**9 - 1, 2 * 10**9)
    assert unseen_error(1, 10**9) == 0
    assert unseen_error(50, 100) == Fraction(49**100, 2 * 50**100)


def test_half_as_many_samples_as_points_leave_a_quarter() -> None:
    for points in [*range(2, 200), 10**4, 10**4 + 1, 10**9, 5**63, 5**999]:
        error = unseen_error(points, points // 2)
        assert error >= Fraction(1, 4) and (points < 24 or error >= Fraction(3, 10))
        assert error <= Fraction(1, 3)
    assert unseen_error(2, 1) == Fraction(1, 4) and unseen_error(22, 11) < Fraction(3, 10)
    assert unseen_error(23, 11) > Fraction(3, 10) > unseen_error(8, 4)


@pytest.mark.parametrize(
    ("points", "samples"), [(1000, 411), (1000, 2000), (2**20, 2**20), (10**30, 10**30), (5**63, 7 * 5**63), (7, 1400)]
)
def test_long_fractions_are_rounded_below(points: int, samples: int) -> None:
    error = unseen_error(points, samples)
    with mpmath.workprec(1000):
        truth = mpmath.exp(samples * mpmath.log1p(-mpmath.mpf(1) / points)) / 2
        share = mpmath.mpf(error.numerator) / error.denominator / truth
        assert 0 <= 1 - share < mpmath.mpf(2) ** -60


def test_more_samples_never_leave_more() -> None:
    for points in (5, 1000):
        errors = [unseen_error(points, samples) for samples in (0, 1, 2, 300, 409, 410, 411, 500, 5000, 10**9)]
        assert errors == sorted(errors, reverse=True) and len(set(errors)) >= 9


def test_huge_instances_stay_printable() -> None:
    assert unseen_error(7, 10**6) == unseen_error(2**13_000, 2**13_999) == 0
    for error in (unseen_error(5**63, 10**47), unseen_error(2**13_990, 2**13_990), unseen_error(2**13_990, 1000)):
        assert 0 < error < Fraction(1, 2) and len(str(error)) < 3000


@pytest.mark.parametrize(
    ("points", "samples", "error", "message"),
    [
        (0, 1, UsageError, "points must be an integer of at least 1, got 0"),
        (8, -1, UsageError, "samples must be an integer of at least 0, got -1"),
        (8, "1/2", UsageError, "samples must be an integer of at least 0, got 1/2"),
        (8.0, 1, InexactInput, "points 8.0 is a float"),
        (8, 4.0, InexactInput, "samples 4.0 is a float"),
    ],
)
def test_bad_numbers_are_refused(points: Any, samples: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        unseen_error(points, samples)
