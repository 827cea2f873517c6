"""Broken twins of confidence limits, and where exact coverage catches each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from constructions.exact.square_roots import square_root_bounds
from constructions.sets.brackets import Bracket
from verify.claims.coverage_claims import (
    coverage_at_least,
    limits_in_order,
    sequential_coverage_at_least,
    undecided_coverage_at_least,
)
from verify.generalization.confidence import clopper_pearson, lower_limit, upper_limit
from verify.generalization.looks import look_limits
from verify.verdict import Verdict

_FAILURE = Fraction(1, 100)
# The normal quantile of 1 - 1/200, rounded up.
_DEVIATIONS = Fraction(2576, 1000)
_SIZES = (16, 32, 64)
_WIDTH = Fraction(2, 5)


@dataclass(frozen=True, slots=True)
class Sample:
    """What limits are made from.

    Attributes:
        wrong: samples known to be wrong.
        undecided: samples not known to be right or wrong.
        samples: all of them.
        failure: with which the whole procedure may miss.
        looks: how often it may look.
    """

    wrong: int
    undecided: int
    samples: int
    failure: Fraction = _FAILURE
    looks: int = 1


Rule = Callable[[Sample], Bracket]


@dataclass(frozen=True, slots=True)
class LimitTwin:
    """Wrong limits and an instance that shows it.

    Attributes:
        rule: the wrong limits; the first line of its docstring says what is wrong.
        genuine: the limits it is a twin of.
        claim: the claim it breaks, by its name in the theorem card.
        samples: size of the sample.
    """

    rule: Rule
    genuine: Rule
    claim: str
    samples: int

    @property
    def name(self) -> str:
        """The twin's name and the claim it breaks."""
        return f"{self.rule.__name__}-{self.claim}"

    def judge(self, rule: Rule) -> Verdict:
        """Return the verdict on the claim for some limits."""
        table = [rule(Sample(wrong, 0, self.samples)) for wrong in range(self.samples + 1)]
        if self.claim == "monotone":
            return limits_in_order(table)
        if self.claim == "undecided_coverage":
            return undecided_coverage_at_least(lambda k, u: rule(Sample(k, u, self.samples)), self.samples, _FAILURE)
        if self.claim == "sequential_coverage":
            looks = len(_SIZES)
            return sequential_coverage_at_least(
                lambda k, size: rule(Sample(k, 0, size, _FAILURE, looks)), _SIZES, _WIDTH, _FAILURE
            )
        return coverage_at_least(table, _FAILURE, self.claim)


def limits_genuine(sample: Sample) -> Bracket:
    """The limits themselves."""
    return look_limits(sample.wrong, sample.undecided, sample.samples, sample.failure / sample.looks, one_sided=False)


def limits_below_genuine(sample: Sample) -> Bracket:
    """The lower limit alone."""
    return look_limits(sample.wrong, sample.undecided, sample.samples, sample.failure / sample.looks, one_sided=True)


def limits_by_the_normal_approximation(sample: Sample) -> Bracket:
    """The share plus and minus 2.576 standard deviations, which is nothing without a wrong sample."""
    limits = limits_not_cut_off(sample)
    return Bracket(max(limits.lower, Fraction(0)), min(limits.upper, Fraction(1)))


def limits_not_cut_off(sample: Sample) -> Bracket:
    """The same without cutting at 0 and 1: one wrong sample has a lower limit below that of none."""
    share = Fraction(sample.wrong, sample.samples)
    spread = _DEVIATIONS * square_root_bounds(share * (1 - share) / sample.samples)[1]
    return Bracket(share - spread, share + spread)


def limits_that_spend_the_failure_twice(sample: Sample) -> Bracket:
    """Each of the two limits may miss with the whole failure probability."""
    wrong, samples = sample.wrong, sample.samples
    return Bracket(lower_limit(wrong, samples, sample.failure), upper_limit(wrong, samples, sample.failure))


def limits_one_count_short(sample: Sample) -> Bracket:
    """The upper limit asks for P(X < k) and not for P(X <= k)."""
    genuine = limits_genuine(sample)
    below = clopper_pearson(max(sample.wrong - 1, 0), sample.samples, sample.failure)
    return Bracket(genuine.lower, below.upper)


def limits_below_at_twice_the_failure(sample: Sample) -> Bracket:
    """The lower limit alone, at twice the failure probability."""
    return Bracket(lower_limit(sample.wrong, sample.samples, 2 * sample.failure), Fraction(1))


def limits_that_call_undecided_right(sample: Sample) -> Bracket:
    """An upper limit from attacks alone: what they did not find counts as right."""
    return clopper_pearson(sample.wrong, sample.samples, sample.failure)


def limits_that_call_undecided_wrong(sample: Sample) -> Bracket:
    """A lower limit that counts what was not proved right."""
    return clopper_pearson(sample.wrong + sample.undecided, sample.samples, sample.failure)


def limits_that_forget_earlier_looks(sample: Sample) -> Bracket:
    """Every look may miss with the whole failure probability, and the sampling ends at a look of its choice."""
    return clopper_pearson(sample.wrong, sample.samples, sample.failure)


LIMIT_TWINS: tuple[LimitTwin, ...] = (
    LimitTwin(limits_by_the_normal_approximation, limits_genuine, "coverage", 60),
    LimitTwin(limits_by_the_normal_approximation, limits_genuine, "coverage", 9),
    LimitTwin(limits_that_spend_the_failure_twice, limits_genuine, "coverage", 60),
    LimitTwin(limits_one_count_short, limits_genuine, "coverage", 30),
    LimitTwin(limits_not_cut_off, limits_genuine, "monotone", 30),
    LimitTwin(limits_below_at_twice_the_failure, limits_below_genuine, "lower_coverage", 30),
    LimitTwin(limits_that_call_undecided_right, limits_genuine, "undecided_coverage", 10),
    LimitTwin(limits_that_call_undecided_wrong, limits_genuine, "undecided_coverage", 10),
    LimitTwin(limits_that_forget_earlier_looks, limits_genuine, "sequential_coverage", 64),
)
