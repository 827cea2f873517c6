"""On drawn instances: shattered points, narrow first layers, and the half-space of two points."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork, memorize_with_literals
from constructions.exact.norms import length
from constructions.hard_distributions.shattered_balls import ShatteredBalls
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.instance import half_separation
from constructions.memorizers.two_points import memorize_two_points
from verify.capacity.memorization_bounds import (
    coordinates_for_two_points,
    first_layer_width,
    memorization_size_bounds,
    shattered_points,
)
from verify.capacity.memorization_upper import enough_for_every_set
from verify.claims import shattering as claims
from verify.claims.first_layer import find_confusion, first_layer_at_least
from verify.claims.linear_shattering import judge_linear_group
from verify.pointwise import wrong_points
from verify.testing.strategies import memorization_instances, relu_networks
from verify.verdict import Verdict

norms = st.sampled_from(["linf", "l1", "l2"])
ratios = st.integers(0, 99).map(lambda k: Fraction(k, 100))


@st.composite
def families(draw: st.DrawFn) -> ShatteredBalls:
    return ShatteredBalls.of(draw(st.integers(1, 9)), draw(st.integers(1, 7)), draw(norms), draw(ratios))


@st.composite
def paired_families(draw: st.DrawFn) -> ShatteredBalls:
    """Draw a family in l1 or l2 whose ratio lets a pair of balls shatter three points or more."""
    norm, least = draw(st.sampled_from([("l1", 67), ("l2", 82)]))
    ratio = draw(st.integers(least, 99).map(lambda k: Fraction(k, 100)))
    return ShatteredBalls.of(draw(st.integers(2, 9)), draw(st.integers(3, 7)), norm, ratio)


# Shattered points ------------------------------------------------------------------------


@given(family=families())
def test_builder_and_bound_agree_on_the_number_of_points(family: ShatteredBalls) -> None:
    assert family.size == shattered_points(family.data_points, family.dim, family.norm, family.ratio)
    bounds = memorization_size_bounds(family.data_points, family.dim, family.norm, family.ratio)
    assert max(bound.shattered or 0 for bound in bounds) == family.size


@pytest.mark.theorem(
    "memorization-size-bound-linf", claims=["separation", "membership", "shattering", "group_separation"]
)
@pytest.mark.theorem(
    "memorization-size-bound-l2", claims=["separation", "membership", "shattering", "group_separation"]
)
@given(family=families(), draw=st.data())
def test_every_labelling_has_a_separated_data_set_with_its_points(family: ShatteredBalls, draw: st.DataObject) -> None:
    """In plain fractions, for labels drawn freely: what the claims decide for all of them."""
    labels = draw.draw(st.lists(st.sampled_from([-1, 1]), min_size=family.size, max_size=family.size))
    data, points = family.training_set(labels), family.listed(labels)
    needed = (4 if family.norm == "l2" else 2) * family.eps
    for i in range(len(data)):
        for j in range(i):
            if data.labels[i] != data.labels[j]:
                step = [x - y for x, y in zip(data.point(i), data.point(j), strict=True)]
                assert length(step, family.norm) >= needed
    for point, label in zip(points.points, labels, strict=True):
        steps = [
            [x - y for x, y in zip(point, data.point(i), strict=True)]
            for i in range(len(data))
            if data.labels[i] == label
        ]
        assert min(length(step, family.norm) for step in steps) <= family.radius
    if family.pairs:
        case = family.enumerated()
        assert claims.opposite_centres_apart(case).status == "holds"
        assert claims.points_in_their_balls(case).status == "holds"
        assert claims.every_labelling_realised(case).status == "holds"
        assert claims.groups_apart(case, family.spacing, family.pairs, family.singles).status == "holds"


@given(family=paired_families(), draw=st.data())
def test_coordinates_and_enumeration_judge_alike(family: ShatteredBalls, draw: st.DataObject) -> None:
    """On drawn points too, most of which lie outside."""
    assert family.pairs > 0
    case = family.enumerated()
    moves = st.lists(st.integers(-1, 1), min_size=family.per_pair, max_size=family.per_pair)
    points = case.points + [draw.draw(moves) for _ in range(family.per_pair)]
    eps, radius = case.eps, case.radius
    moved = type(case)(case.norm, points, case.labels, case.centres, eps, radius)
    listed = [
        claims.opposite_centres_apart(moved),
        claims.points_in_their_balls(moved),
        claims.every_labelling_realised(moved),
    ]
    at_once = judge_linear_group(points, case.norm, eps, radius)
    said = [[(v.name, v.status) for v in verdicts] for verdicts in (listed, at_once)]
    assert said[0] == said[1]
    assert [v.measured for v in listed[:2]] == [v.measured for v in at_once[:2]]
    if at_once[1].status == "violated":
        _confirm_outside(at_once[1], case.norm, radius)


def _confirm_outside(verdict: Verdict, norm: str, radius: Fraction) -> None:
    seen = verdict.witness
    assert seen is not None
    labels, point, centre = seen["labels"], seen["point"], seen["centre"]
    place = next(j for j in range(len(labels)) if labels[j] == seen["label"])
    assert centre == [seen["label"] * label for label in labels] and labels[place] == seen["label"]
    assert length([Fraction(x - c) for x, c in zip(point, centre, strict=True)], norm) > radius


@given(points=st.integers(1, 5), dim=st.integers(1, 4), ratio=st.integers(50, 99), draw=st.data())
def test_a_robust_network_labels_the_points(points: int, dim: int, ratio: int, draw: st.DataObject) -> None:
    """The reduction itself: a memorizer of the data set is right on the V points."""
    family = ShatteredBalls.of(points, dim, "linf", Fraction(ratio, 100))
    labels = draw.draw(st.lists(st.sampled_from([-1, 1]), min_size=family.size, max_size=family.size))
    data = family.training_set(labels)
    network = memorize_with_literals(data, family.radius, family.eps)
    assert wrong_points(network, family.listed(labels)).size == 0
    assert points == 2 or network.size.nonzero <= enough_for_every_set(points, dim, "linf", family.ratio).size


# First layers ----------------------------------------------------------------------------


@st.composite
def narrow(draw: st.DrawFn) -> tuple[int, str, Fraction, ReluNetwork]:
    dim, points = draw(st.integers(1, 5)), draw(st.integers(2, 6))
    norm, ratio = draw(st.sampled_from(["linf", "l2"])), draw(st.integers(1, 99).map(lambda k: Fraction(k, 100)))
    width = first_layer_width(points, dim, norm, ratio)
    entry = st.integers(-3, 3).map(lambda k: Fraction(k, 2))
    rank = draw(st.integers(0, width - 1))
    rows = [[draw(entry) for _ in range(dim)] for _ in range(rank)]
    rows.append([sum((row[j] for row in rows), Fraction(0)) for j in range(dim)])
    first = AffineMap(rows, [draw(entry) for _ in rows])
    last = AffineMap([[draw(entry) for _ in rows]], [draw(entry)])
    return points, norm, ratio, ReluNetwork([first, last])


@pytest.mark.theorem("memorization-size-bound-linf", claims=["first_layer", "width_bound"])
@pytest.mark.theorem("memorization-size-bound-l2", claims=["first_layer", "width_bound"])
@given(drawn=narrow())
def test_a_narrow_first_layer_is_refuted_by_a_wrong_point(drawn: tuple[int, str, Fraction, ReluNetwork]) -> None:
    points, norm, ratio, network = drawn
    data, radius = origin_against_unit_vectors(points, network.dim), ratio / 2
    verdict = first_layer_at_least(network, data, norm, radius, first_layer_width(points, network.dim, norm, ratio))
    assert verdict.status == "violated" and verdict.witness is not None
    index = verdict.witness["index"]
    wrong, other = ([Fraction(x) for x in verdict.witness[key]] for key in ("point", "same_first_layer"))
    assert NormBall(norm, radius).contains(data.point(index), wrong)
    assert data.labels[index] * network(wrong)[0] <= 0
    assert network(wrong) == network(other)
    read = [unit for unit, weight in enumerate(network.maps[1].weight[0]) if weight]
    first, second = network.maps[0](wrong), network.maps[0](other)
    assert [first[unit] for unit in read] == [second[unit] for unit in read]


@given(network=relu_networks(inputs=3, max_units=5, max_depth=3, largest=4), norm=st.sampled_from(["linf", "l2"]))
def test_a_confusion_is_a_counterexample_of_the_complete_method(network: ReluNetwork, norm: str) -> None:
    data, radius = origin_against_unit_vectors(4, 3), Fraction(9, 20)
    found = find_confusion(network, data, norm, radius)
    result = verify.robust_error(network, data, norm, radius)
    if found is not None:
        assert result.status[found.indices[found.wrong]] == "violated"
    if result.upper == 0:
        verdict = first_layer_at_least(network, data, norm, radius, first_layer_width(4, 3, norm, Fraction(9, 10)))
        assert verdict.status == "holds"


# Two points ------------------------------------------------------------------------------


@st.composite
def two_points(draw: st.DrawFn) -> tuple[LabelledPoints, str, Fraction]:
    dim = draw(st.integers(1, 7))
    rows = [[Fraction(draw(st.integers(-9, 9)), draw(st.integers(1, 4))) for _ in range(dim)] for _ in range(2)]
    if rows[0] == rows[1]:
        rows[1][0] += 1
    return LabelledPoints.of(rows, draw(st.permutations([-1, 1]))), draw(norms), draw(ratios)


@pytest.mark.theorem("memorization-size-bound", claims=["robust_error", "parameters"])
@given(drawn=two_points())
def test_two_points_take_as_many_coordinates_as_promised(drawn: tuple[LabelledPoints, str, Fraction]) -> None:
    data, norm, ratio = drawn
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    radius = ratio * half_separation(closest.distance, norm)
    network = memorize_two_points(data, radius, norm)
    assert network.size.depth == 1
    assert network.size.nonzero <= coordinates_for_two_points(data.dim, norm, ratio) + 1
    assert network.size.nonzero <= enough_for_every_set(2, data.dim, norm, ratio).size
    assert verify.robust_error(network, data, norm, radius).upper == 0


@given(instance=memorization_instances("l2"), draw=st.data())
def test_below_one_over_root_d_coordinate_tests_do_in_l2(
    instance: tuple[LabelledPoints, Fraction], draw: st.DataObject
) -> None:
    data, _ = instance
    closest = data.closest_opposite_pairs("l2")
    if closest is None:
        return
    ratio = Fraction(draw.draw(st.integers(0, 99)), 100 * data.dim)
    assert coordinates_for_two_points(data.dim, "l2", ratio) == 1
    radius = ratio * half_separation(closest.distance, "l2")
    network = memorize_with_cuts(data, radius)
    enough = enough_for_every_set(len(data), data.dim, "l2", ratio)
    assert enough.construction in ("literals", "two-points")
    assert len(data) == 2 or network.size.nonzero <= enough.size
    assert verify.robust_error(network, data, "l2", radius).upper == 0
