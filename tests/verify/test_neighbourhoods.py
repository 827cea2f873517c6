"""Theorem 3.3 for boxes, polytopes, covered clouds and one class, and sampled balls where nothing can be built."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import verify.theorems.robust_classifier as statement
from constructions import AffineMap, BoxUnion, FiniteSet, LabelledPoints, LabelledSets, ReluNetwork, UsageError
from constructions.classifiers.catalog import FOR_ALL_SETS
from constructions.classifiers.lazy_votes import LazyVotes
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.distances import closest
from constructions.sets.polytope import Polytope
from verify import check, recheck
from verify.claims.neighbourhood_claims import neighbourhood_margin_at_least, zero_neighbourhood_error
from verify.cli import main
from verify.neighbourhoods import cubes
from verify.neighbourhoods.error import neighbourhood_error
from verify.testing.broken_neighbourhoods import NEIGHBOURHOOD_TWINS, NeighbourhoodTwin, lazy_votes_of_a_short_reach
from verify.theorems.sampled_balls import sampled_balls, zero_sampled_error

CORRECTED = "robust-classifier"
BOXES = LabelledSets(BoxUnion.of([([0, 0], ["1/4", "1/4"])]), BoxUnion.of([(["3/4", "1/2"], [1, 1])]))
TRIANGLES = LabelledSets(
    Polytope.of_vertices([[0, 0], ["1/4", 0], [0, "1/4"]]),
    Polytope.of_halfspaces([[1, 0], [0, 1], [-1, -1]], [1, 1, "-8/5"]),
)


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "parameters"])
@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("construction", ["cells", "shifted-cells"])
def test_neighbourhoods_of_boxes_are_decided_and_certified(norm: str, construction: str, tmp_path: Path) -> None:
    report = check(CORRECTED, sets=BOXES, norm=norm, ratio="1/2", construction=construction, output=tmp_path)
    assert report.exit_code == 0 and report.claim("margin").measured == "1"
    assert report.claim("robust_error").method.startswith("cubes: ")
    assert report.certificate is not None and "of both sets" in recheck(report.certificate)


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_polytopes_are_decided_with_every_construction(norm: str) -> None:
    report = check(CORRECTED, sets=TRIANGLES, norm=norm, ratio="1/2", construction="all")
    assert report.exit_code == 0
    assert {entry["name"] for entry in report.sizes if entry["built"]} == set(FOR_ALL_SETS)


def test_boxes_without_a_radius_are_decided_in_linf() -> None:
    report = check(CORRECTED, sets=BOXES, radius=0)
    assert report.exit_code == 0 and report.claim("robust_error").method.startswith("cubes")
    assert check(CORRECTED, sets=BOXES, radius=0, construction="shifted-cells").exit_code == 0


@pytest.mark.theorem("robust-classifier", claims=["separation", "radius", "robust_error", "margin"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_the_neighbourhood_of_a_covered_cloud_grows_by_its_cover_radius(norm: str, tmp_path: Path) -> None:
    cloud = CoveredCloud(FiniteSet.of([[0, 0], [0, "1/8"]]), "1/16", "linf")
    sets = LabelledSets(cloud, FiniteSet.of([[1, 1], [1, "3/4"]]))
    report = check(CORRECTED, sets=sets, norm=norm, ratio="1/2", output=tmp_path)
    assert report.exit_code == 0
    grown = cloud.radius_in(norm)
    assert report.instance["cover_radius"] == str(grown)
    radius, known = Fraction(report.instance["radius"]), Fraction(report.instance["known_radius"])
    assert known == radius + grown and report.result is not None and report.result.ball.radius == known
    # The same points as an exact set, and the radius by hand.
    exact = LabelledSets(cloud.cloud, sets.negative)
    assert separated_sets(exact, known, Fraction(report.instance["known_eps"]), norm).gap == 2 * (
        Fraction(report.instance["eps"]) - radius
    )


def test_a_cover_as_wide_as_the_gap_is_refused() -> None:
    wide = LabelledSets(CoveredCloud(FiniteSet.of([[0]]), "1", "linf"), FiniteSet.of([[1]]))
    report = check(CORRECTED, sets=wide)
    assert report.exit_code == 4
    unequal = LabelledSets(CoveredCloud(FiniteSet.of([[0]]), "2/5", "linf"), FiniteSet.of([[1]]))
    assert check(CORRECTED, sets=unequal, ratio="9/10").exit_code == 0  # eps is what both cover radii leave
    assert check(CORRECTED, sets=unequal, eps="3/10").exit_code == 4


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "parameters"])
@pytest.mark.theorem("robust-classifier-as-printed", claims=["robust_error", "margin", "parameters"])
@pytest.mark.parametrize("label", [1, -1])
@pytest.mark.parametrize("theorem", ["3.3", CORRECTED])
def test_one_class_only_has_a_constant_network(theorem: str, label: int, tmp_path: Path) -> None:
    data = LabelledPoints.of([[0, 0], [1, "1/2"]], [label, label])
    report = check(theorem, data=data, norm="l2", radius=5, output=tmp_path)
    assert report.exit_code == 0 and report.network is not None
    assert report.network.size.nonzero == 1 and report.network([7, 7]) == (label,)
    assert report.claim("separation").measured == "infinite"
    with pytest.raises(UsageError, match="not both"):
        check(theorem, data=data, radius=1, ratio="1/2")


def test_one_class_with_another_label_is_no_instance() -> None:
    assert check(CORRECTED, data=LabelledPoints.of([[0]], [3])).exit_code == 4
    assert check("3.3", data=LabelledPoints.of([[0]], [1]), norm="l1").exit_code == 4


# The decision itself ----------------------------------------------------------------------


@pytest.mark.theorem("robust-classifier", claims=["robust_error"])
@pytest.mark.parametrize(
    "twin", [pytest.param(t, id=f"{t.name}-{t.sets.norm}-{i}") for i, t in enumerate(NEIGHBOURHOOD_TWINS)]
)
def test_a_broken_classifier_is_refuted_at_an_exact_point_of_the_neighbourhood(twin: NeighbourhoodTwin) -> None:
    sets, network = twin.sets, twin.builder(twin.sets)
    first, side = twin.grid.first, twin.grid.side
    result = neighbourhood_error(network, sets.sets, sets.norm, sets.radius, first=first, side=side, seconds=60)
    wrong = result.mistake
    assert result.status == "violated" and wrong is not None
    distance = closest(FiniteSet.of([wrong.point]), sets.side(wrong.label), sets.norm).distance
    assert distance <= (sets.radius**2 if sets.norm == "l2" else sets.radius)
    assert closest(FiniteSet.of([wrong.anchor]), sets.side(wrong.label), sets.norm).distance == 0
    assert wrong.label * network(wrong.point)[0] <= 0 and network(wrong.point)[0] == wrong.output
    verdict = zero_neighbourhood_error(result)
    assert verdict.status == "violated" and verdict.witness is not None
    assert neighbourhood_margin_at_least(result, Fraction(1)).status == "violated"
    assert result.smallest_margin is None


def test_contact_at_the_radius_itself_counts() -> None:
    """Trap 18 and the closed boundary: x - 3/4 vanishes at distance exactly 1/4 in l2, at no smaller one."""
    line = ReluNetwork([AffineMap([[1, 0]], ["-3/4"])])
    sets = LabelledSets(BoxUnion.of([([1, 0], [1, 1])]), BoxUnion.of([([0, 0], [0, 1])]))
    assert neighbourhood_error(line, sets, "l2", "1/4").status == "violated"
    below = neighbourhood_error(line, sets, "l2", "249/1000")
    assert below.status == "robust" and 0 < (below.smallest_margin or 0) <= Fraction(1, 1000)


def test_the_corner_of_a_box_is_round_in_l2() -> None:
    """A point within the radius of the corner in l-infinity only: the decision in l2 must not see it."""
    line = ReluNetwork([AffineMap([[-1, -1]], ["9/20"])])  # wrong from x + y = 9/20 on
    sets = LabelledSets(BoxUnion.of([([0, 0], [0, 0])]), FiniteSet.of([[2, 2]]))
    assert neighbourhood_error(line, sets, "linf", "1/4").status == "violated"
    assert neighbourhood_error(line, sets, "l2", "1/4").status == "robust"
    assert neighbourhood_error(line, sets, "l1", "2/5").status == "robust"


def test_time_limits_and_wrong_arguments() -> None:
    line = ReluNetwork([AffineMap([[-1, 0]], ["1/2"])])
    late = neighbourhood_error(line, BOXES, "l2", "1/8", seconds=0)
    assert late.status == "unknown" and late.left > 0 and zero_neighbourhood_error(late).status == "unknown"
    assert neighbourhood_margin_at_least(late, Fraction(1)).status == "unknown"
    with pytest.raises(UsageError, match="needs a radius"):
        neighbourhood_error(line, BOXES, "l2")
    with pytest.raises(UsageError, match="side of a cube"):
        neighbourhood_error(line, BOXES, "l2", "1/8", side=0)
    with pytest.raises(UsageError, match=r"R\^2 -> R is needed"):
        neighbourhood_error(ReluNetwork([AffineMap([[1]], [0])]), BOXES, "l2", "1/8")


def test_the_cubes_asked_for_do_not_change_the_verdict() -> None:
    plain = check(CORRECTED, sets=TRIANGLES, norm="l2", ratio="1/2").network
    assert plain is not None
    sets = separated_sets(TRIANGLES, TRIANGLES.eps("l2") / 2, None, "l2")
    for first, side in ((0, "1/4"), ("-1/3", 1), ("1/7", "1/10")):
        result = neighbourhood_error(plain, TRIANGLES, "l2", sets.radius, first=first, side=side, seconds=60)
        assert result.status == "robust", (first, side, result.left)


# Sampled balls ---------------------------------------------------------------------------


def large(norm: str = "linf") -> SeparatedSets:
    rows = np.zeros((2, 16), dtype=np.int64)
    rows[1] = 1
    bare = separated_sets(LabelledPoints.of(rows, [1, -1]), 0, None, norm)
    return separated_sets(LabelledPoints.of(rows, [1, -1]), bare.eps * 9 / 10, bare.eps, norm)


@pytest.mark.theorem("robust-classifier", claims=["robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_sampled_balls_in_dimension_sixteen_never_say_holds(norm: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", CORRECTED, "--sets", "boxes:n=6,d=16,levels=8,seed=1", "--norm", norm, "--ratio", "9/10"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--construction", "shifted-cells", "--balls", "10", "--seed", "5", "--json"])
    envelope = json.loads(capsys.readouterr().out)
    found = {claim["name"]: claim for claim in envelope["claims"]}["robust_error"]
    assert ended.value.code == 3 and (found["status"], found["evidence"]) == ("unknown", "sample")
    assert "10 of 10 sampled balls are right, margin at least 1" in found["detail"] and "seed 5" in found["detail"]
    assert (envelope["instance"]["balls"], envelope["instance"]["seed"]) == (10, 5)


def test_the_sample_follows_its_seed_and_may_be_switched_off() -> None:
    sets = large()
    votes = LazyVotes.of(sets)
    assert sampled_balls(votes, sets, 6, 1) == sampled_balls(votes, sets, 6, 1)
    report = check(CORRECTED, sets=sets.sets, ratio="9/10", construction="shifted-cells", balls=0)
    assert report.exit_code == 3 and report.claim("robust_error").evidence == "exact"
    assert sampled_balls(votes, sets, 6, 1, deadline=0.0) == []


@pytest.mark.theorem("robust-classifier", claims=["robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_a_wrong_ball_of_the_sample_refutes(norm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Votes for the cells near half of the radius only: the witness lies in its ball and every vote there is known."""
    sets = large(norm)
    votes = lazy_votes_of_a_short_reach(sets)
    found = sampled_balls(votes, sets, 8, 0)
    wrong = next(ball for ball in found if ball.witness is not None)
    assert wrong.label == 1 and wrong.witness is not None and wrong.margin is None
    assert closest(FiniteSet.of([wrong.witness]), FiniteSet.of([wrong.anchor]), norm).distance <= (
        sets.radius**2 if norm == "l2" else sets.radius
    )
    assert votes.value(wrong.witness).upper <= 0
    assert zero_sampled_error(found, 8, 0, 0.0).status == "violated"
    monkeypatch.setattr(statement.LazyVotes, "of", lambda _: votes)
    report = check(CORRECTED, sets=sets.sets, norm=norm, radius=sets.radius, construction="shifted-cells")
    assert report.exit_code == 1 and report.claim("robust_error").witness is not None


def test_a_network_is_sampled_from_its_weights_where_its_neighbourhoods_are_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cubes, "MOST_CUBES", 3)
    report = check(CORRECTED, sets=BOXES, norm="l2", ratio="3/4", balls=6, construction="cells", seed=3)
    found = report.claim("robust_error")
    assert report.exit_code == 3 and found.evidence == "sample" and report.network is not None
    assert "6 of 6 sampled balls are right" in found.detail and "more than 3 cubes" in found.detail
    none = check(CORRECTED, sets=BOXES, norm="l2", ratio="3/4", balls=0, construction="cells")
    assert none.exit_code == 3 and none.claim("robust_error").evidence == "exact"


def test_cells_that_reach_both_sets_prove_nothing() -> None:
    """A reach beyond the radius: cells may meet the ball of B and the neighbourhood of A, and no vote is claimed."""
    sets = large()
    wide = replace(LazyVotes.of(sets), near=sets.neighbourhood(1, sets.radius + sets.gap), reach=sets.radius + sets.gap)
    anchor = tuple(Fraction(1) for _ in range(16))
    assert wide.margin_around(anchor, -1, sets.radius) is None
