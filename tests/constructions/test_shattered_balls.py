"""Shattered pairs of balls and the origin against unit vectors, by hand and by brute force in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from constructions import AssumptionViolated, InexactInput, LabelledPoints, NormBall
from constructions.data.ball_pairs import every_labelling
from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.linear_systems import exact_rank, null_vector, row_space_parts
from constructions.exact.norms import length
from constructions.hard_distributions.shattered_balls import ShatteredBalls, largest_group
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors

Point = tuple[Fraction, ...]


def apart(first: Point, second: Point, norm: str) -> Fraction:
    """Return the distance of two points, squared in l2."""
    return length([x - y for x, y in zip(first, second, strict=True)], norm)


def groups(norm: str, dim: int, per_pair: int, pairs: int, ratio: str = "1/2") -> ShatteredBalls:
    return ShatteredBalls(norm, dim, per_pair, pairs, 0, Fraction(ratio))


# Golden: separation^p = 2^p k and distance^p = k - 1, for every labelling ---------------


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("per_pair", range(2, 9))
def test_distances_in_l1_and_l2_do_not_depend_on_the_labels(norm: str, per_pair: int) -> None:
    for dim in (per_pair, per_pair + 1, per_pair + 2):
        family = groups(norm, dim, per_pair, 1)
        for labels in product((1, -1), repeat=per_pair):
            plus, minus = family.training_set(list(labels)).points
            assert apart(plus, minus, norm) == (4 if norm == "l2" else 2) * per_pair
            for point, label in zip(family.listed(list(labels)).points, labels, strict=True):
                own, other = (plus, minus) if label == 1 else (minus, plus)
                assert apart(point, own, norm) == per_pair - 1
                assert apart(point, other, norm) == per_pair + (3 if norm == "l2" else 1)


@pytest.mark.parametrize("per_pair", range(2, 7))
def test_distances_in_linf_are_one_and_four(per_pair: int) -> None:
    for dim in (2 ** (per_pair - 1) - 1, 2 ** (per_pair - 1), 2 ** (per_pair - 1) + 3):
        family = groups("linf", dim, per_pair, 1)
        for labels in product((1, -1), repeat=per_pair):
            plus, minus = family.training_set(list(labels)).points
            assert apart(plus, minus, "linf") == 4
            for point, label in zip(family.listed(list(labels)).points, labels, strict=True):
                own, other = (plus, minus) if label == 1 else (minus, plus)
                assert apart(point, own, "linf") == 1
                assert apart(point, other, "linf") in ((3,) if len(set(labels)) == 2 else (3, 5))


@pytest.mark.parametrize(
    ("points", "dim", "norm", "ratio"),
    [(7, 4, "l2", "7/8"), (6, 3, "l1", "2/3"), (5, 9, "linf", "1/2"), (4, 3, "l2", "1/2"), (3, 1, "l1", "9/10")],
)
def test_a_data_set_has_its_balls_and_its_separation(points: int, dim: int, norm: str, ratio: str) -> None:
    family = ShatteredBalls.of(points, dim, norm, ratio)
    for seed in range(8):
        labels = np.random.RandomState(seed).choice([-1, 1], family.size)
        data, shattered = family.training_set(labels), family.listed(labels)
        assert len(data) == points and data.dim == dim and len(shattered) == family.size
        assert shattered.labels == tuple(labels)
        for i, j in combinations(range(points), 2):
            if data.labels[i] != data.labels[j]:
                assert apart(data.point(i), data.point(j), norm) >= (4 if norm == "l2" else 2) * family.eps
        for point, label in zip(shattered.points, shattered.labels, strict=True):
            own = [data.point(i) for i in range(points) if data.labels[i] == label]
            assert min(apart(point, centre, norm) for centre in own) <= family.radius
        assert len(set(shattered.points)) == family.size


def test_the_enumerated_group_is_that_of_the_data_sets() -> None:
    for family in (groups("l2", 3, 3, 1), groups("linf", 3, 3, 1), groups("l1", 5, 5, 1)):
        case = family.enumerated()
        assert case.labels.shape == (2**family.per_pair, family.per_pair)
        assert len({tuple(row) for row in case.labels.tolist()}) == 2**family.per_pair
        for labels, centres in zip(case.labels, case.centres, strict=True):
            assert np.array_equal(family.training_set(labels).numerators[:, : family.axes], centres)
        assert np.array_equal(family.listed([1] * family.per_pair).numerators[:, : family.axes], case.points)


def test_rows_of_every_labelling_are_the_bits_of_their_number() -> None:
    assert every_labelling(2).tolist() == [[1, 1], [-1, 1], [1, -1], [-1, -1]]


# How large a group may be, and where groups stand ---------------------------------------


def test_the_largest_group_is_the_last_that_fits() -> None:
    for numerator in range(100):
        ratio = Fraction(numerator, 100)
        for norm, power in (("l1", 1), ("l2", 2)):
            found = largest_group(30, norm, ratio)
            assert found - 1 <= ratio**power * found
            assert found == 30 or found > ratio**power * (found + 1)
    assert [largest_group(d, "linf", Fraction(1, 2)) for d in (1, 2, 3, 6, 7, 8)] == [2, 2, 3, 3, 4, 4]
    assert largest_group(9, "linf", Fraction(49, 100)) == 1


def test_pairs_are_made_only_where_they_hold_three_points() -> None:
    assert ShatteredBalls.of(5, 2, "l2", "99/100") == ShatteredBalls("l2", 2, 1, 0, 5, Fraction(99, 100))
    assert ShatteredBalls.of(1, 9, "linf", "1/2").size == 1
    family = ShatteredBalls.of(5, 3, "l2", "99/100")
    assert (family.pairs, family.singles, family.size, family.data_points) == (2, 1, 7, 5)


def test_on_a_line_a_spacing_of_two_puts_opposite_points_in_one_place() -> None:
    """The spacing 2 d^2 is 2 for d = 1: the +1 of one group is then the -1 of the next."""
    family = groups("l1", 1, 1, 2)
    data = family.training_set([1, 1])
    assert family.spacing == 4 and data.separation("l1") == 2
    moved = LabelledPoints.of([[1], [-1], [1 + 2], [-1 + 2]], data.labels)
    assert moved.separation("l1") == 0


def test_a_point_on_the_sphere_is_in_no_open_ball() -> None:
    family = ShatteredBalls.of(2, 3, "l1", "2/3")
    plus = family.training_set([1, 1, -1]).point(0)
    point = family.listed([1, 1, -1]).point(0)
    assert NormBall("l1", family.radius).contains(plus, point)
    assert not NormBall("l1", family.radius - Fraction(1, 2**40)).contains(plus, point)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(AssumptionViolated, match=r"lie in \[0, 1\), got 1"):
        ShatteredBalls.of(4, 4, "l2", 1)
    with pytest.raises(InexactInput):
        ShatteredBalls.of(4, 4, "l2", 0.5)
    with pytest.raises(UsageError, match="unknown norm"):
        ShatteredBalls.of(4, 4, "l3", "1/2")
    for points, dim in ((0, 4), (4, 0), ("4", 4), (Fraction(9, 2), 4)):
        with pytest.raises(UsageError):
            ShatteredBalls.of(points, dim, "l2", "1/2")
    for labels in ([1, 1], [1, 0, 1, 1], [[1, 1, 1, 1]]):
        with pytest.raises(UsageError, match="4 labels -1 or"):
            groups("l2", 4, 4, 1).training_set(labels)
    with pytest.raises(BudgetExceeded, match="too many to list"):
        groups("l2", 13, 13, 1).enumerated()
    with pytest.raises(BudgetExceeded, match="more than"):
        ShatteredBalls.of(2, 2**40, "l1", 0).listed([1, 1])


# The origin against unit vectors ---------------------------------------------------------


@pytest.mark.parametrize(("points", "dim"), [(2, 1), (2, 5), (5, 4), (5, 9), (9, 4), (7, 1)])
def test_the_origin_is_one_from_every_unit_vector(points: int, dim: int) -> None:
    data = origin_against_unit_vectors(points, dim)
    assert len(set(data.points)) == len(data) == points and data.labels.count(1) == 1
    for norm in ("linf", "l1"):
        assert data.separation(norm) == 1
    assert data.separation_squared() == 1
    for place in range(min(points - 1, dim)):
        assert data.point(place + 1) == tuple(int(j == place) for j in range(dim))


def test_one_point_has_no_opposite() -> None:
    for points, dim in ((1, 4), (4, 0)):
        with pytest.raises(UsageError):
            origin_against_unit_vectors(points, dim)
    with pytest.raises(BudgetExceeded):
        origin_against_unit_vectors(2, 2**40)


# Exact linear algebra --------------------------------------------------------------------


def test_null_vectors_ranks_and_projections_are_exact() -> None:
    rows = [[Fraction(1), Fraction(2), Fraction(3)], [Fraction(0), Fraction(1, 3), Fraction(1)]]
    vector = null_vector(rows, 3)
    assert vector is not None and any(vector)
    assert all(sum(w * x for w, x in zip(row, vector, strict=True)) == 0 for row in rows)
    assert exact_rank([*rows, [a + b for a, b in zip(*rows, strict=True)]]) == 2
    assert null_vector([[Fraction(2)]], 1) is None and null_vector([], 2) == [1, 0] and exact_rank([]) == 0
    units = [[Fraction(int(i == j)) for j in range(3)] for i in range(3)]
    parts = row_space_parts(rows, units)
    # The trace of an orthogonal projection is its rank.
    assert sum(part[j] for j, part in enumerate(parts)) == 2
    assert sum(length(part, "l2") for part in parts) == 2
    for part, unit in zip(parts, units, strict=True):
        rest = [u - p for u, p in zip(unit, part, strict=True)]
        assert all(sum(w * x for w, x in zip(row, rest, strict=True)) == 0 for row in rows)
    assert row_space_parts([], units) == [[0, 0, 0]] * 3
