"""The cards of Theorem 2.3, printed and corrected, and its entries in the errata."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.data.ball_pairs import BallPairs, every_labelling
from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.shattered_balls import ShatteredBalls
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors
from constructions.memorizers.l1_bumps import count_l1_bumps
from constructions.memorizers.sawtooth import count_sawtooth
from constructions.memorizers.two_points import memorize_two_points
from verify.capacity.memorization_bounds import (
    coordinates_for_two_points,
    first_layer_width,
    memorization_size_bounds,
    shattered_points,
)
from verify.capacity.memorization_upper import enough_for_every_set
from verify.capacity.size_bound import certified_size_bound
from verify.certificate import checker, count_checker
from verify.claims.first_layer import find_confusion, first_layer_at_least, live_rows
from verify.claims.shattering import every_labelling_realised, groups_apart, opposite_centres_apart
from verify.cli import main
from verify.notes.formulas import formula, symbol
from verify.robustness import robust_error
from verify.theorem import Report
from verify.theorems.memorization_inputs import rational_radius_and_eps
from verify.theorems.registry import check, find_theorem

PRINTED = "memorization-size-bound"
LINF, L2 = f"{PRINTED}-linf", f"{PRINTED}-l2"
HAIR = Fraction(1, 2**40)
HALF = Fraction(1, 2)
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder; return its exit code and what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out + printed.err

    return call


def _promised_by_formula(report: Report, claim: str) -> Fraction:
    """Evaluate the registered bound of a claim on the instance of a report."""
    assert report.theorem is not None
    said = report.instance
    names = {"n": "points", "d": "d", "k": "per_pair", "rho": "ratio"}
    values = {symbol(name): formula(str(said[key])) for name, key in names.items() if key in said}
    value = formula(find_theorem(report.theorem).bounds[claim]).subs(values)
    assert value.is_Rational, f"{claim}: {value}"
    return Fraction(int(value.p), int(value.q))


# The corrected cards ---------------------------------------------------------------------


@pytest.mark.theorem(
    "memorization-size-bound-linf",
    claims=[
        "separation",
        "membership",
        "shattering",
        "group_separation",
        "size_bound",
        "width_bound",
        "first_layer",
        "robust_error",
        "margin",
        "count",
        "sandwich",
    ],
)
@pytest.mark.parametrize(("points", "dim", "ratio"), [(32, 16, None), (7, 4, "1/2"), (9, 5, "9/10"), (12, 8, "99/100")])
def test_the_corrected_statement_holds_in_linf(points: int, dim: int, ratio: str | None) -> None:
    report = check(LINF, points=points, dim=dim, ratio=ratio)
    assert report.exit_code == 0 and [verdict.name for verdict in report.verdicts] == list(find_theorem(LINF).claims)
    for claim in ("separation", "membership", "shattering", "first_layer", "robust_error", "margin", "count"):
        assert Fraction(str(report.claim(claim).promised)) == _promised_by_formula(report, claim)
    assert Fraction(str(report.claim("width_bound").measured)) == _promised_by_formula(report, "width_bound")
    assert report.claim("first_layer").measured == report.claim("first_layer").promised
    _bounds_belong(report, points, dim, "linf")


@pytest.mark.theorem(
    "memorization-size-bound-l2",
    claims=[
        "separation",
        "membership",
        "shattering",
        "group_separation",
        "size_bound",
        "width_bound",
        "input_bound",
        "first_layer",
        "robust_error",
        "margin",
        "count",
        "inputs_read",
        "half_space_error",
        "half_space_count",
        "sandwich",
    ],
)
@pytest.mark.parametrize(
    ("points", "dim", "ratio"), [(32, 16, None), (7, 3, "5/6"), (9, 5, "99/100"), (40, 20, "49/50")]
)
def test_the_corrected_statement_holds_in_l2(points: int, dim: int, ratio: str | None) -> None:
    report = check(L2, points=points, dim=dim, ratio=ratio)
    assert report.exit_code == 0 and [verdict.name for verdict in report.verdicts] == list(find_theorem(L2).claims)
    exact = ("inputs_read", "half_space_error", "half_space_count")
    for claim in ("separation", "membership", "first_layer", "robust_error", "margin", "count", *exact):
        assert Fraction(str(report.claim(claim).promised)) == _promised_by_formula(report, claim)
        assert claim not in exact or report.claim(claim).measured == report.claim(claim).promised
    for claim in ("width_bound", "input_bound"):
        assert Fraction(str(report.claim(claim).measured)) == _promised_by_formula(report, claim)
    many = report.claim("shattering").promised == f"2^{report.instance['per_pair']}"
    assert many or Fraction(str(report.claim("shattering").promised)) == _promised_by_formula(report, "shattering")
    _bounds_belong(report, points, dim, "l2")


def _bounds_belong(report: Report, points: int, dim: int, norm: str) -> None:
    ratio = Fraction(str(report.instance["ratio"]))
    shattered = shattered_points(points, dim, norm, ratio)
    assert report.instance["shattered"] == shattered
    assert int(str(report.claim("size_bound").measured)) == certified_size_bound(shattered, dim).size
    bounds = [b for b in memorization_size_bounds(points, dim, norm, ratio) if b.counts == "nonzero"]
    assert int(str(report.claim("sandwich").promised)) == bounds[0].size
    assert int(str(report.claim("sandwich").measured)) == enough_for_every_set(points, dim, norm, ratio).size


@pytest.mark.theorem("memorization-size-bound-l2", claims=["separation", "membership", "shattering"])
def test_groups_of_more_than_twelve_points_are_judged_by_coordinates() -> None:
    report = check(L2, points=4, dim=20, ratio="24/25")
    assert report.instance["per_pair"] == 12 and report.claim("shattering").method == "enumeration"
    report = check(L2, points=4, dim=20, ratio="99/100")
    assert report.exit_code == 0 and report.instance["per_pair"] == 20
    assert report.claim("shattering").method == "coordinate by coordinate"
    assert (report.claim("membership").measured, report.claim("separation").measured) == ("19", "80")


def test_groups_in_linf_are_cut_to_ten_points() -> None:
    report = check(LINF, points=2, dim=2**13)
    assert report.exit_code == 0 and report.instance["per_pair"] == 10 and report.instance["shattered"] == 10
    assert report.instance["cut"] == "groups of 14 points are cut to 10"
    assert "cut" not in check(LINF, points=2, dim=2**10 - 2).instance


def test_large_numbers_are_counted_and_large_groups_cut() -> None:
    for theorem in (LINF, L2):
        report = check(theorem, points=10**20, dim=5000, ratio="999999/1000000")
        assert report.exit_code == 3 and report.claim("robust_error").status == "unknown"
        assert [v.status for v in report.verdicts if v.name != "robust_error"] == ["holds"] * (len(report.verdicts) - 1)
        assert report.instance["points"] == str(10**20)
        assert report.instance["per_pair"] == {LINF: 10, L2: 1024}[theorem]


def test_trap_8_dense_bounds_say_nothing_of_nonzero_parameters() -> None:
    report = check(LINF, points=40, dim=30, ratio="9/10")
    assert report.network is not None
    (dense,) = (b for b in memorization_size_bounds(40, 30, "linf", "9/10") if b.counts == "dense")
    assert report.network.size.nonzero == 93 < dense.size == 30 * 32 < report.network.size.dense


@pytest.mark.parametrize("theorem", [LINF, L2])
def test_small_ratios_leave_the_points_alone(theorem: str) -> None:
    report = check(theorem, points=6, dim=5, ratio="1/3")
    assert report.exit_code == 0 and report.instance["shattered"] == 6
    missing = set(find_theorem(theorem).claims) - {verdict.name for verdict in report.verdicts}
    assert {"separation", "membership", "shattering"} <= missing <= {*missing, "width_bound"}


@pytest.mark.parametrize("theorem", [LINF, L2])
@pytest.mark.parametrize(("points", "dim"), [(1, 1), (1, 9), (2, 1), (2, 9), (9, 1), (3, 2)])
def test_the_smallest_instances_are_defined(theorem: str, points: int, dim: int) -> None:
    for ratio in ("0", "1/2", "99/100"):
        assert check(theorem, points=points, dim=dim, ratio=ratio).exit_code == 0


def test_no_bound_on_nonzero_parameters_exceeds_what_is_enough() -> None:
    for norm in ("linf", "l1", "l2"):
        for points in (1, 2, 3, 5, 8, 20):
            for dim in (1, 2, 3, 7, 16):
                for ratio in (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), 1 - HAIR):
                    enough = enough_for_every_set(points, dim, norm, ratio).size
                    bounds = memorization_size_bounds(points, dim, norm, ratio)
                    assert all(bound.size < enough for bound in bounds if bound.counts == "nonzero")


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order"])
@pytest.mark.parametrize(
    ("norm", "construction", "count"),
    [("l1", "l1", count_l1_bumps), ("l2", "sawtooth", count_sawtooth)],
)
def test_what_is_enough_is_what_the_construction_takes_at_most(
    norm: str, construction: str, count: Callable[..., int]
) -> None:
    """On classes of any sizes; exactly so on balanced ones without zeros."""
    for points, dim in ((3, 3), (4, 5), (7, 2), (8, 12)):
        for ratio in (Fraction(3, 4), Fraction(9, 10), Fraction(999, 1000)):
            sizes = []
            for first in range(1, points):
                rows = [[7] * dim if i < first else [9] + [7] * (dim - 1) for i in range(points)]
                data = LabelledPoints.of(rows, [1 if i < first else -1 for i in range(points)])
                sizes.append(count(data, ratio))  # eps is 1
            enough = enough_for_every_set(points, dim, norm, ratio)
            assert enough.construction == construction and max(sizes) == enough.size


@pytest.mark.theorem("memorization-size-bound-linf", claims=["size_bound"])
def test_no_order_of_the_dimension_is_claimed_for_few_points() -> None:
    """About sqrt(2 N log2 d) is for log d far below N: at N = 2 it would contradict the two parameters."""
    assert math.sqrt(2 * 2 * 20) > enough_for_every_set(2, 2**20, "linf", HALF).size == 2
    bounds = memorization_size_bounds(2, 2**20, "linf", HALF)
    assert [(bound.name, bound.size, bound.shattered) for bound in bounds] == [("points", 0, 2), ("pairs", 0, 21)]


def test_the_files_of_a_check_prove_it_again(tmp_path: Path) -> None:
    report = check(L2, points=12, dim=6, output=tmp_path)
    assert report.exit_code == 0
    assert checker.main([str(tmp_path / "certificate.json")]) == 0
    assert count_checker.main([str(tmp_path / "size_certificate.json")]) == 0


# As many inputs as two points take -------------------------------------------------------


@pytest.mark.theorem(
    "memorization-size-bound-l2", claims=["input_bound", "inputs_read", "half_space_error", "half_space_count"]
)
@pytest.mark.parametrize("dim", [1, 4, 9, 10])
def test_two_points_in_l2_take_exactly_one_parameter_more_than_is_too_few(dim: int) -> None:
    for ratio in ("0", "1/3", "1/2", "2/3", "999999/1000000"):
        report = check(L2, points=2, dim=dim, ratio=ratio)
        inputs = int(Fraction(ratio) ** 2 * dim) + 1
        assert report.exit_code == 0 and report.claim("input_bound").measured == str(inputs)
        assert report.claim("half_space_count").measured == report.claim("sandwich").measured == str(inputs + 1)
        assert report.claim("sandwich").detail.endswith("so the size is optimal")


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_the_rational_radius_covers_the_ball_and_takes_no_more_inputs(norm: str) -> None:
    for dim in (1, 2, 4, 7, 50):
        for ratio in (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(12, 13), 1 - HAIR):
            radius, eps = rational_radius_and_eps(dim, norm, ratio)
            inputs = coordinates_for_two_points(dim, norm, ratio)
            assert 0 <= radius < eps
            if norm == "l1":
                assert (radius, eps) == (ratio * dim / 2, Fraction(dim, 2))
            else:
                assert ratio**2 * dim <= 4 * radius**2 < 4 * eps**2 <= inputs


# The printed card ------------------------------------------------------------------------


@pytest.mark.theorem("memorization-size-bound", claims=["norm", "size_bound", "printed_order"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_printed_order_holds_where_points_and_coordinates_are_as_many(norm: str) -> None:
    """By the width of the first layer, for a constant ratio; not by shattered points."""
    for points, dim in ((32, 16), (64, 64), (200, 300)):
        report = check("2.3", norm=norm, points=points, dim=dim)
        assert report.exit_code == 0
        assert report.claim("printed_order").promised == str(math.isqrt(points * dim))
        assert int(str(report.claim("size_bound").measured)) < math.isqrt(points * dim)


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order"])
def test_in_l2_the_printed_order_holds_for_few_points_by_the_inputs_they_take() -> None:
    """From rho^2 d at least sqrt(N d), that is N up to rho^4 d, 6.25 here; rounding adds one."""
    assert check("2.3", norm="l2", points=2, dim=10**6).exit_code == 0
    for points, expected in ((6, 0), (7, 0), (8, 3)):
        report = check("2.3", norm="l2", points=points, dim=100, ratio="1/2")
        assert report.exit_code == expected and report.claim("printed_order").measured == "26"
        assert report.claim("printed_order").promised == str(math.isqrt(100 * points))


def test_between_the_two_bounds_the_printed_order_is_unknown() -> None:
    report = check("2.3", points=64, dim=4)
    assert report.exit_code == 3 and report.claim("printed_order").status == "unknown"


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order", "robust_error", "parameters"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_one_point_takes_one_parameter(norm: str) -> None:
    report = check("2.3", norm=norm, points=1, dim=16)
    assert report.exit_code == 1 and report.claim("printed_order").measured == "1"
    assert report.claim("robust_error").status == report.claim("parameters").status == "holds"
    assert report.network is not None and report.network.size.nonzero == 1


@pytest.mark.parametrize("theorem", [L2, PRINTED])
def test_a_ratio_in_l2_is_refused_where_its_square_is_too_long_to_write(theorem: str) -> None:
    assert check(theorem, norm="l2", points=4, dim=3, ratio="0." + "9" * 1986).exit_code == 0
    with pytest.raises(UsageError, match="has at most 6600 bits"):
        check(theorem, norm="l2", points=4, dim=3, ratio="0." + "9" * 1987)


@pytest.mark.theorem("memorization-size-bound", claims=["norm"])
def test_the_print_speaks_of_l2_and_linf() -> None:
    report = check("2.3", norm="l1")
    assert report.exit_code == 4 and report.claim("norm").status == "inapplicable"
    assert check("2.3", norm="l1", instance="erratum").exit_code == 4


# Errata ----------------------------------------------------------------------------------


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order", "robust_error", "parameters"])
@pytest.mark.parametrize("ratio", ["0", "3/7", "99/100", "999999/1000000"])
@pytest.mark.parametrize("dim", [8, 512, 4096])
def test_in_linf_two_parameters_are_enough_for_two_points(dim: int, ratio: str) -> None:
    report = check("2.3", instance="erratum", dim=dim, ratio=ratio)
    assert report.exit_code == 1 and report.claim("printed_order").status == "violated"
    assert report.claim("printed_order").measured == "2"
    assert report.claim("printed_order").promised == str(math.isqrt(2 * dim))
    assert report.claim("robust_error").status == report.claim("parameters").status == "holds"
    assert report.network is not None and report.network.size.nonzero == 2
    assert (report.network.size.depth, enough_for_every_set(2, 10**9, "linf", ratio).size) == (1, 2)


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order", "robust_error", "parameters"])
def test_in_linf_the_size_for_a_fixed_number_of_points_does_not_grow() -> None:
    sizes = {enough_for_every_set(9, dim, "linf", "9/10").size for dim in (3, 30, 10**6)}
    assert sizes == {4 * (3 * 5 + 2) + 1}
    report = check("2.3", points=9, dim=1024)
    assert report.exit_code == 1 and report.claim("printed_order").measured == "69"
    assert report.claim("robust_error").status == report.claim("parameters").status == "holds"


@pytest.mark.theorem("memorization-size-bound", claims=["printed_order", "robust_error", "parameters"])
@pytest.mark.parametrize("points", [2, 4, 5])
def test_in_l2_below_one_over_root_d_the_size_does_not_grow(points: int) -> None:
    """rho^2 d < 1; the corners of a cube differ as little as they can in each coordinate."""
    for dim in (512, 2048):
        ratio = Fraction(1, math.isqrt(dim) + 1)
        report = check("2.3", norm="l2", points=points, dim=dim, ratio=ratio)
        assert report.exit_code == 1 and report.claim("robust_error").status == "holds"
        assert report.claim("parameters").status == "holds"
        assert int(str(report.claim("printed_order").measured)) == (
            2 if points == 2 else 1 + 2 * (11 if points == 5 else 8)
        )


def test_two_points_in_l2_take_more_coordinates_exactly_when_the_radius_asks_for_them() -> None:
    """The diagonal of a cube: s coordinates are sqrt(s) apart, more than 2 delta iff s > rho^2 d."""
    dim = 16
    data = LabelledPoints.of([[0] * dim, [1] * dim], [-1, 1])
    for ratio in (Fraction(k, 16) for k in range(16)):
        network = memorize_two_points(data, 2 * ratio, "l2")  # eps is 2
        promised = coordinates_for_two_points(dim, "l2", ratio)
        assert network.size.nonzero == promised + 1 and promised == int(16 * ratio**2) + 1
        assert robust_error(network, data, "l2", 2 * ratio).upper == 0


def test_the_half_space_of_two_points_refuses_others() -> None:
    with pytest.raises(AssumptionViolated, match="there are 3"):
        memorize_two_points(LabelledPoints.of([[0], [1], [2]], [1, -1, -1]), "1/4")
    with pytest.raises(AssumptionViolated, match="must be below eps"):
        memorize_two_points(LabelledPoints.of([[0], [1]], [1, -1]), "1/2")
    assert memorize_two_points(LabelledPoints.of([[0], [1]], [1, 1]), "5").size.nonzero == 1


def test_the_printed_pair_of_bounds_never_meets() -> None:
    """Theorem 2.2 as printed wants rho < 1/2; sqrt(N d) by pairs of balls wants rho^2 >= 1 - 1/d."""
    for dim in range(3, 60):
        assert shattered_points(64, dim, "l2", Fraction(1, 2)) == 64
        critical = next(Fraction(k, 1000) for k in range(1001) if Fraction(k, 1000) ** 2 >= 1 - Fraction(1, dim))
        assert shattered_points(64, dim, "l2", critical) == 32 * dim and critical > Fraction(7, 10)


# First layers ----------------------------------------------------------------------------


@pytest.mark.theorem("memorization-size-bound-l2", claims=["first_layer"])
def test_an_equal_sum_of_coordinates_is_wide_enough_exactly_below_its_radius() -> None:
    """One row (1, ..., 1) has |Q e_j|^2 = 1/t: it tells the balls apart iff rho^2 < 1/t."""
    for size in (2, 4, 9):
        data = origin_against_unit_vectors(size + 1, size)
        network = ReluNetwork([AffineMap([[-2] * size], [1])])
        root = math.isqrt(size)
        critical = Fraction(1, root) if root * root == size else Fraction(7072, 10000)
        below = critical - Fraction(1, 1000)
        assert first_layer_width(size + 1, size, "l2", below) == 1
        assert robust_error(network, data, "l2", below / 2).upper == 0
        assert first_layer_width(size + 1, size, "l2", critical) == 2
        verdict = first_layer_at_least(network, data, "l2", critical / 2, 2)
        assert verdict.status == "violated" and robust_error(network, data, "l2", critical / 2).lower > 0


@pytest.mark.theorem("memorization-size-bound-linf", claims=["first_layer"])
def test_in_linf_half_as_many_units_do_just_below_one_half_and_not_at_one_half() -> None:
    """Differences x_1 - x_2 tell the balls apart below ratio 1/2; at 1/2 every direction counts."""
    data = origin_against_unit_vectors(5, 4)
    inside = AffineMap([[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, -1], [0, 0, -1, 1]], [0, 0, 0, 0])
    below = Fraction(49, 100)
    assert first_layer_width(5, 4, "linf", below) == 2
    shifted = AffineMap(inside.weight, [-below] * 4)
    network = ReluNetwork([shifted, AffineMap([[-100] * 4], [1])])
    assert robust_error(network, data, "linf", below / 2).upper == 0
    assert (
        first_layer_at_least(network, data, "linf", below / 2, first_layer_width(5, 4, "linf", below)).measured == "2"
    )
    assert first_layer_width(5, 4, "linf", Fraction(1, 2)) == 4
    verdict = first_layer_at_least(network, data, "linf", Fraction(1, 4), 4)
    assert verdict.status == "violated" and verdict.measured == "2"


@pytest.mark.theorem("memorization-size-bound-linf", claims=["first_layer"])
def test_a_linear_program_finds_what_projections_miss() -> None:
    """Rank 1 below ratio 1/2: neither the row-space part nor half a null vector is short enough here."""
    data = origin_against_unit_vectors(3, 3)
    network = ReluNetwork([AffineMap([[1, 0, 5]], [0]), AffineMap([[1]], [-1])])
    ratio = Fraction(3, 7)
    found = find_confusion(network, data, "linf", ratio / 2)
    assert found is not None and network.maps[0](found.points[0]) == network.maps[0](found.points[1])
    sixth = Fraction(1, 6)
    row = ReluNetwork([AffineMap([[1, 5]], [0])])
    for limit, exists in ((sixth, True), (sixth - HAIR, False)):
        pair = LabelledPoints.of([[0, 0], [1, 0]], [1, -1])
        assert (find_confusion(row, pair, "linf", limit / 2) is not None) is exists


def test_units_that_nothing_reads_do_not_count() -> None:
    first = AffineMap([[1, 0], [0, 1], [0, 0]], [0, 0, 1])
    network = ReluNetwork([first, AffineMap([[1, 0, 2]], [0])])
    assert live_rows(network) == [(1, 0)]
    data = origin_against_unit_vectors(3, 2)
    verdict = first_layer_at_least(network, data, "linf", Fraction(1, 4), 2)
    assert (verdict.status, verdict.measured) == ("violated", "1")


def test_a_constant_network_has_no_first_layer() -> None:
    data = origin_against_unit_vectors(3, 2)
    for value in (-1, 0, 1):
        network = ReluNetwork([AffineMap([[0, 0]], [value])])
        verdict = first_layer_at_least(network, data, "l2", Fraction(0), 1)
        assert (verdict.status, verdict.measured) == ("violated", "0")


def test_in_l1_one_unit_tells_all_unit_vectors_apart() -> None:
    data = origin_against_unit_vectors(7, 6)
    network = ReluNetwork([AffineMap([[-2] * 6], [1])])
    assert robust_error(network, data, "l1", Fraction(1, 2) - HAIR).upper == 0
    assert first_layer_width(7, 6, "l1", 1 - HAIR) == 1


# Two boxes beyond ratio 1/2 ---------------------------------------------------------------


def test_beyond_two_thirds_two_boxes_in_the_plane_shatter_three_points() -> None:
    """Our family has two there: a coordinate with three values splits in two ways, not one."""
    points = np.array([[0, 0], [1, 2], [2, 1]])
    labels = every_labelling(3)
    boxes = {
        (1, -1, -1): ([-1, 1], [2, 1]), (1, 1, -1): ([0, 1], [3, 1]), (1, -1, 1): ([1, 0], [1, 3]),
        (1, 1, 1): ([1, 1], [4, 1]),
    }  # fmt: skip
    centres = []
    for row in labels.tolist():
        sign = row[0]
        own, other = boxes[tuple(sign * label for label in row)]
        centres.append([own, other] if sign == 1 else [other, own])
    case = BallPairs("linf", points, labels, np.array(centres), Fraction(3, 2), Fraction(1))
    assert case.radius / case.eps == Fraction(2, 3)
    assert opposite_centres_apart(case).status == every_labelling_realised(case).status == "holds"
    assert groups_apart(case, 11, 5).status == "holds" and groups_apart(case, 2, 5).status == "violated"
    assert shattered_points(2, 2, "linf", Fraction(2, 3)) == 2


@pytest.mark.theorem("memorization-size-bound-linf", claims=["group_separation"])
def test_a_single_point_must_keep_away_from_groups() -> None:
    """First coordinates of a group reach 2; a single point at 6 is as far as opposite points must be, 4."""
    case = ShatteredBalls.of(3, 4, "linf", HALF).enumerated()
    assert groups_apart(case, 6, 1, 1).status == "holds"
    verdict = groups_apart(case, 5, 1, 1)
    assert verdict.status == "violated" and verdict.witness is not None and verdict.measured == "3"
    near, far = verdict.witness["pair"]
    assert max(abs(x - y) for x, y in zip(near, far, strict=True)) == 3 and far[0] == 5


# The command line ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        (("2.3",), 0, "verdict: holds"),
        (("2.3", "--norm", "l2"), 0, "verdict: holds"),
        (("2.3", "--instance", "erratum"), 1, "2 parameters are enough for every 2 points in dimension 512"),
        (("2.3", "--instance", "erratum", "--norm", "l2"), 1, "sqrt(N d) is 32"),
        (("2.3", "--n", 64, "--d", 4), 3, "are enough for every data set"),
        (("2.3", "--norm", "l1"), 4, "the paper states l2 and linf"),
        ((LINF, "--ratio", 1), 4, "must lie in [0, 1), got 1"),
        ((LINF,), 0, "verdict: holds"),
        ((L2, "--n", 10, "--d", 6), 0, "verdict: holds"),
        ((L2, "--norm", "linf"), 2, "is about l2, not linf"),
        ((LINF, "--n", 0), 2, "at least 1 point"),
        (
            (LINF, "--radius", "1/4"),
            2,
            "option 'radius' (--radius); its instance is chosen by --n, --d, --norm, --ratio",
        ),
        (("3.4", "--n", 4), 2, "takes no option 'points' (--n)"),
        ((LINF, "--d", 2**21), 3, "the network is not built"),
        ((LINF, "--instance", "erratum"), 2, "has no failing instance"),
    ],
)
def test_exit_codes_and_messages(arguments: tuple[object, ...], expected: int, said: str, run: Run) -> None:
    code, printed = run("check", *arguments)
    assert code == expected and said in " ".join(printed.split())


def test_options_of_other_statements_are_refused() -> None:
    with pytest.raises(UsageError, match="takes no option 'data'"):
        check(LINF, data="random:n=4,d=2,levels=4")
    with pytest.raises(UsageError, match="takes no option 'points'"):
        check("3.4", points=4)
