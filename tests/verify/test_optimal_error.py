"""The optimal robust error: small cases by hand, boundaries, weights, refusals, twins, the theorem card."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

import verify
from constructions import AssumptionViolated, FiniteDistribution, InexactInput, LabelledPoints, UsageError, load_data
from constructions.classifiers.optimal import classify_optimally, half_distance_above, plan_optimal
from verify.claims.optimal_error_claims import (
    cover_leaves_no_conflict,
    matching_costs_the_value,
    no_network_is_better,
    robust_error_attains,
)
from verify.optimal_risk.conflict_graph import conflict_graph
from verify.robustness import RobustError
from verify.testing.broken_optimal import OPTIMAL_TWINS, BestPossible, OptimalTwin, optimal_genuine
from verify.testing.exhaustive_cover import conflicts_by_definition, optimal_error_by_subsets
from verify.verdict import Verdict

NORMS = ("linf", "l1", "l2")
HUGE = 3**45  # coordinates beyond int64
FINE = 2**70  # weights beyond int64


def drawn(stream: random.Random) -> tuple[FiniteDistribution, Fraction]:
    """Return a small distribution, at times with huge coordinates, tiny or absent weights, and a radius."""
    count, dim = stream.randint(1, 8), stream.randint(1, 3)
    unit = Fraction(stream.choice([1, 1, HUGE]), stream.choice([1, 2, 3, 7]))
    points = [[unit * stream.randint(0, 5) for _ in range(dim)] for _ in range(count)]
    data = LabelledPoints.of(points, [stream.choice([-1, 1]) for _ in range(count)])
    weights = [Fraction(stream.randint(0, 4)) for _ in range(count)]
    if stream.random() < 0.3:
        weights = [weight + Fraction(stream.randint(0, 9), FINE + stream.randint(1, 99)) for weight in weights]
    total = sum(weights)
    law = (
        FiniteDistribution(data, [weight / total for weight in weights]) if total else FiniteDistribution.uniform(data)
    )
    return law, unit * stream.randint(1, 8) / 2


@pytest.mark.theorem("optimal-robust-error", claims=["cover", "matching"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("closed", [True, False])
def test_it_is_the_best_of_all_subsets(norm: str, closed: bool) -> None:
    stream = random.Random(f"{norm} {closed}")
    for _ in range(60):
        law, radius = drawn(stream)
        found = verify.optimal_robust_error(law, norm, radius, closed)
        assert found.value == optimal_error_by_subsets(law, norm, radius, closed)
        assert found.conflicts == len(conflicts_by_definition(law, norm, radius, closed))
        assert cover_leaves_no_conflict(found).status == matching_costs_the_value(found).status == "holds"
        assert sorted({*found.cover, *found.kept}) == list(range(len(law.points)))


@pytest.mark.parametrize("norm", NORMS)
def test_the_curve_is_the_best_of_all_subsets_for_numbers_of_any_size(norm: str) -> None:
    stream, fine = random.Random(f"curve {norm}"), 0
    for _ in range(40):
        law, radius = drawn(stream)
        fine += math.lcm(*(weight.denominator for weight in law.probabilities)) >= 2**62
        curve, closed = verify.optimal_error_curve(law, norm), stream.random() < 0.5
        assert curve.at(radius, closed) == optimal_error_by_subsets(law, norm, radius, closed)
        assert curve.values[0] == optimal_error_by_subsets(law, norm, Fraction(0))
    assert 0 < fine < 40


@pytest.mark.parametrize("norm", NORMS)
def test_touching_balls_are_in_conflict_only_if_closed(norm: str) -> None:
    """Distance 5 in every norm along an axis; 5/2 is half of it exactly."""
    data = LabelledPoints.of([[0, 0], [5, 0]], labels=[-1, 1])
    tiny = Fraction(1, 2**80)
    half = Fraction(5, 2)
    assert [verify.optimal_robust_error(data, norm, radius).value for radius in (half - tiny, half)] == [
        0,
        Fraction(1, 2),
    ]
    values = [verify.optimal_robust_error(data, norm, radius, closed=False).value for radius in (half, half + tiny)]
    assert values == [0, Fraction(1, 2)]


def test_trap_12_squares_are_compared_and_no_root_is_taken() -> None:
    """Squared distance 2: balls of radius r meet iff 4 r^2 >= 2; both neighbours of the root, 200 digits on."""
    data = LabelledPoints.of([[0, 0], [1, 1]], labels=[-1, 1])
    root = Fraction(math.isqrt(2 * 10**400), 10**200)
    below, above = root / 2, (root + Fraction(1, 10**200)) / 2
    assert [verify.optimal_robust_error(data, "l2", radius).value for radius in (below, above)] == [0, Fraction(1, 2)]


@pytest.mark.theorem("optimal-robust-error", claims=["cover"])
def test_duplicates_with_both_labels_are_always_in_conflict() -> None:
    data = LabelledPoints.of([[0], [0], [0], [4]], labels=[-1, 1, 1, 1])
    found = verify.optimal_robust_error(data, "linf", 0)
    assert (found.value, found.cover) == (Fraction(1, 4), (0,))
    assert verify.optimal_robust_error(data, "linf", Fraction(1, 10**9), closed=False).value == Fraction(1, 4)


def test_weights_decide_which_point_is_given_up() -> None:
    data = LabelledPoints.of([[0], [1], [2]], labels=[1, -1, 1])
    heavy = verify.optimal_robust_error(FiniteDistribution(data, ["1/8", "3/4", "1/8"]), "linf", "1/2")
    assert (heavy.value, heavy.cover) == (Fraction(1, 4), (0, 2))
    assert dict(zip(heavy.matching, heavy.amounts, strict=True)) == {(0, 1): Fraction(1, 8), (2, 1): Fraction(1, 8)}
    light = verify.optimal_robust_error(FiniteDistribution(data, ["3/8", "1/4", "3/8"]), "linf", "1/2")
    assert (light.value, light.cover) == (Fraction(1, 4), (1,))


def test_points_of_weight_zero_cost_nothing() -> None:
    data = LabelledPoints.of([[0], [1], [9]], labels=[1, -1, -1])
    found = verify.optimal_robust_error(FiniteDistribution(data, [0, "1/2", "1/2"]), "linf", "1/2")
    assert (found.value, found.cover, found.matching) == (0, (0,), ())
    assert cover_leaves_no_conflict(found).status == "holds"


def test_one_class_loses_nothing() -> None:
    data = LabelledPoints.of([[0], [1]], labels=[1, 1])
    found = verify.optimal_robust_error(data, "linf", 100)
    assert (found.value, found.cover, found.conflicts) == (0, (), 0)
    curve = verify.optimal_error_curve(data)
    assert (curve.radii, curve.values, curve.first_loss) == ((0,), (0,), None)


def test_several_classes_are_refused_as_hard() -> None:
    data = LabelledPoints.of([[0], [1], [2]], labels=[0, 1, 2])
    with pytest.raises(AssumptionViolated, match="NP-hard"):
        verify.optimal_robust_error(data, "linf", 1)
    with pytest.raises(AssumptionViolated, match="must be -1 and \\+1, got 0, 1"):
        verify.optimal_error_curve(data.subset([0, 1]))


def test_bad_requests_name_the_value() -> None:
    data = LabelledPoints.of([[0], [1]], labels=[-1, 1])
    with pytest.raises(InexactInput):
        verify.optimal_robust_error(data, "linf", 0.5)
    with pytest.raises(AssumptionViolated, match="at least 0, got -1"):
        verify.optimal_robust_error(data, "linf", -1)
    with pytest.raises(AssumptionViolated, match="above 0 for open balls"):
        verify.optimal_robust_error(data, "linf", 0, closed=False)
    with pytest.raises(UsageError, match="needs a radius"):
        verify.optimal_robust_error(data, "linf")
    with pytest.raises(UsageError, match="unknown norm"):
        verify.optimal_robust_error(data, "l3", 1)
    with pytest.raises(UsageError, match="got list"):
        verify.optimal_robust_error([[0]], "linf", 1)  # type: ignore[arg-type]
    with pytest.raises(AssumptionViolated, match="above 0"):
        verify.optimal_error_curve(data).at(0, closed=False)


@pytest.mark.parametrize(("norm", "radius"), [("linf", "5/16"), ("l1", "15/4"), ("l2", "4/5")])
def test_the_digits_agree_with_another_matching(norm: str, radius: str) -> None:
    """Koenig: with equal weights the value is the largest matching, found here by scipy."""
    data = load_data("digits:even-odd")
    pairs = conflict_graph(data, norm, radius).pairs()
    size = (len(data), len(data))
    graph = csr_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=size)
    matched = int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())
    found = verify.optimal_robust_error(data, norm, radius)
    assert found.value == Fraction(matched, len(data)) > 0 and found.conflicts == len(pairs)


@pytest.mark.theorem("optimal-robust-error", claims=["attained", "unbeaten"])
@pytest.mark.parametrize("norm", NORMS)
def test_the_default_instance_holds_in_every_norm(norm: str, tmp_path: Path) -> None:
    report = verify.check("optimal-robust-error", norm=norm, output=tmp_path)
    assert report.verdict == "holds" and report.optimal is not None and report.optimal.value > 0
    assert {verdict.evidence for verdict in report.verdicts} == {"exact"}
    assert report.claim("attained").measured == report.claim("unbeaten").measured == str(report.optimal.value)
    assert sum(entry["built"] for entry in report.sizes) >= 2
    assert verify.recheck(tmp_path / "optimal_certificate.json").startswith("proved: the smallest robust error")
    assert verify.recheck(tmp_path / "certificate.json").startswith("proved: the robust error is exactly")


def test_the_card_answers_bad_instances() -> None:
    assert verify.check("optimal-robust-error", radius="-1").verdict == "inapplicable"
    three = LabelledPoints.of([[0], [1], [2]], labels=[0, 1, 2])
    assert "NP-hard" in verify.check("optimal-robust-error", data=three).verdicts[0].detail
    with pytest.raises(UsageError, match="radius or a ratio"):
        verify.check("optimal-robust-error", radius=1, ratio=1)
    one = verify.check("optimal-robust-error", data=LabelledPoints.of([[0], [1]], labels=[1, 1]))
    assert one.verdict == "holds" and one.network is not None and one.network.size.nonzero == 1


# The network ---------------------------------------------------------------------------------


def test_in_l2_the_half_distance_is_as_fine_as_needed() -> None:
    """The radius is below sqrt(2)/2 by about 10^-200: no multiple of 2^-20 fits between."""
    data = LabelledPoints.of([[0, 0], [1, 1]], labels=[-1, 1])
    radius = Fraction(math.isqrt(2 * 10**400), 2 * 10**200)
    half = half_distance_above(data, "l2", radius)
    assert half is not None and radius < half and 4 * half * half <= 2
    network = classify_optimally(data, [0, 1], "l2", radius)
    assert verify.robust_error(network, data, "l2", radius, seconds=20).lower == 0


def test_kept_points_in_conflict_are_named() -> None:
    data = LabelledPoints.of([[0], [1], [5]], labels=[-1, 1, 1])
    with pytest.raises(AssumptionViolated, match="kept points 0 and 1 have different labels at distance 1"):
        classify_optimally(data, [0, 1, 2], "linf", "1/2")
    with pytest.raises(UsageError, match="some of the 3 points"):
        classify_optimally(data, [], "linf", "1/2")
    with pytest.raises(UsageError, match="no construction 'l1' in linf"):
        plan_optimal(data, [0, 2], "linf", "1/2", "l1")


def test_one_kept_class_takes_a_constant_network() -> None:
    data = LabelledPoints.of([[0], [1], [2]], labels=[1, -1, 1])
    found = verify.optimal_robust_error(data, "linf", 5)
    network = classify_optimally(data, found.kept, "linf", 5)
    assert network.size.nonzero == 1
    assert verify.robust_error(network, data, "linf", 5).lower == found.value == Fraction(1, 3)


# Broken twins --------------------------------------------------------------------------------


def _judged(twin: OptimalTwin, best: BestPossible) -> Verdict:
    if twin.claim == "cover":
        return cover_leaves_no_conflict(best.found)
    if twin.claim == "matching":
        return matching_costs_the_value(best.found)
    result = verify.robust_error(best.network, twin.data, twin.norm, twin.radius)
    return robust_error_attains(result, best.found)


@pytest.mark.theorem("optimal-robust-error", claims=["cover", "matching", "attained"])
@pytest.mark.parametrize("twin", OPTIMAL_TWINS, ids=lambda twin: f"{twin.builder.__name__}-{twin.norm}")
def test_a_broken_twin_is_refuted_and_the_genuine_one_is_not(twin: OptimalTwin) -> None:
    assert _judged(twin, optimal_genuine(twin.data, twin.norm, twin.radius)).status == "holds"
    refuted = _judged(twin, twin.builder(twin.data, twin.norm, twin.radius))
    assert refuted.status == "violated"
    assert refuted.witness is not None or refuted.measured != refuted.promised


def _pretended(result: RobustError, status: str) -> RobustError:
    """Return the result with every decision replaced by one of this status."""
    return replace(result, decisions=tuple(replace(entry, status=status) for entry in result.decisions))  # type: ignore[arg-type]


@pytest.mark.theorem("optimal-robust-error", claims=["unbeaten"])
def test_a_network_that_is_too_good_would_be_noticed() -> None:
    data = OPTIMAL_TWINS[0].data
    best = optimal_genuine(data, "linf", Fraction(1, 2))
    result = verify.robust_error(best.network, data, "linf", Fraction(1, 2))
    assert no_network_is_better([("genuine", result)], best.found).status == "holds"
    assert no_network_is_better([("too good", _pretended(result, "robust"))], best.found).status == "violated"
    assert no_network_is_better([("open", _pretended(result, "unknown"))], best.found).status == "unknown"
    assert robust_error_attains(_pretended(result, "unknown"), best.found).status == "unknown"


def test_weighted_robust_errors_are_attained() -> None:
    data = LabelledPoints.of([[0], [1], [2], [9]], labels=[1, -1, 1, -1])
    law = FiniteDistribution(data, ["1/8", "1/2", "1/8", "1/4"])
    found = verify.optimal_robust_error(law, "linf", "1/2")
    network = classify_optimally(data, found.kept, "linf", "1/2")
    verdict = robust_error_attains(verify.robust_error(network, data, "linf", "1/2"), found)
    assert (verdict.status, verdict.measured) == ("holds", "1/4")
