"""Half-spaces in every norm: each one holds what it says, and the network they make is right."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions import LabelledPoints
from constructions.memorizers.cut_search import Cut, cuts_for
from constructions.memorizers.cuts import memorize_with_cuts, plan_cuts
from constructions.memorizers.instance import memorization_instance
from constructions.memorizers.literals import plan_literals
from verify import robust_error
from verify.testing.strategies import memorization_instances

Point = tuple[Fraction, ...]
FEWER = settings(max_examples=settings().max_examples // 2)
each_norm = pytest.mark.parametrize("norm", ["linf", "l1", "l2"])


def value(cut: Cut, point: Point) -> Fraction:
    """Return ``<direction, x>`` in plain fractions."""
    return sum((d * point[axis] for axis, d in zip(cut.axes, cut.direction, strict=True)), Fraction(0))


def is_at_least(number: Fraction, cut: Cut, radius: Fraction, norm: str) -> bool:
    """Return whether a number is at least the radius times the dual length of the direction."""
    sizes = [abs(d) for d in cut.direction]
    if norm == "l2":
        return number >= 0 and number**2 >= radius**2 * sum(size**2 for size in sizes)
    return number >= radius * (sum(sizes) if norm == "linf" else max(sizes))


@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error"])
@pytest.mark.theorem("robust-memorization-l1", claims=["robust_error"])
@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error"])
@each_norm
@FEWER
@given(draws=st.data())
def test_a_half_space_holds_its_ball_and_misses_the_others(norm: str, draws: st.DataObject) -> None:
    data, radius = draws.draw(memorization_instances(norm, max_points=8, max_dim=4, both_classes=True))
    instance = memorization_instance(data, norm, radius)
    assert instance is not None
    others = data.numerators[instance.outside]
    for index in instance.inside.tolist():
        centre = data.point(index)
        missed = set(instance.outside.tolist())
        for cut in cuts_for(data.numerators[index], others, data.scale, radius, norm):
            assert math.gcd(*cut.direction) == 1 and 0 not in cut.direction
            assert is_at_least(cut.start - value(cut, centre), cut, radius, norm)
            for other in list(missed):
                # On the ball of the other point the test is at least this much.
                beyond = value(cut, data.point(other)) - cut.start
                if beyond >= cut.room and is_at_least(beyond - cut.room, cut, radius, norm):
                    missed.discard(other)
            assert cut.room > 0
        assert not missed


@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error"])
@pytest.mark.theorem("robust-memorization-l1", claims=["robust_error"])
@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error"])
@each_norm
@FEWER
@given(draws=st.data())
def test_the_network_has_margin_one_and_the_planned_size(norm: str, draws: st.DataObject) -> None:
    data, radius = draws.draw(memorization_instances(norm, max_points=7, max_dim=4))
    network, plan = memorize_with_cuts(data, radius, norm=norm), plan_cuts(data, radius, norm=norm)
    assert network.size.nonzero == (1 if plan is None else plan.parameters)
    results = [robust_error(network, data, norm, radius, method) for method in ("auto", "paired")]
    assert results[0].upper == 0
    for index in range(len(data)):
        assert max(result.margin(index) or 0 for result in results) >= 1


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters"])
@given(instance=memorization_instances("linf", max_points=9, max_dim=5, both_classes=True))
def test_half_spaces_never_cost_more_than_coordinate_tests(instance: tuple[LabelledPoints, Fraction]) -> None:
    data, radius = instance
    literals, cuts = plan_literals(data, radius), plan_cuts(data, radius, norm="linf")
    assert literals is not None and cuts is not None
    assert cuts.parameters <= literals.parameters


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters"])
@FEWER
@given(draws=st.data())
def test_one_axis_of_a_half_space_cuts_off_each_point_alone(draws: st.DataObject) -> None:
    """Why a half-space saves two thirds of the parameters of coordinate tests at most."""
    data, radius = draws.draw(memorization_instances("linf", max_points=9, max_dim=5, both_classes=True))
    instance = memorization_instance(data, "linf", radius)
    assert instance is not None
    for index in instance.inside.tolist():
        centre = data.point(index)
        for cut in cuts_for(data.numerators[index], data.numerators[instance.outside], data.scale, radius, "linf"):
            for other in instance.outside.tolist():
                steps = [x - a for x, a in zip(data.point(other), centre, strict=True)]
                signed = [(1 if d > 0 else -1) * steps[axis] for axis, d in zip(cut.axes, cut.direction, strict=True)]
                is_cut_off = sum(
                    (d * steps[axis] for axis, d in zip(cut.axes, cut.direction, strict=True)), Fraction(0)
                ) > 2 * radius * sum(abs(d) for d in cut.direction)
                assert not is_cut_off or max(signed) > 2 * radius
