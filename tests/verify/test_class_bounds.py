"""Bounds for other classes: never below what is realized, and recomputed in integers."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions import AssumptionViolated, InexactInput
from constructions.errors import UsageError
from verify.capacity.classes import CLASSES, certified_class_bound, certified_vc_dimension
from verify.capacity.enclosures import bits_of, precision_for
from verify.capacity.printed import printed_separated_size, printed_size
from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import EULER_ABOVE, sauer_patterns

Points = Sequence[tuple[int, ...]]
Labellings = set[int]


def _points(count: int, dim: int, seed: int) -> Points:
    """Return points with a few ties along the axes, all of them different."""
    stream = random.Random(f"{count} {dim} {seed}")
    spread = 4 if dim == 2 else 3 * count
    return stream.sample(list(itertools.product(range(spread), repeat=dim)), count)


def _is_bounded(name: str, value: int, points: Points, realized: Labellings) -> None:
    """Assert that a class realizes no more labellings than its bound says."""
    question = SizeQuestion.of(len(points), len(points[0]))
    with precision_for(len(points)):
        assert not CLASSES[name].patterns(value, question) < bits_of(len(realized))


def _cuts(points: Points, axis: int) -> Labellings:
    """Return the sets of points on the low side of an axis-parallel cut, as bit masks."""
    return {
        sum(1 << place for place, point in enumerate(points) if point[axis] <= level)
        for level in [-1, *(point[axis] for point in points)]
    }


# Never below what is realized --------------------------------------------------------------


@pytest.mark.parametrize(("count", "dim"), [(3, 1), (6, 1), (4, 2), (6, 2)])
def test_trees_realize_no_more_labellings_than_counted(count: int, dim: int) -> None:
    for seed in range(3):
        points = _points(count, dim, seed)
        low_sides = set().union(*(_cuts(points, axis) for axis in range(dim)))
        whole = (1 << count) - 1
        trees: list[Labellings] = [set(), {0, whole}]
        for leaves in range(1, 7):
            if leaves > 1:
                trees.append(
                    {
                        (low & left) | (~low & right & whole)
                        for low in low_sides
                        for first in range(1, leaves)
                        for left in trees[first]
                        for right in trees[leaves - first]
                    }
                )
            assert trees[leaves] >= trees[leaves - 1]
            _is_bounded("trees", leaves, points, trees[leaves])
        assert len(trees[6]) > len(trees[2]) > 2


@pytest.mark.parametrize(("count", "dim"), [(3, 1), (6, 1), (4, 2), (6, 2)])
def test_boxes_realize_no_more_labellings_than_counted(count: int, dim: int) -> None:
    for seed in range(3):
        points = _points(count, dim, seed)
        whole = (1 << count) - 1
        runs = [{high & ~low for high in _cuts(points, axis) for low in _cuts(points, axis)} for axis in range(dim)]
        boxes = {whole}
        for sides in runs:
            boxes = {box & side for box in boxes for side in sides}
        unions = {0}
        for used in range(1, 4):
            unions = {union | box for union in unions for box in boxes}
            _is_bounded("boxes", used, points, unions | {whole & ~union for union in unions})


@pytest.mark.parametrize("count", [1, 2, 5, 6, 11])
def test_polynomials_of_one_variable_are_counted(count: int) -> None:
    # Degree r labels m points of a line in any way with at most r changes of sign.
    changes = {
        labelling: sum((labelling >> k ^ labelling >> k + 1) & 1 for k in range(count - 1))
        for labelling in range(2**count)
    }
    points = [(place,) for place in range(count)]
    for degree in range(count + 1):
        realized = {labelling for labelling, number in changes.items() if number <= degree}
        assert len(realized) == min(2**count, 2 * sum(math.comb(count - 1, k) for k in range(degree + 1)))
        _is_bounded("polynomials", degree, points, realized)
        _is_bounded("features", degree + 1, points, realized)


@pytest.mark.parametrize("dim", [1, 2])
def test_features_and_kernels_realize_no_more_than_counted(dim: int) -> None:
    stream = np.random.default_rng(dim)
    for count in (4, 6):
        points = _points(count, dim, 0)
        x = np.array(points, dtype=np.int64)
        powers = 1 << np.arange(count, dtype=np.int64)
        for features in (1, 2, 3):
            basis = stream.integers(-5, 6, size=(features, count))
            values = stream.integers(-9, 10, size=(20_000, features)) @ basis
            _is_bounded("features", features, points, set(((values > 0) @ powers).tolist()))
        for centres in (1, 2):
            z = stream.integers(-3, 4, size=(20_000, centres, dim))
            c = stream.integers(-9, 10, size=(20_000, centres))
            bias = stream.integers(-40, 41, size=(20_000, 1))
            cubes = (1 + z @ x.T) ** 3
            seen = set(((((c[:, :, None] * cubes).sum(axis=1) + bias) > 0) @ powers).tolist())
            _is_bounded("cubic-kernel", centres, points, seen)
            w = stream.integers(0, 3, size=(20_000, centres))
            below = 1 + w[:, :, None] * ((x - z[:, :, None, :]) ** 2).sum(axis=-1)
            whole = below.prod(axis=1)
            sums = (c[:, :, None] * (whole[:, None, :] // below)).sum(axis=1) + bias * whole
            _is_bounded("rational-kernel", centres, points, set(((sums > 0) @ powers).tolist()))


def _vc_dimensions(points: int) -> np.ndarray:
    """Return the VC dimension of every class of labellings, itself a bit mask of labellings; -1 for none."""
    classes = np.arange(2**2**points, dtype=np.int64)
    dimension = np.where(classes > 0, 0, -1)
    for chosen in range(1, 2**points):
        shattered = np.ones(len(classes), dtype=bool)
        for part in range(2**points):
            if part & ~chosen == 0:
                mask = sum(1 << labelling for labelling in range(2**points) if labelling & chosen == part)
                shattered &= (classes & mask) > 0
        dimension = np.where(shattered, np.maximum(dimension, chosen.bit_count()), dimension)
    return dimension


@pytest.mark.parametrize("points", [1, 2, 3, 4])
@pytest.mark.parametrize("wrong", [0, 1])
def test_every_class_of_a_certified_vc_dimension_fails(points: int, wrong: int) -> None:
    if 2 * wrong >= points:
        return
    error, dimension = Fraction(wrong, points), _vc_dimensions(points)
    classes = np.arange(2**2**points, dtype=np.int64)
    served = np.zeros(len(classes), dtype=np.int64)  # labellings with few errors for some member
    for labelling in range(2**points):
        ball = sum(1 << other for other in range(2**points) if (other ^ labelling).bit_count() <= wrong)
        served += (classes & ball) > 0
    bound = certified_vc_dimension(points, error)
    assert np.all(served[dimension <= bound.value] < 2**points)
    assert wrong or bound.value == points - 1
    for eta in (Fraction(3, 4), Fraction(1, 2)):
        try:
            rare = certified_vc_dimension(points, error, eta)
        except AssumptionViolated:
            assert np.any(served[dimension == 0] >= eta * 2**points)
        else:
            assert np.all(served[dimension <= rare.value] < eta * 2**points)


# Recomputed in integers ----------------------------------------------------------------------


def _warren(reals: int, degree: int, points: int) -> Fraction:
    return 2 * (2 * Fraction(*EULER_ABOVE) * points * degree / reals) ** reals


COUNTS: dict[str, Callable[[int, int, int], int | Fraction]] = {
    "trees": lambda k, m, d: math.comb(2 * k - 2, k - 1) // k * (d * (m + 1)) ** (k - 1) * 2**k,
    "boxes": lambda k, m, d: 2 * (m * (m + 1) // 2 + 1) ** (k * d),
    "cubic-kernel": lambda k, m, d: _warren(k * (d + 1) + 1, 4, m),
    "rational-kernel": lambda k, m, d: _warren(k * (d + 2) + 1, 3 * k + 1, m),
    "finite-precision": lambda k, m, d: 2 ** (32 * k),
    "features": lambda k, m, d: sauer_patterns(m, k),
    "polynomials": lambda k, m, d: sauer_patterns(m, math.comb(d + k, k)),
}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("error", [Fraction(0), Fraction(1, 10), Fraction(1, 3)], ids=str)
def test_the_largest_size_of_a_class_is_recomputed(name: str, error: Fraction) -> None:
    for points, dim in ((60, 1), (300, 3), (2000, 2)):
        bound = certified_class_bound(name, points, dim, error)
        room = Fraction(2**points, sauer_patterns(points, math.floor(error * points)))
        count = COUNTS[name]
        assert bound.value == 0 or count(bound.value, points, dim) < room
        # A linear space of dimension n is counted by a bound of the sum of binomials, for n < m/2.
        spare = 4 if name in ("features", "polynomials") else 1
        assert count(bound.value + 1, points, dim) * spare >= room
        assert bound.name == name and bound.question.points == points
        with precision_for(points):
            assert bound.value == 0 or bits_of(Fraction(count(bound.value, points, dim))) < bits_of(room)
            assert bound.value == 0 or not bits_of(Fraction(count(bound.value, points, dim))) > bound.bits.__ceil__()


@pytest.mark.parametrize("error", [Fraction(1, 100), Fraction(1, 10), Fraction(49, 100)], ids=str)
def test_the_largest_vc_dimension_is_recomputed(error: Fraction) -> None:
    for points in (1, 2, 17, 300, 4096, 5000):
        bound = certified_vc_dimension(points, error)
        room = Fraction(2**points, sauer_patterns(points, math.floor(error * points)))
        assert sauer_patterns(points, bound.value) < room
        spare = 1 if points <= 4096 else 4
        assert bound.value == points - 1 or sauer_patterns(points, bound.value + 1) * spare >= room


def test_finite_precision_takes_its_bits() -> None:
    assert certified_class_bound("finite-precision", 4096, 3, weight_bits=8).value == 511
    assert certified_class_bound("finite-precision", 4097, 3, weight_bits=8).value == 512
    assert certified_class_bound("finite-precision", 4096, 3).value == 127


def test_large_instances_are_answered_at_once() -> None:
    for name in CLASSES:
        values = [certified_class_bound(name, 5**63, 64, error).value for error in ("0", "1/10", "2/5")]
        assert values[0] >= values[1] >= values[2] > 0 and values[0] > values[2]
    assert certified_class_bound("polynomials", 10**30, 2).value == 999_999_999_999_998
    assert certified_class_bound("polynomials", 10**30, 1).value == 5 * 10**29 - 2
    assert certified_vc_dimension(5**63).value == 5**63 - 1


def test_rare_failures_certify_less() -> None:
    for name in CLASSES:
        some, most = (certified_class_bound(name, 500, 2, 0, None, eta).value for eta in (None, Fraction(1, 2**100)))
        assert some >= most > 0
    assert certified_vc_dimension(500, 0, Fraction(1, 2**100)).value < 400
    with pytest.raises(AssumptionViolated, match=r"failure probability .* got 1/1000000000"):
        certified_vc_dimension(4, 0, Fraction(1, 10**9))


@pytest.mark.parametrize(
    ("name", "points", "options", "error", "message"),
    [
        ("forests", 9, {}, UsageError, "unknown class 'forests'; choose one of features, polynomials, trees"),
        ("trees", 0, {}, UsageError, "points must be an integer of at least 1, got 0"),
        ("trees", 9.5, {}, InexactInput, "points 9.5 is a float"),
        ("boxes", 9, {"error": "1/2"}, AssumptionViolated, "must be below 1/2"),
        ("boxes", 9, {"error": 0.25}, InexactInput, "error 0.25 is a float"),
        ("boxes", 9, {"weight_bits": -1}, UsageError, "weight_bits must be"),
        ("features", 9, {"failure_probability": 2}, UsageError, "above 0 and at most 1, got 2"),
    ],
)
def test_bad_numbers_are_refused(
    name: str, points: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        certified_class_bound(name, points, 2, **options)


# What the paper prints -----------------------------------------------------------------------


def test_the_printed_shapes_are_rounded_down_exactly() -> None:
    assert [printed_size(d, Fraction(1, 8)) for d in (1, 4, 7, 8)] == [1, 2, 4, 5]
    assert printed_size(16, Fraction(1, 4)) == 5 and printed_size(31, Fraction(1, 2)) == 1
    assert printed_size(13, Fraction(2, 21)) == 5**2
    assert [printed_separated_size(d, Fraction(1, 8)) for d in (1, 2, 4, 8)] == [1, 2, 5, 64]
    assert printed_separated_size(9, Fraction(1, 2)) == 1
    for d, q in ((3, 3), (10, 3), (20, 7), (400, 5)):
        size = printed_separated_size(d, Fraction(1, 2 * q))
        assert abs(size - math.sqrt(q**d / (d * math.log2(q)))) <= max(1, size >> 40)
