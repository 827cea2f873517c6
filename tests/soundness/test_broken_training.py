"""Wrong reports of robust errors are refuted by an exact point; the genuine report is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from verify.claims.training_claims import (
    ReportedError,
    clean_error_below,
    errors_at_least_optimum,
    pairs_have_a_wrong_point,
    report_at_least_optimum,
)
from verify.optimal_risk.optimal_error import optimal_robust_error
from verify.robustness import robust_error
from verify.testing import broken_training
from verify.testing.broken_training import BROKEN_REPORTS, BrokenReport, points_decided

every_report = pytest.mark.parametrize("twin", BROKEN_REPORTS, ids=lambda twin: twin.name)


@pytest.mark.theorem("training-gap", claims=["at_least_optimum"])
@every_report
def test_a_report_below_the_optimum_is_refuted_with_a_witness(twin: BrokenReport) -> None:
    optimum = optimal_robust_error(twin.data, "linf", twin.radius)
    robust = twin.report(twin.network, twin.data, twin.radius)
    verdict = report_at_least_optimum(twin.network, robust, optimum)
    assert (verdict.name, verdict.status, verdict.evidence) == ("at_least_optimum", "violated", "exact")
    assert verdict.measured is not None and Fraction(verdict.measured) < 0
    witness = verdict.witness
    assert witness is not None and witness["index"] in robust
    index, point = witness["index"], tuple(Fraction(x) for x in witness["point"])
    centre = twin.data.point(index)
    assert max(abs(x - a) for x, a in zip(point, centre, strict=True)) <= twin.radius
    assert twin.data.labels[index] * twin.network(point)[0] <= 0


@pytest.mark.theorem("training-gap", claims=["at_least_optimum"])
@every_report
def test_the_genuine_report_is_not_refuted(twin: BrokenReport) -> None:
    optimum = optimal_robust_error(twin.data, "linf", twin.radius)
    verdict = report_at_least_optimum(twin.network, points_decided(twin.network, twin.data, twin.radius), optimum)
    assert verdict.status == "holds" and verdict.witness is None


def test_every_wrong_report_is_registered_and_says_what_is_wrong() -> None:
    written = {name for name in vars(broken_training) if name.startswith("points_")} - {"points_decided"}
    assert written == {twin.name for twin in BROKEN_REPORTS}
    assert all(twin.report.__doc__ for twin in BROKEN_REPORTS)


def test_bounds_around_the_optimum_decide_nothing() -> None:
    half = Fraction(1, 2)
    between = errors_at_least_optimum([ReportedError("x", Fraction(0), Fraction(1), half)])
    assert between.status == "unknown" and "optimum 1/2" in between.detail
    assert errors_at_least_optimum([ReportedError("x", half, Fraction(1), half)]).status == "holds"
    assert errors_at_least_optimum([ReportedError("x", Fraction(0), Fraction(1, 3), half)]).status == "violated"


@pytest.mark.theorem("training-gap", claims=["pairs", "clean_error"])
def test_a_pair_in_conflict_is_found_and_one_that_is_none_is_refused() -> None:
    data = LabelledPoints.of([[0], [1], [3]], [1, -1, 1])
    network = ReluNetwork([AffineMap([[-2]], [1])])
    verdict = pairs_have_a_wrong_point(network, data, [(0, 1)], NormBall("linf", Fraction(1, 2)))
    assert (verdict.status, verdict.measured, verdict.promised) == ("holds", "1", "1")
    for pair, message in (((1, 2), "not in conflict"), ((0, 2), "not in conflict")):
        with pytest.raises(ValueError, match=message):
            pairs_have_a_wrong_point(network, data, [pair], NormBall("linf", Fraction(1, 2)))
    clean = clean_error_below(robust_error(network, data, radius="1/4"))
    assert (clean.status, clean.measured) == ("holds", "1/3")
