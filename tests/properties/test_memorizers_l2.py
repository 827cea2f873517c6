"""What every l2 memorizer guarantees, on drawn instances: margins at points of the balls, verdicts, symmetries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constructions import AssumptionViolated, InexactInput, LabelledPoints, NormBall, ReluNetwork
from constructions.data.sources import load_data
from constructions.memorizers.cuts import memorize_with_cuts, plan_cuts
from constructions.memorizers.hash_line import memorize_on_a_line, plan_hash_line
from constructions.memorizers.instance import half_separation
from constructions.memorizers.paper_l2 import count_papers_route_in_l2, memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import count_kinks, count_sawtooth, memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import (
    count_shared_square,
    memorize_with_shared_square,
    shared_square_bound,
)
from verify import robust_error
from verify.testing.strategies import memorization_instances, separated_points

Point = tuple[Fraction, ...]
Instance = tuple[LabelledPoints, Fraction]
ONE = LabelledPoints.of([[0, 0], [1, 1]], [1, -1])

# Integer vectors of integer length, completed with zeros where the dimension is larger.
UNIT_STEPS = [((1,), 1), ((3, 4), 5), ((5, 12), 13), ((20, 21), 29), ((1, 2, 2), 3), ((2, 3, 6), 7), ((4, 4, 7), 9)]


def count_cuts(data: LabelledPoints, radius: Fraction) -> int:
    plan = plan_cuts(data, radius)
    return 1 if plan is None else plan.parameters


def count_line(data: LabelledPoints, radius: Fraction) -> int:
    line = plan_hash_line(data, radius)
    return 1 if line is None else line.parameters


@dataclass(frozen=True, slots=True)
class Memorizer:
    """A construction with what its docstring promises."""

    name: str
    build: Callable[..., ReluNetwork]
    count: Callable[[LabelledPoints, Fraction], int]
    is_exact_count: bool


MEMORIZERS = (
    Memorizer("shared-square", memorize_with_shared_square, count_shared_square, False),
    Memorizer("sawtooth", memorize_with_sawtooth, count_sawtooth, False),
    Memorizer("kinks", memorize_with_kinks, count_kinks, False),
    Memorizer("cuts", memorize_with_cuts, count_cuts, True),
    Memorizer("hash-line", memorize_on_a_line, count_line, True),
    Memorizer("paper", memorize_by_the_papers_route_in_l2, count_papers_route_in_l2, False),
)
FEWER = settings(max_examples=settings().max_examples // 3)  # six constructions share what a profile allows
SQUARES = ("shared-square", "sawtooth", "kinks")


def each(*names: str, claims: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Run a test on these memorizers, all by default."""
    mark = pytest.mark.theorem("robust-memorization-l2", claims=claims)
    chosen = [entry for entry in MEMORIZERS if not names or entry.name in names]
    return pytest.mark.parametrize("memorizer", [pytest.param(entry, id=entry.name, marks=mark) for entry in chosen])


def an_instance(draws: st.DataObject, memorizer: Memorizer, **options: Any) -> Instance:
    """Draw data and a radius below eps; a small one for the line, which serves no others."""
    most = {"max_points": 5, "max_dim": 3, "both_classes": True, **options}
    data, radius = draws.draw(memorization_instances("l2", **most), label="instance")
    return data, radius / 64 if memorizer.name == "hash-line" else radius


def built(memorizer: Memorizer, data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Build the network; a case in which no line does is thrown away."""
    try:
        return memorizer.build(data, radius)
    except AssumptionViolated as error:
        assume(error.assumption != "overlap")
        raise


def points_of_the_ball(data: LabelledPoints, index: int, radius: Fraction) -> Iterator[Point]:
    """Yield exact points of a closed ball, many of them on its sphere."""
    centre, ball = data.point(index), NormBall("l2", radius)
    yield centre
    yield from ball.corners(centre)
    yield from (ball.towards(centre, other) for other in data.points)
    for steps, length in UNIT_STEPS:
        for turn in range(data.dim if len(steps) <= data.dim else 0):
            for sign in (1, -1):
                step = [Fraction(0)] * data.dim
                for place, value in enumerate(steps):
                    step[(turn + place) % data.dim] = radius * Fraction(sign * value * (-1) ** (place * turn), length)
                yield tuple(c + s for c, s in zip(centre, step, strict=True))


def test_the_points_are_in_the_ball_and_many_on_its_sphere() -> None:
    data = LabelledPoints.of([["1/3", "0", "2"], ["1", "1", "1"]], [1, -1])
    found = list(points_of_the_ball(data, 0, Fraction(2, 7)))
    squares = [sum((x - c) ** 2 for x, c in zip(point, data.point(0), strict=True)) for point in found]
    assert max(squares) == Fraction(4, 49) and squares.count(Fraction(4, 49)) >= 40


# Margins and verdicts ------------------------------------------------------------------


@each(claims=("margin",))
@FEWER
@given(draws=st.data())
def test_no_point_of_a_ball_has_a_margin_below_one(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    network = built(memorizer, data, radius)
    for index, label in enumerate(data.labels):
        for point in points_of_the_ball(data, index, radius):
            assert NormBall("l2", radius).contains(data.point(index), point)
            assert label * network(point)[0] >= 1


@each(*SQUARES, claims=("robust_error", "margin"))
@pytest.mark.parametrize("ratio", ["9/10", "199/200"])
@pytest.mark.parametrize("spec", ["random:n=5,d=1,levels=9,seed=3", "random:n=9,d=3,levels=8,seed=2", "iris:0-1"])
def test_fine_squares_are_proved_by_the_separable_method(memorizer: Memorizer, spec: str, ratio: str) -> None:
    data = load_data(spec)
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    radius = Fraction(ratio) * half_separation(closest.distance, "l2")
    result = robust_error(memorizer.build(data, radius), data, "l2", radius, method="separable")
    assert result.upper == 0 and (result.smallest_margin or 0) >= 1


@each(*SQUARES, claims=("robust_error",))
@FEWER
@given(draws=st.data())
def test_squares_have_no_robust_error(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, both_classes=False, max_dim=2)
    network = memorizer.build(data, radius)
    assert robust_error(network, data, "l2", radius, method="separable").lower == 0
    assert robust_error(network, data, "l2", radius).upper == 0


@each("cuts", "hash-line", claims=("robust_error", "margin"))
@FEWER
@given(draws=st.data())
def test_half_spaces_are_proved_with_margin_one(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, max_points=6, max_dim=4)
    network = built(memorizer, data, radius)
    results = [robust_error(network, data, "l2", radius, method) for method in ("auto", "paired")]
    assert results[0].upper == 0
    for index in range(len(data)):
        assert max(result.margin(index) or 0 for result in results) >= 1


@each("paper", claims=("robust_error",))
@FEWER
@given(draws=st.data())
def test_the_papers_route_is_proved_with_a_margin_of_at_most_one(memorizer: Memorizer, draws: st.DataObject) -> None:
    """Its margin is 1; the parabolas of the separable method do not always reach that."""
    data, radius = an_instance(draws, memorizer, max_points=3, max_dim=2)
    result = robust_error(memorizer.build(data, radius), data, "l2", radius, method="separable")
    margins = [margin for index in range(len(data)) if (margin := result.margin(index)) is not None]
    assert result.lower == 0 and all(0 < margin <= 1 for margin in margins)


@each("shared-square", "sawtooth", "kinks", "paper", "cuts", claims=("radius",))
@FEWER
@given(draws=st.data())
def test_a_radius_beyond_half_the_separation_is_never_robust_for_both_points(
    memorizer: Memorizer, draws: st.DataObject
) -> None:
    """The closed balls of the closest opposite pair meet from ``(2 r)^2 = separation^2`` on."""
    data, radius = an_instance(draws, memorizer, max_points=3)
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    # A rational number at least half the root, and up to twice that.
    half = Fraction(isqrt(int(closest.distance * 4**20)) + 1, 2**21)
    wide = half * Fraction(draws.draw(st.integers(1000, 2000), label="thousandths"), 1000)
    assert (2 * wide) ** 2 > closest.distance
    result = robust_error(memorizer.build(data, radius), data, "l2", wide, method="separable")
    first, second = closest.pairs[0]
    assert (result.status[first], result.status[second]) != ("robust", "robust")


# Counts --------------------------------------------------------------------------------


@each(claims=("parameters", "count"))
@FEWER
@given(draws=st.data())
def test_counts_are_met_up_to_accidental_zeros(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    size = built(memorizer, data, radius).size
    promised = memorizer.count(data, radius)
    assert size.nonzero == promised if memorizer.is_exact_count else size.nonzero <= promised
    # At most one entry of a hidden unit is 0 by accident.
    assert promised - size.nonzero <= size.units
    if memorizer.name == "shared-square":
        assert promised <= shared_square_bound(data, radius)


@each("sawtooth", "kinks", "paper", "cuts", "hash-line", claims=("parameters",))
@FEWER
@given(draws=st.data())
def test_no_weight_of_points_off_every_grid_is_zero(memorizer: Memorizer, draws: st.DataObject) -> None:
    shifts = draws.draw(st.lists(st.integers(1, 996), min_size=3, max_size=3, unique=True), label="shifts")
    rows = [[Fraction(s + 1000 * k, 997) for s in shifts] for k in range(3)]
    data = LabelledPoints.of(rows, [1, -1, 1])
    radius = Fraction(1, 101)
    assert memorizer.build(data, radius).size.nonzero == memorizer.count(data, radius)


# Symmetries ----------------------------------------------------------------------------


def probes(draws: st.DataObject, data: LabelledPoints) -> list[Point]:
    """Return the points and a few others, between and beside them."""
    row = st.lists(st.integers(-12, 36), min_size=data.dim, max_size=data.dim)
    others = draws.draw(st.lists(row, min_size=1, max_size=2), label="probes")
    return [*data.points, *(tuple(Fraction(k, 24) for k in other) for other in others)]


@each("shared-square", "sawtooth", "kinks", "paper", "cuts")
@FEWER
@given(draws=st.data())
def test_values_follow_permuted_points(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    order = draws.draw(st.permutations(range(len(data))), label="order")
    network, permuted = memorizer.build(data, radius), memorizer.build(data.subset(order), radius)
    assert permuted.size.nonzero == network.size.nonzero or memorizer.name == "cuts"
    if memorizer.name != "cuts":
        assert all(permuted(point) == network(point) for point in probes(draws, data))


@each("shared-square", "sawtooth", "kinks", "paper")
@FEWER
@given(draws=st.data())
def test_values_follow_permuted_and_mirrored_axes(memorizer: Memorizer, draws: st.DataObject) -> None:
    """The shared square rounds its range, which mirroring does not commute with: there axes only."""
    data, radius = an_instance(draws, memorizer)
    order = draws.draw(st.permutations(range(data.dim)), label="axes")
    sign = st.just(1) if memorizer.name == "shared-square" else st.sampled_from((-1, 1))
    signs = draws.draw(st.lists(sign, min_size=data.dim, max_size=data.dim), label="signs")

    def turned(point: Any) -> list[Fraction]:
        return [signs[j] * point[j] for j in order]

    network = memorizer.build(data, radius)
    other = memorizer.build(LabelledPoints.of([turned(point) for point in data.points], data.labels), radius)
    assert all(other(turned(point)) == network(point) for point in probes(draws, data))


@each("sawtooth", "kinks")
@FEWER
@given(draws=st.data())
def test_values_follow_translations(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    shift = [Fraction(t, 3) for t in draws.draw(st.lists(st.integers(-9, 9), min_size=3, max_size=3), label="thirds")]
    moved = LabelledPoints.of([[x + t for x, t in zip(p, shift, strict=False)] for p in data.points], data.labels)
    network, other = memorizer.build(data, radius), memorizer.build(moved, radius)
    for point in probes(draws, data):
        assert other([x + t for x, t in zip(point, shift, strict=False)]) == network(point)


@each()
@FEWER
@given(draws=st.data())
def test_moved_mirrored_and_permuted_data_are_memorized_as_well(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, max_points=4)
    built(memorizer, data, radius)
    order = draws.draw(st.permutations(range(data.dim)), label="axes")
    shift = draws.draw(st.lists(st.integers(-9, 9), min_size=3, max_size=3), label="thirds")
    sign = draws.draw(st.sampled_from((-1, 1)), label="sign")
    moved = LabelledPoints.of([[sign * p[j] + Fraction(shift[j], 3) for j in order] for p in data.points], data.labels)
    network = built(memorizer, moved, radius)
    for index, label in enumerate(moved.labels):
        for point in points_of_the_ball(moved, index, radius):
            assert label * network(point)[0] >= 1


@each()
@FEWER
@given(draws=st.data())
def test_equal_points_of_one_class_are_no_obstacle(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, max_points=3)
    twice = LabelledPoints.of([*data.points, *data.points], [*data.labels, *data.labels])
    network = built(memorizer, twice, radius)
    for index, label in enumerate(data.labels):
        assert all(label * network(point)[0] >= 1 for point in points_of_the_ball(data, index, radius))


# Refusals ------------------------------------------------------------------------------


@each(claims=("radius",))
@FEWER
@given(draws=st.data())
def test_the_critical_radius_is_refused_and_the_pair_is_named(memorizer: Memorizer, draws: st.DataObject) -> None:
    data = draws.draw(separated_points(4, norm="l2"), label="data")
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    i, j = closest.pairs[0]
    eps, step = half_separation(closest.distance, "l2"), Fraction(1, 2**20)
    assert (2 * eps) ** 2 <= closest.distance < (2 * eps + 2 * step) ** 2
    with pytest.raises(AssumptionViolated, match=f"points {i} and {j} have .*; radius {eps} must be below eps = {eps}"):
        memorizer.build(data, eps)
    with pytest.raises(AssumptionViolated, match=f"points {i} and {j} have .*; eps = {eps + step} needs at least"):
        memorizer.build(data, 0, eps=eps + step)
    if memorizer.name != "hash-line":
        network, radius = memorizer.build(data, eps * Fraction(1023, 1024)), eps * Fraction(1023, 1024)
        for index in (i, j):
            values = [data.labels[index] * network(point)[0] for point in points_of_the_ball(data, index, radius)]
            assert min(values) >= 1


@each(claims=("radius", "labels", "separation"))
def test_impossible_instances_are_refused_by_value(memorizer: Memorizer) -> None:
    with pytest.raises(AssumptionViolated, match="points 0 and 2 have different labels at squared distance 0"):
        memorizer.build(LabelledPoints.of([[0], [1], [0]], [1, -1, -1]), 0)
    with pytest.raises(AssumptionViolated, match="got -1/8"):
        memorizer.build(ONE, "-1/8")
    with pytest.raises(AssumptionViolated, match="found 2"):
        memorizer.build(LabelledPoints.of([[0], [1]], [1, 2]), "1/8")
    with pytest.raises(InexactInput, match=r"0\.25"):
        memorizer.build(ONE, 0.25)
