"""Every broken twin of a hard set, a grid classifier or a size bound is refuted; the genuine one is not."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from constructions import AssumptionViolated, FiniteDistribution, LabelledPoints, NormBall, ReluNetwork
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.classifiers.overfitting import overfit_robustly
from constructions.hard_distributions.binary_code import CodeFamily
from verify.capacity.size_bound import SizeBound, certified_size_bound
from verify.certificate import checker, count_checker
from verify.claims.size_bound_claims import built_above_bound
from verify.robustness import robust_error
from verify.testing import broken_classifiers, broken_counts, broken_sets
from verify.testing.broken_classifiers import TrainingSet
from verify.testing.broken_hard_sets import HARD_TWINS, WRONG_SIZES, HardTwin, WrongSize, points_of, radius_of
from verify.testing.broken_sets import HardPoints
from verify.testing.grid_strategies import labelled_centres
from verify.theorems.registry import find_theorem

Point = tuple[Fraction, ...]
ON_BALLS = ("robust_error", "margin", "robust_training_error")
CARDS = ("hard-linearly-separable-sets", "hard-separated-sets", "robust-overfitting", "balanced-distribution")


def of(twins: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in twins])


def claiming(*claims: str) -> pytest.MarkDecorator:
    return of([twin for twin in HARD_TWINS if twin.claim in claims])


def output(network: ReluNetwork, point: Point) -> Fraction:
    """Evaluate a network of one output in plain fractions, one product at a time."""
    values = list(point)
    for index, affine in enumerate(network.maps):
        if index:
            values = [max(value, Fraction(0)) for value in values]
        rows = zip(affine.weight, affine.bias, strict=True)
        values = [sum((w * x for w, x in zip(row, values, strict=True) if w), bias) for row, bias in rows]
    return values[0]


def opposite_pairs(data: LabelledPoints) -> list[tuple[Point, Point]]:
    plus, minus = ([data.point(i) for i in range(len(data)) if data.labels[i] == label] for label in (1, -1))
    return list(product(plus, minus))


# The registry --------------------------------------------------------------------------


@of(HARD_TWINS)
def test_the_genuine_construction_keeps_the_claim(twin: HardTwin) -> None:
    verdict = twin.judge(twin.genuine)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "holds", "exact")


@of(HARD_TWINS)
def test_the_twin_is_refuted_on_its_instance(twin: HardTwin) -> None:
    verdict = twin.judge(twin.builder)
    assert (verdict.name, verdict.status, verdict.evidence) == (twin.claim, "violated", "exact")
    assert verdict.measured is not None and verdict.measured != verdict.promised


def test_every_claim_on_hard_sets_and_networks_has_a_twin_that_breaks_it() -> None:
    counted = {"size_bound", "sandwich", "parameters", "weighted_error"}  # of sizes, and of the reader's own mu
    for theorem in CARDS:
        assert set(find_theorem(theorem).claims) - counted <= {twin.claim for twin in HARD_TWINS}
    assert len({twin.name for twin in HARD_TWINS}) == len(HARD_TWINS)


def test_every_wrong_construction_is_registered_and_says_what_is_wrong() -> None:
    twins = {twin.builder.__name__ for twin in HARD_TWINS} | {wrong.name for wrong in WRONG_SIZES}
    genuine = {twin.genuine.__name__ for twin in HARD_TWINS}
    written = {
        name
        for module in (broken_sets, broken_classifiers, broken_counts)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and name[0].islower()
    }
    assert written == twins | genuine
    assert all(twin.builder.__doc__ for twin in HARD_TWINS) and all(wrong.count.__doc__ for wrong in WRONG_SIZES)


# Witnesses, looked at again in plain fractions -------------------------------------------


@claiming(*ON_BALLS)
def test_the_witness_lies_in_the_ball_and_is_wrong(twin: HardTwin) -> None:
    network, radius = twin.builder(twin.instance), radius_of(twin.instance)
    data = points_of(twin.instance)
    if twin.claim == "robust_training_error":
        assert isinstance(twin.instance, TrainingSet)
        data = data.subset(twin.instance.training)
    error = robust_error(network, data, radius=radius)
    wrong = [index for index, status in enumerate(error.status) if status == "violated"]
    assert wrong
    for index in wrong:
        point = error.witness(index)
        assert point is not None
        assert max(abs(x - a) for x, a in zip(point, data.point(index), strict=True)) <= radius
        assert (
            data.labels[index] * output(network, point)
            <= 0
            < data.labels[index] * output(twin.genuine(twin.instance), point)
        )


@claiming("robust_error", "robust_training_error", "clean_error", "separation")
def test_the_verdict_names_the_witness(twin: HardTwin) -> None:
    witness = twin.judge(twin.builder).witness
    assert witness is not None
    made = twin.builder(twin.instance)
    if twin.claim == "separation":
        i, j = witness["pair"]
        assert [[Fraction(x) for x in point] for point in witness["points"]] == [list(made.point(k)) for k in (i, j)]
        assert made.labels[i] != made.labels[j]
        return
    data = points_of(twin.instance)
    if isinstance(twin.instance, TrainingSet) and twin.claim == "robust_training_error":
        data = data.subset(twin.instance.training)
    point = tuple(Fraction(x) for x in witness["point"])
    reach = Fraction(0) if twin.claim == "clean_error" else radius_of(twin.instance)
    assert NormBall("linf", reach).contains(data.point(witness["index"]), point)
    assert data.labels[witness["index"]] * output(made, point) <= 0


@claiming("separation", "conflict_free")
def test_two_opposite_points_are_too_close(twin: HardTwin) -> None:
    asked, radius = twin.instance, radius_of(twin.instance)
    for builder, close in ((twin.builder, True), (twin.genuine, False)):
        steps = [[abs(x - y) for x, y in zip(*pair, strict=True)] for pair in opposite_pairs(builder(asked))]
        if isinstance(asked, HardPoints):
            least = 2 * (asked.grid.eps if twin.claim == "separation" else radius)
            nearest = min(max(pair) for pair in steps)
        else:
            assert isinstance(asked, CodeFamily)
            least = Fraction(asked.distance) if twin.claim == "separation" else 4 * radius**2
            nearest = min(sum((step * step for step in pair), Fraction(0)) for pair in steps)
        assert (nearest < least) is close


@claiming("linearly_separable", "classes")
def test_the_margin_of_a_point_or_a_class_is_missing(twin: HardTwin) -> None:
    assert isinstance(twin.instance, HardPoints)
    data, promised = twin.builder(twin.instance), twin.instance.grid.offset
    if twin.claim == "classes":
        assert set(data.labels) == {1}
        return
    margins = [label * (point[-1] - Fraction(1, 2)) for point, label in zip(data.points, data.labels, strict=True)]
    assert str(min(margins)) == twin.judge(twin.builder).measured and min(margins) < promised


@claiming("midpoint_error", "plane_robust_error")
def test_no_ball_reaches_the_plane(twin: HardTwin) -> None:
    assert isinstance(twin.instance, HardPoints)
    data, ball = twin.builder(twin.instance), NormBall("linf", radius_of(twin.instance))
    for index, (point, label) in enumerate(zip(data.points, data.labels, strict=True)):
        midpoint = twin.instance.grid.midpoint(index)
        assert label * (point[-1] - label * ball.radius - Fraction(1, 2)) > 0
        assert not ball.contains(point, midpoint) and ball.contains(twin.instance.grid.point(index), midpoint)


@claiming("balance")
def test_one_point_has_too_little_mass(twin: HardTwin) -> None:
    assert isinstance(twin.instance, HardPoints)
    distribution: FiniteDistribution = twin.builder(twin.instance)
    smallest, promised = min(distribution.probabilities), twin.instance.mu / twin.instance.grid.size
    assert sum(distribution.probabilities) == 1
    assert smallest < promised and smallest * 10**9 == promised * (10**9 - 1)


@claiming("robust_test_error")
def test_the_measured_robust_error_is_proved_by_the_checker(twin: HardTwin, tmp_path: Path) -> None:
    assert isinstance(twin.instance, TrainingSet)
    result = robust_error(twin.builder(twin.instance), points_of(twin.instance), radius=radius_of(twin.instance))
    assert str(result.lower) == str(result.upper) == twin.judge(twin.builder).measured
    checker.check(result.certificate(tmp_path / "certificate.json"))


@claiming("count")
def test_the_parameters_are_counted_again(twin: HardTwin) -> None:
    for builder in (twin.builder, twin.genuine):
        maps = builder(twin.instance).maps
        numbers = [
            value for affine in maps for row, b in zip(affine.weight, affine.bias, strict=True) for value in (*row, b)
        ]
        assert str(sum(value != 0 for value in numbers)) == twin.judge(builder).measured


@pytest.mark.theorem("robust-overfitting", claims=["robust_test_error"])
def test_an_offset_of_the_radius_leaves_only_zeros_on_the_spheres() -> None:
    """The builder asks for offset < radius: at equality the claim rests on zero being an error."""
    asked = next(twin.instance for twin in HARD_TWINS if twin.claim == "robust_test_error")
    assert isinstance(asked, TrainingSet)
    grid, training = replace(asked.grid, offset=asked.grid.radius), asked.training
    with pytest.raises(AssumptionViolated, match="must be below the radius"):
        overfit_robustly(grid, training)
    wider = replace(grid, radius=grid.radius + Fraction(1, 10**6))
    network = overfit_robustly(wider, training)
    unseen = 1 - Fraction(len(training), grid.size)
    for radius, error in ((grid.radius, unseen), (grid.radius - Fraction(1, 10**9), 0)):
        result = robust_error(network, grid.listed(), radius=radius)
        assert result.lower == result.upper == error


# Sizes ---------------------------------------------------------------------------------


def certified(wrong: WrongSize) -> SizeBound:
    asked = wrong.question
    rare = None if asked.failure == 1 else asked.failure
    return certified_size_bound(asked.points, asked.dim, asked.error, asked.depth, asked.weight_bits, rare)


def claimed(bound: SizeBound, size: int, path: Path) -> Path:
    return replace(bound, size=size).certificate(path / f"{size}.json")


@of(WRONG_SIZES)
def test_the_checker_proves_the_genuine_size(twin: WrongSize, tmp_path: Path) -> None:
    bound = certified(twin)
    assert bound.method == twin.rule
    assert (
        f"at most {bound.size} nonzero" in count_checker.check(claimed(bound, bound.size, tmp_path)) or not bound.size
    )


@of(WRONG_SIZES)
def test_the_checker_rejects_the_size_of_the_wrong_count(twin: WrongSize, tmp_path: Path) -> None:
    bound, size = certified(twin), twin.count(twin.question)
    assert size > bound.size
    for larger in range(bound.size + 1, size + 1):
        with pytest.raises(count_checker.Rejected, match=r"too large|at most as many parameters as points"):
            count_checker.check(claimed(bound, larger, tmp_path))


def ball(points: int, wrong: int) -> int:
    return sum(math.comb(points, changes) for changes in range(wrong + 1))


def sign_vectors(size: int, wrong: WrongSize) -> Fraction:
    """Return what the rules count, parameters first, with other digits of e."""
    asked, e = wrong.question, Fraction(27182818284590452353602874713526624978, 10**37)
    total = Fraction(0)
    for used in range(1, size + 1):
        units_most = used - 1 if asked.weight_bits else min(used - 1, (size - 1) // 2 + asked.dim)
        for units in range(units_most + 1):
            supports = math.comb(sum(asked.dim + 1 + unit for unit in range(units + 1)), used)
            if asked.weight_bits:
                total += supports * 2 ** (asked.weight_bits * used)
                continue
            polynomials = asked.points * sum(2**unit for unit in range(units + 1))
            free = used - units
            total += supports * 2 ** (units + 1) * (2 * e * polynomials * (units + 1) / free) ** free
    return total


@of([wrong for wrong in WRONG_SIZES if wrong.count is not broken_counts.size_beyond_the_points])
def test_at_the_wrong_size_the_labellings_can_be_covered(twin: WrongSize) -> None:
    asked = twin.question
    needed = asked.failure * 2**asked.points / ball(asked.points, asked.forgiven)
    right, wrong = certified(twin).size, twin.count(asked)
    assert sign_vectors(right, twin) < needed <= sign_vectors(right + 1, twin) <= sign_vectors(wrong, twin)


def test_a_size_above_the_points_is_refuted_by_networks_that_exist() -> None:
    """Trap 6: Warren's lemma needs as many polynomials as variables, so W <= m."""
    twin = next(wrong for wrong in WRONG_SIZES if wrong.count is broken_counts.size_beyond_the_points)
    balls = GridBalls.of(twin.question.dim, 2, 1, "1/8")
    sizes = []
    for labels in product((-1, 1), repeat=twin.question.points):
        network = classify_grid_by_bit_extraction(labels, balls, BlockTable.with_length(4, 1))
        assert robust_error(network, labelled_centres(balls, labels), radius=balls.radius).upper == 0
        sizes.append(network.size.nonzero)
    bound = certified(twin)
    assert built_above_bound(max(sizes), bound).status == "holds"
    verdict = built_above_bound(max(sizes), replace(bound, size=twin.count(twin.question)))
    assert (verdict.name, verdict.status, verdict.evidence) == ("sandwich", "violated", "exact")


def test_trap_26_the_normal_form_overclaims_for_float32() -> None:
    """The first row of the table: 397 parameters of 32 bits are certified, not 414."""
    bound = certified_size_bound(2**14, 15, weight_bits=32)
    assert bound.size == 397
    statement = {"kind": "size-bound", "points": 2**14, "dim": 15, "error": "0", "size": 397, "weight_bits": 32}
    claim = count_checker.read_claim(statement)
    count_checker.prove(claim, "precision")
    for size in (398, 414):
        with pytest.raises(count_checker.Rejected, match="too large"):
            count_checker.prove(claim._replace(size=size), "precision")
