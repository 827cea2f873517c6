"""The minimal instances of proofs_notes/errata.md, one after the other."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.memorizers.box_bumps import count_box_bumps
from constructions.memorizers.paper import count_papers_route, memorize_by_the_papers_route
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.robustness import robust_error
from verify.theorems.registry import check

LINF, L1 = "robust-memorization-linf", "robust-memorization-l1"


@pytest.mark.theorem("robust-memorization", claims=["radius"])
@pytest.mark.theorem("robust-memorization-linf", claims=["radius", "robust_error", "margin"])
@pytest.mark.theorem("robust-memorization-l1", claims=["radius", "robust_error", "margin"])
def test_half_of_eps_is_not_needed() -> None:
    data = LabelledPoints.of([["0"], ["1/2"]], [-1, 1])
    printed = check("2.2", data=data, ratio="9/10")
    assert [v.name for v in printed.verdicts if v.status != "holds"] == ["radius"]
    assert (printed.claim("radius").measured, printed.claim("radius").promised) == ("9/40", "1/8")
    for theorem in (LINF, L1):
        assert check(theorem, data=data, ratio="9/10").verdict == "holds"
    assert check(LINF, data=data, ratio="9/10").claim("parameters").measured == "6"


@pytest.mark.theorem("robust-memorization-linf", claims=["radius"])
@pytest.mark.theorem("robust-memorization-l1", claims=["radius"])
@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_eps_itself_is_too_large_for_every_network(norm: str) -> None:
    data = LabelledPoints.of([["0"], ["1/2"]], [-1, 1])
    assert check(f"robust-memorization-{norm}", data=data, radius="1/4").verdict == "inapplicable"
    # The closed balls share the point 1/4, where no output has both signs.
    for slope, shift in (("1", "-1/4"), ("4", "-1"), ("1", "0"), ("0", "1"), ("0", "-1")):
        network = ReluNetwork([AffineMap([[Fraction(slope)]], [Fraction(shift)])])
        assert robust_error(network, data, norm, "1/4").lower > 0


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters", "count"])
@pytest.mark.theorem("robust-memorization-l1", claims=["parameters", "count"])
@pytest.mark.parametrize("theorem", [LINF, L1])
def test_the_size_does_not_grow_as_the_radius_shrinks(theorem: str) -> None:
    data = LabelledPoints.of([["1/3", "1/5"], ["-1/3", "2/5"], ["1/7", "-1/2"]], [-1, 1, 1])
    halvings = range(5, 60, 6)
    reports = [check(theorem, data=data, radius=Fraction(1, 2**power)) for power in halvings]
    assert all(report.verdict == "holds" for report in reports)
    promised = {report.claim("parameters").promised for report in reports}
    assert len(promised) == 1
    # n * d * log2(d / radius), the first term of the printed O(..), grows by n * d a halving.
    printed = [len(data) * data.dim * (1 + power) for power in halvings]
    assert all(later - earlier == 36 for earlier, later in itertools.pairwise(printed))
    assert max(int(report.claim("count").measured) for report in reports) <= int(promised.pop()) < printed[-1]


@pytest.mark.theorem("robust-training-error", claims=["robust_error"])
@pytest.mark.parametrize("label", [-1, 1])
def test_an_output_of_exactly_zero_is_an_error(label: int) -> None:
    identity = ReluNetwork([AffineMap([[1]], [0])])
    data = LabelledPoints.of([[label]], [label])
    touching = robust_error(identity, data, "linf", 1)
    assert (touching.lower, touching.upper) == (1, 1)
    witness = touching.witness(0)
    assert witness == (0,) and identity(witness) == (0,)
    inside = robust_error(identity, data, "linf", 1 - Fraction(1, 2**40))
    assert (inside.lower, inside.upper) == (0, 0)


@pytest.mark.theorem("robust-memorization", claims=["unit_ball", "eps"])
@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error", "margin"])
@pytest.mark.theorem("robust-memorization-l1", claims=["robust_error", "margin"])
def test_the_unit_ball_and_eps_below_one_half_are_not_needed() -> None:
    far = LabelledPoints.of([["0"], ["10"]], [-1, 1])
    printed = check("2.2", data=far, ratio="3/7")
    assert [v.name for v in printed.verdicts if v.status != "holds"] == ["unit_ball", "eps"]
    assert (printed.claim("unit_ball").measured, printed.claim("eps").measured) == ("10", "5")
    for theorem in (LINF, L1):
        assert check(theorem, data=far, ratio="3/7").verdict == "holds"


@pytest.mark.theorem("robust-memorization", claims=["unit_ball", "eps"])
def test_the_same_points_scaled_meet_the_printed_hypotheses() -> None:
    scaled = LabelledPoints.of([["0"], ["9/10"]], [-1, 1])
    assert check("2.2", data=scaled, ratio="3/7").verdict == "holds"


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters", "count"])
def test_only_the_smaller_class_needs_bumps() -> None:
    points = [["1/2", "1/3"], ["-1", "1"], ["-1", "-1"], ["1", "-1"], ["1", "1"], ["-1", "1/9"]]
    data = LabelledPoints.of(points, [1, -1, -1, -1, -1, -1])
    report = check(LINF, data=data, construction="box")
    assert report.verdict == "holds" and report.network is not None
    assert report.network.size.nonzero == count_box_bumps(data, report.instance["radius"]) == 6 * 2 + 2 + 1
    both = check("2.2", data=data, ratio="3/7", construction="paper")
    assert both.verdict == "holds"
    assert int(both.claim("parameters").promised) == count_papers_route(6, 2) == 6 * count_papers_route(1, 2) == 132


@pytest.mark.theorem("robust-memorization", claims=["robust_error"])
def test_bumps_of_both_classes_leave_the_output_zero_away_from_the_balls() -> None:
    data = LabelledPoints.of([["0"], ["1/2"]], [-1, 1])
    network = memorize_by_the_papers_route(data, "1/16")
    assert network(["1/4"]) == (0,) and network(["5"]) == (0,)
    assert robust_error(network, data, "linf", "1/16").upper == 0


def test_nothing_in_the_printed_statement_is_false() -> None:
    with pytest.raises(UsageError, match="nothing in the printed statement is false"):
        check("2.2", instance="erratum")


def test_a_corrected_statement_names_the_printed_one_that_fails() -> None:
    with pytest.raises(UsageError, match=r"the printed one, 3\.2, has one"):
        check("distance-classifier", instance="erratum")
    with pytest.raises(UsageError, match="no instance of it is known to fail"):
        check("hashed-memorization", instance="erratum")
