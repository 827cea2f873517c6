"""Theorem 2.2 in l2: hypotheses, claims and sizes of every construction on small data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.data.sources import load_data
from constructions.errors import AssumptionViolated
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.hash_line import memorize_on_a_line
from constructions.memorizers.instance import memorization_instance
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import (
    kinks_needed,
    memorize_with_kinks,
    memorize_with_sawtooth,
    sawtooth_levels,
)
from constructions.memorizers.shared_square import memorize_with_shared_square, square_scale
from constructions.network.relu_network import ReluNetwork
from verify.notes.formulas import formula, symbol
from verify.robustness import robust_error
from verify.theorem import Report
from verify.theorems.registry import check, find_theorem

L2 = "robust-memorization-l2"
RATIOS = ["0", "1/100", "3/7", "9/10", "99/100"]
SPECS = [f"random:n={n},d={d},levels={levels},seed=3" for n, d, levels in ((5, 1, 9), (9, 2, 5), (8, 3, 4))]
SQUARES = ["shared-square", "sawtooth", "kinks"]
BUILDERS: dict[str, Callable[..., ReluNetwork]] = {
    "shared-square": memorize_with_shared_square,
    "sawtooth": memorize_with_sawtooth,
    "kinks": memorize_with_kinks,
    "cuts": memorize_with_cuts,
    "hash-line": memorize_on_a_line,
    "paper": memorize_by_the_papers_route_in_l2,
}
SKEW = LabelledPoints.of([["1/3", "1/5"], ["4/3", "2/7"], ["-2/3", "8/5"], ["1/7", "-3/2"]], [1, -1, -1, 1])


def _status(report: Report) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in report.verdicts}


def _count(text: str | None) -> int:
    assert text is not None
    return int(text)


# The claims ----------------------------------------------------------------------------


@pytest.mark.theorem("robust-memorization-l2", claims=["labels", "separation", "radius", "robust_error", "margin"])
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("spec", SPECS)
def test_the_corrected_statement_holds_at_every_ratio(spec: str, ratio: str) -> None:
    report = check(L2, data=spec, ratio=ratio)
    assert report.verdict == "holds" and report.instance["norm"] == "l2"
    assert set(_status(report)) >= set(find_theorem(L2).claims) - {"count"}
    assert report.claim("robust_error").measured == "0" and report.network is not None
    assert _count(report.claim("parameters").measured) == report.network.size.nonzero


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "margin", "parameters"])
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("name", [*SQUARES, "cuts"])
@pytest.mark.parametrize("spec", SPECS[1:])
def test_every_construction_meets_every_claim(spec: str, name: str, ratio: str) -> None:
    report = check(L2, data=spec, ratio=ratio, construction=name)
    assert report.verdict == "holds"
    assert [entry["name"] for entry in report.sizes] == [name]


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "count"])
def test_the_line_holds_where_it_applies_and_says_so_where_not() -> None:
    report = check(L2, data=SPECS[1], ratio="1/100", construction="hash-line")
    assert report.verdict == "holds" and report.claim("count").status == "holds"
    crossed = LabelledPoints.of([[0, 0], [1, 1], [0, 1], [1, 0]], [1, 1, -1, -1])
    refused = check(L2, data=crossed, ratio="99/100", construction="hash-line")
    assert (refused.verdict, refused.network) == ("inapplicable", None)
    assert "hash-line does not apply" in refused.claim("construction").detail


@pytest.mark.theorem("robust-memorization", claims=["robust_error", "parameters"])
@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "parameters"])
@pytest.mark.parametrize("ratio", ["0", "3/7", "9/10"])
def test_the_papers_route_has_no_robust_error(ratio: str) -> None:
    report = check(L2, data=SPECS[0], ratio=ratio, construction="paper")
    status = _status(report)
    assert status["robust_error"] == status["parameters"] == "holds" and status["margin"] != "violated"
    assert report.claim("robust_error").measured == "0"


@pytest.mark.theorem("robust-memorization", claims=["norm", "unit_ball", "eps", "radius", "parameters", "margin"])
def test_the_printed_statement_holds_in_l2_with_the_count_of_its_route() -> None:
    data = LabelledPoints.of([["1/4", "1/4"], ["-1/4", "-1/2"], ["-1/3", "1/3"]], [1, -1, -1])
    report = check("2.2", data=data, norm="l2", ratio="1/3")
    assert report.verdict == "holds"
    radius, eps = Fraction(report.instance["radius"]), Fraction(report.instance["eps"])
    q = _levels(2 + radius, 2, radius, eps)
    assert _count(report.claim("parameters").promised) == 3 * (7 * 2 * q + 8 * 2 + q + 5)
    outside = LabelledPoints.of([["3/4", "3/4"], ["0", "0"]], [1, -1])
    verdict = check("2.2", data=outside, norm="l2", ratio="1/3").claim("unit_ball")
    assert (verdict.status, verdict.measured) == ("inapplicable", "9/8")


# Sizes ---------------------------------------------------------------------------------


def _levels(width: Fraction, dim: int, radius: Fraction, eps: Fraction) -> int:
    """Return the smallest q >= 1 with d width^2 / 4^(q+1) < 4 eps (eps - radius)."""
    return next(q for q in range(1, 100) if dim * width**2 / 4 ** (q + 1) < 4 * eps * (eps - radius))


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters", "count"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_counts_are_the_closed_forms_less_accidental_zeros(ratio: str) -> None:
    n, m, d = 4, 2, 2
    instance = memorization_instance(SKEW, "l2", 0)
    assert instance is not None
    eps = instance.eps
    radius = Fraction(ratio) * eps
    reach = 2 * eps - radius
    q = _levels(reach, d, radius, eps)
    s = next(s for s in range(1, 10**4) if d * reach**2 / (4 * s * s) < reach**2 - radius**2)
    shared = _levels(Fraction(4, 3) + Fraction(3, 2) + Fraction(1, 10) + 2 * radius, d, radius, eps)
    paper = _levels(2 * Fraction(8, 5) + radius, d, radius, eps)
    expected = {
        "sawtooth": m * (7 * d * q + 11 * d + q + 2) + 1,
        "kinks": m * (6 * d * s + 2) + 1,
        "shared-square": m * (d + 3) + 1 + (8 * d * shared + shared if shared > 1 else 7 * d + 1),
        "paper": n * (7 * d * paper + 8 * d + paper + 5),
    }
    for entry in constructions_for("l2"):
        plan = entry.plan(SKEW, radius, None, "l2", None)
        if plan is None:
            continue
        size = plan.build().size.nonzero
        if entry.name in expected:
            assert plan.parameters == expected[entry.name] >= size > 9 * expected[entry.name] // 10
        else:
            assert plan.parameters == size


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
@pytest.mark.parametrize("ratio", ["0", "1/2", "9/10"])
@pytest.mark.parametrize("spec", [*SPECS, "karate", "iris:0-1"])
def test_the_smallest_network_meets_the_registered_bound(spec: str, ratio: str) -> None:
    data = load_data(spec)
    report = check(L2, data=data, ratio=ratio)
    instance = memorization_instance(data, "l2", report.instance["radius"])
    assert instance is not None
    values = {"m": len(instance.inside), "d": data.dim, "q": square_scale(instance).levels}
    bound = formula(find_theorem(L2).bounds["parameters"]).subs({symbol(k): int(v) for k, v in values.items()})
    assert _count(report.claim("parameters").measured) <= int(bound)
    assert report.verdict == "holds"


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
def test_the_bound_of_the_shared_square_is_attained() -> None:
    data = LabelledPoints.of([["1/3", "1/5"], ["4/3", "2/7"], ["1/2", "7/3"]], [1, -1, -1])
    instance = memorization_instance(data, "l2", "2/5")
    assert instance is not None and (q := square_scale(instance).levels) >= 2
    assert memorize_with_shared_square(data, "2/5").size.nonzero == (2 + 3) + 1 + 8 * 2 * q + q


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
def test_the_digits_need_few_half_spaces() -> None:
    data = load_data("digits:even-odd")
    report = {
        entry.name: entry.plan(data, Fraction(618265, 2 * 2**20), None, "l2", None)
        for entry in constructions_for("l2")
        if entry.name != "hash-line"
    }
    counts = {name: plan.parameters for name, plan in report.items() if plan is not None}
    assert counts.pop("cuts") <= 7_500
    assert counts == {"shared-square": 33_942, "sawtooth": 1_774_634, "kinks": 1_712_503, "paper": 4_156_461}


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
def test_half_spaces_are_not_always_fewer() -> None:
    """One point between the corners of a cube: all 64 directions matter, and no coordinate alone tells."""
    corners = [list(point) for point in itertools.product((-1, 1), repeat=6)]
    report = check(L2, data=LabelledPoints.of([[0] * 6, *corners], [1] + [-1] * 64), ratio="9/10")
    sizes = {entry["name"]: entry["parameters"] for entry in report.sizes}
    assert report.verdict == "holds" and (sizes["kinks"], sizes["shared-square"]) == (111, 151)
    assert sizes["cuts"] > 300 and _count(report.claim("parameters").measured) <= 111


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
@pytest.mark.parametrize("power", [2, 5, 9])
def test_the_logarithm_is_not_a_factor_of_the_number_of_points(power: int) -> None:
    """A further point of the smaller class costs d + 3, in the paper's route a multiple of d q."""
    counts = []
    for extra in (0, 1):
        inside = [["1/3", "1/5"], ["2/5", "1/7"], ["1/4", "2/9"]][: 2 + extra]
        outside = [["4/3", "1/5"], ["3/2", "1/7"], ["5/4", "2/9"], ["7/4", "1/9"]]
        data = LabelledPoints.of([*inside, *outside], [1] * len(inside) + [-1] * 4)
        radius = Fraction(2, 5) * (1 - Fraction(1, 4**power))
        shared, paper = (
            entry.plan(data, radius, Fraction(2, 5), "l2", None)
            for name in ("shared-square", "paper")
            for entry in constructions_for("l2", name)
        )
        assert shared is not None and paper is not None
        counts.append((shared.parameters, paper.parameters))
    assert counts[1][0] - counts[0][0] == 2 + 3
    assert counts[1][1] - counts[0][1] >= 7 * 2 * power


@pytest.mark.theorem("robust-memorization-l2", claims=["parameters"])
def test_levels_grow_by_the_logarithm_of_the_gap_and_pieces_by_its_root() -> None:
    data = LabelledPoints.of([[0, 0], [3, 4]], [1, -1])
    found = []
    for power in (6, 8, 10, 12):
        instance = memorization_instance(data, "l2", Fraction(5, 2) * (1 - Fraction(1, 4**power)))
        assert instance is not None
        found.append((sawtooth_levels(instance), kinks_needed(instance)))
    steps = list(itertools.pairwise(found))
    assert [later[0] - earlier[0] for earlier, later in steps] == [2] * 3
    assert all(39 * earlier[1] < 10 * later[1] < 41 * earlier[1] for earlier, later in steps)


# Hypotheses that fail ------------------------------------------------------------------


@pytest.mark.theorem("robust-memorization-l2", claims=["radius"])
@pytest.mark.parametrize("name", list(BUILDERS))
def test_the_radius_eps_is_inapplicable_and_the_closest_pair_is_named(name: str) -> None:
    data = LabelledPoints.of([[9, 9], [0, 0], [3, 4]], [1, -1, 1])
    report = check(L2, data=data, radius="5/2", construction=name)
    assert report.verdict == "inapplicable" and report.network is None
    detail = report.claim("radius").detail
    assert "below eps = 5/2" in detail and "closest opposite pairs 1-2" in detail
    with pytest.raises(AssumptionViolated, match=r"points 1 and 2 .* squared distance 25 .*radius 5/2 must be below"):
        BUILDERS[name](data, "5/2")
    with pytest.raises(AssumptionViolated, match="got -1/9"):
        BUILDERS[name](data, "-1/9")
    assert check(L2, data=data, radius="-1/9").claim("radius").status == "inapplicable"


@pytest.mark.theorem("robust-memorization-l2", claims=["separation"])
def test_too_small_a_separation_is_inapplicable_with_the_closest_pair() -> None:
    data = LabelledPoints.of([[0, 0], [1, 1], [5, 5]], [-1, 1, 1])
    verdict = check(L2, data=data, eps="3/4").claim("separation")
    assert verdict.status == "inapplicable" and "closest pairs 0-1" in verdict.detail
    assert verdict.witness is not None and verdict.witness["pair"] == [0, 1]
    assert check(L2, data=data, eps="7/10", ratio="1/2").verdict == "holds"


@pytest.mark.theorem("robust-memorization-l2", claims=["separation"])
@pytest.mark.parametrize("name", list(BUILDERS))
def test_conflicting_duplicates_are_inapplicable_and_listed(name: str) -> None:
    data = LabelledPoints.of([["0"], ["1"], ["0"], ["1"]], [-1, 1, 1, -1])
    report = check(L2, data=data)
    assert report.verdict == "inapplicable" and report.claim("separation").status == "inapplicable"
    assert "0-2" in report.claim("separation").detail and "1-3" in report.claim("separation").detail
    with pytest.raises(AssumptionViolated, match="points 0 and 2 have different labels at squared distance 0"):
        BUILDERS[name](data, 0)


@pytest.mark.theorem("robust-memorization-l2", claims=["labels"])
@pytest.mark.parametrize("name", list(BUILDERS))
def test_other_labels_are_inapplicable_and_named(name: str) -> None:
    data = LabelledPoints.of([["0"], ["1/2"]], [0, 1])
    report = check(L2, data=data)
    assert report.claim("labels").status == "inapplicable" and "label 0" in report.claim("labels").detail
    with pytest.raises(AssumptionViolated, match="found 0"):
        BUILDERS[name](data, "1/8")


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "margin", "parameters", "count"])
@pytest.mark.parametrize("label", [-1, 1])
def test_one_class_only_holds_with_a_constant_network(label: int) -> None:
    data = LabelledPoints.of([["0", "1"], ["1/2", "0"]], [label, label])
    for name in (None, *BUILDERS):
        report = check(L2, data=data, radius="1000", construction=name)
        assert report.verdict == "holds" and report.network is not None
        assert report.network.size.nonzero == 1 and report.network(["7", "-9"]) == (label,)


# Traps ---------------------------------------------------------------------------------


@pytest.mark.theorem("robust-memorization-l2", claims=["margin"])
@pytest.mark.parametrize("name", list(BUILDERS))
def test_margin_by_evaluation_at_rational_points_of_every_ball(name: str) -> None:
    radius = Fraction(1, 50) if name == "hash-line" else Fraction(2, 5)
    network, ball = BUILDERS[name](SKEW, radius), NormBall("l2", radius)
    steps = [(x, y, z) for x, y, z in ((1, 0, 1), (0, 1, 1), (3, 4, 5), (4, 3, 5), (5, 12, 13), (20, 21, 29))]
    values = []
    for place, label in enumerate(SKEW.labels):
        centre = SKEW.point(place)
        near = [ball.towards(centre, SKEW.point(other)) for other in range(len(SKEW))]
        for x, y, z in steps:
            for turn in ((x, y), (-x, y), (x, -y), (-x, -y)):
                near.append(tuple(c + radius * Fraction(t, z) for c, t in zip(centre, turn, strict=True)))
        assert all(ball.contains(centre, point) for point in near)
        values += [label * network(point)[0] for point in near]
    assert min(values) >= 1


def test_box_bumps_of_linf_are_not_called_robust_in_l2() -> None:
    """Trap 11: b = eps (1, 1, 1, 1) is 2 eps away in l2, and only eps in l-infinity."""
    data = LabelledPoints.of([[0, 0, 0, 0], ["1/2"] * 4], [1, -1])
    box = memorize_with_box_bumps(data, "1/5")
    result = robust_error(box, data, "l2", "2/5")
    assert result.status[0] == "violated" and result.lower >= Fraction(1, 2)
    for build in (memorize_with_shared_square, memorize_with_sawtooth, memorize_with_cuts):
        assert robust_error(build(data, "2/5"), data, "l2", "2/5").upper == 0


@pytest.mark.parametrize("name", [*SQUARES, "cuts"])
def test_the_boundary_of_a_ball_belongs_to_it(name: str) -> None:
    """Traps 3 and 12: 3/5 and 4/5 of the radius lie exactly on the sphere; lengths are compared by squares."""
    data = LabelledPoints.of([[0, 0], ["3", "4"]], [1, -1])
    radius = Fraction(5, 2) * (1 - Fraction(1, 1000))
    network = BUILDERS[name](data, radius)
    assert network([radius * Fraction(3, 5), radius * Fraction(4, 5)])[0] >= 1
    assert network([3 - radius * Fraction(3, 5), 4 - radius * Fraction(4, 5)])[0] <= -1
    assert robust_error(network, data, "l2", radius).upper == 0
    assert robust_error(network, data, "l2", "5/2", method="attack").lower >= Fraction(1, 2)


@pytest.mark.parametrize("name", list(BUILDERS))
def test_a_separation_that_is_no_rational_number_is_rounded_down(name: str) -> None:
    data = LabelledPoints.of([[0, 0], [1, 2]], [1, -1])
    instance = memorization_instance(data, "l2", 0)
    assert instance is not None and instance.eps == Fraction(isqrt(5 * 2**38), 2**20)
    assert 4 * instance.eps**2 < 5 < 4 * (instance.eps + Fraction(1, 2**20)) ** 2
    with pytest.raises(AssumptionViolated, match="needs at least"):
        BUILDERS[name](data, "1/8", eps=instance.eps + Fraction(1, 2**20))
    assert robust_error(BUILDERS[name](data, "1/8", eps="1"), data, "l2", "1/8").upper == 0


def test_dense_entries_outnumber_nonzero_ones() -> None:
    """Trap 8: only nonzero weights are linear in the number of bumps; a square for each bump is quadratic."""
    sizes = []
    for side in (3, 5):
        points = np.stack(np.meshgrid(range(side), range(side)), axis=-1).reshape(-1, 2)
        data = LabelledPoints.of(points, [1 if sum(point) % 2 else -1 for point in points.tolist()])
        size = memorize_with_sawtooth(data, "1/3").size
        sizes.append((min(data.labels.count(1), data.labels.count(-1)), size))
    (few, small), (many, large) = sizes
    assert large.nonzero * few < small.nonzero * many * Fraction(3, 2)
    assert large.dense * few**2 > small.dense * many**2 / Fraction(3, 2)


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "margin"])
def test_half_spaces_are_found_however_close_the_radius_is_to_eps() -> None:
    eps = Fraction(math.isqrt(5 * 4**40), 2**41)
    data = LabelledPoints.of([[0, 0], [1, 2]], [1, -1])
    report = check(L2, data=data, eps=eps, radius=eps - Fraction(1, 2**41), construction="cuts")
    assert report.verdict == "holds" and report.claim("margin").measured == "1"
