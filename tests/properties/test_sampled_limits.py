"""Limits of a sampled error for any counts, and estimates that hold the exact error as often as computed."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from constructions import AffineMap, FiniteDistribution, LabelledPoints, ReluNetwork
from constructions.sets.brackets import Bracket
from verify.generalization.binomial_tail import tail
from verify.generalization.confidence import clopper_pearson, lower_limit, upper_limit
from verify.generalization.coverage import (
    are_in_order,
    binomial_weights,
    coverage_at,
    sequential_coverage,
    undecided_coverage,
)
from verify.generalization.looks import look_limits

sizes = st.integers(1, 40)
failures = st.sampled_from([Fraction(1, 1000), Fraction(1, 20), Fraction(1, 3), Fraction(9, 10)])
shares = st.integers(0, 96).map(lambda k: Fraction(k, 96))


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    """Return a number of wrong samples and the size of the sample."""
    samples = draw(sizes)
    return draw(st.integers(0, samples)), samples


@given(counts(), failures)
def test_limits_hold_the_share_and_turn_over_with_it(count: tuple[int, int], failure: Fraction) -> None:
    wrong, samples = count
    limits, mirrored = clopper_pearson(wrong, samples, failure), clopper_pearson(samples - wrong, samples, failure)
    assert 0 <= limits.lower <= Fraction(wrong, samples) <= limits.upper <= 1 and limits.lower < limits.upper
    assert (mirrored.lower, mirrored.upper) == (1 - limits.upper, 1 - limits.lower)
    assert lower_limit(wrong, samples, failure) >= limits.lower and upper_limit(wrong, samples, failure) <= limits.upper


@given(counts(), failures)
def test_each_limit_is_proved_by_an_exact_tail(count: tuple[int, int], failure: Fraction) -> None:
    wrong, samples = count
    limits = clopper_pearson(wrong, samples, failure)
    assert wrong == 0 or tail(wrong, samples, limits.lower) <= failure / 2
    assert wrong == samples or tail(samples - wrong, samples, 1 - limits.upper) <= failure / 2


@pytest.mark.theorem("sampled-robust-error", claims=["monotone"])
@given(sizes, failures)
def test_limits_grow_with_the_count_and_shrink_with_the_failure(samples: int, failure: Fraction) -> None:
    limits = [clopper_pearson(wrong, samples, failure) for wrong in range(samples + 1)]
    careful = [clopper_pearson(wrong, samples, failure / 7) for wrong in range(samples + 1)]
    assert are_in_order(limits) and len({limit.lower for limit in limits}) == samples + 1
    assert all(b.lower <= a.lower and a.upper <= b.upper for a, b in zip(limits, careful, strict=True))


@pytest.mark.theorem("sampled-robust-error", claims=["coverage", "lower_coverage"])
@given(sizes, failures, shares)
def test_the_truth_is_held_often_enough(samples: int, failure: Fraction, truth: Fraction) -> None:
    for one_sided in (False, True):
        limits = [look_limits(wrong, 0, samples, failure, one_sided) for wrong in range(samples + 1)]
        assert coverage_at(limits, truth) >= 1 - failure


@pytest.mark.theorem("sampled-robust-error", claims=["undecided_coverage"])
@given(st.integers(1, 7), failures, shares, shares, shares)
def test_undecided_samples_cost_width_and_not_coverage(
    samples: int, failure: Fraction, truth: Fraction, open_wrong: Fraction, open_right: Fraction
) -> None:
    def rule(wrong: int, undecided: int) -> Bracket:
        return look_limits(wrong, undecided, samples, failure, one_sided=False)

    assert undecided_coverage(rule, samples, truth, open_wrong, open_right) >= 1 - failure
    for wrong in range(samples + 1):
        for undecided in range(samples - wrong):
            less, more = rule(wrong, undecided), rule(wrong, undecided + 1)
            assert more.lower == less.lower and more.upper >= less.upper


@pytest.mark.theorem("sampled-robust-error", claims=["sequential_coverage"])
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), failures, shares, shares)
def test_any_schedule_and_any_width_keep_the_coverage(
    steps: list[int], failure: Fraction, width: Fraction, truth: Fraction
) -> None:
    looks = list(accumulate(steps))

    def rule(wrong: int, size: int) -> Bracket:
        return look_limits(wrong, 0, size, failure / len(looks), one_sided=False)

    assert sequential_coverage(rule, looks, width, truth) >= 1 - failure


@given(st.integers(0, 2**40), st.integers(1, 80), st.sampled_from([None, Fraction(1, 3)]))
def test_equal_seeds_give_equal_estimates(seed: int, samples: int, width: Fraction | None) -> None:
    data = LabelledPoints.of([[0], [1], [3]], labels=[-1, 1, 1])

    def run(at: int) -> verify.ErrorEstimate:
        return verify.sampled_robust_error(
            lambda x: x[:, 0] - 0.5, data, radius="1/2", samples=samples, width=width, seed=at
        )

    first, second = run(seed), run(seed)
    assert first.looks == second.looks and first.witness == second.witness
    assert 0 <= first.lower <= Fraction(first.wrong, first.samples) <= first.upper <= 1
    assert first.wrong + first.undecided == first.samples <= samples


# Simulations: the number of misses is set against its exact distribution. ------------------

LINE = ReluNetwork([AffineMap([[1]], [Fraction(-1, 2)])])
WEIGHTS = FiniteDistribution(LabelledPoints.of([[0], [1], [2]], labels=[-1, 1, 1]), ["1/10", "1/5", "7/10"])
RUNS, FAILURE = 200, Fraction(1, 2)


def _plausible(misses: int, chance: Fraction) -> bool:
    """Return whether so many misses in all runs are likelier than one in a million, in both directions."""
    weights, unit = binomial_weights(RUNS, chance)
    below, above = sum(weights[: misses + 1]), sum(weights[misses:])
    return min(below, above) * 10**6 > unit


@pytest.mark.theorem("sampled-robust-error", claims=["sequential_coverage"])
def test_estimates_of_a_network_hold_its_exact_error_as_often_as_computed() -> None:
    """At radius 1/2 the points at 0 and 1 are wrong: the error is 3/10."""
    truth = verify.robust_test_error(LINE, WEIGHTS, radius="1/2")
    assert truth.is_exact and truth.lower == Fraction(3, 10)
    found = [
        verify.sampled_robust_error(
            LINE, WEIGHTS, radius="1/2", samples=64, width="1/5", failure=FAILURE, seed=seed, point_seconds=None
        )
        for seed in range(RUNS)
    ]
    looks = found[0].planned
    assert looks == (16, 32, 64) and {estimate.samples for estimate in found} == {16, 32, 64}

    def rule(wrong: int, size: int) -> Bracket:
        return look_limits(wrong, 0, size, FAILURE / len(looks), one_sided=False)

    missing = 1 - sequential_coverage(rule, looks, Fraction(1, 5), truth.lower)
    misses = sum(not estimate.lower <= truth.lower <= estimate.upper for estimate in found)
    assert 0 < missing < FAILURE and _plausible(misses, missing)
    assert misses <= FAILURE * RUNS
    narrow = sum(abs(Fraction(e.wrong, e.samples) - truth.lower) > Fraction(1, 100) for e in found)
    assert not _plausible(narrow, missing)  # the count of a wrong interval would have been noticed


@pytest.mark.theorem("sampled-robust-error", claims=["coverage"])
def test_estimates_of_a_clean_error_hold_it_as_often_as_computed() -> None:
    """The black box is wrong at 1, which has probability 1/5."""
    limits = [clopper_pearson(wrong, 25, FAILURE) for wrong in range(26)]
    missing = 1 - coverage_at(limits, Fraction(1, 5))
    found = [
        verify.sampled_error(lambda x: np.abs(x[:, 0] - 1) - 0.5, _mixed(), samples=25, failure=FAILURE, seed=seed)
        for seed in range(RUNS)
    ]
    misses = sum(not estimate.lower <= Fraction(1, 5) <= estimate.upper for estimate in found)
    assert 0 < missing < FAILURE and _plausible(misses, missing)


@pytest.mark.theorem("sampled-robust-error", claims=["lower_coverage"])
def test_an_attack_that_misses_half_of_all_mistakes_stays_below_the_error() -> None:
    """Points at 1 are wrong within the radius, and half of them look right: only fewer misses may follow."""
    stream = random.Random(1)
    misses = 0
    for _ in range(RUNS):
        wrong = sum(stream.random() < 0.2 for _ in range(25))
        known = sum(stream.random() < 0.5 for _ in range(wrong))
        misses += look_limits(known, 25 - known, 25, FAILURE, one_sided=True).lower > Fraction(1, 5)
    weights, unit = binomial_weights(RUNS, FAILURE)
    assert misses <= FAILURE * RUNS and sum(weights[misses:]) * 10**6 > unit


def _mixed() -> FiniteDistribution:
    return FiniteDistribution(LabelledPoints.of([[0], [1], [2]], labels=[1, 1, 1]), WEIGHTS.probabilities)
