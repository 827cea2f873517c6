"""The theorem cards: hypotheses named with their values, claims decided, sizes as promised."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data
from constructions.errors import UsageError
from constructions.memorizers.literals import plan_literals
from constructions.memorizers.paper import count_papers_route
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.notes.formulas import formula, symbol
from verify.theorem import Report, Theorem
from verify.theorems.registry import check, find_theorem, theorems

PRINTED, LINF, L1 = "robust-memorization", "robust-memorization-linf", "robust-memorization-l1"
DIGITS = "digits:even-odd"
SMALL = [
    f"random:n={n},d={d},levels={levels},seed=3" for n, d, levels in ((2, 1, 3), (9, 1, 40), (12, 2, 5), (20, 5, 4))
]


@pytest.fixture(scope="module")
def digits() -> LabelledPoints:
    """The 1,797 handwritten digits, even against odd."""
    return load_data(DIGITS)


def _statuses(report: Report) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in report.verdicts}


def _promised_by_formula(theorem: Theorem, claim: str, data: LabelledPoints) -> Fraction:
    smaller, larger = sorted((data.indices(1).size, data.indices(-1).size))
    values = {"n": len(data), "d": data.dim, "m": smaller, "k": larger}
    value = formula(theorem.bounds[claim]).subs({symbol(name): int(count) for name, count in values.items()})
    return Fraction(int(value.p), int(value.q))


# The handwritten digits ----------------------------------------------------------------


@pytest.mark.theorem("robust-memorization", claims=["radius", "robust_error", "margin", "parameters"])
def test_printed_statement_holds_on_the_digits(digits: LabelledPoints) -> None:
    report = check("2.2", data=digits, radius="3/32")
    assert report.verdict == "holds" and report.exit_code == 0
    assert set(_statuses(report)) == set(find_theorem("2.2").claims)
    assert report.claim("radius").promised == "7/64"
    assert report.claim("robust_error").measured == "0" and report.claim("margin").measured == "1"
    assert int(report.claim("parameters").measured) <= 5600 < int(report.claim("parameters").promised) == 1_153_674
    assert {verdict.evidence for verdict in report.verdicts} == {"exact"}


@pytest.mark.theorem("robust-memorization", claims=["radius"])
def test_printed_statement_is_inapplicable_beyond_half_of_eps_and_names_the_corrected_one(
    digits: LabelledPoints,
) -> None:
    report = check("2.2", data=digits, radius="1/8")
    assert report.verdict == "inapplicable" and report.exit_code == 4
    assert [name for name, status in _statuses(report).items() if status != "holds"] == ["radius"]
    detail = report.claim("radius").detail
    assert all(part in detail for part in ("radius 1/8", "eps/2 = 7/64", LINF, "radius < eps = 7/32"))


@pytest.mark.theorem("robust-memorization-linf", claims=["separation", "radius", "robust_error", "margin", "count"])
def test_corrected_statement_holds_on_the_digits_close_to_its_limit(digits: LabelledPoints) -> None:
    report = check(LINF, data=digits, radius="1/5")
    assert report.verdict == "holds"
    assert report.claim("separation").measured == "7/16" and report.claim("radius").promised == "7/32"
    assert report.claim("robust_error").measured == "0" and report.claim("margin").measured == "1"
    assert report.claim("count").measured == report.claim("count").promised == "5828"


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters", "count"])
def test_sizes_on_the_digits(digits: LabelledPoints) -> None:
    report = check(LINF, data=digits, radius="3/32")
    sizes = {entry["name"]: entry["parameters"] for entry in report.sizes}
    assert sizes == {"literals": 5066, "box": 343_927, "paper": 1_153_674}
    assert report.claim("count").measured == "5066" and report.network is not None
    assert report.network.size.nonzero == 5066
    unmerged = plan_literals(digits, "3/32", merge=False)
    assert unmerged is not None and unmerged.parameters == 9328


@pytest.mark.theorem("robust-memorization-linf", claims=["radius"])
def test_critical_radius_is_inapplicable_and_just_below_it_is_not(digits: LabelledPoints) -> None:
    assert check(LINF, data=digits, radius="7/32").claim("radius").status == "inapplicable"
    below = check(LINF, data="random:n=12,d=2,levels=5,seed=3", radius=Fraction(1, 8) - Fraction(1, 2**40))
    assert below.verdict == "holds" and below.claim("radius").promised == "1/8"


# Every claim on small instances --------------------------------------------------------


@pytest.mark.theorem("robust-memorization-linf", claims=["labels", "separation", "radius", "robust_error", "margin"])
@pytest.mark.parametrize("ratio", ["0", "1/3", "9/10", "999/1000"])
@pytest.mark.parametrize("spec", SMALL)
def test_every_construction_in_linf_meets_every_claim(spec: str, ratio: str) -> None:
    report = check(LINF, data=spec, ratio=ratio, construction="all")
    assert report.verdict == "holds"
    margins = {verdict.name for verdict in report.verdicts if verdict.name.startswith("margin")}
    names = {entry["name"] for entry in report.sizes}
    assert names >= {"literals", "box", "paper"} and len(margins) == len(names)


@pytest.mark.theorem("robust-memorization-l1", claims=["labels", "separation", "radius", "robust_error", "margin"])
@pytest.mark.parametrize("ratio", ["0", "1/3", "9/10", "999/1000"])
@pytest.mark.parametrize("spec", SMALL)
def test_corrected_statement_in_l1_holds_at_every_ratio(spec: str, ratio: str) -> None:
    report = check(L1, data=spec, ratio=ratio)
    assert report.verdict == "holds" and report.instance["norm"] == "l1"
    assert Fraction(report.claim("margin").measured) >= 1
    assert set(_statuses(report)) == set(find_theorem(L1).claims)


@pytest.mark.theorem("robust-memorization", claims=["labels", "separation", "norm", "unit_ball", "eps", "parameters"])
@pytest.mark.parametrize("spec", SMALL)
def test_printed_statement_holds_by_the_larger_route_too(spec: str) -> None:
    report = check("2.2", data=spec, eps="1/1000", ratio="1/3", construction="paper")
    assert report.verdict == "holds"
    assert int(report.claim("parameters").measured) <= int(report.claim("parameters").promised)


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters", "count"])
@pytest.mark.theorem("robust-memorization-l1", claims=["parameters", "count"])
@pytest.mark.parametrize("ratio", ["0", "1/2", "9/10"])
@pytest.mark.parametrize("spec", [*SMALL, "karate", "iris:0-1"])
@pytest.mark.parametrize("theorem", [LINF, L1])
def test_the_smallest_network_meets_the_registered_bound(theorem: str, spec: str, ratio: str) -> None:
    data = load_data(spec)
    report = check(theorem, data=data, ratio=ratio)
    measured = int(report.claim("parameters").measured)
    assert measured <= _promised_by_formula(find_theorem(theorem), "parameters", data)
    assert report.claim("count").measured == report.claim("count").promised == str(measured)


@pytest.mark.theorem("robust-memorization-l1", claims=["parameters"])
def test_the_bound_in_l1_is_attained() -> None:
    data = LabelledPoints.of([["1/2", "1/3"], ["-1/2", "1/5"]], [-1, 1])
    report = check(L1, data=data, construction="l1")
    assert int(report.claim("parameters").measured) == _promised_by_formula(find_theorem(L1), "parameters", data) == 15


@pytest.mark.theorem("robust-memorization", claims=["parameters"])
def test_the_count_of_the_printed_route_is_linear_in_n_and_d() -> None:
    for d in range(1, 200):
        carries = (d - 1).bit_length()
        assert 10 * d + 2 <= count_papers_route(1, d) <= 10 * d + 2 + carries
        assert count_papers_route(7, d) == 7 * count_papers_route(1, d)


@pytest.mark.theorem("robust-memorization-linf", claims=["margin"])
@pytest.mark.theorem("robust-memorization-l1", claims=["margin"])
@pytest.mark.parametrize("theorem", [LINF, L1])
def test_margin_by_evaluation_at_the_extreme_points_of_every_ball(theorem: str) -> None:
    data = load_data("random:n=10,d=3,levels=6,seed=5")
    report = check(theorem, data=data, ratio="9/10")
    radius, network = Fraction(report.instance["radius"]), report.network
    assert network is not None
    steps = list(itertools.product((-1, 0, 1), repeat=3))
    if theorem == L1:
        steps = [step for step in steps if sum(map(abs, step)) <= 1]
    values = [
        label * network([x + radius * s for x, s in zip(point, step, strict=True)])[0]
        for point, label in zip(data.points, data.labels, strict=True)
        for step in steps
    ]
    assert min(values) == Fraction(report.claim("margin").measured) == 1


# Hypotheses that fail ------------------------------------------------------------------


@pytest.mark.theorem("robust-memorization", claims=["separation"])
@pytest.mark.theorem("robust-memorization-linf", claims=["separation"])
@pytest.mark.theorem("robust-memorization-l1", claims=["separation"])
@pytest.mark.parametrize("theorem", ["2.2", LINF, L1])
def test_conflicting_duplicates_are_inapplicable_and_listed(theorem: str) -> None:
    data = LabelledPoints.of([["0"], ["1"], ["0"], ["1"]], [-1, 1, 1, -1])
    report = check(theorem, data=data)
    assert report.verdict == "inapplicable" and report.claim("separation").status == "inapplicable"
    assert "0-2" in report.claim("separation").detail and "1-3" in report.claim("separation").detail
    assert report.network is None


@pytest.mark.theorem("robust-memorization", claims=["separation"])
@pytest.mark.theorem("robust-memorization-linf", claims=["separation"])
@pytest.mark.theorem("robust-memorization-l1", claims=["separation"])
@pytest.mark.parametrize("theorem", ["2.2", LINF, L1])
def test_too_small_a_separation_is_inapplicable_with_the_closest_pair(theorem: str) -> None:
    data = LabelledPoints.of([["0"], ["1/2"], ["1"]], [-1, 1, 1])
    verdict = check(theorem, data=data, eps="1/3").claim("separation")
    assert (verdict.status, verdict.measured, verdict.promised) == ("inapplicable", "1/2", "2/3")
    assert "closest pairs 0-1" in verdict.detail and verdict.witness is not None
    assert verdict.witness["pair"] == [0, 1] and verdict.witness["distance"] == "1/2"


@pytest.mark.theorem("robust-memorization-linf", claims=["separation", "radius"])
@pytest.mark.theorem("robust-memorization-l1", claims=["separation", "radius"])
@pytest.mark.parametrize("theorem", [LINF, L1])
def test_too_large_a_radius_is_inapplicable_with_the_largest_valid_one_and_the_closest_pair(theorem: str) -> None:
    data = LabelledPoints.of([["0"], ["1/2"], ["1"]], [-1, 1, 1])
    report = check(theorem, data=data, radius="1/4")
    assert report.verdict == "inapplicable" and "below eps = 1/4" in report.claim("radius").detail
    assert "closest pairs 0-1" in report.claim("separation").detail
    assert check(theorem, data=data, radius="-1/9").claim("radius").status == "inapplicable"


@pytest.mark.theorem("robust-memorization", claims=["labels"])
@pytest.mark.theorem("robust-memorization-linf", claims=["labels"])
@pytest.mark.theorem("robust-memorization-l1", claims=["labels"])
@pytest.mark.parametrize("theorem", ["2.2", LINF, L1])
def test_other_labels_are_inapplicable_and_named(theorem: str) -> None:
    report = check(theorem, data=LabelledPoints.of([["0"], ["1/2"]], [0, 1]))
    assert report.claim("labels").status == "inapplicable" and "label 0" in report.claim("labels").detail


@pytest.mark.theorem("robust-memorization", claims=["norm"])
def test_the_printed_statement_does_not_speak_of_l1() -> None:
    verdict = check("2.2", data=LabelledPoints.of([["0"], ["1/2"]], [-1, 1]), norm="l1").claim("norm")
    assert verdict.status == "inapplicable" and L1 in verdict.detail


@pytest.mark.theorem("robust-memorization", claims=["robust_error", "margin", "parameters"])
@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error", "margin", "parameters", "count"])
@pytest.mark.theorem("robust-memorization-l1", claims=["robust_error", "margin", "parameters", "count"])
@pytest.mark.parametrize("label", [-1, 1])
@pytest.mark.parametrize("theorem", ["2.2", LINF, L1])
def test_one_class_only_holds_with_a_constant_network(theorem: str, label: int) -> None:
    report = check(theorem, data=LabelledPoints.of([["0", "1"], ["1/2", "0"]], [label, label]), radius="1000")
    assert report.verdict == "holds" and report.network is not None
    assert report.network.size.nonzero == 1 and report.network(["7", "-9"]) == (label,)


# The definitions -----------------------------------------------------------------------


@pytest.mark.theorem("separation", claims=["separation"])
@pytest.mark.parametrize(("norm", "distance"), [("linf", "3/4"), ("l1", "5/4"), ("l2", "13/16")])
def test_separation_is_the_smallest_distance_of_opposite_labels(norm: str, distance: str) -> None:
    data = LabelledPoints.of([["0", "0"], ["1/8", "0"], ["3/4", "1/2"], ["3", "3"]], [-1, 1, 1, 1]).subset([0, 2, 3])
    verdict = check("1.1", data=data, norm=norm).claim("separation")
    assert (verdict.status, verdict.measured) == ("holds", distance)
    assert "closest pairs 0-1" in verdict.detail


@pytest.mark.theorem("separation", claims=["separation"])
def test_separation_is_violated_with_the_pair_as_witness_when_eps_asks_for_more() -> None:
    data = LabelledPoints.of([["0"], ["1/2"]], [-1, 1])
    assert check("1.1", data=data, eps="1/4").verdict == "holds"
    verdict = check("1.1", data=data, eps=Fraction(1, 4) + Fraction(1, 2**60)).claim("separation")
    assert verdict.status == "violated" and verdict.witness is not None
    assert verdict.witness["points"] == [["0"], ["1/2"]]


@pytest.mark.theorem("robust-training-error", claims=["robust_error"])
def test_robust_training_error_is_zero_for_a_memorizer_and_counts_points_for_others() -> None:
    data = LabelledPoints.of([["0"], ["1/2"], ["1"], ["2"]], [-1, -1, 1, 1])
    assert check("2.1", data=data).claim("robust_error").measured == "0"
    line = ReluNetwork([AffineMap([[1]], [Fraction(-3, 4)])])
    report = check("2.1", data=data, network=line, radius="1/4")
    verdict = report.claim("robust_error")
    assert (verdict.status, verdict.measured, report.exit_code) == ("violated", "1/2", 1)
    assert verdict.witness is not None and verdict.witness["output"] == ["0"]


@pytest.mark.theorem("robust-training-error", claims=["robust_error"])
def test_robust_training_error_needs_a_radius_for_a_network_of_ones_own() -> None:
    data = LabelledPoints.of([["0"], ["1"]], [-1, 1])
    with pytest.raises(UsageError, match="radius"):
        check("2.1", data=data, network=ReluNetwork([AffineMap([[1]], [0])]))


# The registry --------------------------------------------------------------------------


def test_every_registered_bound_is_a_formula_in_declared_symbols() -> None:
    bounds = [(theorem.id, claim, bound) for theorem in theorems() for claim, bound in theorem.bounds.items()]
    assert bounds
    for theorem, claim, bound in bounds:
        assert formula(bound) is not None and claim in find_theorem(theorem).claims


def test_a_number_means_the_printed_statement_and_a_word_the_corrected_one() -> None:
    assert find_theorem("2.2").id == PRINTED and not find_theorem("2.2").corrected
    assert find_theorem("thm:" + LINF).corrected and find_theorem(L1).corrected
    with pytest.raises(UsageError, match="rproof list shows all"):
        find_theorem("2.9")


@pytest.mark.parametrize("theorem", [theorem.id for theorem in theorems()])
def test_every_statement_has_a_default_instance_that_holds_exactly(theorem: str) -> None:
    report = check(theorem)
    assert report.verdict == "holds" and {verdict.evidence for verdict in report.verdicts} <= {"exact", "enclosure"}
