"""The memorizer on a shifted grid, on drawn instances in every norm: gaps, cells, margins, counts, guarantees."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constructions import AssumptionViolated, InexactInput, LabelledPoints, NormBall, ReluNetwork, load_data
from constructions.memorizers.hashing.grid_cells import cell_grids
from constructions.memorizers.hashing.grid_keys import memorize_on_a_shifted_grid, plan_grid_keys
from constructions.memorizers.hashing.grid_shift import grid_shift, largest_gaps
from constructions.memorizers.hashing.grid_worst_case import count_grid_worst_case, is_guaranteed
from constructions.memorizers.instance import half_separation, memorization_instance
from verify import robust_error
from verify.testing.strategies import memorization_instances, separated_points

FEWER = settings(max_examples=settings().max_examples // 3)
norms = st.sampled_from(("linf", "l1", "l2"))
Instance = tuple[LabelledPoints, Fraction, str]
fractions = st.builds(Fraction, st.integers(-60, 60), st.sampled_from((1, 2, 3, 8)))


@st.composite
def instances(draw: st.DrawFn, max_points: int = 8) -> Instance:
    """Draw points, a radius that is small beside the separation, and a norm."""
    norm = draw(norms)
    data, radius = draw(memorization_instances(norm, max_points=max_points, max_dim=3, both_classes=True))
    return data, radius / draw(st.sampled_from((2, 8, 64))), norm


def built(instance: Instance) -> ReluNetwork:
    """Build the network; a case in which no grid does is thrown away."""
    data, radius, norm = instance
    try:
        return memorize_on_a_shifted_grid(data, radius, None, norm)
    except AssumptionViolated as error:
        assume(error.assumption != "overlap")
        raise


# Gaps on a circle ------------------------------------------------------------------------------


def wall_distance(place: Fraction, offset: Fraction, side: Fraction) -> Fraction:
    """Return how far a place is from the nearest wall."""
    residue = (place - offset) % side
    return min(residue, side - residue)


@FEWER
@given(places=st.lists(fractions, min_size=1, max_size=7), side=fractions.filter(lambda x: x > 0))
def test_no_shift_has_more_clearance(places: list[Fraction], side: Fraction) -> None:
    shift = grid_shift(places, 0, side)
    assert 0 <= shift.offset < side
    assert min(wall_distance(place, shift.offset, side) for place in places) == shift.clearance
    assert 2 * shift.clearance >= side / len(places)
    # The best wall is in the middle of two places: all of these are tried.
    middles = [(a + b + side * turn) / 2 for a in places for b in places for turn in (0, 1)]
    assert shift.clearance == max(min(wall_distance(p, wall, side) for p in places) for wall in middles)


@FEWER
@given(
    places=st.lists(fractions, min_size=1, max_size=7),
    side=fractions.filter(lambda x: x > 0),
    reach=fractions.filter(lambda x: x >= 0),
)
def test_intervals_keep_the_clearance_or_cover_the_circle(
    places: list[Fraction], side: Fraction, reach: Fraction
) -> None:
    bare = grid_shift(places, 0, side)
    if bare.clearance <= reach:
        with pytest.raises(AssumptionViolated, match=f"length {2 * reach} cover a circle of length {side}"):
            grid_shift(places, reach, side)
    else:
        found = grid_shift(places, reach, side)
        assert found.offset == bare.offset and found.clearance == bare.clearance - reach


@FEWER
@given(
    places=st.lists(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=2), min_size=1),
    side=st.integers(1, 999),
)
def test_all_columns_at_once_are_as_one_by_one(places: list[list[int]], side: int) -> None:
    for kind in (np.int64, object):
        starts, gaps = largest_gaps(np.array(places, dtype=kind), side)
        for column in (0, 1):
            residues = sorted({row[column] % side for row in places})
            steps = [b - a for a, b in zip(residues, [*residues[1:], residues[0] + side], strict=True)]
            assert gaps[column] == max(steps) >= math.ceil(Fraction(side, len(places)))
            assert starts[column] in residues


def test_bad_numbers_are_named() -> None:
    with pytest.raises(AssumptionViolated, match="side 0"):
        grid_shift([1], 0, 0)
    with pytest.raises(AssumptionViolated, match="reach -1"):
        grid_shift([1], -1, 1)
    with pytest.raises(AssumptionViolated, match="0 places"):
        grid_shift([], 0, 1)
    with pytest.raises(InexactInput, match="place"):
        grid_shift([0.5], 0, 1)


# The network -------------------------------------------------------------------------------------


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
    size, plan = built(instance).size, plan_grid_keys(data, radius, None, norm)
    assert plan is not None
    assert size.nonzero == plan.parameters <= plan.promised


@FEWER
@given(instance=instances())
def test_balls_lie_in_cells_of_one_label(instance: Instance) -> None:
    """The cells are found again from directions and walls, in fractions; lengths are compared by squares in l2."""
    data, radius, norm = instance
    checked = memorization_instance(data, norm, radius)
    assert checked is not None
    for grid in cell_grids(checked):
        owners: dict[tuple[int, ...], int] = {}
        for index, point in enumerate(data.points):
            cell = []
            for row, origin in zip(grid.directions, grid.origins, strict=True):
                steps = grid.unit * sum(u * x for u, x in zip(row, point, strict=True)) - origin
                number = math.ceil(steps / grid.side) - 1
                room = min(steps - number * grid.side - 1, (number + 1) * grid.side - steps)
                square = sum(u * u for u in row)
                longest = {"linf": sum(map(abs, row)), "l1": max(map(abs, row)), "l2": 1}[norm]
                reach = grid.unit * radius * longest
                assert room >= 0 and (room**2 >= reach**2 * square if norm == "l2" else room >= reach)
                cell.append(number)
            assert cell == list(grid.numbers[index]) and min(cell) >= 0
            assert data.labels[owners.setdefault(tuple(cell), index)] == data.labels[index]


@given(instance=instances(), shift=st.integers(-9, 9), scale=st.sampled_from(("1/3", "7", "1/1048576")))
@FEWER
def test_moved_and_scaled_points_are_memorized_as_well(instance: Instance, shift: int, scale: str) -> None:
    data, radius, norm = instance
    factor = Fraction(scale)
    moved = LabelledPoints.of([[factor * x + shift for x in point] for point in data.points], data.labels)
    closest = moved.closest_opposite_pairs(norm)
    assert closest is not None
    assume(factor * radius < half_separation(closest.distance, norm))  # eps is rounded in l2
    network = built((moved, factor * radius, norm))
    assert robust_error(network, moved, norm, factor * radius).upper == 0


# The guaranteed radius -----------------------------------------------------------------------------


@pytest.mark.theorem("hashed-memorization", claims=["worst_case", "robust_error"])
@FEWER
@given(data=separated_points(9, max_dim=3, levels=97), norm=norms)
def test_at_the_guaranteed_ratio_a_grid_is_found_below_the_worst_case(data: LabelledPoints, norm: str) -> None:
    closest = data.closest_opposite_pairs(norm)
    assume(closest is not None)
    assert closest is not None
    eps, count, dim = half_separation(closest.distance, norm), len(data), data.dim
    ratio = Fraction(1, 2 * count * (dim if norm == "l1" else 1))
    if norm == "l2":
        ratio = Fraction(math.isqrt(10**12 // (4 * count * count * dim)), 10**6)
    assert is_guaranteed(count, dim, ratio, norm) and not is_guaranteed(count, dim, ratio * Fraction(101, 100), norm)
    plan = plan_grid_keys(data, ratio * eps, None, norm)
    spread = max(max(axis) - min(axis) for axis in zip(*data.points, strict=True)) / eps
    worst = count_grid_worst_case(count, dim, ratio, norm, spread)
    assert plan is not None and worst is not None and plan.promised <= worst
    assert count_grid_worst_case(count, dim, ratio * Fraction(101, 100), norm) is None


def test_the_worst_case_refuses_numbers_out_of_range() -> None:
    assert count_grid_worst_case(1, 3, 0, "l2") == 1
    for points, dim, ratio, spread in ((0, 1, 0, 1), (5, 0, 0, 1), (5, 1, -1, 1), (5, 1, 0, 0)):
        with pytest.raises(AssumptionViolated, match=f"{points}, {dim}, {spread}, {ratio}"):
            count_grid_worst_case(points, dim, ratio, "linf", spread)
    with pytest.raises(InexactInput, match="ratio"):
        count_grid_worst_case(5, 1, 0.1, "linf")


def test_impossible_instances_are_refused_by_value() -> None:
    crossed = LabelledPoints.of([[0, 0], [1, 1], [0, 1], [1, 0]], [1, 1, -1, -1])
    assert robust_error(memorize_on_a_shifted_grid(crossed, "12/25", None, "linf"), crossed, "linf", "12/25").upper == 0
    with pytest.raises(AssumptionViolated, match="points 0 and 2 have different labels"):
        memorize_on_a_shifted_grid(crossed, "1/2", None, "linf")
    many = load_data("random:n=60,d=2,levels=65536,seed=0")
    radius = Fraction(many.separation("linf") or 0) / 4
    with pytest.raises(AssumptionViolated, match=f"for radius {radius} every grid tried has a wall"):
        memorize_on_a_shifted_grid(many, radius, None, "linf")
    with pytest.raises(InexactInput, match=r"0\.25"):
        memorize_on_a_shifted_grid(LabelledPoints.of([[0], [1]], [1, -1]), 0.25)
    assert memorize_on_a_shifted_grid(LabelledPoints.of([[0], [1]], [1, 1]), "1/8").size.nonzero == 1
