"""Every broken twin is refuted, by an exact witness inside the ball; its genuine twin is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constructions import AssumptionViolated, LabelledPoints, NormBall, ReluNetwork
from verify import robust_error
from verify.testing import ConformanceFailure, check_construction
from verify.testing import broken_memorizers as wrong
from verify.testing.broken import BROKEN_TWINS, BrokenTwin, twins_that_break
from verify.testing.conformance import CLAIMS

FAMILIES = ("box", "l1", "literals", "cuts", "tilted", "paper")
COUNTED = ("parameters", "count", "depth", "determinism")
twins = pytest.mark.parametrize("twin", BROKEN_TWINS, ids=[twin.name for twin in BROKEN_TWINS])
with_witness = pytest.mark.parametrize(
    "twin", [pytest.param(twin, id=twin.name) for twin in BROKEN_TWINS if twin.claim not in COUNTED]
)
found_at_random = pytest.mark.parametrize(
    "name",
    [
        "box_ramp_too_flat",
        "box_missing_face",
        "box_for_positive_data",
        "box_touching_allowed",
        "l1_cone_too_low",
        "l1_negative_part_missing",
        "literals_slope_halved",
        "paper_trapezoid_ends_at_radius",
    ],
)


def refutation(twin: BrokenTwin) -> ConformanceFailure:
    """Return how the battery refutes the twin on its own instance."""
    with pytest.raises(ConformanceFailure) as caught:
        check_construction(twin.builder, {twin.claim: twin.value}, norm=twin.norm, instances=[(twin.data, twin.radius)])
    return caught.value


def output(network: ReluNetwork, point: tuple[Fraction, ...]) -> Fraction:
    """Evaluate a network of one output in plain fractions, one product at a time."""
    values = list(point)
    for index, affine in enumerate(network.maps):
        if index:
            values = [max(value, Fraction(0)) for value in values]
        rows = zip(affine.weight, affine.bias, strict=True)
        values = [sum((w * x for w, x in zip(row, values, strict=True)), bias) for row, bias in rows]
    return values[0]


def size(point: tuple[Fraction, ...], centre: tuple[Fraction, ...], norm: str) -> Fraction:
    """Return the length of the step from the centre, in l2 its square."""
    steps = [abs(x - c) for x, c in zip(point, centre, strict=True)]
    if norm == "l2":
        return sum((step * step for step in steps), Fraction(0))
    return max(steps) if norm == "linf" else sum(steps, Fraction(0))


@twins
def test_the_genuine_twin_keeps_the_claim(twin: BrokenTwin) -> None:
    instances = [(twin.data, twin.radius)]
    report = check_construction(twin.genuine, {twin.claim: twin.value}, norm=twin.norm, instances=instances)
    assert (report.claims, report.instances, report.undecided) == ((twin.claim,), 1, 0)


@twins
def test_the_twin_is_refuted_on_its_instance(twin: BrokenTwin) -> None:
    failure = refutation(twin)
    assert failure.claim == twin.claim
    assert failure.finding.verdict.status == "violated"
    assert twin.name in str(failure)


@with_witness
def test_the_witness_is_exact_and_inside_the_ball(twin: BrokenTwin) -> None:
    failure = refutation(twin)
    assert failure.witness is not None and failure.index is not None
    centre, label = failure.data.point(failure.index), failure.data.labels[failure.index]
    limit = failure.radius**2 if twin.norm == "l2" else failure.radius
    assert size(failure.witness, centre, twin.norm) <= limit
    value = label * output(twin.builder(failure.data, failure.radius), failure.witness)
    assert value < 1 if twin.claim == "margin" else value <= 0


@pytest.mark.parametrize("twin", [pytest.param(t, id=t.name) for t in twins_that_break("robust_error")])
def test_robust_error_calls_the_twin_violated(twin: BrokenTwin) -> None:
    network = twin.builder(twin.data, twin.radius)
    error = robust_error(network, twin.data, twin.norm, twin.radius)
    assert error.lower > 0
    for index in [i for i, status in enumerate(error.status) if status == "violated"]:
        point = error.witness(index)
        assert point is not None
        assert NormBall(twin.norm, twin.radius).contains(twin.data.point(index), point)
        assert twin.data.labels[index] * output(network, point) <= 0


@pytest.mark.parametrize(
    "twin", [pytest.param(t, id=t.name) for t in (*twins_that_break("margin"), *twins_that_break("robust_error"))]
)
def test_no_method_proves_a_margin_of_one_that_is_not_there(twin: BrokenTwin) -> None:
    network = twin.builder(twin.data, twin.radius)
    for method in ("auto", "interval", "paired"):
        error = robust_error(network, twin.data, twin.norm, twin.radius, method=method)
        proved = [error.margin(index) for index in range(len(twin.data))]
        assert any(margin is None or margin < 1 for margin in proved)


@found_at_random
def test_random_instances_find_the_twin_and_shrink(name: str) -> None:
    twin = next(twin for twin in BROKEN_TWINS if twin.name == name)
    with pytest.raises(ConformanceFailure) as caught:
        check_construction(twin.builder, {twin.claim: twin.value}, norm=twin.norm, seed=0)
    assert (len(caught.value.data), caught.value.data.dim) == (2, 1)
    assert caught.value.witness is not None


def test_every_claim_has_a_twin_that_breaks_it() -> None:
    assert {twin.claim for twin in BROKEN_TWINS} == set(CLAIMS)


def test_every_memorizer_has_a_twin_of_its_robust_error() -> None:
    assert {twin.genuine for twin in twins_that_break("robust_error")} == {twin.genuine for twin in BROKEN_TWINS}
    assert len({twin.genuine for twin in BROKEN_TWINS}) == 6


def test_every_wrong_construction_is_registered_and_says_what_is_wrong() -> None:
    builders = {name for name in vars(wrong) if name.split("_")[0] in FAMILIES}
    assert {twin.name for twin in BROKEN_TWINS} == builders
    assert all(twin.builder.__doc__ for twin in BROKEN_TWINS)


@twins
def test_twins_of_robustness_accept_one_class(twin: BrokenTwin) -> None:
    data = LabelledPoints.of([[0, 0], [1, 1]], [1, 1])
    assert twin.builder(data, Fraction(1)) == twin.genuine(data, Fraction(1))


@twins
def test_twins_refuse_what_is_far_beyond_the_critical_radius(twin: BrokenTwin) -> None:
    with pytest.raises(AssumptionViolated):
        twin.builder(twin.data, Fraction(100))
