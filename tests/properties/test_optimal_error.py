"""The optimal robust error on random distributions: steps, ends, relations, and against z3."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from constructions import FiniteDistribution, LabelledPoints
from constructions.classifiers.optimal import classify_optimally
from constructions.exact.norms import length
from verify.claims.optimal_curve_claims import (
    agrees_at_single_radii,
    ends_at_the_smaller_class,
    starts_at_the_bayes_error,
)
from verify.claims.optimal_error_claims import cover_leaves_no_conflict, matching_costs_the_value, robust_error_attains
from verify.testing.exhaustive_cover import conflicts_by_definition, optimal_error_by_subsets
from verify.testing.strategies import relu_networks

NORMS = st.sampled_from(("linf", "l1", "l2"))
SCALE = 3


@st.composite
def laws(draw: st.DrawFn, most: int = 9) -> FiniteDistribution:
    """Points on a grid of thirds, so that many distances are equal, with small integer weights."""
    count, dim = draw(st.integers(1, most)), draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(st.integers(-4, 4), min_size=dim, max_size=dim), min_size=count, max_size=count))
    labels = draw(st.lists(st.sampled_from((-1, 1)), min_size=count, max_size=count))
    weights = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    total = sum(weights)
    points = LabelledPoints.of([[Fraction(x, SCALE) for x in row] for row in rows], labels)
    if not total or draw(st.booleans()):
        return FiniteDistribution.uniform(points)
    return FiniteDistribution(points, [Fraction(weight, total) for weight in weights])


RADII = st.integers(0, 30).map(lambda k: Fraction(k, 4 * SCALE))


@pytest.mark.theorem("optimal-robust-error", claims=["cover", "matching"])
@given(law=laws(), norm=NORMS, radius=RADII, closed=st.booleans())
def test_both_halves_of_the_proof_hold(law: FiniteDistribution, norm: str, radius: Fraction, closed: bool) -> None:
    closed = closed or radius == 0
    found = verify.optimal_robust_error(law, norm, radius, closed)
    assert cover_leaves_no_conflict(found).status == matching_costs_the_value(found).status == "holds"
    assert found.value == optimal_error_by_subsets(law, norm, radius, closed)


@given(law=laws(), norm=NORMS)
def test_the_curve_is_a_step_function_between_bayes_error_and_smaller_class(law: FiniteDistribution, norm: str) -> None:
    curve = verify.optimal_error_curve(law, norm)
    assert curve.radii[0] == 0 and list(curve.radii) == sorted(set(curve.radii))
    assert list(curve.values) == sorted(set(curve.values))
    assert starts_at_the_bayes_error(curve, law).status == ends_at_the_smaller_class(curve, law).status == "holds"
    assert agrees_at_single_radii(curve, law).status == "holds"
    points, labels = law.points.points, law.points.labels
    halves = {Fraction(0)}
    for x, y in zip(points, labels, strict=True):
        for other, label in zip(points, labels, strict=True):
            if y != label:
                apart = length([a - b for a, b in zip(x, other, strict=True)], norm)
                halves.add(apart / 4 if norm == "l2" else apart / 2)
    assert set(curve.radii) <= halves


@given(law=laws(), norm=NORMS, radius=RADII.filter(bool), closed=st.booleans())
def test_the_curve_has_the_value_at_every_radius(
    law: FiniteDistribution, norm: str, radius: Fraction, closed: bool
) -> None:
    curve = verify.optimal_error_curve(law, norm)
    assert curve.at(radius, closed) == verify.optimal_robust_error(law, norm, radius, closed).value
    assert curve.at(radius, False) <= curve.at(radius, True)


@given(law=laws(), norm=NORMS, radius=RADII, order=st.randoms())
def test_the_order_the_place_the_scale_and_the_labels_do_not_matter(
    law: FiniteDistribution, norm: str, radius: Fraction, order: object
) -> None:
    value = verify.optimal_robust_error(law, norm, radius).value
    places = list(range(len(law.points)))
    order.shuffle(places)  # type: ignore[attr-defined]
    points = [law.points.points[place] for place in places]
    labels = [law.points.labels[place] for place in places]
    weights = [law.probabilities[place] for place in places]
    factor = Fraction(7, 5)
    moved = [[factor * (x - Fraction(11, 13)) for x in point[::-1]] for point in points]
    other = FiniteDistribution(LabelledPoints.of(moved, [-label for label in labels]), weights)
    assert verify.optimal_robust_error(other, norm, factor * radius).value == value


@given(law=laws(8), norm=NORMS, radius=RADII, share=st.integers(0, 7), data=st.data())
def test_a_point_split_in_two_costs_the_same(
    law: FiniteDistribution, norm: str, radius: Fraction, share: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(law.points) - 1))
    points = [*law.points.points, law.points.points[place]]
    labels = [*law.points.labels, law.points.labels[place]]
    part = law.probabilities[place] * Fraction(share, 7)
    weights = [*law.probabilities, part]
    weights[place] -= part
    split = FiniteDistribution(LabelledPoints.of(points, labels), weights)
    before = verify.optimal_robust_error(law, norm, radius)
    assert verify.optimal_robust_error(split, norm, radius).value == before.value


@pytest.mark.theorem("optimal-robust-error", claims=["attained"])
@given(law=laws(6), norm=NORMS, radius=RADII)
def test_the_network_attains_the_value_exactly(law: FiniteDistribution, norm: str, radius: Fraction) -> None:
    found = verify.optimal_robust_error(law, norm, radius)
    network = classify_optimally(law.points, found.kept, norm, radius)
    result = verify.robust_error(network, law.points, norm, radius, seconds=20)
    assert robust_error_attains(result, found).status == "holds"


@pytest.mark.theorem("optimal-robust-error", claims=["unbeaten"])
@given(law=laws(6), radius=RADII, data=st.data())
def test_no_drawn_network_is_better(law: FiniteDistribution, radius: Fraction, data: st.DataObject) -> None:
    network = data.draw(relu_networks(inputs=law.points.dim))
    result = verify.robust_error(network, law.points, "linf", radius, seconds=5)
    robust = [index for index, status in enumerate(result.status) if status == "robust"]
    assert 1 - law.weight_of(robust) >= verify.optimal_robust_error(law, "linf", radius).value


@given(law=laws(12), norm=NORMS, radius=RADII)
def test_z3_finds_the_same_minimum(law: FiniteDistribution, norm: str, radius: Fraction) -> None:
    import z3

    lcm = math.lcm(*(weight.denominator for weight in law.probabilities))
    given_up = [z3.Bool(f"x{index}") for index in range(len(law.points))]
    solver = z3.Optimize()
    for i, k in conflicts_by_definition(law, norm, radius):
        solver.add(z3.Or(given_up[i], given_up[k]))
    costs = [z3.If(x, int(w * lcm), 0) for x, w in zip(given_up, law.probabilities, strict=True)]
    cost = solver.minimize(z3.Sum(costs))
    assert solver.check() == z3.sat
    assert Fraction(solver.lower(cost).as_long(), lcm) == verify.optimal_robust_error(law, norm, radius).value
