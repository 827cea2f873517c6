"""Definition 3.1: exact bounds of the robust error on distributions, and estimates that never hold."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

import verify
from constructions import (
    AffineMap,
    AssumptionViolated,
    BoxUnion,
    FiniteDistribution,
    FiniteSet,
    InexactInput,
    LabelledPoints,
    LabelledSets,
    Polytope,
    ReluNetwork,
    UsageError,
)
from constructions.classifiers.distance_network import distance_difference_network
from constructions.data.norm_ball import NormBall
from constructions.errors import MalformedInput
from constructions.exact.norms import dual_norm, length
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from verify.generalization.affine_regions import below_share
from verify.generalization.binomial_tail import tail
from verify.generalization.confidence import clopper_pearson

LINE = LabelledSets(BoxUnion.of([([0], [1]), ([4], [5])]), BoxUnion.of([([2], [3])]))
SQUARES = LabelledSets(BoxUnion.of([([0, 0], [1, 1])]), BoxUnion.of([([2, 0], [3, 1])]))


def _area_below(slope: tuple[Fraction, Fraction], limit: Fraction) -> Fraction:
    """Return the area of the part of the unit square with ``slope . x <= limit``, by clipping a polygon."""
    corners = [(Fraction(x), Fraction(y)) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    kept = []
    for (x, y), (v, w) in pairwise([*corners, corners[0]]):
        here, there = (slope[0] * a + slope[1] * b - limit for a, b in ((x, y), (v, w)))
        if here <= 0:
            kept.append((x, y))
        if here * there < 0:
            share = here / (here - there)
            kept.append((x + share * (v - x), y + share * (w - y)))
    total = sum((x * w - y * v for (x, y), (v, w) in pairwise([*kept, *kept[:1]])), Fraction(0))
    return abs(total) / 2


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("slope", [(1, 0), (-2, 0), (3, 1), (-1, 2), ("1/2", "-5/3")])
def test_a_half_space_has_the_area_of_a_polygon(norm: str, slope: tuple[int | str, int | str]) -> None:
    exact = (Fraction(slope[0]), Fraction(slope[1]))
    constant, radius = -sum(exact) / 3, Fraction(1, 8)
    network = ReluNetwork([AffineMap([exact], [constant])])
    result = verify.robust_test_error(network, BoxMixture([Box([0, 0], [1, 1])], [1], [1]), norm, radius)
    size = length(exact, dual_norm(norm))
    if norm != "l2":
        assert result.is_exact and result.lower == _area_below(exact, radius * size - constant)
    else:
        truth = float(_area_below(exact, radius * Fraction(math.sqrt(size)) - constant))
        assert result.lower <= result.upper and abs(float(result.lower) - truth) < 1e-12
        assert result.upper - result.lower < Fraction(1, 2**50)
    assert 0 < result.lower < 1 and result.witness is not None
    centre, point = result.witness
    assert NormBall(norm, radius).contains(centre, point) and network(point)[0] <= 0
    assert Box([0, 0], [1, 1]).contains(centre)


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize(
    ("radius", "error"), [("1/4", "0"), ("1/2", "0"), ("3/4", "1/3"), ("1", "2/3"), ("5/4", "5/6"), ("9/4", "1")]
)
def test_on_a_line_the_error_is_exact(radius: str, error: str) -> None:
    """Intervals of length 1, one apart: beyond 1/2 each loses what the radius reaches past the gap's middle."""
    network = distance_difference_network(LINE, "linf")
    result = verify.robust_test_error(network, LINE, radius=radius)
    assert (result.lower, result.upper) == (Fraction(error), Fraction(error))


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_bounds_in_the_plane_hold_the_truth_and_close(norm: str) -> None:
    """The network is positive iff x < 3/2, so exactly the centres with x > 3/2 - radius are wrong."""
    step = AffineMap([[-1, 0], [1, 0]], [Fraction(3, 2), Fraction(-3, 2)])
    network = ReluNetwork([step, AffineMap([[1, -1]], [0])])
    result = verify.robust_test_error(network, SQUARES, norm, "3/4", most_regions=80)
    truth = Fraction(1, 4)
    assert result.lower <= truth <= result.upper and result.upper - result.lower < Fraction(1, 4)
    assert len(result.parts) == 2 and sum(part.regions for part in result.parts) <= 80
    assert verify.robust_test_error(network, SQUARES, norm, "49/100").upper == 0


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_points_count_with_their_probability() -> None:
    data = LabelledPoints.of([[0], [1], [2]], labels=[-1, 1, 1])
    network = ReluNetwork([AffineMap([[1]], [Fraction(-1, 2)])])
    weights = FiniteDistribution(data, ["1/6", "1/3", "1/2"])
    assert [verify.robust_test_error(network, weights, radius=r).lower for r in (0, "1/2", "3/2")] == [
        0,
        Fraction(1, 2),
        1,
    ]
    assert verify.robust_test_error(network, data, radius="1/2").upper == Fraction(2, 3)
    points = LabelledSets.of_points(data)
    assert verify.robust_test_error(network, points, radius="1/2").points is not None
    mixture = BoxMixture([Box(p, p) for p in data.points], data.labels, ["1/6", "1/3", "1/2"])
    assert verify.robust_test_error(network, mixture, radius="1/2").lower == Fraction(1, 2)


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_an_output_of_zero_is_an_error() -> None:
    network = ReluNetwork([AffineMap([[0]], [0])])
    assert verify.robust_test_error(network, LINE, radius=0).lower == 1


def test_an_attacker_kept_in_a_box_is_weaker_and_bounds_pass_one_way_only() -> None:
    """Robust against attacks inside [0,1] says nothing of attacks outside; the reverse does."""
    data = LabelledPoints.of([["0"], ["1"]], labels=[-1, 1])
    folded = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 2]], [Fraction(-1, 2)])])
    everywhere = verify.robust_error(folded, data, radius="1/3")
    inside = verify.robust_error(folded, data, radius="1/3", domain=([0], [1]))
    assert (inside.upper, everywhere.lower) == (0, Fraction(1, 2))
    witness = everywhere.witness(0)
    assert witness is not None and witness[0] < 0
    population = LabelledSets.of_points(data)
    assert verify.robust_test_error(folded, population, radius="1/3").lower == Fraction(1, 2) >= inside.upper


def test_the_uniform_distribution_counts_overlaps_once() -> None:
    sets = LabelledSets(BoxUnion.of([([0], [2]), ([1], [3])]), BoxUnion.of([([5], [6])]))
    mixture = BoxMixture.uniform(sets)
    assert sum(box.volume for box in mixture.boxes) == 4 and mixture.probabilities == (
        Fraction(1, 2),
        Fraction(1, 4),
        Fraction(1, 4),
    )
    nested = BoxUnion.of([([0, 0], [3, 3]), ([1, 1], [2, 2]), ([2, 2], [4, 4])])
    assert sum(
        box.volume
        for box, label in zip(*_solid(LabelledSets(nested, BoxUnion.of([([9, 9], [10, 10])]))), strict=True)
        if label == 1
    ) == (9 + 4 - 1)


def _solid(sets: LabelledSets) -> tuple[tuple[Box, ...], tuple[int, ...]]:
    mixture = BoxMixture.uniform(sets)
    return mixture.boxes, mixture.labels


def test_populations_that_make_no_sense_are_refused() -> None:
    network = ReluNetwork([AffineMap([[1]], [0])])
    meeting = LabelledSets(BoxUnion.of([([0], [1])]), BoxUnion.of([([1], [2])]))
    with pytest.raises(AssumptionViolated, match="meet"):
        verify.robust_test_error(network, meeting, radius=0)
    flat = LabelledSets(BoxUnion.of([([0], [0])]), BoxUnion.of([([1], [1])]))
    with pytest.raises(AssumptionViolated, match="volume"):
        verify.robust_test_error(network, flat, radius=0)
    with pytest.raises(UsageError, match="Polytope"):
        verify.robust_test_error(network, LabelledSets(Polytope.of_vertices([[0], [1]]), FiniteSet.of([[2]])), radius=0)
    with pytest.raises(UsageError, match="R\\^2"):
        verify.robust_test_error(network, SQUARES, radius=0)
    with pytest.raises(UsageError, match="radius"):
        verify.robust_test_error(network, LINE)
    with pytest.raises(AssumptionViolated, match="sum"):
        BoxMixture([Box([0], [1])], [1], ["1/2"])
    with pytest.raises(ValueError, match="labels"):
        BoxMixture([Box([0], [1])], [-2], [1])


def test_without_any_work_nothing_is_claimed() -> None:
    network = distance_difference_network(SQUARES, "linf")
    result = verify.robust_test_error(network, SQUARES, radius="3/4", most_regions=0)
    assert (result.lower, result.upper, result.is_exact) == (0, 1, False)


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_an_estimate_is_a_sample_and_never_holds() -> None:
    network = distance_difference_network(SQUARES, "linf")
    result = verify.robust_test_error(network, SQUARES, "l2", "3/4", most_regions=2, samples=40, seed=3)
    estimate = result.estimate
    assert estimate is not None and estimate.samples == 40 and 0 < estimate.wrong < 40
    assert estimate.limits.lower < Fraction(estimate.wrong, 40) < estimate.limits.upper
    from verify.claims.generalization_claims import sampled_test_error, zero_robust_test_error

    verdict = sampled_test_error(estimate)
    assert (verdict.status, verdict.evidence) == ("unknown", "sample")
    nothing = verify.robust_test_error(network, SQUARES, radius="3/4", most_regions=0)
    assert zero_robust_test_error(nothing).status == "unknown"


@pytest.mark.parametrize(("wrong", "samples"), [(0, 1), (0, 100), (1, 1), (3, 20), (50, 100), (100, 100)])
def test_confidence_limits_are_those_of_clopper_and_pearson_rounded_outward(wrong: int, samples: int) -> None:
    from scipy.stats import beta

    failure = Fraction(1, 20)
    limits = clopper_pearson(wrong, samples, failure)
    assert tail(wrong, samples, limits.lower) <= failure / 2 or wrong == 0
    assert tail(samples - wrong, samples, 1 - limits.upper) <= failure / 2 or wrong == samples
    low = 0.0 if wrong == 0 else beta.ppf(0.025, wrong, samples - wrong + 1)
    high = 1.0 if wrong == samples else beta.ppf(0.975, wrong + 1, samples - wrong)
    assert abs(float(limits.lower) - low) < 1e-6 and abs(float(limits.upper) - high) < 1e-6
    assert float(limits.lower) <= low + 1e-12 and float(limits.upper) >= high - 1e-12


def test_undecided_samples_widen_the_limits_both_ways() -> None:
    narrow, wide = clopper_pearson(5, 50, Fraction(1, 10)), clopper_pearson(5, 50, Fraction(1, 10), most=10)
    assert narrow.lower == wide.lower and narrow.upper < wide.upper
    for bad in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(UsageError):
            clopper_pearson(*bad, Fraction(1, 10))
    with pytest.raises(UsageError):
        clopper_pearson(1, 2, Fraction(1))


def test_the_share_below_a_plane_in_three_dimensions() -> None:
    cube = Box([0, 0, 0], [1, 1, 1])
    one = Fraction(1)
    assert below_share([one, one, one], one, cube) == Fraction(1, 6)
    assert below_share([one, one, one], 2 * one, cube) == Fraction(5, 6)
    assert below_share([one, -one, one], Fraction(1, 2), cube) == Fraction(1, 2)
    assert below_share([one, 0 * one, 0 * one], Fraction(1, 4), cube) == Fraction(1, 4)
    assert below_share([one] * 13, Fraction(6), Box([0] * 13, [1] * 13)) is None


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_the_default_instance_is_decided_exactly(norm: str) -> None:
    report = verify.check("3.1", norm=norm)
    claim = report.claim("robust_test_error")
    assert report.exit_code == 0 and (claim.measured, claim.evidence) == ("0", "exact")


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_a_network_of_ones_own_is_judged_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from verify.cli import main

    ReluNetwork([AffineMap([[-1]], [1])]).save(tmp_path / "network.json")
    LabelledSets(BoxUnion.of([([0], [1])]), BoxUnion.of([([2], [3])])).save(tmp_path / "sets.json")
    options = ["--sets", str(tmp_path / "sets.json"), "--network", str(tmp_path / "network.json")]
    with pytest.raises(SystemExit) as end:
        main(["check", "robust-test-error", *options, "--radius", "1/4", "--json"])
    claim = json.loads(capsys.readouterr().out)["claims"][0]
    assert end.value.code == 1 and claim["measured"] == "1/8"
    assert Fraction(claim["witness"]["point"][0]) >= 1


def test_points_and_flat_boxes_choose_their_law() -> None:
    assert verify.check("3.1", sets="points:n=6,d=2,levels=5").instance["law"] == "points equally likely"
    assert verify.check("3.1", sets=LINE).instance["law"] == "uniform by volume"
    assert "equally likely" in verify.check("3.1").instance["law"]
    touching = LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[0]]))
    assert verify.check("3.1", sets=touching).exit_code == 4


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_weights_come_from_a_file_or_from_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from verify.cli import main

    ReluNetwork([AffineMap([[1]], [0])]).save(tmp_path / "line.json")
    (tmp_path / "points.csv").write_text("x,label\n1,-1\n2,1\n-3,1\n", encoding="utf-8")
    (tmp_path / "weights.csv").write_text("weight\n0.5\n1/4\n\n3\n", encoding="utf-8")
    common = ["--network", str(tmp_path / "line.json"), "--radius", "1/4", "--json"]
    spec, weights = str(tmp_path / "points.csv"), str(tmp_path / "weights.csv")
    with pytest.raises(SystemExit) as end:
        main(["check", "3.1", "--data", spec, "--weights", weights, *common])
    envelope = json.loads(capsys.readouterr().out)
    assert end.value.code == 1 and envelope["claims"][0]["measured"] == "14/15"
    assert envelope["instance"]["law"] == "points weighted as given"
    network = ReluNetwork([AffineMap([[1]], [0])])
    again = verify.check("3.1", data=spec, weights=["1/2", "1/4", 3], network=network, radius="1/4")
    assert again.claim("robust_test_error").measured == "14/15"


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_weights_of_boxes_go_to_the_pieces_in_their_order(tmp_path: Path) -> None:
    """On a line the intervals of A, then those of B: only the first is wrong, on half of it."""
    network = ReluNetwork([AffineMap([[1], [1]], ["-1/2", -4]), AffineMap([[1, -2]], [0])])
    sets = LabelledSets(BoxUnion.of([([0], [1]), ([2], [3])]), BoxUnion.of([([8], [9])]))
    for weights, error in (([1, 1, 2], "1/8"), ([1, 0, 0], "1/2"), ([0, 5, 5], "0")):
        report = verify.check("3.1", sets=sets, weights=weights, network=network, radius=0)
        assert report.claim("robust_test_error").measured == error
    mixture = BoxMixture([Box([0], [1]), Box([8], [9])], [1, -1], ["3/4", "1/4"])
    path = mixture.save(tmp_path / "mixture.json")
    assert BoxMixture.load(path) == mixture
    report = verify.check("3.1", distribution=str(path), network=network, radius=0)
    assert report.claim("robust_test_error").measured == "3/8"
    assert verify.check("3.1", distribution=mixture).exit_code == 0


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_classes_of_several_outputs(tmp_path: Path) -> None:
    """Three outputs x, 1 and -x: class 0 beyond 1, class 2 below -1, class 1 between."""
    network = ReluNetwork([AffineMap([[1], [0], [-1]], [0, 1, 0])])
    boxes = [Box([0], [4]), Box([-2], [2]), Box([-3], [-2])]
    mixture = BoxMixture(boxes, [0, 1, 2], ["1/2", "1/4", "1/4"])
    result = verify.robust_test_error(network, mixture, radius="1/2")
    # Class 0 within 1/2 of x <= 1: 3/8. Class 1 beyond |x| = 1/2: 3/4. Class 2 nowhere.
    assert result.is_exact and result.lower == Fraction(3, 8) / 2 + Fraction(3, 4) / 4
    data = LabelledPoints.of([[2], [0], [-2]], labels=[0, 1, 2])
    weighted = FiniteDistribution(data, ["1/2", "1/3", "1/6"])
    assert [verify.robust_test_error(network, weighted, radius=r).lower for r in ("1/2", 1)] == [0, 1]
    report = verify.check("3.1", distribution=mixture, network=network, radius="1/2")
    assert report.claim("robust_test_error").measured == "3/8"
    with pytest.raises(UsageError, match="default radius"):
        verify.check("3.1", distribution=mixture, network=network)
    with pytest.raises(UsageError, match="default network"):
        verify.check("3.1", data=data, radius=1)
    with pytest.raises(UsageError, match="label 2"):
        verify.robust_test_error(ReluNetwork([AffineMap([[1], [0]], [0, 0])]), mixture, radius=0)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("weight\n1\n", UsageError),
        ("weight\n1\n-1\n", AssumptionViolated),
        ("weight\n0\n0\n", AssumptionViolated),
        ("weight\n1\nnan\n", InexactInput),
        ("weights\n1\n1\n", MalformedInput),
        ("weight\n1,2\n1\n", MalformedInput),
    ],
)
def test_weights_that_make_no_distribution_are_refused(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(text, encoding="utf-8")
    data = LabelledPoints.of([[0], [1]], labels=[-1, 1])
    if error is AssumptionViolated:
        report = verify.check("3.1", data=data, weights=path)
        assert report.exit_code == 4 and report.verdicts[0].name == "weights"
        return
    with pytest.raises(error):
        verify.check("3.1", data=data, weights=path)
    with pytest.raises(UsageError, match="one of"):
        verify.check("3.1", data=data, sets=LINE)


@pytest.mark.parametrize("broken", ['{"schema": "x"}', '{"schema": "robustproofs/mixture/1", "boxes": []}'])
def test_damaged_mixtures_are_rejected(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "mixture.json"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(MalformedInput):
        BoxMixture.load(path)
    entry = '{"lower": [0], "upper": %s, "label": 1, "probability": %s}'
    for upper, probability, error in (
        ("[0.5]", "1", MalformedInput),
        ("[1]", "1.0", MalformedInput),
        ("1", "1", MalformedInput),
        ("[1, 2]", "1", MalformedInput),
        ("[1]", '"1/2"', AssumptionViolated),
        ("[-1]", "1", AssumptionViolated),
        ("[1]", '"x"', InexactInput),
    ):
        path.write_text('{"schema": "robustproofs/mixture/1", "boxes": [%s]}' % (entry % (upper, probability)))
        with pytest.raises(error):
            BoxMixture.load(path)
