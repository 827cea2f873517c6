"""The statement on small radii: its card, certificates, broken twins, and sizes beside other constructions."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from constructions import LabelledPoints, NormBall, ReluNetwork, load_data
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.hashing.hashed_bits import memorize_with_hashed_bits, plan_hashed_bits
from constructions.memorizers.hashing.worst_case import guaranteed_ratio
from constructions.memorizers.instance import half_separation
from verify import robust_error
from verify.claims.robustness_claims import margin_at_least
from verify.cli import main
from verify.testing.broken_hashing import HASHED_INSTANCE, HASHED_TWINS, hashed_genuine
from verify.theorem import Report
from verify.theorems.registry import check

HASHED = "hashed-memorization"
CHECKER = Path(verify.__file__).parent / "certificate" / "checker.py"
SMALL = "random:n=40,d=3,levels=64,seed=2"


def statuses(report: Report) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in report.verdicts}


@pytest.mark.theorem(
    "hashed-memorization",
    claims=["labels", "separation", "radius", "robust_error", "margin", "parameters", "count", "worst_case"],
)
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_the_statement_holds_at_the_guaranteed_radius(norm: str) -> None:
    report = check(HASHED, data=SMALL, norm=norm)
    assert set(statuses(report).values()) == {"holds"} and "worst_case" in statuses(report)
    assert report.instance["ratio"] == str(guaranteed_ratio(400, 3))
    assert report.claim("margin").measured == "1" and report.claim("margin").evidence == "exact"


def test_larger_radii_promise_no_worst_case() -> None:
    report = check(HASHED, data=SMALL, ratio="1/1000")
    assert set(statuses(report).values()) == {"holds"} and "worst_case" not in statuses(report)


@pytest.mark.theorem("hashed-memorization", claims=["radius", "labels", "separation"])
def test_hypotheses_that_fail_are_named() -> None:
    assert statuses(check(HASHED, data=SMALL, ratio="9/10"))["construction"] == "inapplicable"
    assert statuses(check(HASHED, data=SMALL, ratio="1"))["radius"] == "inapplicable"
    other = LabelledPoints.of([[0], [1]], [1, 2])
    assert statuses(check(HASHED, data=other))["labels"] == "inapplicable"
    twice = LabelledPoints.of([[0], [0]], [1, -1])
    assert statuses(check(HASHED, data=twice, ratio="1/9"))["separation"] == "inapplicable"


def test_one_class_only_takes_one_parameter() -> None:
    report = check(HASHED, data=LabelledPoints.of([[0], [1]], [1, 1]))
    assert set(statuses(report).values()) == {"holds"} and report.claim("worst_case").measured == "1"


@pytest.mark.theorem("hashed-memorization", claims=["robust_error"])
def test_the_command_writes_a_certificate_that_the_checker_proves_alone(tmp_path: Path) -> None:
    options = ["check", HASHED, "--data", "random:n=150,d=4,levels=4096,seed=1", "--ratio", "1/100000"]
    with pytest.raises(SystemExit) as ended:
        main([*options, "--norm", "l2", "-o", str(tmp_path), "-q"])
    assert ended.value.code == 0
    alone = [sys.executable, "-I", str(CHECKER), str(tmp_path / "certificate.json")]
    found = subprocess.run(alone, capture_output=True, text=True, check=True)
    assert "proved: the robust error is exactly 0 on 150 points" in found.stdout and "margin 1;" in found.stdout
    envelope = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    again = ReluNetwork.load(tmp_path / "network.json")
    assert envelope["network"]["nonzero"] == again.size.nonzero


@pytest.mark.theorem("hashed-memorization", claims=["parameters"])
def test_many_points_of_few_coordinates_take_fewest_parameters_this_way() -> None:
    data = load_data("random:n=400,d=3,levels=65536,seed=0")
    radius = Fraction(1, 10**7) * Fraction(data.separation("linf") or 0) / 2
    sizes = {}
    for entry in constructions_for("linf"):
        plan = entry.plan(data, radius, None, "linf", None)
        if plan is not None:
            sizes[entry.name] = plan.parameters
    assert min(sizes, key=lambda name: sizes[name]) == "hash-bits" and "hash-line" in sizes
    others = [size for name, size in sizes.items() if name not in ("hash-bits", "hash-grid")]
    assert 3 * sizes["hash-bits"] < 2 * min(others) and sizes["hash-bits"] < sizes["hash-grid"] < min(others)


@pytest.mark.parametrize("ratio", ["999/1000", "1", "1001/1000"])
def test_radii_just_below_at_and_above_the_critical_one_in_one_dimension(ratio: str) -> None:
    """On a line every radius below eps works; at eps two closed balls share a point."""
    data, _ = HASHED_INSTANCE
    eps = Fraction(1, 2)
    network = memorize_with_hashed_bits(data, eps * Fraction(999, 1000), None, "linf")
    result = robust_error(network, data, "linf", eps * Fraction(ratio))
    assert (result.upper == 0) is (ratio == "999/1000") and (result.lower > 0) is (ratio != "999/1000")


# Broken twins ------------------------------------------------------------------------------


def test_the_genuine_network_has_margin_one_and_long_words() -> None:
    data, radius = HASHED_INSTANCE
    network = hashed_genuine(data, radius)
    assert network.size.weight_bits > 54
    assert margin_at_least(robust_error(network, data, "linf", radius), Fraction(1)).status == "holds"


@pytest.mark.theorem("hashed-memorization", claims=["robust_error"])
@pytest.mark.parametrize("twin", HASHED_TWINS, ids=[twin.__name__ for twin in HASHED_TWINS])
def test_every_broken_twin_is_refuted_with_a_point_of_a_ball(twin: object) -> None:
    assert callable(twin) and twin.__doc__
    data, radius = HASHED_INSTANCE
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


def test_plans_depend_on_the_seed_alone() -> None:
    data = load_data(SMALL)
    radius = Fraction(1, 10**6)
    first, again = (plan_hashed_bits(data, radius, None, "l2", seed=4) for _ in range(2))
    assert first is not None and again is not None
    assert first.line.direction == again.line.direction and first.table == again.table
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None and radius < half_separation(closest.distance, "l2")
