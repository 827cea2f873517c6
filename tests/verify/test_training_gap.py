"""The card: a small network is trained, decided on every ball, and set beside the optimum."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.errors import AssumptionViolated, UsageError
from verify.theorems.registry import check, find_theorem

DATA = LabelledPoints.of([[0, 0], [1, 0], [0, 3], [1, 3]], [1, -1, -1, 1])


@pytest.mark.theorem("training-gap", claims=["pairs", "clean_error", "at_least_optimum"])
def test_the_default_instance_holds_exactly_with_certificates(tmp_path: Path) -> None:
    report = check("training-gap", output=tmp_path)
    names = [verdict.name for verdict in report.verdicts]
    assert report.exit_code == 0 and names[:3] == list(find_theorem("training-gap").claims)
    assert all(verdict.evidence == "exact" for verdict in report.verdicts)
    assert report.result is not None and report.result.is_exact and report.optimal is not None
    assert report.optimal.value == Fraction(7, 16) <= report.result.lower
    assert {"certificate", "optimal_certificate"} <= set(names)
    assert report.network == check("training-gap").network != check("training-gap", seed=1).network


@pytest.mark.theorem("training-gap", claims=["at_least_optimum"])
def test_an_optimal_network_meets_the_bound_and_a_constant_lies_above() -> None:
    constant = ReluNetwork([AffineMap([[0, 0]], [1])])
    report = check("training-gap", data=DATA, radius="1/2", network=constant)
    assert report.exit_code == 0 and report.claim("at_least_optimum").measured == "0"
    apart = check("training-gap", data=DATA, radius="1/4", network=constant)
    assert apart.claim("at_least_optimum").measured == "1/2" and apart.claim("pairs").promised == "0"


def test_requests_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="norm must be linf or l2, got 'l1'"):
        check("training-gap", data=DATA, norm="l1")
    with pytest.raises(UsageError, match="not both"):
        check("training-gap", data=DATA, radius="1/2", ratio="1/2")
    three = LabelledPoints.of([[0], [1], [2]], [0, 1, 2])
    try:
        assert check("training-gap", data=three).exit_code == 4
    except AssumptionViolated as error:
        assert "label" in str(error)
