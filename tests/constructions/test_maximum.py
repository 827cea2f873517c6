"""The largest output of a network, as a network: equal at every point tried, and as deep as promised."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise, product

import pytest

from constructions.network.affine_map import AffineMap
from constructions.network.maximum import largest_of_groups, largest_output
from constructions.network.relu_network import ReluNetwork


def _number(stream: random.Random) -> Fraction:
    return Fraction(stream.randint(-40, 40), stream.choice((1, 2, 3, 7, 2**30)))


def _network(stream: random.Random, outputs: int) -> ReluNetwork:
    widths = [stream.randint(1, 3), *(stream.randint(1, 4) for _ in range(stream.randint(0, 2))), outputs]
    return ReluNetwork(
        AffineMap([[_number(stream) for _ in range(a)] for _ in range(b)], [_number(stream) for _ in range(b)])
        for a, b in pairwise(widths)
    )


@pytest.mark.parametrize("outputs", range(1, 10))
def test_the_output_is_the_largest_output(outputs: int) -> None:
    stream, firsts = random.Random(outputs), set()
    for _ in range(12):
        network = _network(stream, outputs)
        largest = largest_output(network)
        for _ in range(12):
            point = [_number(stream) for _ in range(network.dim)]
            values = network(point)
            firsts.add(values.index(max(values)))
            assert largest(point) == (max(values),)
    assert firsts == set(range(outputs)), "some output was never the largest"


@pytest.mark.parametrize("outputs", [2, 3, 4, 5, 7])
def test_ties_and_every_order_of_signs(outputs: int) -> None:
    identity = AffineMap([[int(i == j) for j in range(outputs)] for i in range(outputs)], [0] * outputs)
    largest = largest_output(ReluNetwork([identity]))
    for values in product((-1, 0, 2) if outputs <= 5 else (-1, 0), repeat=outputs):
        assert largest(values) == (Fraction(max(values)),)


@pytest.mark.parametrize(
    ("outputs", "rounds"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4), (16, 4), (17, 5)]
)
def test_the_network_becomes_deeper_by_the_rounded_up_logarithm(outputs: int, rounds: int) -> None:
    network = _network(random.Random(3), outputs)
    largest = largest_output(network)
    assert largest.outputs == 1 and largest.dim == network.dim
    assert largest.size.depth == network.size.depth + rounds


def test_one_output_stays_as_it_is() -> None:
    network = _network(random.Random(1), 1)
    assert largest_output(network) == network


def test_numbers_beyond_machine_integers_stay_exact() -> None:
    huge = 2**80
    network = ReluNetwork([AffineMap([[huge], [huge]], [0, Fraction(1, huge)])])
    for x in (-1, 0, Fraction(1, 3)):
        assert largest_output(network)([x]) == (huge * x + Fraction(1, huge),)


@pytest.mark.parametrize(("groups", "count"), [(1, 3), (2, 1), (2, 3), (3, 4), (4, 5)])
def test_each_group_has_its_largest_output(groups: int, count: int) -> None:
    stream = random.Random(10 * groups + count)
    for _ in range(12):
        network = _network(stream, groups * count)
        grouped = largest_of_groups(network, count)
        for _ in range(12):
            point = [_number(stream) for _ in range(network.dim)]
            values = network(point)
            expected = tuple(max(values[start : start + count]) for start in range(0, groups * count, count))
            assert grouped(point) == expected


def test_outputs_that_fill_no_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="7 outputs make no groups of 2"):
        largest_of_groups(_network(random.Random(0), 7), 2)
