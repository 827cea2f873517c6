"""Lower bounds on the size of robust memorizers: their numbers, and what they refuse."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions import AssumptionViolated, InexactInput
from constructions.errors import UsageError
from verify.capacity.memorization_bounds import (
    MemorizationBound,
    coordinates_for_two_points,
    first_layer_width,
    memorization_size_bounds,
    points_per_pair,
    shattered_points,
)
from verify.capacity.memorization_upper import enough_for_every_set
from verify.capacity.size_bound import certified_size_bound
from verify.certificate import count_checker

HAIR = Fraction(1, 2**40)


def named(*setting: Any) -> dict[str, MemorizationBound]:
    return {bound.name: bound for bound in memorization_size_bounds(*setting)}


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("per_pair", range(1, 9))
def test_the_points_of_a_pair_jump_at_the_exact_power(norm: str, per_pair: int) -> None:
    """In l2 the critical ratio is irrational: a rational one is just above when its square is."""
    critical = 1 - Fraction(1, per_pair)
    if norm == "l1":
        assert points_per_pair(20, norm, critical) == per_pair
        assert per_pair == 1 or points_per_pair(20, norm, critical - HAIR) == per_pair - 1
        return
    above = next(Fraction(k, 1000) for k in range(1001) if Fraction(k, 1000) ** 2 >= critical)
    assert points_per_pair(20, norm, above) == per_pair
    below = above - Fraction(1, 1000)
    assert per_pair == 1 or points_per_pair(20, norm, below) == per_pair - 1


def test_the_dimension_caps_the_points_of_a_pair() -> None:
    assert [points_per_pair(d, "l2", 1 - HAIR) for d in (1, 2, 5, 9)] == [1, 2, 5, 9]
    assert [points_per_pair(d, "linf", Fraction(1, 2)) for d in (1, 2, 3, 6, 7, 1022, 1023)] == [2, 2, 3, 3, 4, 10, 11]
    assert points_per_pair(1024, "linf", Fraction(1, 2) - HAIR) == 1


def test_pairs_count_only_where_they_say_more_than_the_points_alone() -> None:
    assert shattered_points(7, 3, "l2", Fraction(0)) == shattered_points(7, 2, "l2", 1 - HAIR) == 7
    assert shattered_points(7, 3, "l2", 1 - HAIR) == 3 * 3 + 1
    assert set(named(64, 2, "l2", "99/100")) == {"points", "inputs", "first-layer", "first-layer-dense"}
    assert named(64, 3, "l2", "99/100")["pairs"].shattered == 96


@pytest.mark.parametrize(("norm", "ratio"), [("l1", "9/10"), ("l2", "99/100"), ("linf", "1/2")])
def test_sizes_are_the_certified_sizes_of_the_shattered_points(norm: str, ratio: str) -> None:
    found = named(300, 20, norm, ratio)
    for name in ("points", "pairs"):
        bound = found[name]
        assert bound.shattered is not None and bound.certified is not None
        assert bound.size == bound.certified.size == certified_size_bound(bound.shattered, 20).size
        assert bound.certified.question.error == 0 and bound.counts == "nonzero"
    assert found["pairs"].size > found["points"].size


def test_the_count_behind_a_bound_is_proved_again_by_its_certificate(tmp_path: Path) -> None:
    for bound in memorization_size_bounds(40, 12, "l2", "49/50"):
        if bound.certified is not None:
            path = bound.certified.certificate(tmp_path / f"{bound.name}.json")
            assert count_checker.main([str(path)]) == 0
            content = json.loads(path.read_text())
            assert str(bound.shattered) in json.dumps(content)


def test_the_first_layer_bounds_have_their_closed_forms() -> None:
    assert [first_layer_width(11, d, "linf", Fraction(1, 2)) for d in (1, 5, 10, 99)] == [1, 5, 10, 10]
    assert first_layer_width(11, 10, "linf", Fraction(1, 2) - HAIR) == 5  # above 10/2 - tiny
    assert [first_layer_width(11, 10, "linf", Fraction(1, k)) for k in (3, 4, 5)] == [3, 2, 1]  # 10/5, 10/10, 10/17
    tenths = [first_layer_width(101, 100, "linf", Fraction(k, 10)) for k in (1, 2, 3, 4)]
    assert tenths == [2, 6, 16, 31]  # 100/82, 400/68, 900/58, 1600/52
    assert first_layer_width(101, 100, "l2", Fraction(9, 10)) == 82  # more than 81, as balls are closed
    assert first_layer_width(101, 100, "l1", Fraction(9, 10)) == 1
    assert first_layer_width(1, 100, "linf", Fraction(9, 10)) == 0
    found = named(11, 7, "linf", "2/3")
    assert (found["first-layer"].size, found["first-layer"].width) == (12, 7)
    assert (found["first-layer-dense"].size, found["first-layer-dense"].counts) == (7 * 9, "dense")


def test_inputs_jump_at_the_exact_power() -> None:
    """Where ``ratio^p d`` is an integer one more is needed, as balls are closed; just below it is not."""
    for norm, ratio, whole in (("l1", Fraction(3, 4), 12), ("l2", Fraction(3, 4), 9), ("l2", Fraction(1, 4), 1)):
        assert coordinates_for_two_points(16, norm, ratio) == named(2, 16, norm, ratio)["inputs"].size == whole + 1
        assert coordinates_for_two_points(16, norm, ratio - HAIR) == whole
    assert [coordinates_for_two_points(16, norm, Fraction(0)) for norm in ("l1", "l2", "linf")] == [1, 1, 1]
    assert [coordinates_for_two_points(16, norm, 1 - HAIR) for norm in ("l1", "l2", "linf")] == [16, 16, 1]


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_for_two_points_the_size_is_known_exactly(norm: str) -> None:
    """What is too few and what is enough differ by one, at every dimension and ratio."""
    for dim in (*range(1, 30), 10**6):
        for ratio in (*(Fraction(k, 12) for k in range(12)), HAIR, 1 - HAIR):
            best = max(b.size for b in memorization_size_bounds(2, dim, norm, ratio) if b.counts == "nonzero")
            assert best + 1 == enough_for_every_set(2, dim, norm, ratio).size


def test_inputs_say_more_than_the_first_layer_where_points_are_few() -> None:
    few, many = named(10, 1000, "l2", "9/10"), named(1000, 100, "l2", "9/10")
    assert few["inputs"].size == 811 > few["first-layer"].size == 14
    assert many["inputs"].size == 82 < many["first-layer"].size == 162
    assert named(10, 1000, "l1", "9/10")["inputs"].size == 901
    assert "inputs" not in named(10, 1000, "linf", "9/10") and "inputs" not in named(1, 1000, "l2", "9/10")


def test_bounds_of_one_count_come_largest_first() -> None:
    for setting in ((64, 16, "l2", "49/50"), (1000, 5, "linf", "1/2"), (1000, 784, "l2", "1/3")):
        bounds = memorization_size_bounds(*setting)
        for counts in ("nonzero", "dense"):
            sizes = [bound.size for bound in bounds if bound.counts == counts]
            assert sizes == sorted(sizes, reverse=True)
        assert all(str(bound.size) in bound.meaning for bound in bounds)


def test_one_point_needs_nothing() -> None:
    assert [(bound.name, bound.size) for bound in memorization_size_bounds(1, 3, "linf", 0)] == [("points", 0)]


@pytest.mark.parametrize("ratio", ["1", "-1/10", "3/2"])
def test_a_ratio_outside_its_range_is_named(ratio: str) -> None:
    with pytest.raises(AssumptionViolated, match=r"must lie in \[0, 1\)"):
        memorization_size_bounds(4, 4, "linf", ratio)


@pytest.mark.parametrize("setting", [(0, 4, "linf", 0), (4, 0, "linf", 0), (4, 4, "l3", 0), ("5/2", 4, "l2", 0)])
def test_other_numbers_out_of_range_are_refused(setting: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError):
        memorization_size_bounds(*setting)


def test_floats_are_refused() -> None:
    with pytest.raises(InexactInput):
        memorization_size_bounds(4, 4, "linf", 0.5)
