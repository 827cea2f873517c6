"""What every memorizer guarantees, on drawn instances: margin, counts, symmetries, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions import (
    AssumptionViolated,
    InexactInput,
    LabelledPoints,
    NormBall,
    ReluNetwork,
    memorize_by_the_papers_route,
    memorize_with_box_bumps,
    memorize_with_l1_bumps,
    memorize_with_literals,
)
from constructions.memorizers.box_bumps import count_box_bumps
from constructions.memorizers.l1_bumps import count_l1_bumps
from constructions.memorizers.literals import plan_literals
from constructions.memorizers.paper import count_papers_route
from verify import robust_error
from verify.testing import check_construction
from verify.testing.strategies import memorization_instances, separated_points

Instance = tuple[LabelledPoints, Fraction]


def count_literals(data: LabelledPoints, radius: Fraction, merge: bool) -> int:
    plan = plan_literals(data, radius, merge=merge)
    return 1 if plan is None else plan.parameters


def count_paper(data: LabelledPoints, radius: Fraction) -> int:
    """Count the paper's route less its zero biases: coordinates that are 0, and the radius 0."""
    if len(data.classes) == 1:
        return 1
    zeros = 2 * int(np.count_nonzero(data.numerators == 0)) + (len(data) if radius == 0 else 0)
    return count_papers_route(len(data), data.dim) - zeros


@dataclass(frozen=True, slots=True)
class Memorizer:
    """A construction with what its docstring promises."""

    name: str
    norm: str
    build: Callable[..., ReluNetwork]
    count: Callable[[LabelledPoints, Fraction], int]
    depth: Callable[[int], int] = lambda dim: 3

    @property
    def theorems(self) -> tuple[str, ...]:
        """The statements it proves; the paper's own route also the printed one."""
        corrected = (f"robust-memorization-{self.norm}",)
        return ("robust-memorization", *corrected) if self.name == "paper" else corrected


MEMORIZERS = (
    Memorizer("box", "linf", memorize_with_box_bumps, count_box_bumps),
    Memorizer("literals", "linf", memorize_with_literals, partial(count_literals, merge=True)),
    Memorizer("unmerged", "linf", partial(memorize_with_literals, merge=False), partial(count_literals, merge=False)),
    Memorizer("paper", "linf", memorize_by_the_papers_route, count_paper, lambda dim: 3 + (dim - 1).bit_length()),
    Memorizer("l1", "l1", memorize_with_l1_bumps, count_l1_bumps),
)
RELATIONS = ("permutation", "axes", "translation", "scaling", "label_swap", "determinism", "refusals")
named = {entry.name: entry for entry in MEMORIZERS}


def each(*names: str, claims: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Run a test on these memorizers (all by default), marked with their theorems."""
    chosen = [entry for entry in MEMORIZERS if not names or entry.name in names]
    marked = [(entry, pytest.mark.theorem(*entry.theorems, claims=claims)) for entry in chosen]
    return pytest.mark.parametrize("memorizer", [pytest.param(entry, id=entry.name, marks=m) for entry, m in marked])


def an_instance(data: st.DataObject, memorizer: Memorizer, **options: Any) -> Instance:
    return data.draw(memorization_instances(memorizer.norm, **options), label="instance")


def classes(data: LabelledPoints) -> tuple[int, int]:
    """Return the sizes of the smaller and the larger class."""
    smaller, larger = sorted((data.labels.count(1), data.labels.count(-1)))
    return smaller, larger


def assert_memorizes(network: ReluNetwork, data: LabelledPoints, norm: str, radius: Fraction) -> None:
    """Assert robust error zero, with every point decided, and a proved margin of at least 1."""
    error = robust_error(network, data, norm, radius)
    assert error.upper == 0
    paired = robust_error(network, data, norm, radius, method="paired")
    for index in range(len(data)):
        assert max(error.margin(index) or 0, paired.margin(index) or 0) >= 1


@each(claims=("robust_error", "margin"))
@given(draws=st.data())
def test_margin_is_at_least_one_on_every_ball(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, both_classes=False)
    assert_memorizes(memorizer.build(data, radius), data, memorizer.norm, radius)


@each(claims=("margin",))
@given(draws=st.data())
def test_no_point_of_a_ball_has_a_smaller_margin(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    network, ball = memorizer.build(data, radius), NormBall(memorizer.norm, radius)
    index = draws.draw(st.integers(0, len(data) - 1), label="index")
    centre = data.point(index)
    target = [Fraction(k, 24) for k in draws.draw(st.lists(st.integers(-48, 72), min_size=data.dim, max_size=data.dim))]
    inside = [ball.towards(centre, target), *ball.corners(centre), *(ball.towards(centre, p) for p in data.points)]
    for point in inside:
        assert ball.contains(centre, point)
        assert data.labels[index] * network(point)[0] >= 1


@each("box", "literals", "unmerged", "l1", claims=("margin",))
@given(draws=st.data())
def test_the_margin_is_one_on_the_class_without_bumps(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    network = memorizer.build(data, radius)
    larger = 1 if data.labels.count(1) > data.labels.count(-1) else -1
    for index in data.indices(larger):
        for corner in NormBall(memorizer.norm, radius).corners(data.point(int(index))):
            assert network(corner) == (larger,)


@each("paper", claims=("margin",))
def test_the_margin_of_the_papers_route_is_one(memorizer: Memorizer) -> None:
    network = memorizer.build(LabelledPoints.of([[0, 0], [1, 1]], [1, -1]), Fraction(1, 4))
    assert network(["1/4", "-1/4"]) + network(["3/4", "5/4"]) == (1, -1)


@each(claims=("count",))
@given(draws=st.data())
def test_closed_form_counts_the_parameters(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, both_classes=False)
    size = memorizer.build(data, radius).size
    assert size.nonzero == memorizer.count(data, radius)
    assert size.depth == (memorizer.depth(data.dim) if len(data.classes) == 2 else 1)


@each("box", "l1", claims=("parameters",))
@given(draws=st.data())
def test_bumps_stay_below_their_bound(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    assert memorizer.build(data, radius).size.nonzero <= classes(data)[0] * (6 * data.dim + 2) + 1


@each("box", "l1", claims=("parameters",))
def test_the_bound_of_the_bumps_is_met(memorizer: Memorizer) -> None:
    data = LabelledPoints.of([["1/3", "2/3"], ["1", "5/3"], ["2", "1/5"]], [1, -1, -1])
    assert memorizer.build(data, Fraction(1, 7)).size.nonzero == 1 * (6 * 2 + 2) + 1


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters"])
@given(memorization_instances("linf", max_points=8))
def test_literals_stay_below_their_bound_and_merging_saves(instance: Instance) -> None:
    data, radius = instance
    smaller, larger = classes(data)
    merged, unmerged = (named[name].build(data, radius).size for name in ("literals", "unmerged"))
    assert max(merged.nonzero, unmerged.nonzero) <= smaller * (3 * min(2 * data.dim, larger) + 2) + 1
    # Units, not parameters: a shared unit may have a bias where one of its own had none.
    assert merged.units <= unmerged.units


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters"])
def test_the_bound_of_the_literals_is_met() -> None:
    star = LabelledPoints.of([["1/3", "1/3"], ["4/3", "1/3"], ["1/3", "4/3"]], [1, -1, -1])
    assert named["unmerged"].build(star, Fraction(1, 7)).size.nonzero == 1 * (3 * min(4, 2) + 2) + 1


@each()
@given(draws=st.data())
def test_verdicts_follow_permutation_scaling_translation_and_swapped_labels(
    memorizer: Memorizer, draws: st.DataObject
) -> None:
    instance = an_instance(draws, memorizer, max_points=4)
    relation = draws.draw(st.sampled_from(RELATIONS), label="relation")
    report = check_construction(memorizer.build, [relation], norm=memorizer.norm, instances=[instance])
    assert (report.instances, report.undecided) == (1, 0)


@each()
@given(draws=st.data())
def test_values_follow_permutation_translation_and_doubling(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    network = memorizer.build(data, radius)
    order = draws.draw(st.permutations(range(len(data))), label="order")
    shift = draws.draw(st.lists(st.integers(-20, 20), min_size=data.dim, max_size=data.dim), label="thirds")
    moved = [[x + Fraction(t, 3) for x, t in zip(point, shift, strict=True)] for point in data.points]
    permuted = memorizer.build(data.subset(order), radius)
    translated = memorizer.build(LabelledPoints.of(moved, data.labels), radius)
    doubled = memorizer.build(LabelledPoints.of([[4 * x for x in p] for p in data.points], data.labels), 4 * radius)
    for point in probes(draws, data):
        value = network(point)
        assert permuted(point) == value
        assert translated([x + Fraction(t, 3) for x, t in zip(point, shift, strict=True)]) == value
        assert doubled([4 * x for x in point]) == value


@each("box", "paper", "l1")
@given(draws=st.data())
def test_values_follow_any_scaling_and_change_of_axes(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer)
    build = memorizer.build
    factor = Fraction(draws.draw(st.integers(1, 50), label="factor"), 7)
    order = draws.draw(st.permutations(range(data.dim)), label="axes")
    signs = draws.draw(st.lists(st.sampled_from((-1, 1)), min_size=data.dim, max_size=data.dim), label="signs")

    def turned(point: Any) -> list[Fraction]:
        return [signs[j] * factor * point[j] for j in order]

    network = build(data, radius)
    other = build(LabelledPoints.of([turned(point) for point in data.points], data.labels), factor * radius)
    for point in probes(draws, data):
        assert other(turned(point)) == network(point)


@each()
@given(draws=st.data())
def test_swapped_labels_turn_the_sign_where_the_classes_differ_in_size(
    memorizer: Memorizer, draws: st.DataObject
) -> None:
    data, radius = an_instance(draws, memorizer, max_points=3, min_points=3)
    network = memorizer.build(data, radius)
    swapped = memorizer.build(LabelledPoints.of(data.points, [-label for label in data.labels]), radius)
    for point in probes(draws, data):
        assert swapped(point)[0] == -network(point)[0]


@each()
@given(draws=st.data())
def test_equal_points_of_one_class_are_no_obstacle(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, max_points=3)
    twice = LabelledPoints.of([*data.points, *data.points], [*data.labels, *data.labels])
    assert_memorizes(memorizer.build(twice, radius), twice, memorizer.norm, radius)


@each()
@given(draws=st.data())
def test_a_smaller_eps_may_be_assumed(memorizer: Memorizer, draws: st.DataObject) -> None:
    data, radius = an_instance(draws, memorizer, max_points=4)
    separation = data.separation(memorizer.norm)
    assert separation is not None
    eps = (radius + separation / 2) / 2
    assert_memorizes(memorizer.build(data, radius, eps), data, memorizer.norm, radius)
    with pytest.raises(AssumptionViolated, match="eps"):
        memorizer.build(data, radius, separation)


@each()
@given(draws=st.data())
def test_the_critical_radius_is_refused_and_one_below_it_is_not(memorizer: Memorizer, draws: st.DataObject) -> None:
    data = draws.draw(separated_points(4, norm=memorizer.norm), label="data")
    separation = data.separation(memorizer.norm)
    assert separation is not None
    with pytest.raises(AssumptionViolated, match=f"distance {separation} .*radius {separation / 2} "):
        memorizer.build(data, separation / 2)
    below = separation / 2 * (1 - Fraction(1, 2**40))
    assert_memorizes(memorizer.build(data, below), data, memorizer.norm, below)


@each()
def test_impossible_instances_are_refused_by_value(memorizer: Memorizer) -> None:
    data = LabelledPoints.of([[0], [1]], [1, -1])
    with pytest.raises(AssumptionViolated, match="points 0 and 2 have different labels at distance 0"):
        memorizer.build(LabelledPoints.of([[0], [1], [0]], [1, -1, -1]), 0)
    with pytest.raises(AssumptionViolated, match="got -1/8"):
        memorizer.build(data, "-1/8")
    with pytest.raises(AssumptionViolated, match="found 2"):
        memorizer.build(LabelledPoints.of([[0], [1]], [1, 2]), "1/8")
    with pytest.raises(InexactInput, match=r"0\.25"):
        memorizer.build(data, 0.25)


@each()
@pytest.mark.parametrize("label", [-1, 1])
def test_one_class_gets_a_constant(memorizer: Memorizer, label: int) -> None:
    data = LabelledPoints.of([[0, 0], [1, 1], [0, 0]], [label] * 3)
    network = memorizer.build(data, 1000)
    assert (network.size.nonzero, network.size.depth) == (1, 1)
    assert network(["-5", "7/3"]) == (label,)


def probes(draws: st.DataObject, data: LabelledPoints) -> list[tuple[Fraction, ...]]:
    """Return the points and a few others, between and beside them."""
    row = st.lists(st.integers(-24, 48), min_size=data.dim, max_size=data.dim)
    others = draws.draw(st.lists(row, min_size=1, max_size=3), label="probes")
    return [*data.points, *(tuple(Fraction(k, 24) for k in other) for other in others)]
