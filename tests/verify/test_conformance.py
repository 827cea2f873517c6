"""check_construction: what it accepts, how it fails, and that a failure can be pasted and run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from hypothesis import strategies as st

from constructions import (
    AffineMap,
    AssumptionViolated,
    InexactInput,
    LabelledPoints,
    ReluNetwork,
    UsageError,
    memorize_by_the_papers_route,
    memorize_with_box_bumps,
    memorize_with_l1_bumps,
    memorize_with_literals,
)
from constructions.memorizers.box_bumps import count_box_bumps
from verify.testing import STANDARD_CLAIMS, ConformanceFailure, check_construction
from verify.testing import broken_memorizers as wrong
from verify.testing.conformance import ConformanceReport
from verify.testing.strategies import memorization_instances

Builder = Callable[[LabelledPoints, Fraction], ReluNetwork]
LINE = LabelledPoints.of([[0], [1]], [-1, 1])
ON_THE_LINE = [(LINE, Fraction(1, 4))]


def failure_of(builder: Any, claims: Any, **options: Any) -> ConformanceFailure:
    with pytest.raises(ConformanceFailure) as caught:
        check_construction(builder, claims, **options)
    return caught.value


def halfway(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Return a line for two points of one coordinate, with margin 1, in any norm."""
    if 2 * radius >= abs(data.point(0)[0] - data.point(1)[0]) or len(data) != 2:
        raise AssumptionViolated(f"radius {radius} is too large")
    rise = max(data.point(0)[0], data.point(1)[0]) == data.point(data.labels.index(1))[0]
    slope = (1 if rise else -1) / (abs(data.point(0)[0] - data.point(1)[0]) / 2 - radius)
    return ReluNetwork([AffineMap([[slope]], [-slope * (data.point(0)[0] + data.point(1)[0]) / 2])])


@pytest.mark.theorem("robust-memorization-linf")
@pytest.mark.parametrize("builder", [memorize_with_box_bumps, memorize_with_literals, memorize_by_the_papers_route])
def test_linf_memorizers_pass_the_standard_battery(builder: Builder) -> None:
    report = check_construction(builder, STANDARD_CLAIMS, max_examples=5)
    assert report == ConformanceReport(STANDARD_CLAIMS, 5, 0)


@pytest.mark.theorem("robust-memorization-l1")
def test_the_l1_memorizer_passes_the_standard_battery() -> None:
    assert check_construction(memorize_with_l1_bumps, STANDARD_CLAIMS, norm="l1", max_examples=5).undecided == 0


def test_l2_works_too_and_refusals_know_the_irrational_separation() -> None:
    pairs = memorization_instances("l2", max_points=2, max_dim=1)
    claims = ["robust_error", "margin", "scaling", "label_swap"]
    assert check_construction(halfway, claims, norm="l2", instances=pairs, max_examples=10).undecided == 0
    diagonal = LabelledPoints.of([[0, 0], [1, 1]], [-1, 1])

    def careless(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
        return memorize_with_l1_bumps(data, 0)

    failure = failure_of(careless, ["refusals"], norm="l2", instances=[(diagonal, Fraction(1, 2))])
    assert (2 * failure.radius) ** 2 > 2 > (2 * failure.radius - Fraction(1, 2**18)) ** 2
    assert failure.witness == (Fraction(1, 2), Fraction(1, 2))


def test_counts_take_numbers_and_functions() -> None:
    claims = {"count": count_box_bumps, "parameters": lambda data, radius: count_box_bumps(data, radius), "depth": 3}
    assert check_construction(memorize_with_box_bumps, claims, instances=ON_THE_LINE).claims == (
        "parameters",
        "count",
        "depth",
    )
    assert failure_of(memorize_with_box_bumps, {"count": 8}, instances=ON_THE_LINE).claim == "count"
    assert failure_of(memorize_with_box_bumps, {"parameters": 8}, instances=ON_THE_LINE).claim == "parameters"
    assert check_construction(memorize_with_box_bumps, {"parameters": 10}, instances=ON_THE_LINE).instances == 1
    assert failure_of(memorize_with_box_bumps, {"depth": 2}, instances=ON_THE_LINE).claim == "depth"


def test_the_margin_is_what_it_is_asked_to_be() -> None:
    assert check_construction(memorize_with_box_bumps, {"margin": "1"}, instances=ON_THE_LINE).instances == 1
    failure = failure_of(memorize_with_box_bumps, {"margin": "1025/1024"}, instances=ON_THE_LINE)
    assert failure.finding.verdict.measured == "1"
    assert failure.finding.verdict.promised == "1025/1024"


@pytest.mark.parametrize(
    ("builder", "claim", "norm"),
    [
        (wrong.box_missing_face, "robust_error", "linf"),
        (wrong.box_from_cones, "margin", "linf"),
        (wrong.box_for_positive_data, "translation", "linf"),
        (wrong.box_touching_allowed, "refusals", "linf"),
        (wrong.l1_cone_too_low, "robust_error", "l1"),
        (wrong.box_larger_class, "count", "linf"),
    ],
)
def test_the_message_is_code_that_runs(builder: Builder, claim: str, norm: str) -> None:
    value = count_box_bumps if claim == "count" else None
    failure = failure_of(builder, {claim: value}, norm=norm, max_examples=50, seed=1)
    text = str(failure)
    assert text.startswith(f"claim {claim} of {builder.__name__} is broken ({norm}, radius {failure.radius})")
    names: dict[str, Any] = {"builder": builder}
    exec(text[text.index("from fractions") :], names)
    assert names["data"] == failure.data
    assert names["radius"] == failure.radius
    assert names["network"] == builder(failure.data, failure.radius)
    assert tuple(map(Fraction, names.get("witness", ()))) == (failure.witness or ())


def test_a_failure_is_an_assertion_error_without_the_noise_of_the_search() -> None:
    failure = failure_of(wrong.box_missing_face, ["robust_error"], seed=0)
    assert isinstance(failure, AssertionError)
    assert (failure.data, failure.radius) == (LabelledPoints.of([[0], ["1/8"]], [-1, 1]), 0)
    assert (failure.index, failure.witness) == (0, (0,))
    assert not getattr(failure, "__notes__", [])
    assert "hypothesis" not in str(failure).lower()


def test_a_failure_shrinks_within_the_claim_it_was_found_for() -> None:
    def two_faults(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
        faults = {2: memorize_with_box_bumps, 3: wrong.box_output_bias_missing}
        return faults.get(len(data), wrong.box_touching_allowed)(data, radius)

    failures = [failure_of(two_faults, ["fits_labels", "refusals"], seed=seed) for seed in range(6)]
    found = {(failure.claim, len(failure.data)) for failure in failures}
    assert ("refusals", 4) in found
    assert found <= {("refusals", 4), ("fits_labels", 3)}


def test_a_seed_fixes_the_draw() -> None:
    first, second = (failure_of(wrong.box_last_axis_skipped, ["axes"], seed=3) for _ in range(2))
    assert str(first) == str(second)


def test_large_instances_are_named_and_not_printed() -> None:
    data = LabelledPoints.of([[k] for k in range(2100)], [1] + [-1] * 2099)
    text = str(failure_of(wrong.box_output_bias_missing, ["fits_labels"], instances=[(data, Fraction(1, 4))]))
    assert data.digest() in text
    assert len(text) < 1000


def raises_when_negative(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Divide by zero as soon as the data leave the cube."""
    return memorize_with_box_bumps(data, radius + Fraction(0, int(min(p[0] for p in data.points) >= 0)))


def test_a_builder_that_raises_fails_and_says_what_it_raised() -> None:
    def refuses(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
        raise AssumptionViolated("I never build")

    failure = failure_of(refuses, ["robust_error"], max_examples=5)
    assert failure.claim == "builds"
    assert "AssumptionViolated: I never build" in str(failure)
    assert isinstance(failure.__cause__, AssumptionViolated)
    moved = failure_of(raises_when_negative, ["translation"], max_examples=5)
    assert "moved by -1000 along every axis, the builder raises ZeroDivisionError" in str(moved)


def test_a_builder_must_return_a_network_that_fits() -> None:
    not_one = failure_of(lambda data, radius: 3, ["robust_error"], instances=ON_THE_LINE)
    assert "returned int, not a ReluNetwork" in str(not_one)
    plane = ReluNetwork([AffineMap([[1, 1]], [0])])
    assert "maps 2 coordinates to 1, not 1 to 1" in str(
        failure_of(lambda data, radius: plane, ["robust_error"], instances=ON_THE_LINE)
    )


def test_refusals_must_be_the_right_error() -> None:
    def clumsy(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
        assert data.separation() > 2 * radius  # type: ignore[operator]
        return memorize_with_box_bumps(data, radius)

    failure = failure_of(clumsy, ["refusals"], instances=ON_THE_LINE)
    assert "must raise AssumptionViolated, not AssertionError" in str(failure)


def test_a_builder_that_changes_its_mind_is_reported() -> None:
    calls = count()

    def moody(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
        return (wrong.box_output_bias_missing if next(calls) == 3 else memorize_with_box_bumps)(data, radius)

    assert failure_of(moody, ["robust_error"], max_examples=30, seed=0).claim == "robust_error"
    assert failure_of(wrong.box_every_other_call, ["determinism"], max_examples=5).claim == "determinism"


@pytest.mark.parametrize("claim", ["robust_error", "margin", "permutation"])
def test_undecided_is_not_held(claim: str) -> None:
    options: dict[str, Any] = {"instances": ON_THE_LINE, "seconds": 0.0}
    failure = failure_of(memorize_with_box_bumps, [claim], **options)
    assert "is undecided" in str(failure)
    assert failure.finding.verdict.status == "unknown"
    report = check_construction(memorize_with_box_bumps, [claim], allow_undecided=True, **options)
    assert (report.instances, report.undecided) == (1, 1)


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        (["robust"], "unknown claim 'robust'"),
        (["parameters"], "parameters needs a value"),
        ({"count": None}, "count needs a value"),
        (("depth",), "depth needs a value"),
        ([], "no claim"),
    ],
)
def test_bad_claims_are_usage_errors(claims: Sequence[str] | dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        check_construction(memorize_with_box_bumps, claims)


def test_bad_requests_are_refused_before_anything_is_drawn() -> None:
    with pytest.raises(UsageError, match="unknown norm 'l3'"):
        check_construction(memorize_with_box_bumps, ["margin"], norm="l3")
    with pytest.raises(InexactInput, match=r"margin 0\.5"):
        check_construction(memorize_with_box_bumps, {"margin": 0.5})
    with pytest.raises(InexactInput, match=r"radius 0\.25"):
        check_construction(memorize_with_box_bumps, ["margin"], instances=[(LINE, 0.25)])  # type: ignore[list-item]


def test_own_instances_may_be_a_strategy() -> None:
    pairs = st.sampled_from([(LINE, Fraction(1, 4)), (LINE, Fraction(0))])
    assert check_construction(memorize_with_box_bumps, "margin", instances=pairs).instances == 2


def test_the_package_names_load_on_first_use() -> None:
    import verify
    from verify import testing

    assert verify.testing is testing
    assert set(dir(testing)) >= {"broken", "check_construction", "strategies"}
    assert all(getattr(testing, name) is not None for name in testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = testing.nothing


def test_without_hypothesis_the_message_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None; from verify.testing import check_construction"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "verify.testing needs hypothesis; install it: pip install robustproofs[testing]" in answer.stderr
