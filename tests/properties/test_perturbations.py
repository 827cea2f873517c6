"""Attacks stay in their balls, exactly; what is proved of small networks agrees with the truth of their pairs."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.structured_labels import LABEL_KINDS, labels_of_kind
from verify.capacity.sign_patterns import region_patterns
from verify.claims.training_claims import wrong_halfway
from verify.experiments.drawn_networks import drawn_sign_vectors
from verify.optimal_risk.optimal_error import optimal_robust_error
from verify.training.bracket import bracket_errors
from verify.training.perturbation import float_radius, perturbations, project

RADII = st.builds(Fraction, st.integers(1, 10**6), st.integers(1, 10**6)).filter(
    lambda r: Fraction(1, 10**4) < r < 10**4
)


def _inside(shift: list[float], norm: str, radius: Fraction) -> bool:
    """Tell whether a shift lies in the closed ball, in fractions."""
    exact = [Fraction(value) for value in shift]
    if norm == "linf":
        return max(abs(value) for value in exact) <= radius
    return sum(value * value for value in exact) <= radius * radius


@given(RADII, st.sampled_from(["linf", "l2"]), st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 4))
def test_an_attack_never_leaves_the_ball(radius: Fraction, norm: str, seed: int, dim: int, steps: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    module = torch.nn.Linear(dim, 1)
    points = torch.randn(5, dim, generator=generator)
    labels = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])
    shifts = perturbations(module, points, labels, norm, radius, steps, generator)
    assert shifts.shape == points.shape and shifts.dtype == torch.float32 and not shifts.requires_grad
    assert all(_inside(row, norm, radius) for row in shifts.tolist())


@given(RADII, st.sampled_from(["linf", "l2"]), st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=5))
def test_a_projection_lies_in_the_ball_and_moves_nothing_inside_it(
    radius: Fraction, norm: str, values: list[float]
) -> None:
    reach = float_radius(radius)
    assert Fraction(reach) <= radius < Fraction(reach) * (1 + Fraction(1, 2**22))
    (moved,) = project(torch.tensor([values]), norm, reach).tolist()
    assert _inside(moved, norm, radius)
    if _inside(values, norm, Fraction(reach) * (1 - Fraction(1, 2**18))):
        assert moved == values


def test_an_attack_reaches_the_worst_corner_of_a_plane() -> None:
    module = torch.nn.Linear(2, 1)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.0, -2.0]]))
    points, labels = torch.zeros(2, 2), torch.tensor([1.0, -1.0])
    generator = torch.Generator().manual_seed(0)
    shifts = perturbations(module, points, labels, "linf", Fraction(1, 4), 5, generator)
    assert shifts.tolist() == [[-0.25, 0.25], [0.25, -0.25]]


@st.composite
def _networks(draw: st.DrawFn) -> ReluNetwork:
    number = st.integers(-3, 3)
    first = AffineMap([[draw(number), draw(number)] for _ in range(3)], [draw(number) for _ in range(3)])
    return ReluNetwork([first, AffineMap([[draw(number) for _ in range(3)]], [draw(number)])])


@pytest.mark.theorem("training-gap", claims=["pairs", "at_least_optimum"])
@given(_networks(), st.integers(0, 2**16), st.integers(1, 5), st.sampled_from(["linf", "l2"]))
def test_no_network_beats_the_optimum_and_its_pairs_show_it(
    network: ReluNetwork, seed: int, reach: int, norm: str
) -> None:
    random = torch.Generator().manual_seed(seed)
    points = torch.randint(0, 5, (6, 2), generator=random).tolist()
    data = LabelledPoints.of(points, [1, -1, 1, -1, 1, -1])
    radius = Fraction(reach, 2)
    optimum = optimal_robust_error(data, norm, radius)
    found = bracket_errors(network, data, norm, radius, pairs=optimum.matching)
    assert found.upper >= found.lower >= optimum.value and found.lower >= found.clean_error
    wrong = [wrong_halfway(network, data, i, j, NormBall(norm, radius)) for i, j in optimum.matching]
    assert all(wrong) and len(set().union(*wrong)) <= found.violated


@given(st.integers(1, 4), st.integers(0, 1000))
def test_no_more_sign_vectors_are_found_than_counting_allows(size: int, seed: int) -> None:
    data = LabelledPoints.of([[0, 1], [1, 1], [2, 1], [3, 1]], [1, 1, 1, 1])
    found = drawn_sign_vectors(data, size, 300, seed)
    assert 1 <= len(found) <= min(2**4, region_patterns(size, 2, 4))
    assert found == drawn_sign_vectors(data, size, 300, seed)
    if size == 1:
        assert found <= {bytes([0] * 4), bytes([1] * 4), bytes([0, 1, 1, 1])}


def _sign_vectors_of_two_parameters(points: list[list[int]]) -> set[bytes]:
    """Try all networks with at most two parameters from -12 to 12, unit by unit, in Python integers."""
    places = {0: ["o0", "o1", "o2"], 1: ["u0", "u1", "u2", "o0", "o1", "o2", "ou"]}
    values = [value for value in range(-12, 13) if value]
    found = set()
    for names in places.values():
        for (first, a), (second, b) in itertools.product(itertools.product(names, values), repeat=2):
            weight = {first: a, second: b}
            row = []
            for point in points:
                inputs = [1, *point]
                unit = max(0, sum(weight.get(f"u{k}", 0) * x for k, x in enumerate(inputs)))
                output = sum(weight.get(f"o{k}", 0) * x for k, x in enumerate(inputs)) + weight.get("ou", 0) * unit
                row.append(int(output > 0))
            found.add(bytes(row))
    return found


def test_drawn_sign_vectors_are_those_of_all_networks_with_two_parameters() -> None:
    points = [[0, 1], [1, 1], [3, 2]]
    data = LabelledPoints.of(points, [1, 1, 1])
    assert drawn_sign_vectors(data, 2, 20_000, 0) == _sign_vectors_of_two_parameters(points)


@given(st.sampled_from(LABEL_KINDS), st.integers(1, 3), st.integers(2, 5), st.integers(0, 99))
def test_labels_turn_with_the_axes(kind: str, axes: int, steps: int, seed: int) -> None:
    grid = GridIndices(axes, steps)
    labels = labels_of_kind(kind, grid, seed)
    if kind != "random":
        turned = [grid.index_of(tuple(reversed(grid.digits(index)))) for index in range(grid.size)]
        assert labels[turned].tolist() == labels.tolist()
    assert set(labels.tolist()) <= {-1, 1} and len(labels) == grid.size
