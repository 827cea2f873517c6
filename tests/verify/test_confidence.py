"""Limits of a probability against scipy and closed forms, and how often they hold, against enumeration."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, product

import pytest

import verify
from constructions import BudgetExceeded, UsageError
from constructions.sets.brackets import Bracket
from verify.generalization.binomial_tail import tail, tail_is_at_most
from verify.generalization.confidence import BITS, clopper_pearson, lower_limit, upper_limit
from verify.generalization.coverage import coverage_at, least_coverage, sequential_coverage, undecided_coverage
from verify.generalization.looks import MOST_LOOKS, look_limits, look_sizes

STEP = Fraction(1, 2**BITS)
CLAIMS = ("coverage", "lower_coverage", "undecided_coverage", "sequential_coverage", "monotone")


@pytest.mark.parametrize(
    ("wrong", "samples"), [(0, 1), (1, 1), (0, 20), (3, 20), (20, 20), (50, 100), (7, 1000), (5000, 10**4), (3, 10**6)]
)
@pytest.mark.parametrize("failure", ["1/20", "1/100", "1/1000000"])
def test_limits_are_those_of_scipy_rounded_outward(wrong: int, samples: int, failure: str) -> None:
    from scipy.stats import beta

    risk = Fraction(failure)
    half = float(risk) / 2
    both = clopper_pearson(wrong, samples, risk)
    low = 0.0 if wrong == 0 else float(beta.ppf(half, wrong, samples - wrong + 1))
    high = 1.0 if wrong == samples else float(beta.isf(half, wrong + 1, samples - wrong))
    assert low - 2e-11 < both.lower < low + 1e-11 and high - 1e-11 < both.upper < high + 2e-11
    assert (lower_limit(wrong, samples, risk / 2), upper_limit(wrong, samples, risk / 2)) == (both.lower, both.upper)


@pytest.mark.parametrize("samples", [1, 2, 7, 59, 300, 2000])
@pytest.mark.parametrize("failure", [Fraction(1, 20), Fraction(1, 3), Fraction(99, 100)])
def test_without_a_wrong_sample_the_limit_is_a_root(samples: int, failure: Fraction) -> None:
    """It is ``1 - failure^(1/n)``, rounded up by less than a step; compared by powers, not by roots."""
    right = 1 - upper_limit(0, samples, failure)
    assert right**samples <= failure < (right + STEP) ** samples
    assert lower_limit(samples, samples, failure) == right


def test_fifty_nine_samples_without_an_error_show_less_than_a_twentieth() -> None:
    assert upper_limit(0, 59, Fraction(1, 20)) < Fraction(1, 20) < upper_limit(0, 58, Fraction(1, 20))


def test_each_limit_is_proved_and_the_next_one_is_false() -> None:
    for samples, failure in product((1, 2, 5, 13, 40), (Fraction(1, 20), Fraction(2, 3), Fraction(1, 10**9))):
        for wrong in range(1, samples + 1):
            low = lower_limit(wrong, samples, failure)
            assert tail(wrong, samples, low) <= failure
            assert tail(wrong, samples, low + STEP) > failure or low + STEP > Fraction(wrong, samples)


def test_a_tail_is_never_called_small_when_it_is_not() -> None:
    """Thresholds at the exact tail, a hair below, and a little above it."""
    stream = random.Random(3)
    for _ in range(300):
        samples = stream.randint(1, 60)
        count = stream.randint(1, samples)
        numerator = stream.randint(1, (count << 20) // samples)
        if numerator == 1 << 20:
            continue
        exact = tail(count, samples, Fraction(numerator, 1 << 20))
        assert not tail_is_at_most(count, samples, numerator, 20, exact * (1 - Fraction(1, 2**100)))
        assert tail_is_at_most(count, samples, numerator, 20, exact * (1 + Fraction(1, 2**40)))


def test_looks_are_fixed_beforehand_and_double() -> None:
    assert look_sizes(1000, None) == (1000,) and look_sizes(20, Fraction(1, 2)) == (20,)
    for samples in (32, 33, 1000, 10**6):
        sizes = look_sizes(samples, Fraction(1, 100))
        assert sizes[-1] == samples and 1 < len(sizes) <= MOST_LOOKS and sizes[0] >= 16
        assert all(2 * a - b in (0, 1) for a, b in pairwise(sizes))


def test_a_one_sided_look_spends_everything_below() -> None:
    one, two = (look_limits(5, 3, 50, Fraction(1, 10), one_sided=side) for side in (True, False))
    assert one.upper == 1 and one.lower == lower_limit(5, 50, Fraction(1, 10)) > two.lower
    assert two == clopper_pearson(5, 50, Fraction(1, 10), most=8)


# Coverage ------------------------------------------------------------------------------


@pytest.mark.theorem("sampled-robust-error", claims=["coverage"])
@pytest.mark.parametrize("failure", [Fraction(1, 20), Fraction(1, 2)])
def test_the_least_coverage_is_below_that_on_a_fine_grid_and_nearly_met(failure: Fraction) -> None:
    limits = [clopper_pearson(k, 12, failure) for k in range(13)]
    least, (end, other) = least_coverage(limits)
    grid = [coverage_at(limits, Fraction(k, 997)) for k in range(998)]
    assert min(grid) >= least >= 1 - failure
    near = coverage_at(limits, end + (other - end) / 2**40)
    assert 0 <= near - least < Fraction(1, 2**30)


def test_limits_out_of_order_have_no_least_coverage() -> None:
    wide, low = Bracket(Fraction(1, 2), Fraction(1)), Bracket(Fraction(0), Fraction(1))
    with pytest.raises(ValueError, match="must not fall"):
        least_coverage([wide, low])


@pytest.mark.theorem("sampled-robust-error", claims=["sequential_coverage"])
def test_sequential_coverage_is_that_of_all_sequences() -> None:
    sizes, width, p = (2, 4, 7), Fraction(3, 4), Fraction(1, 3)

    def rule(wrong: int, size: int) -> Bracket:
        return look_limits(wrong, 0, size, Fraction(1, 4), one_sided=False)

    total = Fraction(0)
    for flips in product((0, 1), repeat=7):
        for size in sizes:
            limits = rule(sum(flips[:size]), size)
            if limits.upper - limits.lower <= width:
                break
        if limits.lower <= p <= limits.upper:
            total += p ** sum(flips) * (1 - p) ** (7 - sum(flips))
    assert sequential_coverage(rule, sizes, width, p) == total < 1


@pytest.mark.theorem("sampled-robust-error", claims=["undecided_coverage"])
def test_undecided_coverage_is_that_of_all_outcomes() -> None:
    p, open_wrong, open_right = Fraction(1, 5), Fraction(1, 2), Fraction(1, 7)

    def rule(wrong: int, undecided: int) -> Bracket:
        return look_limits(wrong, undecided, 4, Fraction(2, 3), one_sided=False)

    chances = {
        "known": p * (1 - open_wrong),
        "open": p * open_wrong + (1 - p) * open_right,
        "right": (1 - p) * (1 - open_right),
    }
    total = Fraction(0)
    for outcome in product(chances, repeat=4):
        limits = rule(outcome.count("known"), outcome.count("open"))
        weight = Fraction(1)
        for kind in outcome:
            weight *= chances[kind]
        total += weight if limits.lower <= p <= limits.upper else 0
    assert undecided_coverage(rule, 4, p, open_wrong, open_right) == total < 1


# The card ------------------------------------------------------------------------------


@pytest.mark.theorem("sampled-robust-error", claims=CLAIMS)
@pytest.mark.parametrize(("samples", "failure"), [(None, None), (1, "1/2"), (2, "1/100"), (33, "1/10"), (40, "9/10")])
def test_the_limits_hold_as_often_as_they_promise(samples: int | None, failure: str | None) -> None:
    report = verify.check("sampled-robust-error", samples=samples, failure=failure)
    assert report.exit_code == 0 and tuple(verdict.name for verdict in report.verdicts) == CLAIMS
    for verdict in report.verdicts[:-1]:
        assert verdict.measured is not None and verdict.promised is not None
        assert verdict.evidence == "exact" and Fraction(verdict.measured) >= Fraction(verdict.promised)


def test_the_lower_limit_alone_spends_nearly_all_of_its_failure() -> None:
    """A bound that is nearly met shows that nothing is given away: Clopper and Pearson's limit is exact at its ends."""
    least, _ = least_coverage([look_limits(k, 0, 30, Fraction(1, 20), one_sided=True) for k in range(31)])
    assert 0 <= least - Fraction(19, 20) < Fraction(1, 2**30)


def test_a_card_without_samples_is_refused() -> None:
    for options in ({"samples": 0}, {"failure": 1}, {"failure": 0}):
        with pytest.raises(UsageError, match="are needed"):
            verify.check("sampled-robust-error", **options)
    with pytest.raises(BudgetExceeded, match="at most 300"):
        verify.check("sampled-robust-error", samples=301)
