"""The strategies give what they promise: separated points, valid radii, networks within bounds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.strategies import SearchStrategy

from constructions import InexactInput, LabelledPoints, ReluNetwork, UsageError
from constructions.data.norm_ball import NormBall
from verify.testing import strategies
from verify.testing.strategies import (
    half_separation,
    memorization_instances,
    norm_balls,
    relu_networks,
    separated_points,
)

Point = tuple[Fraction, ...]
NORMS = ("linf", "l1", "l2")


def length(offset: list[Fraction], norm: str) -> Fraction:
    """Return the length of a vector, squared in l2."""
    if norm == "linf":
        return max(abs(value) for value in offset)
    return sum((abs(value) if norm == "l1" else value**2 for value in offset), Fraction(0))


def closest(data: LabelledPoints, norm: str) -> Fraction | None:
    """Return the smallest length between opposite points, pair by pair."""
    lengths = [
        length([x - y for x, y in zip(p, q, strict=True)], norm)
        for p, a in zip(data.points, data.labels, strict=True)
        for q, b in zip(data.points, data.labels, strict=True)
        if a < b
    ]
    return min(lengths, default=None)


def drawn(strategy: SearchStrategy[Any], examples: int = 100) -> list[Any]:
    """Draw that many instances, with every health check on and none thrown away."""
    found: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=[])
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("separation", [None, "1/4", "1"])
def test_opposite_points_keep_their_distance(norm: str, separation: str | None) -> None:
    least = Fraction(separation or "1/8") ** (2 if norm == "l2" else 1)
    for data in drawn(separated_points(5, 3, norm=norm, separation=separation)):
        distance = closest(data, norm)
        assert data.classes == (-1, 1)
        assert distance is not None and distance >= least


@pytest.mark.parametrize(("norm", "separation", "dim"), [("l1", "5/2", 3), ("l2", "8/5", 3), ("l1", "9/8", 2)])
def test_a_separation_beyond_the_side_of_the_cube_needs_dimensions(norm: str, separation: str, dim: int) -> None:
    least = Fraction(separation) ** (2 if norm == "l2" else 1)
    for data in drawn(separated_points(4, 4, norm=norm, separation=separation), 60):
        distance = closest(data, norm)
        assert data.dim >= dim
        assert distance is not None and distance >= least


def test_points_stay_on_the_grid_and_within_bounds() -> None:
    for data in drawn(separated_points(4, 2, levels=6, min_points=3, min_dim=2)):
        assert 3 <= len(data) <= 4
        assert data.dim == 2
        assert all(0 <= x <= 1 and (5 * x).denominator == 1 for point in data.points for x in point)


def test_nothing_is_drawn_and_thrown_away() -> None:
    tree = ast.parse(Path(strategies.__file__).read_text(encoding="utf-8"))
    names = {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in ast.walk(tree)}
    assert "draw" in names
    assert not names & {"filter", "assume", "reject", "unique", "unique_by"}


WANTED: dict[str, Callable[[LabelledPoints], bool]] = {
    "equal points of one class": lambda data: len(set(data.points)) < len(data),
    "the smallest distance": lambda data: closest(data, "linf") == Fraction(1, 8),
    "the largest distance": lambda data: closest(data, "linf") == 1,
    "more positive points": lambda data: sum(data.labels) > 0,
    "more negative points": lambda data: sum(data.labels) < 0,
    "the most points": lambda data: len(data) == 6,
    "three dimensions": lambda data: data.dim == 3,
    "a class on both sides": lambda data: data.dim == 1 and data.labels[:3] == (1, -1, -1) and in_between(data),
}


def in_between(data: LabelledPoints) -> bool:
    first, second, third = (point[0] for point in data.points[:3])
    return second < first < third


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_the_corner_cases_are_drawn(wanted: Callable[[LabelledPoints], bool]) -> None:
    unshrunk = settings(max_examples=2000, database=None, derandomize=True, phases=[Phase.generate])
    assert wanted(find(separated_points(), wanted, settings=unshrunk))


def test_one_class_is_drawn_where_it_is_allowed() -> None:
    sizes = {len(data.classes) for data in drawn(separated_points(4, 2, both_classes=False))}
    assert sizes == {1, 2}
    assert {len(data) for data in drawn(separated_points(4, 2, both_classes=False))} == {1, 2, 3, 4}


def test_failures_shrink_to_the_smallest_instance() -> None:
    smallest = find(separated_points(), lambda data: True)
    assert smallest == LabelledPoints.of([[0], ["1/8"]], [-1, 1])
    data, radius = find(memorization_instances(), lambda instance: len(instance[0]) >= 3 and instance[1] > 0)
    assert (data.points, radius) == (((0,), (Fraction(1, 8),), (0,)), Fraction(1, 256))
    network = find(relu_networks(), lambda network: network.size.units >= 2)
    assert (network.dim, network.size.units, network.size.depth, network.size.nonzero) == (1, 2, 2, 0)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("both_classes", [True, False])
def test_the_radius_is_below_half_the_separation(norm: str, both_classes: bool) -> None:
    for data, radius in drawn(memorization_instances(norm, both_classes=both_classes)):
        distance = closest(data, norm)
        assert radius >= 0
        if distance is None:
            assert not both_classes and radius < 1
        else:
            assert (2 * radius) ** (2 if norm == "l2" else 1) < distance


def test_radii_reach_zero_and_almost_the_critical_one() -> None:
    shares = {radius / (data.separation() or 1) * 2 for data, radius in drawn(memorization_instances(ratios=4), 200)}
    assert shares == {0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)}


@given(memorization_instances("l2"))
def test_half_an_l2_separation_is_rounded_down(instance: tuple[LabelledPoints, Fraction]) -> None:
    data, _ = instance
    half, square = half_separation(data, "l2"), closest(data, "l2")
    assert half is not None and square is not None
    step = Fraction(1, data.scale << strategies.ROOT_BITS)
    assert (2 * half) ** 2 <= square < (2 * half + step) ** 2


def test_balls_have_the_norm_and_radii_asked_for() -> None:
    balls: list[NormBall] = drawn(norm_balls(None, max_radius="1/2", levels=5))
    assert {ball.norm for ball in balls} == set(NORMS)
    assert {ball.radius for ball in balls} == {Fraction(k, 8) for k in range(5)}
    assert {ball.norm for ball in drawn(norm_balls("l1"))} == {"l1"}


@pytest.mark.parametrize(("weights", "denominators"), [("dyadic", {1, 2, 4, 8}), ("rational", set(range(1, 13)))])
def test_networks_keep_to_their_bounds(weights: Any, denominators: set[int]) -> None:
    networks: list[ReluNetwork] = drawn(relu_networks(4, 5, 3, weights, outputs=2, largest=9))
    for network in networks:
        assert 1 <= network.dim <= 4
        assert network.outputs == 2
        assert network.size.units <= 5
        assert network.size.depth <= 3
        for affine in network.maps:
            assert affine.denominator in denominators
            assert all(abs(value * affine.denominator) <= 9 for row in affine.weight for value in row)
    assert {network.size.depth for network in networks} == {1, 2, 3}
    assert {network.dim for network in networks} == {1, 2, 3, 4}
    assert any(0 in row for network in networks for affine in network.maps for row in affine.weight)


def test_the_number_of_inputs_can_be_fixed() -> None:
    assert {network.dim for network in drawn(relu_networks(inputs=2), 40)} == {2}


IMPOSSIBLE: dict[str, Callable[[], object]] = {
    "one point of two classes": lambda: separated_points(max_points=1),
    "fewer points than the fewest": lambda: separated_points(max_points=2, min_points=3),
    "fewer axes than the fewest": lambda: separated_points(max_dim=1, min_dim=2),
    "no point": lambda: separated_points(max_points=0, both_classes=False),
    "no axis": lambda: separated_points(max_dim=0),
    "one level": lambda: separated_points(levels=1),
    "an unknown norm": lambda: separated_points(norm="l3"),
    "no separation": lambda: separated_points(separation=0),
    "too much in linf": lambda: separated_points(separation="9/8"),
    "too much in l1": lambda: separated_points(max_dim=2, norm="l1", separation="17/8"),
    "too much in l2": lambda: separated_points(max_dim=2, norm="l2", separation="3/2"),
    "a negative radius": lambda: norm_balls(max_radius=-1),
    "one radius": lambda: norm_balls(levels=1),
    "a ball of an unknown norm": lambda: norm_balls("l3"),
    "no input": lambda: relu_networks(max_inputs=0),
    "no given input": lambda: relu_networks(inputs=0),
    "no map": lambda: relu_networks(max_depth=0),
    "fewer than no units": lambda: relu_networks(max_units=-1),
    "no output": lambda: relu_networks(outputs=0),
    "unknown weights": lambda: relu_networks(weights="real"),  # type: ignore[arg-type]
    "no ratio": lambda: memorization_instances(ratios=0),
    "one point to memorize of two classes": lambda: memorization_instances(max_points=1),
}


@pytest.mark.parametrize("request_it", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_requests_raise_at_once(request_it: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        request_it()


def test_floats_are_refused_at_once() -> None:
    with pytest.raises(InexactInput, match=r"0\.5"):
        separated_points(separation=0.5)
    with pytest.raises(InexactInput, match=r"0\.5"):
        norm_balls(max_radius=0.5)
