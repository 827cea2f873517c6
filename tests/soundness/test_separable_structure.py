"""Sums of one-variable functions read off a network agree with the network, point by point."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.structure import Analysis, Layer, Range


def _value(analysis: Analysis, layer: Layer, unit: int, point: list[Fraction]) -> Fraction:
    return sum((analysis.functions[f].at(point[axis]) for axis, f in layer.terms(unit)), Fraction(0))


def _network(stream: random.Random, dim: int) -> ReluNetwork:
    """Return layers whose rows read one coordinate, or none; rows of many biases and no weight among them."""
    owners, maps = list(range(dim)), []
    for _ in range(3):
        rows, biases, kept = [], [], []
        for _ in range(stream.randint(4, 14)):
            axis = stream.randrange(dim)
            empty = stream.random() < 0.4
            row = [0 if empty or owner != axis else Fraction(stream.randint(-6, 6), 3) for owner in owners]
            rows.append(row)
            biases.append(Fraction(stream.randint(-9, 9), 4))
            kept.append(axis if any(row) else 0)  # a constant belongs to the first axis
        maps.append(AffineMap(rows, biases))
        owners = kept
    return ReluNetwork([*maps, AffineMap([[1] * len(owners)], [0]), AffineMap([[1]], [0])])


@pytest.mark.parametrize("seed", range(30))
def test_units_of_one_coordinate_agree_with_the_network(seed: int) -> None:
    stream = random.Random(seed)
    dim = stream.randint(1, 3)
    network = _network(stream, dim)
    analysis = Analysis(network, Range(Fraction(-1), Fraction(2)))
    layer = analysis.units_before_last()
    assert layer is not None
    for _ in range(20):
        point = [Fraction(stream.randint(-12, 24), 12) for _ in range(dim)]
        exact = tuple(point)
        for affine in network.maps[:-2]:
            exact = tuple(max(value, Fraction(0)) for value in affine(exact))
        assert [_value(analysis, layer, unit, point) for unit in range(len(exact))] == list(exact)
