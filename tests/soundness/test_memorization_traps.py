"""The known traps of robust memorization, one regression test each (theory, section 9)."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

import verify
from constructions import (
    AffineMap,
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
from verify.testing.exhaustive import smallest_margin

HAIR = Fraction(1, 2**40)


def _grid(dim: int, side: int) -> LabelledPoints:
    """All points of a grid of integers, labelled by the parity of their sum."""
    points = [list(point) for point in product(range(side), repeat=dim)]
    return LabelledPoints.of(points, [1 if sum(point) % 2 else -1 for point in points])


def test_trap_1_closed_balls_touch_at_radius_eps() -> None:
    """A = {0}, B = {1}: at radius 1/2 no network is right on both closed balls."""
    data = LabelledPoints.of([[0], [1]], [-1, 1])
    for build in (
        memorize_with_box_bumps,
        memorize_with_l1_bumps,
        memorize_with_literals,
        memorize_by_the_papers_route,
    ):
        network = build(data, "1/4")
        norm = "l1" if build is memorize_with_l1_bumps else "linf"
        assert verify.robust_error(network, data, norm=norm, radius="1/4").upper == 0
        result = verify.robust_error(network, data, norm=norm, radius="1/2")
        assert result.lower >= Fraction(1, 2)
        with pytest.raises(AssumptionViolated, match="below eps = 1/2"):
            build(data, "1/2")


@pytest.mark.parametrize("label", [1, -1])
def test_trap_2_zero_on_the_separating_hyperplane_is_an_error(label: int) -> None:
    """The hyperplane through the midpoint is 0 there: wrong for +1 and for -1."""
    hyperplane = ReluNetwork([AffineMap([[2]], [-1])])
    centre = LabelledPoints.of([["1/2"]], [label])
    assert verify.robust_error(hyperplane, centre, radius=0).status == ("violated",)
    touching = LabelledPoints.of([[(1 + label) // 2]], [label])
    assert verify.robust_error(hyperplane, touching, radius="1/2").status == ("violated",)
    assert verify.robust_error(hyperplane, touching, radius=Fraction(1, 2) - HAIR).status == ("robust",)


def test_trap_3_faces_of_balls_are_exact_where_floats_are_not() -> None:
    """In floats 0.1 + 0.2 > 0.3; in fractions the face of the ball is on the ball."""
    assert 0.1 + 0.2 > 0.3
    data = LabelledPoints.of([["0.1"], ["0.6"]], [1, -1])
    network = memorize_with_box_bumps(data, "0.2")
    assert network(["0.3"]) == (1,) and network(["0.4"]) == (-1,)
    result = verify.robust_error(network, data, radius="0.2")
    assert result.status == ("robust", "robust") and result.smallest_margin == 1
    with pytest.raises(InexactInput, match="float"):
        verify.robust_error(network, data, radius=0.2)


def test_trap_8_nonzero_and_dense_sizes_grow_differently() -> None:
    """Nonzero parameters are m(6d+2)+1, dense ones quadratic in the number of bumps."""
    sizes = []
    for side in (3, 5, 7):
        data = _grid(2, side)
        bumps = min(data.indices(1).size, data.indices(-1).size)
        size = memorize_with_box_bumps(data, "1/3").size
        assert size.nonzero == bumps * (6 * 2 + 2) + 1
        assert size.dense == 3 * 4 * bumps + (4 * bumps + 1) * bumps + (bumps + 1)
        sizes.append((bumps, size))
    (few, small), (many, large) = sizes[0], sizes[-1]
    assert large.nonzero * few < small.nonzero * many + many
    assert large.dense * few * few > small.dense * many * many / 2


def test_trap_9_eps_is_half_the_separation() -> None:
    """Points at distance 1 have eps = 1/2: any radius below 1/2, none from there on."""
    data = LabelledPoints.of([[0], [1]], [1, -1])
    assert data.separation("linf") == 1
    radius = Fraction(1, 2) - HAIR
    assert verify.robust_error(memorize_with_box_bumps(data, radius), data, radius=radius).upper == 0
    with pytest.raises(AssumptionViolated, match="needs at least 4/3"):
        memorize_with_box_bumps(data, "1/4", eps="2/3")
    assert verify.robust_error(memorize_with_box_bumps(data, "1/4", eps="1/2"), data, radius="1/4").upper == 0


@pytest.mark.parametrize("ratio", ["1/2", "3/4", "99/100"])
def test_trap_10_half_of_eps_is_no_limit_and_the_smaller_class_is_enough(ratio: str) -> None:
    data = LabelledPoints.of([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0]], [1, -1, -1, -1, -1])
    radius = Fraction(ratio) / 2
    network = memorize_with_box_bumps(data, radius)
    assert network.maps[1].shape[0] == 1, "one bump for the one point of the smaller class"
    assert verify.robust_error(network, data, radius=radius).smallest_margin == 1


def test_trap_10_bumps_on_both_classes_are_zero_off_the_balls() -> None:
    data = LabelledPoints.of([[0], [4]], [-1, 1])
    both = memorize_by_the_papers_route(data, "1/4", eps="1/2")
    assert both([2]) == (0,)
    for label in (-1, 1):
        between = LabelledPoints.of([[2]], [label])
        assert verify.robust_error(both, between, radius="1/4").status == ("violated",)
    assert memorize_with_box_bumps(data, "1/4", eps="1/2")([2]) == (-1,)


def test_trap_11_box_bumps_are_no_l2_memorizer() -> None:
    """a = 0 and b = eps * (1, 1, 1, 1) have l2 distance 2 eps, but boxes of that radius overlap."""
    data = LabelledPoints.of([[0, 0, 0, 0], ["1/2"] * 4], [1, -1])
    assert data.separation_squared() == 1 and data.separation("linf") == Fraction(1, 2)
    with pytest.raises(AssumptionViolated):
        memorize_with_box_bumps(data, "2/5")
    network = memorize_with_box_bumps(data, "1/5")
    assert verify.robust_error(network, data, radius="1/5").upper == 0
    result = verify.robust_error(network, data, norm="l2", radius="2/5")
    witness = result.witness(0)
    assert result.status[0] == "violated" and witness is not None
    assert NormBall("l2", "2/5").contains(data.point(0), witness) and network(witness)[0] <= 0


def _tooth(centre: Any, depth: Any) -> ReluNetwork:
    """``|x - centre| - depth``: right at most corners, wrong next to the centre."""
    shift = Fraction(centre)
    return ReluNetwork([AffineMap([[1], [-1]], [-shift, shift]), AffineMap([[1, 1]], [-Fraction(depth)])])


@pytest.mark.parametrize("centre", ["1/3", "-5/7", "355/1130"])
def test_trap_13_corners_and_samples_prove_nothing(centre: str) -> None:
    """A tooth is right at the centre and at both corners of the ball, and wrong inside."""
    data = LabelledPoints.of([[0]], [1])
    for depth in (Fraction(1, 10**6), Fraction(0)):
        tooth = _tooth(centre, depth)
        assert min(tooth([x])[0] for x in (-1, 0, 1)) > 0
        for method in ("auto", "interval", "paired", "attack"):
            assert verify.robust_error(tooth, data, radius=1, method=method).status[0] != "robust"
        found = smallest_margin(tooth, 1, [0], NormBall("linf", 1))
        assert found is not None and found.margin == -depth and found.point == (Fraction(centre),)


def test_trap_13_an_attack_never_says_robust() -> None:
    data = LabelledPoints.of([[0], [1]], [1, -1])
    network = memorize_with_box_bumps(data, "1/4")
    result = verify.robust_error(network, data, radius="1/4", method="attack")
    assert result.status == ("unknown", "unknown") and (result.lower, result.upper) == (0, 1)


@pytest.mark.parametrize("bits", [40, 100, 300])
def test_trap_21_a_closing_gap_makes_huge_weights_and_stays_exact(bits: int) -> None:
    data = LabelledPoints.of([["0", "1/3"], ["1", "1"]], [1, -1])
    radius = Fraction(1, 2) - Fraction(1, 2**bits)
    for build in (memorize_with_box_bumps, memorize_with_literals, memorize_by_the_papers_route):
        network = build(data, radius)
        assert network.size.weight_bits >= bits - 2
        assert verify.robust_error(network, data, radius=radius).smallest_margin == 1


@pytest.mark.parametrize("eps", ["2/7", "3/7", "1/5", "1/6", "5/22"])
def test_trap_23_grid_points_are_further_apart_than_two_eps(eps: str) -> None:
    """Points i/q with q = floor(1/(2 eps)) have separation 1/q, not 2 eps: the gap follows the eps asked for."""
    q = int(1 / (2 * Fraction(eps)))
    points = [[Fraction(i, q)] for i in range(q + 1)]
    data = LabelledPoints.of(points, [1 if i % 2 else -1 for i in range(q + 1)])
    separation = data.separation("linf")
    assert separation is not None and separation == Fraction(1, q) >= 2 * Fraction(eps)
    radius = Fraction(eps) * Fraction(9, 10)
    for given in (None, eps):
        network = memorize_with_box_bumps(data, radius, eps=given)
        gap = 2 * Fraction(given or separation / 2) - 2 * radius
        assert {weight for row in network.maps[1].weight for weight in row} - {0} == {-1 / gap}
        assert verify.robust_error(network, data, radius=radius).smallest_margin == 1
