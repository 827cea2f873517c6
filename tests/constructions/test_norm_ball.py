"""Balls: membership at the boundary, extreme points, and steps towards a target."""

from __future__ import annotations

import copy
import pickle
import random
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import pytest

from constructions.data.norm_ball import NormBall
from constructions.errors import InexactInput, UsageError

NORMS = ["linf", "l1", "l2"]
TINY = Fraction(1, 2**100)


def measured(offset: list[Fraction], norm: str) -> Fraction:
    steps = [abs(step) for step in offset]
    if norm == "l2":
        return sum((step * step for step in steps), Fraction(0))
    return max(steps) if norm == "linf" else sum(steps, Fraction(0))


def limit(ball: NormBall) -> Fraction:
    return ball.radius**2 if ball.norm == "l2" else ball.radius


def random_point(draw: random.Random, dim: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(draw.randint(-20, 20), draw.randint(1, 9)) for _ in range(dim))


@pytest.mark.parametrize(("radius", "value"), [(0, 0), ("3/32", Fraction(3, 32)), ("0.1", Fraction(1, 10)), (2, 2)])
def test_radius_is_exact(radius: Any, value: Any) -> None:
    assert NormBall("linf", radius).radius == value
    assert type(NormBall("linf", radius).radius) is Fraction


@pytest.mark.parametrize("radius", [0.1, float("nan"), float("inf"), "nan", "", None, -1, "-1/3"])
def test_a_radius_that_is_inexact_or_negative_is_refused(radius: Any) -> None:
    with pytest.raises(InexactInput, match="radius"):
        NormBall("linf", radius)


@pytest.mark.parametrize("norm", ["l3", "LINF", "", "2"])
def test_an_unknown_norm_is_refused(norm: str) -> None:
    with pytest.raises(UsageError, match=r"linf, l1 or l2"):
        NormBall(norm, 1)


@pytest.mark.parametrize(("norm", "radius"), [("linf", 4), ("l1", 7), ("l2", 5)])
def test_the_ball_is_closed(norm: str, radius: int) -> None:
    centre, point = ("1/3", "-2/7"), (Fraction(1, 3) + 3, Fraction(-2, 7) - 4)
    assert NormBall(norm, radius).contains(centre, point)
    assert NormBall(norm, radius + TINY).contains(centre, point)
    assert not NormBall(norm, radius - TINY).contains(centre, point)


@pytest.mark.parametrize("norm", NORMS)
def test_a_ball_of_radius_zero_is_its_centre(norm: str) -> None:
    ball = NormBall(norm, 0)
    assert ball.contains(["1/3"], [Fraction(1, 3)])
    assert not ball.contains(["1/3"], [Fraction(1, 3) + TINY])
    assert set(ball.corners(["1/3", 2])) == {(Fraction(1, 3), Fraction(2))}
    assert ball.towards(["1/3"], [7]) == (Fraction(1, 3),)


@pytest.mark.parametrize("norm", NORMS)
def test_contains_refuses_floats_and_other_dimensions(norm: str) -> None:
    ball = NormBall(norm, 1)
    with pytest.raises(InexactInput):
        ball.contains([0], [0.5])
    with pytest.raises(InexactInput):
        ball.contains([0.0], [0])
    for call in (ball.contains, ball.towards):
        with pytest.raises(ValueError, match="argument"):
            call([0, 0], [0])


def test_corners_of_a_box_are_all_sign_patterns() -> None:
    corners = list(NormBall("linf", "1/2").corners([0, 1, 2]))
    assert len(corners) == len(set(corners)) == 8
    half = Fraction(1, 2)
    assert set(corners) == {(a, 1 + b, 2 + c) for a in (-half, half) for b in (-half, half) for c in (-half, half)}


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_corners_of_the_other_balls_lie_on_the_axes(norm: str) -> None:
    corners = list(NormBall(norm, 3).corners([1, 1]))
    assert sorted(corners) == [(-2, 1), (1, -2), (1, 4), (4, 1)]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_corners_lie_on_the_boundary(norm: str, dim: int) -> None:
    draw = random.Random(dim)
    centre, ball = random_point(draw, dim), NormBall(norm, "7/3")
    for corner in ball.corners(centre):
        assert measured([x - c for x, c in zip(corner, centre, strict=True)], norm) == limit(ball)
        assert ball.contains(centre, corner)


@pytest.mark.parametrize("norm", NORMS)
def test_corners_of_a_box_maximise_linear_functions(norm: str) -> None:
    draw = random.Random(11)
    ball, centre = NormBall(norm, "5/2"), random_point(draw, 3)
    for _ in range(20):
        weights = [draw.randint(-9, 9) for _ in range(3)]
        values = [sum(w * x for w, x in zip(weights, corner, strict=True)) for corner in ball.corners(centre)]
        dual = sum(map(abs, weights)) if norm == "linf" else max(map(abs, weights))
        middle = sum(w * c for w, c in zip(weights, centre, strict=True))
        assert max(values) == middle + ball.radius * dual


@pytest.mark.parametrize("norm", NORMS)
def test_towards_stays_in_the_ball_and_reaches_targets_inside(norm: str) -> None:
    draw = random.Random(4)
    for _ in range(300):
        dim = draw.randint(1, 6)
        centre, target = random_point(draw, dim), random_point(draw, dim)
        ball = NormBall(norm, Fraction(draw.randint(0, 60), draw.randint(1, 9)))
        reached = ball.towards(centre, target)
        assert ball.contains(centre, reached)
        if ball.contains(centre, target):
            assert reached == target
        else:
            assert measured([x - c for x, c in zip(reached, centre, strict=True)], norm) <= limit(ball)


def test_towards_clips_each_coordinate_of_a_box() -> None:
    assert NormBall("linf", 1).towards([0, 0, 0], [5, "-1/2", -9]) == (1, Fraction(-1, 2), -1)


def test_towards_cuts_the_segment_where_it_leaves_the_diamond() -> None:
    assert NormBall("l1", 1).towards([0, 0], [3, -1]) == (Fraction(3, 4), Fraction(-1, 4))
    draw = random.Random(5)
    for _ in range(100):
        centre, target = random_point(draw, 4), random_point(draw, 4)
        ball = NormBall("l1", "1/7")
        if not ball.contains(centre, target):
            reached = ball.towards(centre, target)
            assert measured([x - c for x, c in zip(reached, centre, strict=True)], "l1") == ball.radius


def test_towards_is_on_the_segment_and_nearly_at_the_sphere() -> None:
    draw = random.Random(6)
    for _ in range(100):
        centre, target = random_point(draw, 3), random_point(draw, 3)
        ball = NormBall("l2", "1/7")
        whole = [x - c for x, c in zip(target, centre, strict=True)]
        if not any(whole):
            continue
        step = [x - c for x, c in zip(ball.towards(centre, target), centre, strict=True)]
        shares = {s / w for s, w in zip(step, whole, strict=True) if w}
        share = shares.pop()
        assert not shares
        assert 0 < share <= 1
        assert share**2 * measured(whole, "l2") <= ball.radius**2
        if share < 1:
            assert (share + Fraction(1, 2**64)) ** 2 * measured(whole, "l2") > ball.radius**2


def test_towards_a_rational_exit_point_is_exact() -> None:
    assert NormBall("l2", 5).towards([0, 0], [6, 8]) == (3, 4)


@pytest.mark.parametrize("norm", NORMS)
def test_towards_refuses_floats(norm: str) -> None:
    with pytest.raises(InexactInput):
        NormBall(norm, 1).towards([0], [0.5])


def test_balls_are_values() -> None:
    ball = NormBall("l1", "2/4")
    assert ball == NormBall("l1", Fraction(1, 2))
    assert hash(ball) == hash(NormBall("l1", "0.5"))
    assert ball != NormBall("l2", "1/2")
    assert ball != NormBall("l1", "1/3")
    assert pickle.loads(pickle.dumps(ball)) == copy.deepcopy(ball) == ball
    assert eval(repr(ball)) == ball
    with pytest.raises(FrozenInstanceError):
        ball.radius = Fraction(1)  # type: ignore[misc]
