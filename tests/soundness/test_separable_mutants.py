"""Random and mutated networks: no bound of the separable method is above an output that is really taken."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.memorizers.instance import half_separation
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import memorize_with_shared_square
from verify.methods.separable.margins import separable_bounds
from verify.methods.separable.structure import Range
from verify.testing.exact_distance import nearest_wrong

Layers = list[tuple[list[list[Fraction]], list[Fraction]]]
BUILDERS: list[Callable[..., ReluNetwork]] = [
    memorize_with_shared_square,
    memorize_with_kinks,
    memorize_with_sawtooth,
    memorize_by_the_papers_route_in_l2,
]


def _layers(network: ReluNetwork) -> Layers:
    return [([list(row) for row in affine.weight], list(affine.bias)) for affine in network.maps]


def _network(layers: Layers) -> ReluNetwork:
    return ReluNetwork([AffineMap(rows, bias) for rows, bias in layers])


def _mutated(network: ReluNetwork, stream: random.Random) -> ReluNetwork:
    """Change a weight, move a bias, swap two thresholds or two rows, or add a twin of a unit."""
    layers = _layers(network)
    for _ in range(stream.randint(1, 3)):
        depth = stream.randrange(len(layers))
        rows, bias = layers[depth]
        unit, other, column = stream.randrange(len(rows)), stream.randrange(len(rows)), stream.randrange(len(rows[0]))
        kind = stream.randrange(6)
        if kind == 0:
            rows[unit][column] *= stream.choice([Fraction(-1), Fraction(0), Fraction(9, 10), Fraction(101, 100)])
        elif kind == 1:
            bias[unit] += stream.choice([Fraction(1), Fraction(-1, 10), Fraction(1, 100)])
        elif kind == 2:
            bias[unit], bias[other] = bias[other], bias[unit]
        elif kind == 3:
            rows[unit], rows[other] = rows[other], rows[unit]
        elif kind == 4:
            rows[unit][column] += Fraction(stream.randint(-4, 4), 4)
        elif depth < len(layers) - 1:
            rows.append(list(rows[unit]))
            bias.append(bias[unit] - Fraction(stream.randint(0, 8), 8))
            for row in layers[depth + 1][0]:
                row.append(-row[unit])
    return _network(layers)


def _drawn(stream: random.Random, dim: int) -> ReluNetwork:
    """Return a random network: kinks of one coordinate each, sums of them, an output of either sign."""
    owners = [stream.randrange(dim) for _ in range(3 * dim)]
    first = [
        [Fraction(stream.choice((-1, 1, 2))) if axis == owner else Fraction(0) for axis in range(dim)]
        for owner in owners
    ]
    bumps = [[Fraction(stream.randint(-4, 1), 2) for _ in owners] for _ in range(stream.randint(1, 3))]
    layers = [
        (first, [Fraction(stream.randint(-8, 8), 4) for _ in owners]),
        (bumps, [Fraction(stream.randint(0, 12), 2) for _ in bumps]),
        ([[Fraction(stream.randint(-3, 3)) for _ in bumps]], [Fraction(stream.randint(-2, 2))]),
    ]
    return _network(layers)


def _signed(network: ReluNetwork, label: int, shift: Fraction = Fraction(0)) -> ReluNetwork:
    *hidden, (rows, bias) = _layers(network)
    return _network([*hidden, ([[label * value for value in rows[0]]], [label * bias[0] - shift])])


def _instance(stream: random.Random) -> tuple[LabelledPoints, Fraction]:
    dim, points = stream.choice((1, 1, 2, 3)), set()
    while len(points) < 3:
        points.add(tuple(Fraction(stream.randint(0, 12), 3) for _ in range(dim)))
    data = LabelledPoints.of([list(point) for point in sorted(points)], [1, -1, stream.choice((-1, 1))])
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    return data, half_separation(closest.distance, "l2")


@pytest.mark.parametrize("seed", range(120))
def test_no_output_on_a_ball_is_below_its_bound(seed: int) -> None:
    stream = random.Random(seed)
    data, eps = _instance(stream)
    built_for = eps * Fraction(stream.choice((1, 2, 3)), 4)
    network = _drawn(stream, data.dim)
    if seed % 5:
        network = _mutated(BUILDERS[seed % 5 - 1](data, built_for), stream)
    radius = built_for * Fraction(stream.choice((0, 4, 8, 9, 10, 12)), 8)
    around = Range.of(data.numerators, data.scale, radius) if seed % 2 else None
    for index, label in enumerate(data.labels):
        margin, centre = _signed(network, label), data.point(index)
        [bound] = separable_bounds(margin, data.numerators[[index]], data.scale, radius, around)
        if bound is None:
            continue
        ball = NormBall("l2", radius)
        ways = [[x + stream.randint(-9, 9) for x in centre] for _ in range(8)]
        seen = [*ball.corners(centre), *(ball.towards(centre, way) for way in [*ways, *data.points])]
        assert all(margin(point)[0] >= bound.margin for point in [centre, *seen])
        if network.size.units <= 10 and data.dim <= 2:
            below = bound.margin - Fraction(1, 2**40)
            wrong = nearest_wrong(_signed(network, label, below), 1, centre, radius)
            assert wrong is None or wrong.square > radius**2
