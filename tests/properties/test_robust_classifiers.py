"""What the classifiers of two separated sets guarantee, on drawn sets with contacts: margins, counts, symmetries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import LabelledPoints, NormBall, ReluNetwork
from constructions.classifiers.cells import build_cells, cell_grid, most_cell_parameters, plan_cells
from constructions.classifiers.interpolation import classify_by_interpolation, interpolation_grid
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.shifted_cells import (
    cell_labels,
    classify_with_shifted_cells,
    has_disjoint_zones,
    most_shifted_parameters,
    shifted_grids,
)
from constructions.network.kuhn_hats import count_interpolant, interpolate_on_grid
from constructions.sets.distances import box_gap
from verify.claims.robustness_claims import margin_at_least
from verify.testing.separated_set_strategies import separated_pairs
from verify.theorems.robust_classifier import most_votes

Build = Callable[[SeparatedSets], ReluNetwork]


def cells(sets: SeparatedSets) -> ReluNetwork:
    return build_cells(plan_cells(sets))


def votes(sets: SeparatedSets) -> ReluNetwork:
    return classify_with_shifted_cells(sets.sets, sets.radius, sets.eps, sets.norm)


def hats(sets: SeparatedSets) -> ReluNetwork:
    return classify_by_interpolation(sets.sets, sets.radius, sets.eps, sets.norm)


def numbers(sets: SeparatedSets) -> tuple[int, Fraction, Fraction, str]:
    return sets.dim, sets.eps, sets.radius, sets.norm


def promised_margin(sets: SeparatedSets) -> Fraction:
    grid = interpolation_grid(*numbers(sets))
    return grid.margin / 2 if sets.norm == "l2" else grid.margin


def lowest_found(network: ReluNetwork, sets: SeparatedSets, draw: st.DataObject, probes: int = 12) -> Fraction:
    """Return the smallest of ``label * f`` at drawn points of the neighbourhoods, many on their boundary."""
    ball, found = NormBall(sets.norm, sets.radius), []
    share = st.sampled_from([-1, 0, 1]) | st.integers(-8, 8).map(lambda k: Fraction(k, 8))
    for _ in range(probes):
        label = draw.draw(st.sampled_from([1, -1]))
        lower, upper = draw.draw(st.sampled_from(sets.boxes(label)))
        start = [low + (high - low) * abs(Fraction(draw.draw(share))) for low, high in zip(lower, upper, strict=True)]
        point = ball.towards(start, [value + 2 * sets.radius * draw.draw(share) for value in start])
        power = sets.radius**2 if sets.norm == "l2" else sets.radius
        assert box_gap(point, point, lower, upper, sets.norm) <= power
        found.append(label * network(point)[0])
    return min(found)


def decided(network: ReluNetwork, sets: SeparatedSets, margin: Fraction, methods: tuple[str, ...]) -> None:
    balls = sets.balls()
    if balls is None:
        return
    results = [verify.robust_error(network, balls, sets.norm, sets.radius, method) for method in methods]
    assert any(margin_at_least(result, margin).status == "holds" for result in results), [r.status for r in results]


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "parameters"])
@given(sets=separated_pairs(), draw=st.data())
def test_cells_have_margin_one_in_every_norm(sets: SeparatedSets, draw: st.DataObject) -> None:
    plan = plan_cells(sets)
    network = build_cells(plan)
    assert network.size.nonzero == plan.parameters <= most_cell_parameters(*numbers(sets))
    assert network.size.depth == 3
    assert lowest_found(network, sets, draw) >= 1
    decided(network, sets, Fraction(1), ("interval", "pieces"))


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin", "shifted_cells"])
@given(sets=separated_pairs(max_dim=2), draw=st.data())
@settings(max_examples=25)
def test_votes_have_margin_one_in_every_norm(sets: SeparatedSets, draw: st.DataObject) -> None:
    network, shifted = votes(sets), shifted_grids(*numbers(sets))
    assert has_disjoint_zones(shifted)
    assert network.size.nonzero <= shifted.parameters == most_shifted_parameters(*numbers(sets))
    assert shifted.parameters <= most_votes(sets.dim, shifted.grids[0].count)
    assert network.size.depth == shifted.depth
    assert lowest_found(network, sets, draw) >= 1
    decided(network, sets, Fraction(1), ("votes",))


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "interpolation"])
@given(sets=separated_pairs(max_dim=2), draw=st.data())
@settings(max_examples=25)
def test_interpolants_keep_their_sign_with_the_stated_margin(sets: SeparatedSets, draw: st.DataObject) -> None:
    grid = interpolation_grid(*numbers(sets))
    if grid.parameters > 40_000:
        return
    network = hats(sets)
    assert promised_margin(sets) > 0
    assert network.size.nonzero <= grid.parameters == count_interpolant(sets.dim, grid.steps)
    assert lowest_found(network, sets, draw) >= promised_margin(sets)
    decided(network, sets, promised_margin(sets), ("simplices",))


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin"])
@given(sets=separated_pairs(max_dim=2, max_pieces=4, norms=("linf",), with_boxes=True), draw=st.data())
@settings(max_examples=20)
def test_boxes_are_as_good_as_points(sets: SeparatedSets, draw: st.DataObject) -> None:
    for build in (cells, votes):
        network = build(sets)
        assert lowest_found(network, sets, draw) >= 1
        decided(network, sets, Fraction(1), ("interval", "votes", "pieces"))


@given(sets=separated_pairs(max_dim=2, norms=("linf",), with_boxes=True))
def test_the_balls_of_a_box_fill_its_neighbourhood_and_no_more(sets: SeparatedSets) -> None:
    balls = sets.balls()
    if balls is None:
        assert sets.radius == 0
        return
    for label in (1, -1):
        centres = [balls.point(int(index)) for index in balls.indices(label)]
        for lower, upper in sets.boxes(label):
            mine = [c for c in centres if all(a <= x <= b for a, x, b in zip(lower, c, upper, strict=True))]
            for axis, (low, high) in enumerate(zip(lower, upper, strict=True)):
                values = sorted({c[axis] for c in mine})
                assert (values[0], values[-1]) == (low, high)
                assert all(b - a <= 2 * sets.radius for a, b in pairwise(values))


@given(sets=separated_pairs(max_dim=2))
def test_cells_of_both_neighbourhoods_are_different(sets: SeparatedSets) -> None:
    """Labels are +1 exactly on closed cells that meet A's neighbourhood, by distances computed here."""
    power = sets.radius**2 if sets.norm == "l2" else sets.radius
    for grid in shifted_grids(*numbers(sets)).grids[:2]:
        labels = cell_labels(sets, grid)
        for index in range(0, len(labels), max(1, len(labels) // 40)):
            corner = [grid.first + grid.side * (index // grid.count**axis % grid.count) for axis in range(sets.dim)]
            cell = tuple(corner), tuple(value + grid.side for value in corner)
            meets = {
                label: any(box_gap(*cell, *box, sets.norm) <= power for box in sets.boxes(label)) for label in (1, -1)
            }
            assert not (meets[1] and meets[-1])
            assert labels[index] == (1 if meets[1] else -1)


@given(
    dim=st.integers(1, 3),
    steps=st.integers(1, 3),
    point=st.lists(st.integers(-30, 60).map(lambda k: Fraction(k, 30)), min_size=3, max_size=3),
)
def test_hats_add_up_to_one_everywhere(dim: int, steps: int, point: list[Fraction]) -> None:
    network = interpolate_on_grid(dim, steps, lambda node: Fraction(1))
    assert network(point[:dim]) == (1,)
    assert network.size.nonzero == count_interpolant(dim, steps) <= 22 * (steps + 1) ** dim + 4 * dim * steps
    assert network.size.depth == 3 + (dim - 1).bit_length()


@given(dim=st.integers(1, 3), steps=st.integers(1, 3), draw=st.data())
def test_an_interpolant_has_its_values_at_the_nodes_and_means_between(
    dim: int, steps: int, draw: st.DataObject
) -> None:
    values: dict[tuple[int, ...], Fraction] = {}

    def value(node: tuple[int, ...]) -> Fraction:
        return values.setdefault(node, Fraction(draw.draw(st.integers(-5, 5)), 3))

    network = interpolate_on_grid(dim, steps, value)
    for node, height in values.items():
        assert network([Fraction(place, steps) for place in node]) == (height,)
    # By Kuhn's formula: sort the fractional parts, walk from the lowest node one axis at a time.
    point = [Fraction(draw.draw(st.integers(0, 12 * steps)), 12 * steps) for _ in range(dim)]
    lowest = [min(int(x * steps), steps - 1) for x in point]
    rest = [x * steps - place for x, place in zip(point, lowest, strict=True)]
    order = sorted(range(dim), key=lambda axis: -rest[axis])
    node, total, before = list(lowest), Fraction(0), Fraction(1)
    for axis in order:
        total += (before - rest[axis]) * values[tuple(node)]
        node[axis], before = node[axis] + 1, rest[axis]
    assert network(point) == (total + before * values[tuple(node)],)


@given(sets=separated_pairs(max_dim=2), axis_order=st.permutations([0, 1]))
def test_exchanging_labels_or_axes_changes_signs_or_nothing(sets: SeparatedSets, axis_order: list[int]) -> None:
    swapped = replace(sets, sets=type(sets.sets)(sets.sets.negative, sets.sets.positive))
    mine, other = hats(sets) if sets.dim == 1 else cells(sets), hats(swapped) if sets.dim == 1 else cells(swapped)
    order = axis_order[: sets.dim] if sets.dim == 2 else [0]
    rows = [([lower[axis] for axis in order], label) for label in (1, -1) for lower, _ in sets.boxes(label)]
    turned = separated_sets(
        LabelledPoints.of([r for r, _ in rows], [y for _, y in rows]), sets.radius, sets.eps, sets.norm
    )
    for label in (1, -1):
        for point, _ in sets.boxes(label):
            assert label * other(point)[0] < 0 < label * mine(point)[0]
            assert label * cells(turned)([point[axis] for axis in order])[0] >= 1


def test_the_number_of_cells_is_that_of_the_statement() -> None:
    golden = {("1/8", "1/2"): 9, ("1/4", "1/2"): 5, ("1/8", "9/10"): 41, ("1/2", "1/10"): 2}
    for (eps, c), count in golden.items():
        assert cell_grid(3, Fraction(eps), Fraction(eps) * Fraction(c), "linf").count == count
    in_l2 = {(2, "1/4", "1/2"): 8, (2, "1/4", "3/4"): 16, (3, "1/3", "1/2"): 7, (3, "1/2", "1/10"): 3}
    for (dim, eps, c), count in in_l2.items():
        assert cell_grid(dim, Fraction(eps), Fraction(eps) * Fraction(c), "l2").count == count


def test_an_interpolant_takes_at_most_22_parameters_a_node() -> None:
    for dim in range(1, 129):
        for steps in (1, 2, 7):
            assert count_interpolant(dim, steps) <= 22 * (steps + 1) ** dim + 4 * dim * steps
            assert count_interpolant(dim, steps) <= (steps + 1) ** dim * (10 * dim + 2) + 4 * dim * steps
