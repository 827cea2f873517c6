"""The overfitting network: right everywhere, robust exactly where it was trained."""

from __future__ import annotations

from fractions import Fraction

import pytest

import verify
from constructions.classifiers.overfitting import count_overfitting, overfit_robustly
from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.hard_distributions.seeded_bits import uniform_indices
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def _grid(dim: int, steps: int, ratio: str, share: str = "1/2", seed: int = 1) -> LinearlySeparableGrid:
    eps = Fraction(1, 2 * steps)
    radius = Fraction(ratio) * eps
    return LinearlySeparableGrid.of(dim, eps, radius, Fraction(share) * radius, seed=seed)


def _training(grid: LinearlySeparableGrid, count: int) -> list[int]:
    return list(dict.fromkeys(uniform_indices(grid.size, 50 * count, seed=0)))[:count]


def _margins(network: ReluNetwork, grid: LinearlySeparableGrid) -> list[Fraction]:
    data = grid.listed()
    values = network.numerators_at(data.numerators, data.scale)[:, 0]
    return [Fraction(int(v) * y, data.scale * network.scale) for v, y in zip(values, data.labels, strict=True)]


@pytest.mark.parametrize(
    ("dim", "steps", "ratio", "count"), [(3, 3, "1/2", 6), (4, 2, "3/4", 10), (2, 10, "9/10", 4), (3, 2, "1/4", 0)]
)
@pytest.mark.parametrize("share", ["1/7", "1/2", "99/100"])
def test_the_robust_test_error_is_the_share_of_unseen_points(
    dim: int, steps: int, ratio: str, count: int, share: str
) -> None:
    grid = _grid(dim, steps, ratio, share)
    training = _training(grid, count)
    network = overfit_robustly(grid, training)
    error = verify.robust_error(network, grid.listed(), radius=grid.radius)
    assert error.lower == error.upper == 1 - Fraction(count, grid.size)
    for index, decision in enumerate(error.decisions):
        assert decision.status == ("robust" if index in training else "violated")
    assert _margins(network, grid) == [3 if index in training else 1 for index in range(grid.size)]
    if training:
        assert verify.robust_error(network, grid.subset(training), radius=grid.radius).upper == 0


def _lowered(network: ReluNetwork, shift: Fraction) -> ReluNetwork:
    output = network.maps[-1]
    return ReluNetwork([*network.maps[:-1], AffineMap(output.weight, [output.bias[0] + shift])])


@pytest.mark.parametrize("share", ["1/7", "1/2", "2/3", "99/100"])
def test_the_margin_on_the_trained_balls_is_exactly_known(share: str) -> None:
    grid = _grid(3, 3, "1/2", share)
    training = _training(grid, 6)
    network = overfit_robustly(grid, training)
    margin = 2 + max(Fraction(-1), 1 - grid.radius / grid.offset)
    for index in training:
        *rest, last = grid.point(index)
        corner = [*rest, last - grid.label(index) * grid.radius]
        assert network(corner)[0] * grid.label(index) == margin >= 1
    for label in (-1, 1):
        data = grid.subset([index for index in training if grid.label(index) == label])
        for shift, status in ((margin - Fraction(1, 1000), "robust"), (margin, "violated")):
            error = verify.robust_error(_lowered(network, -label * shift), data, radius=grid.radius)
            assert {decision.status for decision in error.decisions} == {status}


@pytest.mark.parametrize(
    ("dim", "steps", "ratio", "count", "parameters"),
    [(3, 3, "1/2", 6, 129), (2, 5, "9/10", 2, 37), (4, 2, "1/3", 5, 139), (3, 1, "1/2", 2, 49), (3, 1, "1/2", 0, 9)],
)
def test_the_parameters_are_the_golden_numbers(dim: int, steps: int, ratio: str, count: int, parameters: int) -> None:
    grid = _grid(dim, steps, ratio)
    network = overfit_robustly(grid, _training(grid, count))
    assert network.size.nonzero == parameters == count_overfitting(dim, count)
    assert network.size.depth == 3
    assert network.size.units == count * (2 * dim + 1) + 4


def test_a_face_through_the_origin_costs_nothing() -> None:
    grid = LinearlySeparableGrid.of(2, "1/2", "3/8", "1/8", labels=[-1, 1])
    assert overfit_robustly(grid, [0]).size.nonzero == count_overfitting(2, 1) - 1
    assert overfit_robustly(grid, [1]).size.nonzero == count_overfitting(2, 1)


@pytest.mark.parametrize("eps", ["1/5", "2/7", "3/20"])
def test_a_separation_above_two_eps_is_not_needed(eps: str) -> None:
    grid = LinearlySeparableGrid.of(3, eps, Fraction(eps) * Fraction(9, 10))
    training = _training(grid, 3)
    error = verify.robust_error(overfit_robustly(grid, training), grid.listed(), radius=grid.radius)
    assert error.lower == error.upper == 1 - Fraction(3, grid.size)


def test_one_class_and_the_whole_grid() -> None:
    grid = LinearlySeparableGrid.of(2, "1/6", labels=[1, 1, 1, 1])
    for training in ([2], [3, 1, 0, 2]):
        error = verify.robust_error(overfit_robustly(grid, training), grid.listed(), radius=grid.radius)
        assert error.lower == error.upper == 1 - Fraction(len(training), 4)


def test_a_large_grid_needs_no_list() -> None:
    grid = LinearlySeparableGrid.of(60, "1/8", independence=8)
    indices, data = grid.sample(5, seed=0)
    network = overfit_robustly(grid, indices)
    assert network.size.nonzero == count_overfitting(60, 5)
    assert verify.robust_error(network, data, radius=grid.radius).upper == 0
    _, unseen = grid.sample(5, seed=1)
    assert verify.robust_error(network, unseen, radius=grid.radius).lower == 1


def test_what_is_refused() -> None:
    grid = LinearlySeparableGrid.of(3, "1/4", "1/8", "1/8")
    with pytest.raises(AssumptionViolated, match="offset 1/8 must be below the radius 1/8"):
        overfit_robustly(grid, [0])
    fine = LinearlySeparableGrid.of(3, "1/4")
    with pytest.raises(UsageError, match="training index 4 is given twice"):
        overfit_robustly(fine, [4, 1, 4])
    with pytest.raises(UsageError, match=r"index 9 lies outside 0\.\.8"):
        overfit_robustly(fine, [9])
