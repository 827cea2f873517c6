"""Votes over shifted grids: cells, margins read from weights, broken twins, and the complete method beside them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constructions import AffineMap, AssumptionViolated, BudgetExceeded, LabelledPoints, NormBall, ReluNetwork
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.instance import half_separation
from constructions.memorizers.voting.shifted_grids import ShiftedGrids
from constructions.memorizers.voting.votes import build_votes, count_votes, memorize_by_votes, plan_votes
from verify import robust_error
from verify.methods.ball_program import margin_network
from verify.methods.votes.margins import vote_margins
from verify.testing.broken_votes import (
    VOTING_INSTANCE,
    VOTING_TWINS,
    votes_genuine,
    votes_one_grid_only,
    votes_one_shift_too_few,
)
from verify.testing.strategies import memorization_instances
from verify.theorems.registry import check

FEWER = settings(max_examples=max(3, settings().max_examples // 6))
Point = tuple[Fraction, ...]


def margins(network: ReluNetwork, data: LabelledPoints, ball: NormBall) -> list[Fraction] | None:
    """Return what the votes prove of each ball, ``None`` where the network has not their form."""
    found: list[Fraction | None] = [None] * len(data)
    for label in data.classes:
        members = data.indices(label)
        bounds = vote_margins(margin_network(network, label), data.numerators[members], data.scale, ball)
        for index, bound in zip(members.tolist(), bounds, strict=True):
            found[index] = bound
    return None if None in found else [bound for bound in found if bound is not None]


def is_proved(network: ReluNetwork, data: LabelledPoints, ball: NormBall) -> bool:
    """Return whether the votes alone prove the robust error to be 0."""
    found = margins(network, data, ball)
    return found is not None and min(found) > 0


def places_of(network: ReluNetwork, axis: int) -> list[Fraction]:
    """Return where ramps begin and end on an axis, and the middles between those places."""
    first = network.maps[0]
    rows = zip(first.weight, first.bias, strict=True)
    turns = sorted({-bias / row[axis] for row, bias in rows if row[axis]})
    return sorted({*turns, *((a + b) / 2 for a, b in itertools.pairwise(turns))})


def hard_points(network: ReluNetwork, centre: Point, ball: NormBall, count: int) -> Iterator[Point]:
    """Yield points of a ball whose coordinates lie on walls and ramp ends, as far as the ball allows."""
    stream, choices = random.Random(str(centre)), []
    for axis, x in enumerate(centre):
        inside = [t for t in places_of(network, axis) if abs(t - x) <= ball.radius]
        choices.append([x, x - ball.radius, x + ball.radius, *inside])
    for _ in range(count):
        point = tuple(stream.choice(choice) for choice in choices)
        if ball.contains(centre, point):
            yield point


@pytest.mark.theorem("voting-memorization", claims=["robust_error", "margin", "parameters"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_the_default_instance_holds_in_every_norm(norm: str) -> None:
    report = check("voting-memorization", norm=norm)
    assert report.verdict == "holds" and report.claim("margin").measured == "1"
    assert {report.claim(name).evidence for name in ("robust_error", "margin", "parameters")} == {"exact"}
    assert report.result is not None and report.result.upper == 0


def test_the_standalone_checker_proves_the_votes(tmp_path: Path) -> None:
    report = check("voting-memorization", output=tmp_path)
    assert report.verdict == "holds" and report.claim("certificate").status == "holds"


@pytest.mark.theorem("voting-memorization", claims=["labels", "separation", "radius"])
def test_hypotheses_that_fail_are_named() -> None:
    assert check("voting-memorization", ratio="1").claim("radius").status == "inapplicable"
    data = LabelledPoints.of([[0], [1]], [1, 3])
    assert check("voting-memorization", data=data).claim("labels").status == "inapplicable"
    twice = LabelledPoints.of([[0], [0]], [1, -1])
    assert check("voting-memorization", data=twice).claim("separation").status == "inapplicable"


def test_one_class_takes_a_constant_network() -> None:
    report = check("voting-memorization", data=LabelledPoints.of([[0], [1]], [1, 1]))
    assert report.verdict == "holds" and report.claim("parameters").measured == "1"


@pytest.mark.theorem("voting-memorization", claims=["robust_error", "margin"])
@FEWER
@given(draws=st.data(), norm=st.sampled_from(("linf", "l1", "l2")))
def test_votes_are_right_on_walls_and_ramps(draws: st.DataObject, norm: str) -> None:
    data, radius = draws.draw(memorization_instances(norm, max_points=4, max_dim=2, levels=4, both_classes=True))
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    radius = min(radius, half_separation(closest.distance, norm) * Fraction(3, 4))
    network, ball = memorize_by_votes(data, radius, None, norm), NormBall(norm, radius)
    found = margins(network, data, ball)
    if len(network.maps) == 1:
        assume(False)
    assert found is not None and min(found) >= 1
    for centre, label, bound in zip(data.points, data.labels, found, strict=True):
        assert all(label * network(point)[0] >= bound for point in hard_points(network, centre, ball, 60))


@FEWER
@given(draws=st.data(), norm=st.sampled_from(("linf", "l1", "l2")))
def test_counts_are_met_up_to_accidental_zeros(draws: st.DataObject, norm: str) -> None:
    data, radius = draws.draw(memorization_instances(norm, max_points=4, max_dim=2, levels=4, both_classes=True))
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    radius = min(radius, half_separation(closest.distance, norm) * Fraction(3, 4))
    plan = plan_votes(data, radius, None, norm)
    assert plan is not None
    size = build_votes(*plan).size
    assert size.nonzero <= count_votes(*plan) <= size.nonzero + size.units


@pytest.mark.theorem("voting-memorization", claims=["robust_error"])
def test_the_complete_method_agrees_on_the_smallest_instance() -> None:
    """Two points on a line: decided without any notion of votes."""
    data, radius = LabelledPoints.of([[0], [1]], [-1, 1]), Fraction(1, 8)
    network = memorize_by_votes(data, radius)
    result = robust_error(network, data, "linf", radius, seconds=60)
    assert result.upper == 0
    assert margins(network, data, NormBall("linf", radius)) == [1, 1]


def test_many_dimensions_are_refused_before_any_work() -> None:
    with pytest.raises(BudgetExceeded, match="may meet 278,528 cells"):
        check("voting-memorization", data="random:n=64,d=8,levels=16,seed=0")
    with pytest.raises(BudgetExceeded, match="in dimension 40"):
        memorize_by_votes(LabelledPoints.of([[0] * 40, [1] * 40], [1, -1]), "1/4")


def test_cells_that_meet_both_labels_are_refused_by_name() -> None:
    data, radius = VOTING_INSTANCE
    grids = ShiftedGrids((Fraction(-1),) * 2, (Fraction(4),) * 2, Fraction(2), 5, Fraction(1, 100))
    with pytest.raises(AssumptionViolated, match=r"cell \(.*\) of grid 0 meets the balls of points \d and \d"):
        memorize_by_votes(data, radius, grids=grids)


# Broken twins ------------------------------------------------------------------------------


@pytest.mark.theorem("voting-memorization", claims=["robust_error"])
@pytest.mark.parametrize("twin", VOTING_TWINS, ids=[twin.__name__ for twin in VOTING_TWINS])
def test_no_broken_twin_is_proved_and_each_is_wrong_at_a_point(twin: object) -> None:
    assert callable(twin) and twin.__doc__
    data, radius = VOTING_INSTANCE
    network, ball = twin(data, radius), NormBall("linf", radius)
    assert not is_proved(network, data, ball)
    wrong = [
        point
        for centre, label in zip(data.points, data.labels, strict=True)
        for point in hard_points(network, centre, ball, 400)
        if label * network(point)[0] <= 0
    ]
    assert wrong


def test_one_shift_too_few_leaves_a_tie_that_is_not_proved() -> None:
    data, radius = VOTING_INSTANCE
    assert min(margins(votes_one_shift_too_few(data, radius), data, NormBall("linf", radius)) or [Fraction(1)]) == 0


def test_the_genuine_network_is_proved() -> None:
    data, radius = VOTING_INSTANCE
    assert min(margins(votes_genuine(data, radius), data, NormBall("linf", radius)) or [Fraction(0)]) == 1


def test_trap_20_a_small_share_of_each_ball_may_be_wrong_on_every_ball() -> None:
    """One grid is wrong on its ramps only: a small share of a ball's volume, and robust error 1 all the same."""
    data = LabelledPoints.of([[0, 0], [1, 0], [0, 1], [1, 1]], [1, -1, -1, 1])
    radius, tiny = Fraction(3, 8), Fraction(1, 10**6)
    network, ball = votes_one_grid_only(data, radius), NormBall("linf", radius)
    stream = random.Random(3)
    wrong_balls = shares = 0
    for centre, label in zip(data.points, data.labels, strict=True):
        wrong_balls += any(label * network(point)[0] <= 0 for point in hard_points(network, centre, ball, 2000))
        inside = [tuple(x + radius * Fraction(stream.randint(-1000, 1000), 1000) for x in centre) for _ in range(100)]
        shares += sum(label * network(point)[0] <= 0 for point in inside)
    assert tiny < radius and wrong_balls >= 3 and shares <= 4 * 50
    assert not is_proved(network, data, ball)


# The method --------------------------------------------------------------------------------


def test_networks_of_other_forms_are_left_alone() -> None:
    data = LabelledPoints.of([[0], [1]], [-1, 1])
    ball = NormBall("linf", Fraction(1, 4))
    assert margins(memorize_with_box_bumps(data, Fraction(1, 4)), data, ball) is None
    assert margins(ReluNetwork([AffineMap([[1]], [0])]), data, ball) is None


def test_a_part_that_moves_without_end_is_on_a_ramp_there() -> None:
    """The clip of x itself: right far out, but the part stands still nowhere, so nothing is proved."""
    first = AffineMap([[1], [-1]], [0, 0])
    second = AffineMap([[1, -1], [1, -1]], [1, -1])
    network = ReluNetwork([first, second, AffineMap([[1, -1]], [-1])])
    data = LabelledPoints.of([[5], [-5]], [1, -1])
    assert [network(point)[0] for point in data.points] == [1, -1]
    assert not is_proved(network, data, NormBall("linf", Fraction(1, 2)))
    both = ReluNetwork(
        [
            AffineMap([[1], [-1], [1], [-1]], [0, 0, 0, 0]),
            AffineMap([[1, -1, 0, 0], [1, -1, 0, 0], [0, 0, 1, -1], [0, 0, 1, -1]], [1, -1, 1, -1]),
            AffineMap(np.eye(4, dtype=int).tolist(), [0] * 4),
            AffineMap([[1, -1, 1, -1]], [-2]),
        ]
    )
    assert [both(point)[0] for point in data.points] == [2, -2]
    assert not is_proved(both, data, NormBall("linf", Fraction(1, 2)))


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_parts_that_all_turn_near_the_end_of_a_ball_are_all_seen(norm: str) -> None:
    """No two ramps overlap, and yet beyond the last one every part is wrong."""
    ramps = AffineMap([[1]] * 4, [Fraction(-place, 8) for place in (5, 6, 6, 7)])
    places = AffineMap([[8, -8, 0, 0], [0, 0, 8, -8]], [0, 0])
    clips = AffineMap([[-2, 0]] * 2 + [[0, -2]] * 2, [2, 0, 2, 0])
    network = ReluNetwork([ramps, places, clips, AffineMap([[1, -1, 1, -1]], [-1])])
    data = LabelledPoints.of([[0]], [1])
    assert (network([0]), network([1])) == ((3,), (-1,))
    assert is_proved(network, data, NormBall(norm, Fraction(5, 8)))
    assert not is_proved(network, data, NormBall(norm, Fraction(1)))
