"""Half-spaces on chosen points: where one does for many coordinate tests, budgets, large numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from constructions import BudgetExceeded, LabelledPoints
from constructions.data.sources import load_data
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.cut_search import cuts_for
from constructions.memorizers.cuts import memorize_with_cuts, plan_cuts
from constructions.memorizers.literals import plan_literals
from verify import robust_error
from verify.theorems.registry import check


def simplex(dim: int) -> LabelledPoints:
    """The origin against the unit vectors: one half-space tells them apart at small radii."""
    rows = [[0] * dim, *([int(i == j) for j in range(dim)] for i in range(dim))]
    return LabelledPoints.of(rows, [1] + [-1] * dim)


@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error", "margin", "parameters", "count"])
@pytest.mark.parametrize("dim", [3, 8, 33])
def test_one_half_space_does_for_all_coordinate_tests(dim: int) -> None:
    """The distance from the origin to the hull of the others is 1/d: below radius 1/(2d) one cut is enough."""
    report = check("robust-memorization-linf", data=simplex(dim), radius=Fraction(1, 2 * dim + 1))
    sizes = {entry["name"]: entry["parameters"] for entry in report.sizes}
    assert report.verdict == "holds" and report.claim("count").status == "holds"
    assert (sizes["cuts"], sizes["literals"]) == (dim + 2 + 3, 3 * dim + 3)


@pytest.mark.parametrize("dim", [3, 8])
def test_one_half_space_does_not_do_from_the_distance_of_the_hull_on(dim: int) -> None:
    data, radius = simplex(dim), Fraction(1, 2 * dim)
    plan = plan_cuts(data, radius, norm="linf")
    assert plan is not None and len(plan.cuts) + len(plan.literals.bump) >= 2
    assert robust_error(memorize_with_cuts(data, radius, norm="linf"), data, radius=radius).upper == 0


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error", "margin"])
def test_a_half_space_replaces_coordinate_tests_in_l2_as_well() -> None:
    data = simplex(6)
    plan = plan_cuts(data, "1/5")
    assert plan is not None and (len(plan.cuts), len(plan.literals.bump)) == (1, 0)
    first = plan_cuts(data, "1/5", most_trials=0)
    assert first is not None and (len(first.cuts), len(first.literals.bump)) == (0, 6)
    result = robust_error(memorize_with_cuts(data, "1/5"), data, "l2", "1/5")
    assert result.upper == 0 and result.smallest_margin == 1


def test_on_the_digits_half_spaces_are_left_out_by_default_and_say_so() -> None:
    report = check("robust-memorization-linf", data="digits:even-odd", radius="3/32")
    assert [entry["name"] for entry in report.sizes] == ["literals", "box", "paper"]
    assert {"cuts", "hash-line"} <= set(report.left_out)
    assert "51,663,744 pair coordinates" in report.left_out["cuts"]
    assert "--construction cuts" in report.left_out["cuts"]
    assert report.to_json()["left_out"] == report.left_out


@pytest.mark.theorem("robust-memorization-linf", claims=["count"])
def test_half_spaces_asked_for_by_name_have_no_budget() -> None:
    data = load_data("random:n=600,d=64,levels=16,seed=1")
    (entry,) = constructions_for("linf", "cuts")
    with pytest.raises(BudgetExceeded, match="at most 5,000,000 are searched"):
        entry.plan(data, Fraction(1, 8), None, "linf", None)
    report = check("robust-memorization-linf", data=data, radius="1/8", construction="cuts")
    literals = plan_literals(data, Fraction(1, 8))
    assert report.verdict == "holds" and report.left_out == {} and literals is not None
    assert report.sizes[0]["parameters"] <= literals.parameters


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("power", [20, 40, 70])
def test_large_numbers_are_cut_exactly(norm: str, power: int) -> None:
    """Differences beyond 2^53, where no float product is exact, and beyond int64."""
    step = 2**power
    centre = np.array([step, 7, -step], dtype=object)
    others = centre + np.array([[step + 1, step, 0], [-3, step, step + 5], [step, -step, 1]], dtype=object)
    radius = Fraction(step, 2) - Fraction(1, 3)
    cuts = cuts_for(centre, others, 1, radius, norm)
    left = {tuple(row) for row in (others - centre).tolist()}
    for cut in cuts:
        sizes = [abs(d) for d in cut.direction]
        lengths = {"linf": sum(sizes), "l1": max(sizes)}
        for row in list(left):
            value = sum(d * row[axis] for axis, d in zip(cut.axes, cut.direction, strict=True))
            beyond = value > 0 and (
                value**2 > 4 * radius**2 * sum(size**2 for size in sizes)
                if norm == "l2"
                else value > 2 * radius * lengths[norm]
            )
            if beyond and value >= cut.nearest:
                left.discard(row)
        assert cut.room > 0
    assert not left
