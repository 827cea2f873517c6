"""Errors estimated from samples: what is drawn, what is counted, and what may be called refuted."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

import verify
from constructions import (
    AffineMap,
    BoxUnion,
    FiniteDistribution,
    InexactInput,
    LabelledPoints,
    LabelledSets,
    ReluNetwork,
    UsageError,
)
from constructions.data.sampler import GeneratorSampler, derived_seed, drawn_places
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.sources import load_sampler
from verify.claims.generalization_claims import sampled_test_error, zero_sampled_error
from verify.generalization.confidence import clopper_pearson, lower_limit
from verify.generalization.sampled_error import as_sampler

LINE = ReluNetwork([AffineMap([[1]], [Fraction(-1, 2)])])
POINTS = LabelledPoints.of([[0], [1], [2]], labels=[-1, 1, 1])
WEIGHTS = FiniteDistribution(POINTS, ["1/6", "1/3", "1/2"])

TENT = ReluNetwork([AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), AffineMap([[-1] * 4], [1])])
FAR = LabelledPoints.of([["1/8", 0], [2, 2]], labels=[1, -1])


def _coin(seed: int) -> Iterator[tuple[list[int], int]]:
    stream = random.Random(seed)
    while True:
        side = stream.randrange(2)
        yield [side], 2 * side - 1


# Drawing -------------------------------------------------------------------------------


def test_a_finite_distribution_is_drawn_with_its_probabilities_and_never_where_they_are_zero() -> None:
    weights = FiniteDistribution(LabelledPoints.of([[0], [1], [2], [3]], labels=[1, 1, 1, 1]), ["0", "1/4", "3/4", "0"])
    counts = Counter(int(x) for x in weights.draw(4000, seed=5).numerators[:, 0])
    assert set(counts) == {1, 2} and 900 < counts[1] < 1100
    assert weights.draw(50, seed=5) == weights.draw(50, seed=5) != weights.draw(50, seed=6)


def test_places_are_exact_shares_of_the_streams_integers() -> None:
    """Every integer below the common denominator is drawn once: the shares are then the probabilities."""

    class Counting(random.Random):
        values = iter(range(12))

        def randrange(self, *_: int) -> int:  # type: ignore[override]
            return next(self.values)

    places = Counter(drawn_places([Fraction(1, 4), Fraction(0), Fraction(2, 3), Fraction(1, 12)], 12, Counting(0)))
    assert places == {0: 3, 2: 8, 3: 1}


def test_boxes_are_drawn_inside_and_by_weight() -> None:
    mixture = BoxMixture([Box([0, 5], [1, 5]), Box([2, 5], [4, 6])], [1, -1], ["1/4", "3/4"])
    drawn = mixture.draw(400, seed=1)
    for point, label in zip(drawn.points, drawn.labels, strict=True):
        assert mixture.boxes[0 if label == 1 else 1].contains(point)
    assert 70 < len(drawn.indices(1)) < 130 and mixture.draw(9, 1) == mixture.draw(9, 1)


def test_named_samplers_need_not_list_their_points(tmp_path: object) -> None:
    hard = load_sampler("hard:d=300,eps=1/8,independence=4")
    drawn = hard.draw(20, seed=2)
    assert (drawn.dim, len(drawn), hard.charge) == (300, 20, "points")
    assert isinstance(hard, LinearlySeparableGrid) and hard.independence == 4
    assert load_sampler("hard:d=3,family=cube").draw(5, 0).dim == 3
    assert load_sampler("random:n=6,d=2").draw(5, 0).dim == load_sampler("points:n=6,d=2").draw(5, 0).dim == 2
    assert load_sampler("boxes:n=4,d=2,levels=8").charge == "neighbourhoods"


def test_a_users_generator_is_a_sampler() -> None:
    sampler = as_sampler(_coin)
    assert isinstance(sampler, GeneratorSampler) and sampler.charge == "unknown"
    assert sampler.draw(30, 1) == sampler.draw(30, 1) and set(sampler.draw(30, 1).classes) == {-1, 1}
    with pytest.raises(UsageError, match="ended after 1 of 2"):
        GeneratorSampler(lambda seed: [([0], 1)]).draw(2, 0)
    with pytest.raises(UsageError, match="yield"):
        GeneratorSampler(lambda seed: [0, 1]).draw(2, 0)  # type: ignore[list-item]
    with pytest.raises(InexactInput):
        GeneratorSampler(lambda seed: [([0.5], 1)]).draw(1, 0)
    with pytest.raises(UsageError, match="cannot draw from a int"):
        as_sampler(3)


def test_each_look_draws_anew() -> None:
    assert len({derived_seed(0, f"samples {place}") for place in range(100)}) == 100
    assert 0 <= derived_seed(-5, "samples 0") < 2**63


# Counting ------------------------------------------------------------------------------


def test_a_network_is_decided_exactly_and_has_two_limits() -> None:
    found = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/2", samples=500, seed=3)
    drawn = WEIGHTS.draw(500, derived_seed(3, "samples 0"))
    assert found.wrong == sum(1 for x in drawn.points if x[0] <= 1) and found.undecided == 0
    assert found.lower < Fraction(1, 2) < found.upper < 1 and found.arithmetic == "exact"
    assert (found.samples, found.planned, found.seed, found.one_sided) == (500, (500,), 3, False)
    assert found.limits == found.looks[-1].limits


def test_in_a_thousand_dimensions_nothing_is_listed() -> None:
    plane = ReluNetwork([AffineMap.from_coo([0], [999], [1], (1, 1000), ["-1/2"])])
    hard = load_sampler("hard:d=1000,eps=1/8,independence=2")
    clean = verify.sampled_error(plane, hard, samples=40)
    robust = verify.sampled_robust_error(plane, hard, radius="1/16", samples=40)
    assert (clean.wrong, robust.wrong, robust.undecided, robust.is_refuted) == (0, 40, 0, True)


def test_labels_of_several_outputs_are_counted_too() -> None:
    network = ReluNetwork([AffineMap([[1], [-1], [0]], [0, 0, Fraction(1, 4)])])
    data = LabelledPoints.of([[1], [-1], [0]], labels=[0, 1, 2])
    assert verify.sampled_robust_error(network, data, radius="1/8", samples=60).wrong == 0
    assert verify.sampled_robust_error(network, data, radius="1/4", samples=60).wrong > 0
    assert verify.sampled_error(network, data, samples=60).wrong == 0


def test_without_time_everything_is_undecided_and_the_limits_say_nothing() -> None:
    """A ball that no method had time for counts as right below and as wrong above."""
    found = verify.sampled_robust_error(TENT, FAR, "l2", "1/2", samples=50, seconds=0.0, seed=1)
    limits = clopper_pearson(found.wrong, 50, Fraction(1, 100), found.wrong + found.undecided)
    assert found.undecided > 0 and found.limits == limits and found.upper > Fraction(found.wrong, 50)
    asked = verify.sampled_error(lambda points: points[:, 0], WEIGHTS, samples=50, seconds=0.0)
    assert (asked.wrong, asked.undecided, asked.lower, asked.upper) == (0, 50, 0, 1)


def test_a_width_ends_the_sampling_at_a_planned_look() -> None:
    wide = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/4", samples=1000, width="1/4")
    assert wide.samples in wide.planned and wide.samples < 1000 and wide.upper - wide.lower <= Fraction(1, 4)
    assert [look.samples for look in wide.looks] == list(wide.planned[: len(wide.looks)])
    assert all(look.limits.upper - look.limits.lower > Fraction(1, 4) for look in wide.looks[:-1])
    for look in wide.looks:
        assert look.limits == clopper_pearson(look.wrong, look.samples, Fraction(1, 100) / len(wide.planned))
    never = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/2", samples=100, width="1/1000")
    assert never.samples == 100 and never.upper - never.lower > Fraction(1, 1000)
    attacked = verify.sampled_robust_error(lambda x: x[:, 0] - 0.5, WEIGHTS, radius="1/2", samples=400, width="1/4")
    assert attacked.samples < 400 and Fraction(attacked.wrong, attacked.samples) - attacked.lower <= Fraction(1, 4)


def test_a_slow_classifier_leaves_the_rest_undecided() -> None:
    def slow(points: np.ndarray) -> np.ndarray:
        time.sleep(0.02)
        return np.asarray(points[:, 0] - 0.5)

    found = verify.sampled_error(slow, WEIGHTS, samples=5000, seconds=0.2)
    assert found.wrong == 0 < found.undecided
    assert found.limits == clopper_pearson(0, 5000, Fraction(1, 100), found.undecided)


def test_time_that_runs_out_ends_the_sampling_at_a_look() -> None:
    found = verify.sampled_error(lambda x: x[:, 0], WEIGHTS, samples=64, width="1/100", seconds=0.0)
    assert found.planned == (16, 32, 64) and (found.samples, found.undecided, len(found.looks)) == (16, 16, 1)


def test_an_attacker_in_a_box_is_weaker() -> None:
    free = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/2", samples=60)
    kept = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/2", samples=60, domain=(["3/5"], [2]))
    assert free.wrong > 0 == kept.wrong


def test_requests_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="needs a radius"):
        verify.sampled_robust_error(LINE, WEIGHTS)
    for options in ({"samples": 0}, {"width": 1}, {"width": 0}, {"failure": 0}, {"failure": "1"}):
        with pytest.raises(UsageError, match="are needed"):
            verify.sampled_error(LINE, WEIGHTS, **options)
    with pytest.raises(InexactInput):
        verify.sampled_error(LINE, WEIGHTS, width=0.1)


# Refuting ------------------------------------------------------------------------------


@pytest.mark.theorem("sampled-robust-error", claims=["coverage"])
def test_one_exact_mistake_at_a_point_of_the_support_refutes_error_zero() -> None:
    found = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/2", samples=50)
    verdict = zero_sampled_error(found, "robust_error")
    assert (verdict.status, verdict.evidence, verdict.measured) == ("violated", "exact", "more than 0")
    assert found.witness is not None and found.witness.centre in POINTS.points
    assert found.witness.label * LINE(found.witness.point)[0] <= 0
    assert max(abs(x - c) for x, c in zip(found.witness.point, found.witness.centre, strict=True)) <= Fraction(1, 2)


@pytest.mark.theorem("sampled-robust-error", claims=["coverage"])
def test_no_mistake_proves_nothing() -> None:
    found = verify.sampled_robust_error(LINE, WEIGHTS, radius="1/4", samples=50)
    for verdict in (zero_sampled_error(found, "robust_error"), sampled_test_error(found)):
        assert (verdict.status, verdict.evidence) == ("unknown", "sample")
    assert sampled_test_error(found).measured == f"0.0000 to {-(-found.upper * 10000 // 1) / 10000:.4f}"


def test_in_a_box_a_mistake_needs_a_margin_below_zero() -> None:
    """One point of a box has probability 0; where the output is negative the points around it are wrong too."""
    zero = ReluNetwork([AffineMap([[0]], [0])])
    mixture = BoxMixture([Box([1], [2])], [1], [1])
    at_zero = verify.sampled_error(zero, mixture, samples=20)
    assert at_zero.wrong == 20 and at_zero.witness is not None and at_zero.witness.margin == 0
    assert not at_zero.is_refuted
    below = verify.sampled_error(ReluNetwork([AffineMap([[0]], [-1])]), mixture, samples=20)
    assert below.is_refuted and zero_sampled_error(below, "clean_error").status == "violated"


def test_in_a_box_an_attacker_kept_in_a_domain_refutes_nothing() -> None:
    """Next to a centre that just reaches the domain there are centres that do not."""
    below, mixture = ReluNetwork([AffineMap([[0]], [-1])]), BoxMixture([Box([1], [2])], [1], [1])
    kept = verify.sampled_robust_error(below, mixture, radius="1/2", samples=20, domain=([0], ["3/4"]))
    free = verify.sampled_robust_error(below, mixture, radius="1/2", samples=20)
    assert 0 < kept.wrong < free.wrong == 20 and kept.domain is not None
    assert free.is_refuted and not kept.is_refuted
    points = FiniteDistribution(LabelledPoints.of([[1]], labels=[1]), [1])
    assert verify.sampled_robust_error(below, points, radius="1/2", samples=9, domain=([0], ["3/4"])).is_refuted


def test_of_a_users_generator_no_probability_is_known() -> None:
    wrong = ReluNetwork([AffineMap([[-1]], [Fraction(1, 2)])])
    found = verify.sampled_error(wrong, _coin, samples=20)
    assert found.wrong == 20 and not found.is_refuted
    assert zero_sampled_error(found, "clean_error").status == "unknown"
    assert verify.sampled_error(wrong, GeneratorSampler(_coin, "points"), samples=20).is_refuted


def test_a_black_box_is_never_refuted_exactly_and_has_no_upper_limit() -> None:
    found = verify.sampled_robust_error(lambda x: x[:, 0] - 0.5, WEIGHTS, radius="1/2", samples=50)
    assert found.wrong > 0 and found.upper == 1 and found.one_sided and not found.is_refuted
    assert found.lower == lower_limit(found.wrong, 50, Fraction(1, 100)) and found.wrong + found.undecided == 50
    verdict = zero_sampled_error(found, "robust_error")
    assert (verdict.status, verdict.evidence) == ("unknown", "sample") and "black box" in verdict.detail
    assert sampled_test_error(found).measured is not None and "no upper limit" in sampled_test_error(found).detail
    clean = verify.sampled_error(lambda x: np.ones(len(x)), WEIGHTS, samples=200)
    assert clean.lower < Fraction(1, 6) < clean.upper < 1


def test_sets_are_uniform_by_volume() -> None:
    sets = LabelledSets(BoxUnion.of([([2, 0], [4, 1])]), BoxUnion.of([([0, 0], [1, 1])]))
    plane = ReluNetwork([AffineMap([[4, -1]], [-6])])
    truth = verify.robust_test_error(plane, sets, radius="1/2")
    found = verify.sampled_robust_error(plane, sets, radius="1/2", samples=400)
    assert truth.is_exact and found.lower < truth.lower < found.upper and found.is_refuted
