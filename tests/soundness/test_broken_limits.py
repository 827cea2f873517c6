"""Every broken twin of the confidence limits is refuted by its exact coverage; the genuine ones are not."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from verify.testing import broken_limits
from verify.testing.broken_limits import LIMIT_TWINS, LimitTwin, Sample, limits_that_call_undecided_right

CLAIMS = ("coverage", "lower_coverage", "undecided_coverage", "sequential_coverage", "monotone")
twins = pytest.mark.parametrize("twin", [pytest.param(twin, id=f"{twin.name}-{twin.samples}") for twin in LIMIT_TWINS])


@pytest.mark.theorem("sampled-robust-error", claims=CLAIMS)
@twins
def test_the_genuine_limits_keep_the_claim(twin: LimitTwin) -> None:
    verdict = twin.judge(twin.genuine)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "holds", "exact")


@pytest.mark.theorem("sampled-robust-error", claims=CLAIMS)
@twins
def test_the_twin_is_refuted_with_a_witness(twin: LimitTwin) -> None:
    verdict = twin.judge(twin.rule)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "violated", "exact")
    assert verdict.witness is not None


@pytest.mark.parametrize(
    "twin", [t for t in LIMIT_TWINS if "coverage" in t.claim and t.claim[0] not in "us"], ids=lambda twin: twin.name
)
def test_the_coverage_at_the_witness_is_as_low_as_said(twin: LimitTwin) -> None:
    """Summed again from the limits, term by term in fractions."""
    seen = twin.judge(twin.rule).witness
    assert seen is not None
    p, n = Fraction(seen["probability"]), twin.samples
    brackets = [twin.rule(Sample(k, 0, n)) for k in range(n + 1)]
    held = [k for k, bracket in enumerate(brackets) if bracket.lower <= p <= bracket.upper]
    share = sum((comb(n, k) * p**k * (1 - p) ** (n - k) for k in held), Fraction(0))
    assert share == Fraction(seen["coverage"]) < Fraction(99, 100)


def test_an_upper_limit_from_attacks_that_find_nothing_never_holds_a_true_error() -> None:
    """Half of all balls are wrong and no attack finds one: the limit stays at that of a perfect classifier."""
    n = 100
    assert limits_that_call_undecided_right(Sample(0, n, n)).upper < Fraction(1, 2)


def test_every_wrong_rule_is_registered_and_says_what_is_wrong() -> None:
    written = {name: value for name, value in vars(broken_limits).items() if name.startswith("limits_")}
    written.pop("limits_in_order")
    assert set(written) == {t.rule.__name__ for t in LIMIT_TWINS} | {t.genuine.__name__ for t in LIMIT_TWINS}
    assert all((value.__doc__ or "").strip() for value in written.values())
