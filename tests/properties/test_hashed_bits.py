"""What hashed bits guarantee, on drawn instances in every norm: margins, counts, directions, symmetries."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constructions import AssumptionViolated, InexactInput, LabelledPoints, NormBall, ReluNetwork
from constructions.exact.norms import dual_norm, length
from constructions.memorizers.hashing.hashed_bits import memorize_with_hashed_bits, plan_hashed_bits
from constructions.memorizers.hashing.line_projection import threshold_lines
from constructions.memorizers.hashing.worst_case import count_worst_case, guaranteed_ratio
from constructions.memorizers.instance import half_separation, memorization_instance
from verify import robust_error
from verify.testing.strategies import memorization_instances, separated_points

HASHED = "hashed-memorization"
FEWER = settings(max_examples=settings().max_examples // 3)
norms = st.sampled_from(("linf", "l1", "l2"))
Instance = tuple[LabelledPoints, Fraction, str]


@st.composite
def instances(draw: st.DrawFn, max_points: int = 8) -> Instance:
    """Draw points, a radius that is small beside the separation, and a norm."""
    norm = draw(norms)
    data, radius = draw(memorization_instances(norm, max_points=max_points, max_dim=3, both_classes=True))
    return data, radius / draw(st.sampled_from((1, 8, 256))), norm


def built(instance: Instance) -> ReluNetwork:
    """Build the network; a case in which no line does is thrown away."""
    data, radius, norm = instance
    try:
        return memorize_with_hashed_bits(data, radius, None, norm)
    except AssumptionViolated as error:
        assume(error.assumption != "overlap")
        raise


@pytest.mark.theorem("hashed-memorization", claims=["robust_error", "margin"])
@FEWER
@given(instance=instances())
def test_forms_prove_a_margin_of_exactly_one(instance: Instance) -> None:
    data, radius, norm = instance
    result = robust_error(built(instance), data, norm, radius, method="affine")
    assert result.upper == 0
    assert all(result.margin(index) == 1 for index in range(len(data)))


@pytest.mark.theorem("hashed-memorization", claims=["margin"])
@FEWER
@given(instance=instances())
def test_the_output_is_the_label_at_points_of_the_ball(instance: Instance) -> None:
    data, radius, norm = instance
    network, ball = built(instance), NormBall(norm, radius)
    for centre, label in zip(data.points, data.labels, strict=True):
        for point in (centre, *ball.corners(centre), *(ball.towards(centre, other) for other in data.points)):
            assert network(point) == (label,)


@pytest.mark.theorem("hashed-memorization", claims=["parameters", "count"])
@FEWER
@given(instance=instances(max_points=12))
def test_the_closed_form_counts(instance: Instance) -> None:
    data, radius, norm = instance
    size, plan = built(instance).size, plan_hashed_bits(data, radius, None, norm)
    assert plan is not None
    assert size.nonzero == plan.parameters <= plan.promised


@given(instance=instances(), shift=st.integers(-9, 9), scale=st.sampled_from(("1/3", "7", "1/1048576")))
@FEWER
def test_moved_and_scaled_points_are_memorized_as_well(instance: Instance, shift: int, scale: str) -> None:
    data, radius, norm = instance
    built(instance)
    factor = Fraction(scale)
    moved = LabelledPoints.of([[factor * x + shift for x in point] for point in data.points], data.labels)
    closest = moved.closest_opposite_pairs(norm)
    assert closest is not None
    assume(factor * radius < half_separation(closest.distance, norm))  # eps is rounded in l2
    network = built((moved, factor * radius, norm))
    assert robust_error(network, moved, norm, factor * radius).upper == 0


@given(instance=instances(), draw=st.data())
@FEWER
def test_swapped_labels_and_permuted_points(instance: Instance, draw: st.DataObject) -> None:
    data, radius, norm = instance
    network = built(instance)
    order = draw.draw(st.permutations(range(len(data))))
    swapped = LabelledPoints.of(data.points, [-label for label in data.labels])
    for other, sign in ((swapped, -1), (data.subset(order), 1)):
        again = built((other, radius, norm))
        assert all(again(point)[0] == sign * network(point)[0] for point in data.points)


# The guaranteed radius -------------------------------------------------------------------


@pytest.mark.theorem("hashed-memorization", claims=["worst_case"])
@FEWER
@given(data=separated_points(5, max_dim=2, levels=9), norm=norms)
def test_half_of_the_directions_keep_opposite_balls_apart(data: LabelledPoints, norm: str) -> None:
    """All directions of the box are tried: no chance is involved."""
    closest = data.closest_opposite_pairs(norm)
    assume(closest is not None)
    assert closest is not None
    eps = half_separation(closest.distance, norm)
    plus, minus = data.indices(1), data.indices(-1)
    pairs = len(plus) * len(minus)
    radius = eps * guaranteed_ratio(pairs, data.dim)
    good = 0
    for direction in itertools.product(range(2 * pairs), repeat=data.dim):
        size = length([Fraction(value) for value in direction], dual_norm(norm))
        places = [sum(u * x for u, x in zip(direction, point, strict=True)) for point in data.points]
        gap = min(abs(places[i] - places[j]) for i in plus for j in minus)
        # gap - 2 radius |u| >= eps / 3g with g = 1, sqrt d, d; in l2 both sides are squared.
        third = eps / 3 if norm == "linf" else eps / (3 * data.dim)
        if norm == "l2":
            third = eps / 3 if data.dim == 1 else eps * Fraction(708, 3000)  # above eps / (3 sqrt 2)
        rest = gap - third
        good += rest >= 0 and (rest * rest >= 4 * radius * radius * size if norm == "l2" else rest >= 2 * radius * size)
    assert 2 * good >= (2 * pairs) ** data.dim


@pytest.mark.theorem("hashed-memorization", claims=["worst_case", "robust_error"])
@FEWER
@given(data=separated_points(9, max_dim=3, levels=9), norm=norms)
def test_at_the_guaranteed_ratio_a_line_is_found_below_the_worst_case(data: LabelledPoints, norm: str) -> None:
    closest = data.closest_opposite_pairs(norm)
    assume(closest is not None)
    assert closest is not None
    eps, count = half_separation(closest.distance, norm), len(data)
    ratio = guaranteed_ratio((count // 2) * (count - count // 2), data.dim)
    plan = plan_hashed_bits(data, ratio * eps, None, norm)
    spread = sum(max(axis) - min(axis) for axis in zip(*data.points, strict=True)) / eps
    worst = count_worst_case(count, data.dim, ratio, spread)
    assert plan is not None and worst is not None and plan.promised <= worst
    assert count_worst_case(count, data.dim, ratio + Fraction(1, 10**9), spread) is None


@pytest.mark.parametrize("points", [30, 100, 1000, 10**4, 10**6])
@pytest.mark.parametrize("dim", [1, 4, 100])
def test_the_worst_case_is_below_its_square_root(points: int, dim: int) -> None:
    """At most ``d + 15 + sqrt(32 n (7 D + 16))`` with thresholds of D digits, where 8 n > 7 D + 16."""
    pairs = (points // 2) * (points - points // 2)
    digits = (48 * dim * pairs * 2 * points + 2).bit_length()
    worst = count_worst_case(points, dim, 0)
    assert worst is not None and 8 * points > 7 * digits + 16
    assert max(0, worst - dim - 15) ** 2 <= 32 * points * (7 * digits + 16)


def test_the_worst_case_refuses_numbers_out_of_range() -> None:
    assert count_worst_case(1, 3, 0) == 1
    for points, dim, ratio, spread in ((0, 1, 0, 1), (5, 0, 0, 1), (5, 1, -1, 1), (5, 1, 0, 0)):
        with pytest.raises(AssumptionViolated, match=f"{points}, {dim}, {spread}, {ratio}"):
            count_worst_case(points, dim, ratio, spread)
    with pytest.raises(InexactInput, match="ratio"):
        count_worst_case(5, 1, 0.1)


# Lines and refusals ------------------------------------------------------------------------


@given(instance=instances())
@FEWER
def test_thresholds_lie_between_the_balls(instance: Instance) -> None:
    data, radius, norm = instance
    checked = memorization_instance(data, norm, radius)
    assert checked is not None
    try:
        lines = threshold_lines(checked)
    except AssumptionViolated as error:
        assert error.assumption == "overlap" and str(radius) in str(error)
        return
    for line in lines:
        size = length([Fraction(value) for value in line.direction], dual_norm(norm))
        for point, label in zip(data.points, data.labels, strict=True):
            place = line.unit * sum(u * x for u, x in zip(line.direction, point, strict=True)) - line.origin
            reach = line.unit * radius
            before = [t for t in line.thresholds.tolist() if place >= t + 1]
            assert label == line.first * (-1) ** len(before)
            sides = [place - t - 1 for t in before[-1:]] + [
                t - place for t in line.thresholds.tolist()[len(before) :][:1]
            ]
            for side in sides:
                assert side >= 0 and (side * side >= reach**2 * size if norm == "l2" else side >= reach * size)


def test_impossible_instances_are_refused_by_value() -> None:
    crossed = LabelledPoints.of([[0, 0], [1, 1], [0, 1], [1, 0]], [1, 1, -1, -1])
    with pytest.raises(AssumptionViolated, match=r"balls of radius 12/25 overlap along all \d+ directions"):
        memorize_with_hashed_bits(crossed, "12/25", None, "linf")
    with pytest.raises(AssumptionViolated, match="points 0 and 2 have different labels"):
        memorize_with_hashed_bits(crossed, "1/2", None, "linf")
    with pytest.raises(AssumptionViolated, match="found 2"):
        memorize_with_hashed_bits(LabelledPoints.of([[0], [1]], [1, 2]), "1/8")
    with pytest.raises(InexactInput, match=r"0\.25"):
        memorize_with_hashed_bits(LabelledPoints.of([[0], [1]], [1, -1]), 0.25)
    assert memorize_with_hashed_bits(LabelledPoints.of([[0], [1]], [1, 1]), "1/8").size.nonzero == 1
