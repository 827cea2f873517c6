"""Proposition 3.2 on sets known by a cover: brackets, or an exact reason why not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import CoveredCloud, FiniteSet, LabelledSets
from constructions.classifiers.distance import DistanceClassifier
from verify.claims.bracketed_distance_claims import (
    lipschitz_between,
    margin_between,
    neighbourhoods_apart_between,
    separated_between,
)
from verify.testing.broken_distance import BracketsExchanged

ARC = CoveredCloud(FiniteSet.of([[0, 0], [1, 0]]), "1/10", "linf")
FAR = FiniteSet.of([[3, 0]])
SETS = LabelledSets(ARC, FAR)


@pytest.mark.theorem("distance-classifier", claims=["separation", "margin", "lipschitz", "robust_error"])
@pytest.mark.parametrize(("norm", "low"), [("linf", "19/10"), ("l1", "9/5"), ("l2", None)])
def test_a_covered_set_has_brackets(norm: str, low: str | None) -> None:
    report = verify.check("distance-classifier", sets=SETS, norm=norm)
    assert report.exit_code == 0 and report.network is None
    assert [verdict.name for verdict in report.verdicts] == ["separation", "margin", "lipschitz", "robust_error"]
    assert {verdict.evidence for verdict in report.verdicts} == {"enclosure"}
    if low is not None:
        eps = Fraction(low) / 2
        assert report.instance["eps"] == str(eps) and report.claim("separation").measured == f"{low} to 2"
        assert report.claim("margin").measured == f"4/7 to {1 - 2 * Fraction(3, 7) * eps / 2}"
        assert report.claim("lipschitz").measured == f"1 to {1 / eps}"


@pytest.mark.theorem("distance-classifier-as-printed", claims=["separation", "lipschitz", "robust_error"])
def test_the_printed_statement_on_a_covered_set() -> None:
    assert verify.check("3.2", sets=SETS).exit_code == 0
    edge = verify.check("3.2", sets=SETS, eps="19/20")
    assert edge.claim("robust_error").status == "unknown" and edge.exit_code == 3
    known = LabelledSets(CoveredCloud(FiniteSet.of([[0, 0], [1, 0]]), 0, "linf"), FAR)
    touching = verify.check("3.2", sets=known, eps=1).claim("robust_error")
    assert touching.status == "violated" and touching.witness is not None and touching.witness["point"] == ["2", "0"]


@pytest.mark.theorem("distance-classifier", claims=["separation"])
def test_what_the_covers_leave_open_has_a_reason() -> None:
    between = verify.check("distance-classifier", sets=SETS, eps="99/100")
    assert between.exit_code == 3 and "between these" in between.claim("separation").detail
    too_far = verify.check("distance-classifier", sets=SETS, eps="101/100")
    assert too_far.exit_code == 4 and "at most 2" in too_far.claim("separation").detail
    coarse = LabelledSets(CoveredCloud(FiniteSet.of([[0, 0]]), 3, "linf"), FAR)
    report = verify.check("distance-classifier", sets=coarse)
    assert report.exit_code == 4 and "finer cover" in report.verdicts[0].detail
    assert verify.check("distance-classifier", sets=SETS, radius=1).exit_code == 4


@pytest.mark.theorem("distance-classifier", claims=["margin", "lipschitz", "robust_error", "separation"])
def test_wrong_brackets_and_promises_are_refuted() -> None:
    classifier = BracketsExchanged(SETS, "linf")
    verdict = margin_between(classifier, SETS, "linf", Fraction(1, 4), Fraction(1, 2))
    assert verdict.status == "violated" and verdict.witness == {"point": ["1", "0"], "label": 1}
    assert (
        margin_between(DistanceClassifier(SETS, "linf"), SETS, "linf", Fraction(1, 4), Fraction(7, 10)).status
        == "holds"
    )
    assert (
        margin_between(DistanceClassifier(SETS, "linf"), SETS, "linf", Fraction(1, 4), Fraction(3, 4)).status
        == "unknown"
    )
    steep = lipschitz_between(SETS, "linf", Fraction(99, 100))
    assert (
        steep.status == "violated" and steep.witness is not None and steep.witness["points"] == [["1", "0"], ["3", "0"]]
    )
    assert lipschitz_between(SETS, "linf", Fraction(1)).status == "unknown"
    assert separated_between(SETS, "linf", Fraction(21, 10)).status == "violated"
    assert neighbourhoods_apart_between(SETS, "linf", Fraction(1)).status == "violated"
    outside = LabelledSets(CoveredCloud(ARC.cloud, "1/10", "linf", internal=False), FAR)
    assert neighbourhoods_apart_between(outside, "linf", Fraction(2)).status == "unknown"
    assert lipschitz_between(outside, "linf", Fraction(1, 2)).status == "unknown"


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=6),
    st.integers(0, 8),
    st.sampled_from(("linf", "l1", "l2")),
)
def test_brackets_hold_what_the_whole_set_says(points: list[tuple[int, int]], height: int, norm: str) -> None:
    """The true set is all points; the cloud knows the first, and the others lie within the cover radius."""
    truth = FiniteSet.of(points)
    (x, y), *rest = points
    reach = max(max(abs(a - x), abs(b - y)) for a, b in rest)
    other = FiniteSet.of([[40, height]])
    covered = LabelledSets(CoveredCloud(FiniteSet.of([[x, y]]), reach, "linf"), other)
    if covered.separation_bounds(norm).lower <= 0:
        return
    report = verify.check("distance-classifier", sets=covered, norm=norm)
    exact = verify.check("distance-classifier", sets=LabelledSets(truth, other), norm=norm, eps=report.instance["eps"])
    assert report.exit_code == exact.exit_code == 0
    if norm != "l2":
        for name in ("separation", "margin", "lipschitz"):
            low, _, high = str(report.claim(name).measured).partition(" to ")
            assert Fraction(low) <= Fraction(str(exact.claim(name).measured)) <= Fraction(high or low)
