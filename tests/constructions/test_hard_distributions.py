"""Hard grids: what their points promise, exactly; balance; the half-space; the data source."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import verify
from constructions.classifiers.bit_extraction import classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import describe_spec_help, load_data
from constructions.errors import AssumptionViolated, BudgetExceeded, InexactInput, UsageError
from constructions.exact.norms import length
from constructions.hard_distributions.balanced import balance_of, balanced_reweighting
from constructions.hard_distributions.cube_grid import CubeGrid
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid

SETTINGS = [
    (2, "1/2", None, None),
    (2, "1/10", "9/100", "1/25"),
    (3, "1/6", None, None),
    (3, "1/5", "1/7", "1/7"),
    (4, "1/4", "3/16", "1/1000003"),
    (4, "2/7", "1/4", None),
    (6, "0.3", None, None),
]


@pytest.mark.parametrize(("dim", "eps", "radius", "offset"), SETTINGS)
def test_the_points_are_as_the_theorem_says(dim: int, eps: str, radius: Any, offset: Any) -> None:
    grid = LinearlySeparableGrid.of(dim, eps, radius, offset, seed=1)
    data, spacing = grid.listed(), Fraction(1, grid.steps)
    assert len(data) == grid.size == (grid.steps + 1) ** (dim - 1) and data.dim == dim
    assert spacing >= 2 * grid.eps and Fraction(1, grid.steps + 1) < 2 * grid.eps
    assert data.classes == (-1, 1)
    assert data.separation("linf") == spacing
    assert data.separation("l1") == spacing + 2 * grid.offset
    assert data.separation_squared() == spacing**2 + 4 * grid.offset**2
    assert int(data.numerators.min()) >= 0 and int(data.numerators.max()) <= data.scale
    assert len(set(data.points)) == len(data)


@pytest.mark.parametrize(("dim", "eps", "radius", "offset"), SETTINGS)
def test_points_midpoints_and_listings_agree(dim: int, eps: str, radius: Any, offset: Any) -> None:
    grid = LinearlySeparableGrid.of(dim, eps, radius, offset, seed=2)
    data, middle = grid.listed(), grid.midpoints()
    assert data.labels == middle.labels == tuple(grid.label(index) for index in range(grid.size))
    values = [Fraction(digit, grid.steps) for digit in range(grid.centres)]
    for index, rest in enumerate(product(values, repeat=dim - 1)):
        place = (*reversed(rest), Fraction(1, 2) + grid.offset * grid.label(index))
        assert data.point(index) == grid.point(index) == place
        assert middle.point(index) == grid.midpoint(index) == (*place[:-1], Fraction(1, 2))
        gaps = [a - b for a, b in zip(place, grid.midpoint(index), strict=True)]
        assert [abs(gap) for gap in gaps if gap] == [grid.offset]
    assert grid.subset(range(grid.size)) == data
    assert grid.subset([grid.size - 1]).points == (grid.point(grid.size - 1),)


def test_defaults_are_half_of_the_half() -> None:
    grid = LinearlySeparableGrid.of(3, "1/8")
    assert (grid.radius, grid.offset, grid.independence) == (Fraction(1, 16), Fraction(1, 32), grid.size)
    assert grid == LinearlySeparableGrid.of(3, Fraction(1, 8), "1/16", "1/32", seed=0)
    assert grid != LinearlySeparableGrid.of(3, "1/8", seed=1)


@pytest.mark.parametrize("bits", range(8))
def test_both_classes_occur_unless_the_labels_are_constant(bits: int) -> None:
    labels = [2 * (bits >> place & 1) - 1 for place in range(3)]
    grid = LinearlySeparableGrid.of(2, "1/4", labels=labels)
    assert grid.listed().labels == tuple(labels)
    assert len(grid.listed().classes) == len(set(labels))
    assert (grid.listed().separation() is None) == (len(set(labels)) == 1)
    assert CubeGrid.of(1, "1/4", labels=labels).listed().labels == tuple(labels)


def test_midpoints_do_not_know_the_labels() -> None:
    first, second = (LinearlySeparableGrid.of(3, "1/4", seed=seed) for seed in (0, 1))
    assert first.midpoints().points == second.midpoints().points
    assert first.midpoints().labels != second.midpoints().labels


@pytest.mark.parametrize(("dim", "eps"), [(1, "1/2"), (1, "1/100"), (2, "1/7"), (3, "0.17"), (4, "1/4")])
def test_the_cube_grid(dim: int, eps: str) -> None:
    grid = CubeGrid.of(dim, eps, seed=1)
    data, spacing = grid.listed(), Fraction(1, grid.steps)
    assert len(data) == grid.size == grid.centres**dim
    assert data.classes == (-1, 1)
    assert data.separation("linf") == data.separation("l1") == spacing >= 2 * grid.eps
    assert data.separation_squared() == spacing**2
    assert data.points == tuple(grid.point(index) for index in range(grid.size))
    assert data.labels == tuple(grid.label(index) for index in range(grid.size))
    assert set(data.points) == set(product([Fraction(i, grid.steps) for i in range(grid.centres)], repeat=dim))


@pytest.mark.parametrize("dim", [30, 65, 1000])
@pytest.mark.parametrize("kind", [LinearlySeparableGrid, CubeGrid], ids=["separable", "cube"])
def test_large_grids_are_sampled_without_a_list(dim: int, kind: Any) -> None:
    grid = kind.of(dim, "1/8", independence=16)
    assert grid.size == 5 ** (dim - (kind is LinearlySeparableGrid)) and grid.independence == 16
    indices, data = grid.sample(6, seed=4)
    again = kind.of(dim, "1/8", independence=16)
    assert again.sample(6, seed=4) == (indices, data) and again.sample(6, seed=5)[0] != indices
    assert data.points == tuple(grid.point(index) for index in indices)
    assert data.labels == tuple(grid.label(index) for index in indices)
    separation = data.separation("linf")
    assert separation is None or separation >= Fraction(1, 4)
    with pytest.raises(BudgetExceeded, match=rf"5\^{dim - (kind is LinearlySeparableGrid)} = "):
        grid.listed()
    assert grid.point(grid.size - 1)[0] == grid.point(grid.size - 1)[dim - 2] == 1


def test_indices_and_digits_are_inverse() -> None:
    indices = GridIndices(axes=4, steps=2)
    assert indices.digits(5) == (2, 1, 0, 0) and indices.index_of((2, 1, 0, 0)) == 5
    assert [indices.index_of(indices.digits(index)) for index in range(indices.size)] == list(range(81))
    huge = GridIndices(axes=400, steps=6)
    assert huge.index_of(huge.digits(7**399 + 3)) == 7**399 + 3
    for digits in ((0, 0, 0), (0, 0, 0, 3), (0, 0, 0, -1)):
        with pytest.raises(UsageError, match="4 digits"):
            indices.index_of(digits)
    for index in (-1, 81):
        with pytest.raises(UsageError, match=rf"index {index} lies outside 0\.\.80"):
            indices.digits(index)


def test_a_sample_may_repeat_and_follows_its_seed() -> None:
    grid = LinearlySeparableGrid.of(2, "1/4")
    indices, data = grid.sample(50, seed=0)
    assert set(indices) == {0, 1, 2} and data == grid.subset(indices)


def test_an_offset_of_many_digits_stays_exact() -> None:
    offset = Fraction(1, 10**40 + 1)
    grid = LinearlySeparableGrid.of(3, "1/4", offset=offset)
    assert grid.listed().points == tuple(grid.point(index) for index in range(9))
    assert grid.listed().separation("l1") == Fraction(1, 2) + 2 * offset


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((1, "1/4"), AssumptionViolated, "dimension must be at least 2, got 1"),
        ((2, "0"), AssumptionViolated, r"eps must lie in \(0, 1/2\], got 0"),
        ((2, "3/5"), AssumptionViolated, "got 3/5"),
        ((2, "-1/5"), AssumptionViolated, "got -1/5"),
        ((2, 0.25), InexactInput, "eps 0.25"),
        ((2, "x"), InexactInput, "'x'"),
        ((2.0, "1/4"), UsageError, "dimension must be an integer, got 2.0"),
        ((2, "1/4", "1/4"), AssumptionViolated, r"radius must lie in \(0, eps\) = \(0, 1/4\), got 1/4"),
        ((2, "1/4", 0), AssumptionViolated, "got 0"),
        ((2, "1/4", 0.1), InexactInput, "radius 0.1"),
        ((2, "1/4", "1/8", "3/16"), AssumptionViolated, r"offset must lie in \(0, radius\] = \(0, 1/8\], got 3/16"),
        ((2, "1/4", "1/8", 0), AssumptionViolated, "got 0"),
        ((2, "1/4", "1/8", 0.1), InexactInput, "offset 0.1"),
        ((2, "1/4", None, None, [1, -1]), UsageError, "3 points need as many labels, got 2"),
        ((2, "1/4", None, None, [1, -1, 0]), UsageError, "label 2 is 0"),
        ((2**24, "1/4"), BudgetExceeded, "16777216 bits"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(arguments: tuple[Any, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        LinearlySeparableGrid.of(*arguments)


def test_bad_indices_are_named() -> None:
    grid = LinearlySeparableGrid.of(3, "1/4")
    for call in (grid.point, grid.midpoint, grid.label, lambda index: grid.subset([index])):
        for index in (-1, 9, 10**50):
            with pytest.raises(UsageError, match=r"outside 0\.\.8"):
                call(index)
        with pytest.raises(UsageError, match="not an integer"):
            call(0.5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least one"):
        grid.subset([])
    with pytest.raises(UsageError, match="at least one"):
        grid.sample(0, seed=0)


@pytest.mark.parametrize("mu", ["1/1000", "1/2", "99/100", "1"])
@pytest.mark.parametrize("heavy", [None, 3, {0: "1/3", 8: "2/3"}], ids=str)
def test_the_balance_is_exactly_mu(mu: str, heavy: Any) -> None:
    data = LinearlySeparableGrid.of(3, "1/4").listed()
    distribution = balanced_reweighting(data, mu, heavy)
    assert balance_of(distribution) == Fraction(mu)
    assert sum(distribution.probabilities) == 1
    chosen = {0} if heavy is None else {3} if heavy == 3 else {0, 8}
    light = Fraction(mu) / 9
    assert {i for i, p in enumerate(distribution.probabilities) if p > light} == (chosen if mu != "1" else set())
    assert distribution.weight_of(sorted(chosen)) == 1 - (9 - len(chosen)) * light


def test_a_constant_one_is_the_uniform_distribution() -> None:
    data = CubeGrid.of(2, "1/4").listed()
    assert balanced_reweighting(data, 1) == FiniteDistribution.uniform(data)
    point_mass = FiniteDistribution(data, [1] + [0] * 8)
    assert balance_of(point_mass) == 0


@pytest.mark.parametrize(
    ("mu", "heavy", "error", "words"),
    [
        ("0", None, AssumptionViolated, "got 0"),
        ("9/8", None, AssumptionViolated, "got 9/8"),
        (0.5, None, InexactInput, "mu 0.5"),
        ("1/2", 3, UsageError, r"heavy point 3 is not an index of 0\.\.2"),
        ("1/2", -1, UsageError, "heavy point -1"),
        ("1/2", {0: "1/2"}, AssumptionViolated, "sum to 1/2"),
        ("1/2", {0: "3/2", 1: "-1/2"}, AssumptionViolated, "point 1 is -1/2"),
        ("1/2", {0: 0.5, 1: 0.5}, InexactInput, "weight of point 0"),
        ("1/2", {0: "1/3", 1: "1/3", 2: "1/3"}, AssumptionViolated, "all 3 points are heavy"),
    ],
    ids=str,
)
def test_what_a_reweighting_refuses(mu: Any, heavy: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        balanced_reweighting(CubeGrid.of(1, "1/4").listed(), mu, heavy)


def test_a_balanced_support_has_different_points() -> None:
    data = LabelledPoints.of([[0], [1], [0]], labels=[1, -1, 1])
    with pytest.raises(AssumptionViolated, match="repeat"):
        balanced_reweighting(data, "1/2")


@pytest.mark.parametrize("dim", [1, 2, 3, 40])
def test_the_halfspace_has_two_parameters(dim: int) -> None:
    network = separating_halfspace(dim)
    assert (network.size.nonzero, network.size.depth, network.dim) == (2, 1, dim)
    assert network([7] * (dim - 1) + ["1/3"]) == (Fraction(-1, 6),)


@pytest.mark.parametrize(("dim", "eps", "radius", "offset"), SETTINGS)
def test_the_halfspace_is_right_and_nowhere_robust(dim: int, eps: str, radius: Any, offset: Any) -> None:
    grid = LinearlySeparableGrid.of(dim, eps, radius, offset)
    network, data = separating_halfspace(dim), grid.listed()
    values = network.numerators_at(data.numerators, data.scale)[:, 0]
    assert [Fraction(int(v), data.scale * network.scale) for v in values] == [grid.offset * y for y in data.labels]
    assert not network.numerators_at(grid.midpoints().numerators, grid.midpoints().scale).any()
    error = verify.robust_error(network, data, radius=grid.radius)
    assert error.lower == error.upper == 1
    below = verify.robust_error(network, data, radius=grid.offset * Fraction(999, 1000))
    assert below.lower == below.upper == 0


def test_the_source_reads_its_options() -> None:
    data = load_data("hard:d=6,eps=1/8,seed=0")
    assert data == load_data("hard") == load_data("hard:seed=0,eps=0.125")
    assert data == LinearlySeparableGrid.of(6, "1/8").listed() and len(data) == 3125
    assert data != load_data("hard:seed=1")
    chosen = load_data("hard:d=3,eps=1/5,c=6/7,offset=0.01,seed=4,family=separable")
    assert chosen == LinearlySeparableGrid.of(3, "1/5", "6/35", "1/100", seed=4).listed()
    assert load_data("hard:d=2,eps=1/4,family=cube,seed=2") == CubeGrid.of(2, "1/4", seed=2).listed()
    assert "hard:d=6,eps=1/8,seed=0" in describe_spec_help()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "no option ''"),
        ("n=4", "no option 'n'"),
        ("d=3,d=4", "d is given twice"),
        ("d", "d has no value"),
        ("d=", "d has no value"),
        ("d=x", "integer from 1 to 1048576, got 'x'"),
        ("d=0", "got '0'"),
        ("d=1", "dimension must be at least 2, got 1"),
        ("d=2.0", "got '2.0'"),
        ("seed=-1", "got '-1'"),
        ("seed=4294967296", "integer from 0 to 4294967295"),
        ("eps=x", "hard option eps 'x'"),
        ("eps=3/5", "got 3/5"),
        ("eps=nan", "'nan'"),
        ("c=1", r"\(0, 1/8\), got 1/8"),
        ("c=0", "got 0"),
        ("c=1/0", "'1/0'"),
        ("offset=1/15", r"\(0, 1/16\], got 1/15"),
        ("independence=0", "independence must be an integer from 1 to 1048576"),
        ("family=ball", "separable or cube, got 'ball'"),
        ("family=cube,c=1/2", "c has no meaning"),
        ("family=cube,offset=1/9", "offset has no meaning"),
    ],
    ids=str,
)
def test_options_that_do_not_parse_are_usage_errors(options: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_data(f"hard:{options}")


@pytest.mark.parametrize("options", ["d=12,eps=1/8", "d=1000", "d=1048576,eps=1/1000000", "d=2,eps=1e-4000"])
def test_too_many_points_are_refused_with_their_number(options: str) -> None:
    with pytest.raises(BudgetExceeded, match=r"points are too many to list|bits"):
        load_data(f"hard:{options}")


def test_the_norms_agree_on_the_distance_to_a_midpoint() -> None:
    grid = LinearlySeparableGrid.of(3, "1/4")
    step = [a - b for a, b in zip(grid.point(4), grid.midpoint(4), strict=True)]
    assert length(step, "linf") == length(step, "l1") == grid.offset
    assert np.all(grid.listed().numerators[:, :-1] * 2 % grid.listed().scale == 0)


@pytest.mark.parametrize(("dim", "eps", "radius", "offset"), SETTINGS)
def test_a_robust_classifier_exists(dim: int, eps: str, radius: Any, offset: Any) -> None:
    grid = LinearlySeparableGrid.of(dim, eps, radius, offset, seed=3)
    network = classify_grid_by_bit_extraction(grid.listed().labels, GridBalls.of(dim, dim - 1, grid.steps, grid.radius))
    for index in {0, 1, grid.size // 2, grid.size - 1}:
        assert network(grid.point(index)) == network(grid.midpoint(index)) == (grid.label(index),)
        for sign in (-1, 1):
            corner = [value + sign * grid.radius for value in grid.point(index)]
            assert network(corner) == (grid.label(index),)
