"""Proposition 3.2: the corrected card, the printed one, and the radius at which the print fails."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from constructions import (
    AssumptionViolated,
    BoxUnion,
    CoveredCloud,
    FiniteSet,
    LabelledSets,
    Polytope,
    UsageError,
)
from constructions.classifiers.distance import DistanceClassifier
from constructions.classifiers.distance_network import distance_difference_network
from verify.cli import main
from verify.testing.broken_distance import DISTANCE_TWINS, AlteredClassifier, DistanceTwin, genuine

SQUARES = LabelledSets(BoxUnion.of([([0, 0], [1, 1])]), BoxUnion.of([([2, 0], [3, 1])]))
POLYTOPES = LabelledSets(
    Polytope.of_vertices([[0, 0], [1, 0], [0, 1]]), Polytope.of_halfspaces([[-1, 0], [0, -1], [1, 1]], [-2, -2, 5])
)


@pytest.mark.theorem("distance-classifier", claims=["separation", "margin", "lipschitz", "robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_the_corrected_statement_holds_on_squares(norm: str) -> None:
    report = verify.check("distance-classifier", sets=SQUARES, norm=norm, ratio="9/10")
    assert report.exit_code == 0
    measured = {claim.name: claim.measured for claim in report.verdicts}
    assert measured["separation"] == "1" and measured["margin"] == "1/10" and measured["lipschitz"] == "2"
    assert all(claim.evidence == "exact" for claim in report.verdicts)


@pytest.mark.theorem("distance-classifier", claims=["network_robust_error"])
def test_the_default_instance_is_decided_twice() -> None:
    report = verify.check("distance-classifier")
    assert report.exit_code == 0 and report.claim("network_robust_error").evidence == "exact"
    assert report.network is not None and report.network.size.nonzero == 140


@pytest.mark.theorem("distance-classifier", claims=["separation", "margin"])
@pytest.mark.parametrize(("norm", "separation"), [("linf", "3/2"), ("l1", "3"), ("l2", "9/2")])
def test_polytopes_are_sets_too(norm: str, separation: str) -> None:
    report = verify.check("distance-classifier", sets=POLYTOPES, norm=norm)
    assert report.exit_code == 0 and report.claim("separation").measured == separation
    assert "network_robust_error" not in [claim.name for claim in report.verdicts]


@pytest.mark.theorem("distance-classifier", claims=["separation"])
def test_what_the_hypotheses_forbid_is_inapplicable() -> None:
    assert verify.check("distance-classifier", sets=SQUARES, eps="3/5").exit_code == 4
    report = verify.check("distance-classifier", sets=SQUARES, radius="1/2")
    assert report.exit_code == 4 and "below eps = 1/2, got 1/2" in report.verdicts[0].detail
    touching = LabelledSets(FiniteSet.of([[0]]), BoxUnion.of([([0], [1])]))
    report = verify.check("distance-classifier", sets=touching)
    assert report.exit_code == 4 and "eps must be positive, got 0" in report.verdicts[0].detail


@pytest.mark.theorem("distance-classifier-as-printed", claims=["separation", "lipschitz", "robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_the_print_is_true_below_half_the_separation(norm: str) -> None:
    report = verify.check("3.2", norm=norm)
    assert report.exit_code == 0 and [claim.name for claim in report.verdicts] == [
        "separation",
        "lipschitz",
        "robust_error",
    ]
    assert verify.check("3.2", sets=SQUARES, norm=norm, eps="499/1000").exit_code == 0


@pytest.mark.theorem("distance-classifier-as-printed", claims=["robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_the_print_fails_at_radius_eps_where_the_distance_is_attained(norm: str, dim: int) -> None:
    """The closed boundary: the middle of 0 and 1 lies in both closed balls, in every dimension."""
    report = verify.check("3.2", instance="erratum", norm=norm, dim=dim)
    assert report.exit_code == 1
    claim = report.claim("robust_error")
    assert claim.witness is not None and claim.evidence == "exact"
    point = [Fraction(x) for x in claim.witness["point"]]
    sets = LabelledSets(FiniteSet.of([[0] * dim]), FiniteSet.of([[1, *[0] * (dim - 1)]]))
    assert sets.labels_near(point, norm, "1/2") == (1, -1)
    assert DistanceClassifier(sets, norm).sign(point) == 0
    assert [report.claim(name).status for name in ("separation", "lipschitz")] == ["holds", "holds"]


@pytest.mark.theorem("distance-classifier-as-printed", claims=["robust_error"])
def test_at_radius_eps_every_network_errs_on_one_of_two_closest_points() -> None:
    middle = distance_difference_network(LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[1]])), "linf")
    sets = LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[1]]))
    assert verify.robust_test_error(middle, sets, radius="1/2").lower == 1
    from constructions import AffineMap, ReluNetwork

    for constant in (-1, 1):
        assert verify.robust_test_error(ReluNetwork([AffineMap([[0]], [constant])]), sets, radius="1/2").lower == (
            Fraction(1, 2)
        )


def test_an_error_of_exactly_one_minus_c_is_too_much() -> None:
    """The strict inequality: f minus its margin is off by 1 - c everywhere, and 0 at a perturbed point."""
    sets, ratio = SQUARES, Fraction(3, 4)
    classifier = DistanceClassifier(sets, "linf")
    perturbed = [1 + ratio * sets.eps("linf"), Fraction(1, 2)]
    assert classifier(perturbed) == 1 - ratio and sets.labels_near(perturbed, "linf", ratio * sets.eps("linf")) == (1,)
    assert classifier(perturbed) - (1 - ratio) == 0
    assert classifier(perturbed) - (1 - ratio) * Fraction(999, 1000) > 0


def test_grid_spacing_is_measured_and_not_eps_rounded() -> None:
    """A grid with floor(1/(2 eps)) steps is farther apart than 2 eps unless eps divides."""
    sets = LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[1]]))
    report = verify.check("distance-classifier", sets=sets, eps="2/5", radius="3/10")
    assert report.claim("separation").measured == "1" and report.claim("separation").promised == "4/5"
    assert report.claim("margin").measured == "2/5" and report.claim("margin").promised == "1/4"


@pytest.mark.parametrize("twin", DISTANCE_TWINS, ids=lambda twin: twin.name)
@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_a_broken_twin_is_refuted_with_a_witness(twin: DistanceTwin, norm: str) -> None:
    for sets in (SQUARES, LabelledSets(FiniteSet.of([[0, 3], [9, 9]]), FiniteSet.of([[2, 3]]))):
        verdict = twin.judged(sets, norm)
        assert verdict.status == "violated" and verdict.evidence == "exact" and verdict.witness is not None


@pytest.mark.parametrize("norm", ["linf", "l1"])
@pytest.mark.parametrize("claim", ["separation", "margin", "lipschitz", "robust_error"])
def test_the_genuine_classifier_is_refuted_by_no_claim(claim: str, norm: str) -> None:
    assert DistanceTwin("genuine", claim).judged(SQUARES, norm).status == "holds"  # type: ignore[arg-type]
    point = [Fraction(3, 2), Fraction(7, 3)]
    assert AlteredClassifier(SQUARES, norm, genuine)(point) == DistanceClassifier(SQUARES, norm)(point)


def test_a_cloud_gives_brackets_and_no_values() -> None:
    cloud = LabelledSets(CoveredCloud(FiniteSet.of([[0]]), "1/4"), FiniteSet.of([[2]]))
    classifier = DistanceClassifier(cloud, "linf")
    assert str(classifier.bounds([0])) == "[7/9, 1]" or classifier.bounds([0]).upper == 1
    bracket = classifier.bounds([1])
    assert bracket.lower == 0 and bracket.upper == Fraction(1, 7)
    with pytest.raises(UsageError, match="bracket"):
        classifier([0])
    with pytest.raises(AssumptionViolated, match="apart"):
        DistanceClassifier(LabelledSets(CoveredCloud(FiniteSet.of([[0]]), 2), FiniteSet.of([[2]])), "linf")


def test_what_cannot_be_a_network_or_a_value_says_so() -> None:
    with pytest.raises(UsageError, match="l2"):
        distance_difference_network(SQUARES, "l2")
    with pytest.raises(UsageError, match="points or boxes"):
        distance_difference_network(POLYTOPES, "linf")
    with pytest.raises(UsageError, match="irrational"):
        DistanceClassifier(SQUARES, "l2")([0, 0])
    classifier = DistanceClassifier(SQUARES, "linf")
    assert classifier.is_at_least([0, 0], -1) and not classifier.is_at_least([0, 0], 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["3.2"], 0),
        (["3.2", "--instance", "erratum"], 1),
        (["distance-classifier", "--sets", "points:n=6,d=2,levels=5,seed=1", "--norm", "l2"], 0),
        (["distance-classifier", "--sets", "boxes:n=9,d=1,levels=2"], 2),
        (["distance-classifier", "--data", "karate"], 2),
        (["3.2", "--ratio", "1/2"], 2),
        (["3.2", "--sets", "missing.json"], 2),
        (["3.2", "--eps", "1/2"], 4),
        (["3.2", "--d", "3"], 0),
        (["3.2", "--d", "3", "--sets", "boxes:n=2,d=2"], 2),
        (["3.2", "--d", "0"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert _exit_code(*arguments, "--json") == code


def _exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["check", *arguments])
    return int(str(end.value.code))


def test_sets_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = POLYTOPES.save(tmp_path / "sets.json")
    assert _exit_code("distance-classifier", "--sets", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["claims"][0]["measured"] == "3/2"
    path.write_text("{}")
    assert _exit_code("distance-classifier", "--sets", str(path)) == 5
