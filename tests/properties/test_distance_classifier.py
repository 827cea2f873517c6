"""The distance classifier on random sets whose distance is attained: margin, slope, range, and its network."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions import LabelledSets
from constructions.classifiers.distance import DistanceClassifier
from constructions.classifiers.distance_network import distance_difference_network
from constructions.data.norm_ball import NormBall, Point
from constructions.exact.norms import length
from constructions.sets.box import Box
from verify.claims.distance_claims import lipschitz_at_most, neighbourhood_margin
from verify.claims.set_claims import neighbourhoods_apart, sets_separated_by
from verify.generalization.population_error import robust_test_error
from verify.testing.strategies import separated_sets

SETS = separated_sets(max_pieces=5, max_dim=4) | separated_sets(max_pieces=5, max_dim=4, kind="points")
NORMS = st.sampled_from(["linf", "l1"])
RATIOS = st.integers(0, 15).map(lambda k: Fraction(k, 16))


def _brute_force(sets: LabelledSets, point: Point, norm: str) -> tuple[Fraction, Fraction]:
    """Return both distances (squared in l2) by a loop over pieces, coordinate by coordinate."""
    found = []
    for side in sets.exact_sides:
        gaps = [
            [max(low - x, x - high, Fraction(0)) for low, x, high in zip(piece.lower, point, piece.upper, strict=True)]
            for piece in side.pieces
        ]
        found.append(min(length(gap, norm) for gap in gaps))
    return found[0], found[1]


def _shift(draw: st.DrawFn, dim: int, norm: str, radius: Fraction) -> list[Fraction]:
    steps = [Fraction(draw(st.integers(-8, 8)), 8) for _ in range(dim)]
    size = length(steps, norm)
    return [radius * step / size if size > 1 else radius * step for step in steps]


@st.composite
def _near_a_set(draw: st.DrawFn, sets: LabelledSets, label: int, norm: str, radius: Fraction) -> Point:
    side = sets.exact_sides[0 if label == 1 else 1]
    piece = draw(st.sampled_from(side.pieces))
    shares = [Fraction(draw(st.integers(0, 4)), 4) for _ in range(sets.dim)]
    inside = [low + share * (high - low) for low, high, share in zip(piece.lower, piece.upper, shares, strict=True)]
    return tuple(x + step for x, step in zip(inside, _shift(draw, sets.dim, norm, radius), strict=True))


@pytest.mark.theorem("distance-classifier", claims=["margin", "robust_error"])
@settings(max_examples=500)
@given(st.data(), SETS, NORMS, RATIOS)
def test_the_margin_holds_on_both_neighbourhoods_and_is_attained(
    data: st.DataObject, sets: LabelledSets, norm: str, ratio: Fraction
) -> None:
    eps = sets.eps(norm)
    classifier, radius = DistanceClassifier(sets, norm), ratio * eps
    for label in (1, -1):
        point = data.draw(_near_a_set(sets, label, norm, radius))
        assert label * classifier(point) >= 1 - ratio
        assert label in sets.labels_near(point, norm, radius)
    closest = sets.closest(norm)
    share = radius / closest.distance
    extreme = [p + share * (q - p) for p, q in zip(closest.first, closest.second, strict=True)]
    assert classifier(extreme) == 1 - ratio and sets.labels_near(extreme, norm, radius)[0] == 1
    verdict = neighbourhood_margin(classifier, sets, norm, radius, 1 - ratio)
    assert (verdict.status, verdict.evidence, verdict.measured) == ("holds", "exact", str(1 - ratio))
    assert neighbourhoods_apart(sets, norm, radius).status == "holds"


@pytest.mark.theorem("distance-classifier", claims=["lipschitz", "separation"])
@settings(max_examples=300)
@given(st.data(), SETS, NORMS)
def test_values_stay_in_range_and_change_slowly(data: st.DataObject, sets: LabelledSets, norm: str) -> None:
    eps = sets.eps(norm)
    classifier = DistanceClassifier(sets, norm)
    coordinate = st.fractions(-3, 15, max_denominator=12)
    points = [data.draw(st.tuples(*[coordinate] * sets.dim)) for _ in range(2)]
    values = [classifier(point) for point in points]
    for point, value in zip(points, values, strict=True):
        near, far = _brute_force(sets, point, norm)
        assert value == (far - near) / (near + far) and -1 <= value <= 1
        assert near + far >= 2 * eps and classifier.sign(point) == (value > 0) - (value < 0)
        assert classifier.is_at_least(point, value) and not classifier.is_at_least(point, value + Fraction(1, 10**9))
    gap = length([x - y for x, y in zip(*points, strict=True)], norm)
    assert abs(values[0] - values[1]) <= gap / eps
    assert lipschitz_at_most(classifier, sets, norm, 1 / eps).measured == str(1 / eps)
    assert sets_separated_by(sets, norm, 2 * eps).status == "holds"


@pytest.mark.theorem("distance-classifier", claims=["margin", "lipschitz"])
@settings(max_examples=200)
@given(st.data(), SETS, RATIOS)
def test_in_l2_values_are_enclosed_and_compared_by_squares(
    data: st.DataObject, sets: LabelledSets, ratio: Fraction
) -> None:
    eps = sets.eps("l2")
    classifier, radius = DistanceClassifier(sets, "l2"), ratio * eps
    for label in (1, -1):
        point = data.draw(_near_a_set(sets, label, "l2", radius))
        bounds = classifier.bounds(point)
        assert classifier.is_at_least(point, 1 - ratio, label)
        assert classifier.is_at_least(point, bounds.lower) and bounds.upper - bounds.lower < Fraction(1, 2**50)
        assert bounds.is_exact or not classifier.is_at_least(point, bounds.upper + Fraction(1, 2**80))
        near, far = _brute_force(sets, point, "l2")
        assert classifier.sign(point) == (far > near) - (far < near)
    assert neighbourhood_margin(classifier, sets, "l2", radius, 1 - ratio).status == "holds"
    assert lipschitz_at_most(classifier, sets, "l2", 1 / eps).status == "holds"


@settings(max_examples=100)
@given(st.data(), SETS, NORMS)
def test_the_network_is_the_numerator(data: st.DataObject, sets: LabelledSets, norm: str) -> None:
    network = distance_difference_network(sets, norm)
    point = data.draw(st.tuples(*[st.fractions(-3, 15, max_denominator=12)] * sets.dim))
    near, far = _brute_force(sets, point, norm)
    assert network(point) == (far - near,)


@pytest.mark.theorem("distance-classifier", claims=["network_robust_error"])
@settings(max_examples=15)
@given(separated_sets(max_pieces=3, max_dim=2, kind="points"), NORMS)
def test_the_network_is_robust_below_eps_and_wrong_at_eps(sets: LabelledSets, norm: str) -> None:
    network, eps = distance_difference_network(sets, norm), sets.eps(norm)
    assert robust_test_error(network, sets, norm, eps * 99 / 100).upper == 0
    at_eps = robust_test_error(network, sets, norm, eps)
    assert at_eps.lower > 0 and at_eps.witness is not None
    centre, point = at_eps.witness
    assert NormBall(norm, eps).contains(centre, point)


@settings(max_examples=100)
@given(SETS, NORMS, st.integers(1, 5), st.integers(-7, 7))
def test_scaling_and_moving_the_sets_changes_no_value(sets: LabelledSets, norm: str, factor: int, shift: int) -> None:
    from constructions import BoxUnion

    def moved(box: Box) -> Box:
        return Box([factor * x + shift for x in box.lower], [factor * x + shift for x in box.upper])

    image = LabelledSets(*(BoxUnion.of([moved(box) for box in side.pieces]) for side in sets.exact_sides))
    before, after = DistanceClassifier(sets, norm), DistanceClassifier(image, norm)
    for corner in list(product((Fraction(0), Fraction(5, 2)), repeat=sets.dim))[:4]:
        assert before(corner) == after([factor * x + shift for x in corner])
    exchanged = DistanceClassifier(LabelledSets(sets.negative, sets.positive), norm)
    assert exchanged(corner) == -before(corner)
    assert image.separation(norm) == factor * sets.separation(norm)


@settings(max_examples=100)
@given(separated_sets(max_dim=4))
def test_drawn_sets_have_one_distance_in_all_norms(sets: LabelledSets) -> None:
    assert sets.separation("linf") == sets.separation("l1") > 0
    assert sets.separation_squared() == sets.separation("linf") ** 2
