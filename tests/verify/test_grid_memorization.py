"""The memorizer on a shifted grid: catalog, certificate, reach beside one line, traps and broken twins."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from constructions import LabelledPoints, NormBall, ReluNetwork, load_data
from constructions.errors import AssumptionViolated
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.hashing.grid_cells import cell_grids
from constructions.memorizers.hashing.grid_keys import (
    GridKeys,
    build_grid_keys,
    memorize_on_a_shifted_grid,
    plan_grid_keys,
)
from constructions.memorizers.instance import half_separation, memorization_instance
from verify import robust_error
from verify.claims.robustness_claims import margin_at_least
from verify.testing.broken_grid import GRID_INSTANCE, GRID_TWINS, grid_genuine

CHECKER = Path(verify.__file__).parent / "certificate" / "checker.py"
NORMS = ["linf", "l1", "l2"]


def eps_of(data: LabelledPoints, norm: str) -> Fraction:
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    return half_separation(closest.distance, norm)


@pytest.mark.theorem("hashed-memorization", claims=["robust_error", "margin", "parameters"])
@pytest.mark.parametrize("norm", NORMS)
def test_a_grid_reaches_radii_that_no_line_does(norm: str) -> None:
    data = load_data("random:n=150,d=6,levels=65536,seed=0")
    radius = eps_of(data, norm) / 50
    plans = {
        entry.name: entry.plan(data, radius, None, norm, None)
        for entry in constructions_for(norm)
        if entry.name.startswith("hash-")
    }
    assert plans["hash-line"] is None and plans["hash-bits"] is None
    plan = plans["hash-grid"]
    assert plan is not None and plan.is_exact_count
    network = plan.build()
    result = robust_error(network, data, norm, radius)
    assert result.upper == 0 and result.smallest_margin == 1
    assert network.size.nonzero == plan.parameters <= plan.promised


@pytest.mark.theorem("hashed-memorization", claims=["robust_error"])
@pytest.mark.parametrize("norm", NORMS)
def test_the_checker_proves_a_certificate_alone(norm: str, tmp_path: Path) -> None:
    data = load_data("random:n=30,d=3,levels=256,seed=5")
    radius = eps_of(data, norm) / 16
    network = memorize_on_a_shifted_grid(data, radius, None, norm)
    path = tmp_path / "certificate.json"
    robust_error(network, data, norm, radius).certificate(path)
    alone = [sys.executable, "-I", str(CHECKER), str(path)]
    found = subprocess.run(alone, capture_output=True, text=True, check=True)
    assert "proved: the robust error is exactly 0 on 30 points" in found.stdout


@pytest.mark.parametrize("norm", NORMS)
def test_one_class_only_and_refusals_in_the_catalog(norm: str) -> None:
    (entry,) = constructions_for(norm, "hash-grid")
    same = LabelledPoints.of([[0], [1]], [1, 1])
    plan = entry.plan(same, Fraction(1, 3), None, norm, None)
    assert plan is not None and plan.build().size.nonzero == plan.parameters == 1
    twins = LabelledPoints.of([[0], [1]], [1, -1])
    with pytest.raises(AssumptionViolated, match="radius 1 must be below"):
        entry.plan(twins, Fraction(1), None, norm, None)


def test_digits_are_planned_or_refused() -> None:
    data = load_data("digits:even-odd")
    (entry,) = constructions_for("linf", "hash-grid")
    assert entry.plan(data, Fraction(3, 32), None, "linf", None) is None
    # Pixels are multiples of 1/16: below half of that no ball meets a wall between two of them.
    plan = entry.plan(data, Fraction(1, 33), None, "linf", None)
    assert plan is not None and plan.build().size.nonzero == plan.parameters


@pytest.mark.parametrize("ratio", ["999/1000", "1", "1001/1000"])
def test_radii_just_below_at_and_above_the_critical_one(ratio: str) -> None:
    """Two points a cell apart: every radius below eps works; at eps two closed balls share a point."""
    data = LabelledPoints.of([[0], [1]], [1, -1])
    network = memorize_on_a_shifted_grid(data, Fraction(999, 2000), None, "linf")
    result = robust_error(network, data, "linf", Fraction(1, 2) * Fraction(ratio))
    assert (result.upper == 0) is (ratio == "999/1000") and (result.lower > 0) is (ratio != "999/1000")


def test_trap_20_a_ball_that_meets_a_wall_is_an_error_however_little_of_it_does() -> None:
    """All of the ball but one part in a thousand has its label; the robust error counts the whole point."""
    data = LabelledPoints.of([[0], [1]], [1, -1])
    network = memorize_on_a_shifted_grid(data, Fraction(1, 4), None, "linf")
    parts = range(-1024, 1025)
    outputs = {part: network([Fraction(part, 1024)])[0] for part in parts}
    first = min(part for part in parts if part > 0 and outputs[part] <= 0)
    wrong = [part for part in range(-first, first + 1) if outputs[part] <= 0]
    assert wrong == [first]
    assert robust_error(network, data, "linf", Fraction(first - 1, 1024)).status[0] == "robust"
    assert robust_error(network, data, "linf", Fraction(first, 1024)).status[0] == "violated"


def test_plans_depend_on_the_seed_alone() -> None:
    data = load_data("random:n=40,d=4,levels=4096,seed=2")
    radius = eps_of(data, "l1") / 8
    first, again = (plan_grid_keys(data, radius, None, "l1", seed=4) for _ in range(2))
    assert first is not None and again is not None
    assert build_grid_keys(data, first) == build_grid_keys(data, again)


def test_a_cell_of_both_labels_is_named() -> None:
    data = LabelledPoints.of([[0], [1], [10], [11]], [1, 1, -1, -1])
    instance = memorization_instance(data, "linf", Fraction(1, 8))
    assert instance is not None
    grid = next(iter(cell_grids(instance)))
    assert grid.numbers[0] == grid.numbers[1]
    with pytest.raises(AssumptionViolated, match=r"cell \(0,\) holds points 0 and 1, which have different labels"):
        GridKeys.of(grid, (1, -1, -1, -1))


# Broken twins ------------------------------------------------------------------------------


def test_the_genuine_network_has_margin_one() -> None:
    data, radius = GRID_INSTANCE
    network: ReluNetwork = grid_genuine(data, radius)
    assert margin_at_least(robust_error(network, data, "linf", radius), Fraction(1)).status == "holds"


@pytest.mark.theorem("hashed-memorization", claims=["robust_error"])
@pytest.mark.parametrize("twin", GRID_TWINS, ids=[twin.__name__ for twin in GRID_TWINS])
def test_every_broken_twin_is_refuted_with_a_point_of_a_ball(twin: object) -> None:
    assert callable(twin) and twin.__doc__
    data, radius = GRID_INSTANCE
    network = twin(data, radius)
    result = robust_error(network, data, "linf", radius, method="attack")
    wrong = [index for index, status in enumerate(result.status) if status == "violated"]
    assert wrong and result.lower > 0
    for index in wrong:
        point = result.witness(index)
        assert point is not None and NormBall("linf", radius).contains(data.point(index), point)
        assert data.labels[index] * network(point)[0] <= 0
    for method in ("affine", "interval"):
        assert robust_error(network, data, "linf", radius, method=method).upper > 0
