"""What the hard sets promise, on drawn sets and networks: separation, and the reduction to midpoints."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from constructions import AffineMap, AssumptionViolated, FiniteDistribution, LabelledPoints, NormBall, ReluNetwork
from constructions.hard_distributions.balanced import balance_of, balanced_reweighting
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.size_bound import certified_size_bound
from verify.claims.hard_set_claims import balanced, both_classes, midpoint_error_below
from verify.pointwise import clean_error, wrong_points
from verify.testing.strategies import linearly_separable_grids, relu_networks

LINEAR, BALANCED = "hard-linearly-separable-sets", "balanced-distribution"
HAIR = Fraction(1, 2**40)
norms = pytest.mark.parametrize("norm", ["linf", "l1", "l2"])


@st.composite
def judged(draw: st.DrawFn) -> tuple[LinearlySeparableGrid, ReluNetwork]:
    """A hard set with a small network: drawn freely, or a plane near the one that separates."""
    grid = draw(linearly_separable_grids(max_points=9, max_axes=2))
    if draw(st.booleans()):
        return grid, draw(relu_networks(inputs=grid.dim, max_units=4, max_depth=2, largest=6))
    tilt = [Fraction(draw(st.integers(-4, 4)), 8) * grid.radius for _ in range(grid.dim - 1)]
    shift = Fraction(draw(st.integers(-8, 8)), 4) * grid.radius
    return grid, ReluNetwork([AffineMap([[*tilt, 1]], [shift - Fraction(1, 2)])])


def status(network: ReluNetwork, grid: LinearlySeparableGrid, norm: str) -> verify.RobustError:
    result = verify.robust_error(network, grid.listed(), norm, grid.radius)
    assert result.is_exact
    return result


# The set -------------------------------------------------------------------------------


@pytest.mark.theorem(LINEAR, claims=["separation", "linearly_separable", "conflict_free", "classes"])
@given(grid=linearly_separable_grids())
def test_classes_are_far_apart_and_a_plane_lies_between_them(grid: LinearlySeparableGrid) -> None:
    data = grid.listed()
    assert {-1, 1} == set(data.labels) and len(data) == grid.size == len(set(data.points))
    assert 1 / (2 * grid.eps) - 1 < grid.steps <= 1 / (2 * grid.eps)
    for i, j in combinations(range(len(data)), 2):
        if data.labels[i] != data.labels[j]:
            farthest = max(abs(x - y) for x, y in zip(data.point(i), data.point(j), strict=True))
            assert farthest >= Fraction(1, grid.steps) >= 2 * grid.eps > 2 * grid.radius
    for point, label in zip(data.points, data.labels, strict=True):
        assert label * (point[-1] - Fraction(1, 2)) == grid.offset
        assert all(0 <= x <= 1 for x in point)


@given(grid=linearly_separable_grids())
def test_midpoints_lie_in_the_balls_of_every_norm_and_do_not_know_the_labels(grid: LinearlySeparableGrid) -> None:
    flipped = [-grid.label(index) for index in range(grid.size)]
    other = LinearlySeparableGrid.of(grid.dim, grid.eps, grid.radius, grid.offset, flipped)
    assert grid.midpoints().points == other.midpoints().points
    for index in range(grid.size):
        for norm in ("linf", "l1", "l2"):
            assert NormBall(norm, grid.radius).contains(grid.point(index), grid.midpoint(index))
            inside = NormBall(norm, grid.offset - HAIR * grid.offset)
            assert not inside.contains(grid.point(index), grid.midpoint(index))


# Networks ------------------------------------------------------------------------------


@norms
@pytest.mark.theorem(LINEAR, claims=["robust_error"])
@given(pair=judged())
def test_a_wrong_midpoint_is_a_violated_point(pair: tuple[LinearlySeparableGrid, ReluNetwork], norm: str) -> None:
    grid, network = pair
    result = status(network, grid, norm)
    wrong = wrong_points(network, grid.midpoints())
    assert all(result.status[index] == "violated" for index in wrong)
    assert result.lower >= clean_error(network, grid.midpoints()) == Fraction(len(wrong), grid.size)
    assert result.lower >= clean_error(network, grid.listed())
    assert midpoint_error_below(result, grid.midpoints()).status == "holds"


@norms
@pytest.mark.theorem(BALANCED, claims=["balance", "weighted_error"])
@given(pair=judged(), mu=st.integers(1, 8), heavy=st.integers(0, 8))
def test_balance_keeps_a_share_of_the_error(
    pair: tuple[LinearlySeparableGrid, ReluNetwork], norm: str, mu: int, heavy: int
) -> None:
    grid, network = pair
    share = Fraction(mu, 8)
    distribution = balanced_reweighting(grid.listed(), share, heavy % grid.size)
    assert balance_of(distribution) == share and balanced(distribution, share).status == "holds"
    assert balanced(distribution, share * (1 + HAIR)).status == "violated"
    result = status(network, grid, norm)
    violated = [index for index, decided in enumerate(result.status) if decided == "violated"]
    error = distribution.weight_of(violated)
    assert error >= share * result.lower >= share * clean_error(network, grid.midpoints())
    moved = FiniteDistribution(grid.midpoints(), distribution.probabilities)
    assert error >= clean_error(network, moved)


@norms
@pytest.mark.theorem(LINEAR, claims=["plane_robust_error"])
@given(grid=linearly_separable_grids(max_points=9))
def test_trap_17_the_plane_is_right_everywhere_and_robust_nowhere(grid: LinearlySeparableGrid, norm: str) -> None:
    """The offset may be the radius: then the only wrong perturbation is the midpoint, of value zero."""
    plane = separating_halfspace(grid.dim)
    result = status(plane, grid, norm)
    assert (result.lower, clean_error(plane, grid.listed()), clean_error(plane, grid.midpoints())) == (1, 0, 1)
    below = verify.robust_error(plane, grid.listed(), norm, grid.offset * (1 - HAIR))
    assert below.upper == 0
    for index in range(grid.size):
        foot = (*grid.midpoint(index)[:-1], grid.point(index)[-1] - grid.label(index) * grid.radius)
        value = grid.label(index) * plane(foot)[0]
        assert value == grid.offset - grid.radius <= 0


# Traps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("excess", ["1/1000000000", "1/8"])
def test_trap_17_an_offset_beyond_the_radius_is_refused(excess: str) -> None:
    with pytest.raises(AssumptionViolated, match="offset must lie in"):
        LinearlySeparableGrid.of(3, "1/4", "1/8", Fraction(1, 8) + Fraction(excess))


@pytest.mark.parametrize("bits", [30, 60, 200])
def test_trap_17_a_tiny_offset_is_exact(bits: int) -> None:
    grid = LinearlySeparableGrid.of(3, "1/4", "1/8", Fraction(1, 2**bits), seed=5)
    plane = separating_halfspace(3)
    assert clean_error(plane, grid.listed()) == 0
    for norm in ("linf", "l1", "l2"):
        assert verify.robust_error(plane, grid.listed(), norm, grid.radius).lower == 1
        assert verify.robust_error(plane, grid.listed(), norm, Fraction(1, 2 ** (bits + 1))).upper == 0


def test_trap_29_an_open_ball_does_not_reach_the_midpoint() -> None:
    """With offset = radius the midpoint is on the sphere: the reduction needs the closed ball."""
    grid = LinearlySeparableGrid.of(3, "1/4", "1/8", "1/8", seed=5)
    plane = separating_halfspace(3)
    closed = verify.robust_error(plane, grid.listed(), radius="1/8")
    opened = verify.robust_error(plane, grid.listed(), radius=Fraction(1, 8) - HAIR)
    assert midpoint_error_below(closed, grid.midpoints()).status == "holds"
    assert midpoint_error_below(opened, grid.midpoints()).status == "violated"


@given(grid=linearly_separable_grids(max_points=16), draw=st.data())
def test_trap_14_without_balance_two_parameters_are_robust(grid: LinearlySeparableGrid, draw: st.DataObject) -> None:
    """All mass on one point: a half-space far from it is robust under P, and nearly nowhere else."""
    index = draw.draw(st.integers(0, grid.size - 1))
    label, data = grid.label(index), grid.listed()
    network = ReluNetwork([AffineMap([[0] * (grid.dim - 1) + [label]], [5 * label])])
    assert network.size.nonzero == 2
    mass = FiniteDistribution(data, [int(place == index) for place in range(grid.size)])
    result = status(network, grid, "linf")
    violated = [place for place, decided in enumerate(result.status) if decided == "violated"]
    assert mass.weight_of(violated) == 0 < result.lower == clean_error(network, grid.midpoints())
    assert balance_of(mass) == 0 and balanced(mass, HAIR).status == "violated"
    nearly = balanced_reweighting(data, HAIR, index)
    assert nearly.weight_of(violated) == HAIR * result.lower


def test_trap_15_a_constant_labelling_is_no_hard_set() -> None:
    for label in (-1, 1):
        grid = LinearlySeparableGrid.of(3, "1/4", labels=[label] * 9)
        constant = ReluNetwork([AffineMap([[0, 0, 0]], [label])])
        assert both_classes(grid.listed()).status == "violated"
        assert constant.size.nonzero == 1
        assert verify.robust_error(constant, grid.listed(), radius=grid.radius).upper == 0
    for number in range(1, 2**4 - 1):
        grid = LinearlySeparableGrid.of(3, "1/2", labels=[1 if number >> place & 1 else -1 for place in range(4)])
        assert both_classes(grid.listed()).status == "holds"
        for label in (-1, 1):
            constant = ReluNetwork([AffineMap([[0, 0, 0]], [label])])
            assert 0 < verify.robust_error(constant, grid.listed(), radius=grid.radius).lower < 1


def parity(axes: int) -> ReluNetwork:
    """Return the sum of the coordinates, then a zigzag with one kink for every integer."""
    total = AffineMap([[1] * axes + [0]], [0])
    kinks = AffineMap([[1]] * axes, [-place for place in range(axes)])
    zigzag = AffineMap([[-2] + [-4 * (-1) ** place for place in range(1, axes)]], [1])
    return ReluNetwork([total, kinks, zigzag])


@pytest.mark.theorem(LINEAR, claims=["size_bound"])
def test_trap_16_parity_is_far_below_the_size_that_some_labelling_needs() -> None:
    """48 parameters are robust for parity; the certified size, 102, is for the worst labels."""
    axes = 12
    labels = np.where(np.bitwise_count(np.arange(2**axes)) % 2 == 0, 1, -1)
    grid = LinearlySeparableGrid.of(axes + 1, "1/2", radius="1/32", labels=labels)
    network = parity(axes)
    assert network.size.nonzero == 4 * axes < certified_size_bound(grid.size, grid.dim).size == 102
    assert verify.robust_error(network, grid.listed(), radius=grid.radius).upper == 0
    assert verify.robust_error(network, grid.listed(), radius=Fraction(1, 2 * axes)).lower > 0
    drawn = LinearlySeparableGrid.of(axes + 1, "1/2", radius="1/32", seed=1)
    wrong = clean_error(network, drawn.midpoints())
    assert Fraction(45, 100) < wrong < Fraction(55, 100)


def test_trap_2_zero_on_the_plane_is_an_error_for_both_labels() -> None:
    for label in (-1, 1):
        points = LabelledPoints.of([["1/3", "1/2"]], [label])
        assert len(wrong_points(separating_halfspace(2), points)) == 1
