"""Limits of an error from samples: how often they hold the truth, computed exactly."""

from __future__ import annotations

from fractions import Fraction

from constructions.errors import BudgetExceeded, UsageError
from constructions.sets.brackets import Bracket
from verify.claims.coverage_claims import (
    coverage_at_least,
    limits_in_order,
    sequential_coverage_at_least,
    undecided_coverage_at_least,
)
from verify.generalization.confidence import clopper_pearson
from verify.generalization.looks import look_limits, look_sizes
from verify.generalization.sampled_error import FAILURE
from verify.theorem import Report, Request, Theorem

_SAMPLES = 64
_MOST_SAMPLES = 300
_FEW = 10
_WIDTH = Fraction(2, 5)


def check_sampled_robust_error(request: Request) -> Report:
    """Check that the limits of a sampled error hold the truth as often as they promise.

    The coverage of the two-sided limits and of the lower limit alone is the infimum over
    all probabilities; with undecided samples, and with looks that may end the sampling,
    it is the minimum over a grid of them.

    Theorem: thm:sampled-robust-error

    Args:
        request: of ``family`` ``samples``, their number (64 by default), and ``failure``,
            the probability with which limits may miss (1/100 by default).

    Returns:
        The claims ``coverage``, ``lower_coverage``, ``undecided_coverage``,
        ``sequential_coverage`` and ``monotone``.

    Raises:
        UsageError: no sample, or no failure probability in (0, 1).
        BudgetExceeded: more than 300 samples.
    """
    samples = _SAMPLES if request.family.samples is None else request.family.samples
    failure = FAILURE if request.family.failure is None else request.family.failure
    if samples < 1 or not 0 < failure < 1:
        raise UsageError(f"a sample and a failure probability in (0, 1) are needed, got {samples} and {failure}")
    if samples > _MOST_SAMPLES:
        raise BudgetExceeded(f"exact coverage is computed for at most {_MOST_SAMPLES} samples, got {samples}")
    sizes = look_sizes(samples, _WIDTH)
    few = min(samples, _FEW)
    two_sided = [clopper_pearson(wrong, samples, failure) for wrong in range(samples + 1)]
    one_sided = [look_limits(wrong, 0, samples, failure, one_sided=True) for wrong in range(samples + 1)]

    def undecided(wrong: int, between: int) -> Bracket:
        return look_limits(wrong, between, few, failure, one_sided=False)

    def at_a_look(wrong: int, size: int) -> Bracket:
        return look_limits(wrong, 0, size, failure / len(sizes), one_sided=False)

    report = Report(
        "sampled-robust-error",
        {"samples": samples, "failure": str(failure), "looks": list(sizes), "width": str(_WIDTH), "undecided of": few},
    )
    report.verdicts += [
        coverage_at_least(two_sided, failure),
        coverage_at_least(one_sided, failure, "lower_coverage"),
        undecided_coverage_at_least(undecided, few, failure),
        sequential_coverage_at_least(at_a_look, sizes, _WIDTH, failure),
        limits_in_order(two_sided),
    ]
    return report


SAMPLED = Theorem(
    id="sampled-robust-error",
    paper="",
    title="Limits of an error from samples hold it with the confidence they state",
    corrected=True,
    claims=("coverage", "lower_coverage", "undecided_coverage", "sequential_coverage", "monotone"),
    bounds={
        "coverage": "1 - beta",
        "lower_coverage": "1 - beta",
        "undecided_coverage": "1 - beta",
        "sequential_coverage": "1 - beta",
        "monotone": "0",
    },
    run=check_sampled_robust_error,
    options=("samples", "failure"),
)
