"""Volumes of wrong centres against a lattice of centres, each decided on its own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import LabelledPoints, ReluNetwork
from constructions.data.norm_ball import NormBall
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from verify.generalization.segments import first_mistake
from verify.testing.strategies import relu_networks

_CELLS = 64


@settings(max_examples=40)
@given(relu_networks(inputs=1, max_units=4), st.integers(0, 8), st.sampled_from((1, -1)))
def test_on_a_line_the_share_is_that_of_a_fine_lattice(network: ReluNetwork, steps: int, label: int) -> None:
    """Every end of an interval of wrong centres moves the share by at most one cell."""
    radius = Fraction(steps, 16)
    result = verify.robust_test_error(network, BoxMixture([Box([-1], [1])], [label], [1]), radius=radius)
    centres = [[Fraction(2 * k + 1 - _CELLS, _CELLS)] for k in range(_CELLS)]
    decided = verify.robust_error(network, LabelledPoints.of(centres, [label] * _CELLS), radius=radius)
    wrong = [status == "violated" for status in decided.status]
    assert decided.is_exact
    slack = Fraction(2 * (network.size.units + 2), _CELLS)
    assert result.is_exact and abs(result.lower - Fraction(sum(wrong), _CELLS)) <= slack


@settings(max_examples=30)
@given(relu_networks(inputs=2, max_units=3), st.sampled_from(("linf", "l1", "l2")), st.integers(0, 4))
def test_in_the_plane_the_bounds_hold_what_single_centres_say(network: ReluNetwork, norm: str, steps: int) -> None:
    """A box found robust has no wrong centre and the reverse: all robust, all wrong, or a witness that is."""
    radius = Fraction(steps, 8)
    box = Box([-1, -1], [1, 1])
    result = verify.robust_test_error(network, BoxMixture([box], [1], [1]), norm, radius, most_regions=12)
    centres = [[Fraction(2 * i - 7, 8), Fraction(2 * j - 7, 8)] for i in range(8) for j in range(8)]
    decided = verify.robust_error(network, LabelledPoints.of(centres, [1] * 64), norm, radius)
    assert decided.is_exact
    assert 0 <= result.lower <= result.upper <= 1
    if result.upper == 0:
        assert decided.count("violated") == 0
    if result.lower == 1:
        assert decided.count("robust") == 0
    if result.lower > 0:
        assert result.witness is not None
        centre, point = result.witness
        assert box.contains(centre) and NormBall(norm, radius).contains(centre, point) and network(point)[0] <= 0


@settings(max_examples=60)
@given(
    relu_networks(inputs=2, max_units=4),
    st.sampled_from(("linf", "l1", "l2")),
    st.integers(0, 4),
    st.tuples(st.integers(-8, 8), st.integers(-8, 8), st.integers(1, 8), st.integers(1, 8)),
    st.sampled_from((1, -1)),
)
def test_what_one_step_says_of_a_box_holds_on_its_lattice(
    network: ReluNetwork, norm: str, steps: int, place: tuple[int, int, int, int], label: int
) -> None:
    """One step finds a box, or the side of a line: a lattice misjudges its share by at most 2/n + 1/n^2."""
    n, radius = 10, Fraction(steps, 8)
    low = [Fraction(value, 4) for value in place[:2]]
    high = [start + Fraction(width, 8) for start, width in zip(low, place[2:], strict=True)]
    mixture = BoxMixture([Box(low, high)], [label], [1])
    result = verify.robust_test_error(network, mixture, norm, radius, most_regions=1)
    share = [[a + (b - a) * Fraction(2 * k + 1, 2 * n) for k in range(n)] for a, b in zip(low, high, strict=True)]
    centres = [[x, y] for x in share[0] for y in share[1]]
    decided = verify.robust_error(network, LabelledPoints.of(centres, [label] * n * n), norm, radius)
    slack = Fraction(2, n) + Fraction(1, n * n)
    assert decided.is_exact
    assert decided.lower >= result.lower - slack and decided.upper <= result.upper + slack
    if result.upper == 0:
        assert decided.upper == 0


@settings(max_examples=100)
@given(relu_networks(inputs=2, max_units=6), st.data())
def test_the_first_mistake_is_wrong_and_nothing_before_it_is(network: ReluNetwork, data: st.DataObject) -> None:
    coordinate = st.integers(-6, 6).map(lambda k: Fraction(k, 2))
    start, end = (data.draw(st.tuples(coordinate, coordinate)) for _ in range(2))
    if network(end)[0] > 0:
        return
    found = first_mistake(network, start, end)
    assert network(found)[0] <= 0
    for k in range(32):
        earlier = tuple(x + Fraction(k, 32) * (y - x) for x, y in zip(start, found, strict=True))
        assert earlier == found or network(earlier)[0] > 0


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_a_kink_off_the_halves_is_no_obstacle_on_a_line(norm: str) -> None:
    from constructions import AffineMap

    network = ReluNetwork([AffineMap([[3], [-7]], [-1, 2]), AffineMap([[1, 1]], [Fraction(-1, 5)])])
    result = verify.robust_test_error(network, BoxMixture([Box([0], [1])], [1], [1]), norm, "1/70")
    assert result.is_exact and 0 < result.lower < 1
