"""The attack on memorizers: nothing where they are right, one point of every pair that comes too close."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.data.sources import load_data
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
from constructions.memorizers.literals import memorize_with_literals
from constructions.network.relu_network import ReluNetwork
from verify.methods import attack, attack_balls
from verify.methods.attack import Counterexample, find_counterexamples
from verify.methods.ball_program import margin_network

TINY = Fraction(1, 2**40)


def check_exactly(
    network: ReluNetwork, points: np.ndarray, scale: int, ball: NormBall, found: dict[int, Counterexample]
) -> None:
    """Every answer is a point of its ball at which some output is at most 0, in fractions."""
    for index, hit in found.items():
        assert ball.contains([Fraction(int(value), scale) for value in points[index]], hit.point)
        assert min(network(hit.point)) <= 0


def attacked(network: ReluNetwork, data: LabelledPoints, norm: str, radius: Any) -> dict[int, Counterexample]:
    """Attack both classes and return the counterexamples by index in the data."""
    found: dict[int, Counterexample] = {}
    for label in data.classes:
        mine, others = data.indices(label), np.flatnonzero(data.label_array != label)
        margins, points, ball = margin_network(network, label), data.numerators[mine], NormBall(norm, radius)
        hits = find_counterexamples(margins, points, data.scale, ball, opposite=data.numerators[others])
        check_exactly(margins, points, data.scale, ball, hits)
        found |= {int(mine[index]): hit for index, hit in hits.items()}
    return found


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_answers_depend_on_the_seed_alone(norm: str) -> None:
    data = load_data("random:n=40,d=8,levels=8,seed=3")
    network = margin_network(memorize_with_literals(data, "1/100"), 1)
    arguments = (network, data.numerators[data.indices(1)], data.scale, NormBall(norm, "1/3"))
    first, again = (find_counterexamples(*arguments, seed=5) for _ in range(2))
    assert first == again
    assert first


@pytest.mark.parametrize(
    ("norm", "builder"),
    [("linf", memorize_with_box_bumps), ("linf", memorize_with_literals), ("l1", memorize_with_l1_bumps)],
)
def test_pairs_closer_than_twice_the_radius_lose_a_point(norm: str, builder: Any) -> None:
    """At radius eps a closest pair shares a point, on which one of the two is wrong; below, nothing is."""
    data = load_data("random:n=30,d=5,levels=32,seed=1")
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    half = closest.distance / 2
    found = attacked(builder(data, half * Fraction(3, 7)), data, norm, half)
    assert all(i in found or j in found for i, j in closest.pairs)
    assert attacked(builder(data, half - TINY), data, norm, half - TINY) == {}


def test_l1_meets_the_opposite_ball_exactly() -> None:
    """Two cones that touch: every point half way, and none nearer, gives 0."""
    data = LabelledPoints.of([[0, 0, 0], [3, 5, 7]], labels=[1, -1])
    network = memorize_with_l1_bumps(data, 1)
    assert len(attacked(network, data, "l1", "15/2")) == 2
    assert attacked(network, data, "l1", Fraction(15, 2) - TINY) == {}


def test_small_blocks_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_data("random:n=40,d=8,levels=8,seed=3")
    network = memorize_with_literals(data, "1/100")
    whole = attacked(network, data, "linf", "1/3")
    for name in ("_BLOCK_ENTRIES", "_CACHE_BYTES", "_DESCENT_WORK"):
        monkeypatch.setattr(attack, name, 300)
    monkeypatch.setattr(attack_balls, "_PAIR_BLOCK", 50)
    assert attacked(network, data, "linf", "1/3") == whole


def test_digits_beyond_the_certified_radius() -> None:
    """The literals of radius 3/32 on the digits: no error there, few points survive 5/16."""
    data = load_data("digits:even-odd")
    network = memorize_with_literals(data, "3/32")
    minus = data.indices(-1)
    certified = NormBall("linf", "3/32")
    sample = data.numerators[minus[:100]]
    assert find_counterexamples(margin_network(network, -1), sample, data.scale, certified) == {}
    for label, least in ((1, 800), (-1, 906)):
        mine, others = data.numerators[data.indices(label)], data.numerators[data.indices(-label)]
        margins = margin_network(network, label)
        found = find_counterexamples(margins, mine, data.scale, NormBall("linf", "5/16"), opposite=others)
        assert len(found) >= least
        for index in list(found)[:5]:
            assert min(margins(found[index].point)) <= 0
