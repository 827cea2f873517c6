"""On drawn networks: too few inputs or parameters always leave an exact wrong point."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.exact.norms import length
from constructions.hard_distributions.diagonal import origin_against_diagonal
from verify.capacity.memorization_bounds import coordinates_for_two_points
from verify.claims.inputs_read import find_agreement, inputs_at_least, inputs_with_a_path
from verify.testing.strategies import relu_networks

finite_norms = st.sampled_from(["l1", "l2"])
ratios = st.integers(0, 99).map(lambda k: Fraction(k, 100))


def measure_of_radius(dim: int, norm: str, ratio: Fraction) -> Fraction:
    """Return the radius on the diagonal, squared in l2."""
    return ratio * dim / 2 if norm == "l1" else ratio**2 * dim / 4


def is_wrong(network: ReluNetwork, data: LabelledPoints, norm: str, radius: Fraction, index: int, point: list) -> bool:
    moved = length([x - y for x, y in zip(point, data.point(index), strict=True)], norm)
    return moved <= radius and data.labels[index] * network(point)[0] <= 0


@st.composite
def sparse_networks(draw: st.DrawFn) -> tuple[int, str, Fraction, ReluNetwork]:
    """Draw a layered network with so few nonzero parameters that it must fail."""
    dim, norm, ratio = draw(st.integers(1, 6)), draw(finite_norms), draw(ratios)
    widths = [dim, *draw(st.lists(st.integers(1, 3), max_size=2)), 1]
    places = [
        (layer, row, column)
        for layer in range(len(widths) - 1)
        for row in range(widths[layer + 1])
        for column in range(widths[layer] + 1)
    ]
    few = coordinates_for_two_points(dim, norm, ratio)
    chosen = draw(st.lists(st.sampled_from(places), max_size=few, unique=True))
    tables = [[[0] * (widths[i] + 1) for _ in range(widths[i + 1])] for i in range(len(widths) - 1)]
    for layer, row, column in chosen:
        tables[layer][row][column] = draw(st.sampled_from([-2, -1, 1, 2]))
    maps = [AffineMap([row[:-1] for row in table], [row[-1] for row in table]) for table in tables]
    return dim, norm, ratio, ReluNetwork(maps)


@pytest.mark.theorem("memorization-size-bound-l2", claims=["input_bound"])
@given(drawn=sparse_networks(), points=st.integers(2, 4))
def test_too_few_parameters_are_wrong_at_the_origin_or_at_a_point_that_looks_like_it(
    drawn: tuple[int, str, Fraction, ReluNetwork], points: int
) -> None:
    dim, norm, ratio, network = drawn
    data, radius = origin_against_diagonal(points, dim), measure_of_radius(dim, norm, ratio)
    few = coordinates_for_two_points(dim, norm, ratio)
    assert network.size.nonzero <= few
    found = find_agreement(network, data, norm, radius)
    if found is None:
        assert len(inputs_with_a_path(network)) == few and network([0] * dim)[0] == 0
    else:
        index = found.indices[found.wrong]
        assert is_wrong(network, data, norm, radius, index, list(found.points[found.wrong]))


@pytest.mark.theorem("memorization-size-bound-l2", claims=["inputs_read"])
@given(
    network=relu_networks(inputs=5, max_units=4, max_depth=3, largest=3),
    norm=finite_norms,
    ratio=ratios,
    kept=st.sets(st.integers(0, 4), max_size=5),
)
def test_few_inputs_are_refuted_by_a_wrong_point_and_enough_are_not(
    network: ReluNetwork, norm: str, ratio: Fraction, kept: set[int]
) -> None:
    first = network.maps[0]
    rows = [[value if j in kept else Fraction(0) for j, value in enumerate(row)] for row in first.weight]
    masked = ReluNetwork([AffineMap(rows, first.bias), *network.maps[1:]])
    data, radius = origin_against_diagonal(3, 5), measure_of_radius(5, norm, ratio)
    verdict = inputs_at_least(masked, data, norm, radius, coordinates_for_two_points(5, norm, ratio))
    read = inputs_with_a_path(masked)
    assert set(read) <= kept and verdict.measured == str(len(read))
    if len(read) >= int(str(verdict.promised)):
        assert verdict.status == "holds" and find_agreement(masked, data, norm, radius) is None
        return
    assert verdict.status == "violated" and verdict.witness is not None
    point, same = ([Fraction(x) for x in verdict.witness[key]] for key in ("point", "same_inputs"))
    assert is_wrong(masked, data, norm, radius, verdict.witness["index"], point)
    assert masked(point) == masked(same) and all(point[j] == same[j] for j in read)


@given(network=relu_networks(inputs=3, max_units=4, max_depth=3, largest=3))
def test_inputs_without_a_path_do_not_matter(network: ReluNetwork) -> None:
    read = set(inputs_with_a_path(network))
    for point in product((-2, 1), repeat=3):
        for value in (-7, 0, 5):
            moved = [x if j in read else value for j, x in enumerate(point)]
            assert network(moved) == network(list(point))


@given(network=relu_networks(inputs=3, max_units=4, max_depth=2, largest=3), norm=st.sampled_from(["linf", "l1", "l2"]))
def test_an_agreement_is_a_counterexample_of_the_complete_method(network: ReluNetwork, norm: str) -> None:
    """On data of no special form, where inputs differ in how far apart they are."""
    data = LabelledPoints.of([[0, 0, 0], [1, 2, 3], [3, 1, 0], [2, 2, 2]], [1, -1, -1, 1])
    found = find_agreement(network, data, norm, Fraction(1, 2) if norm != "l2" else Fraction(1, 4))
    if found is not None:
        result = verify.robust_error(network, data, norm, Fraction(1, 2))
        assert result.status[found.indices[found.wrong]] == "violated"
