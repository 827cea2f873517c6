"""ReluNetwork against plain fractions: values, batches, the integer network, sizes, names."""

from __future__ import annotations

import itertools
import pickle
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.errors import InexactInput
from constructions.exact.integer_arrays import rung
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Layers = list[tuple[list[list[Fraction]], list[Fraction]]]
SIZES = {"small": 9, "float64": 2**20, "int64": 2**46, "beyond": 2**80}


def plain_outputs(layers: Layers, point: list[Fraction]) -> tuple[Fraction, ...]:
    """Evaluate a network one product at a time."""
    values = point
    for index, (weight, bias) in enumerate(layers):
        if index:
            values = [max(value, Fraction(0)) for value in values]
        values = [
            sum((a * x for a, x in zip(row, values, strict=True)), b) for row, b in zip(weight, bias, strict=True)
        ]
    return tuple(values)


def draw_layers(seed: int, size: int, widths: list[int]) -> Layers:
    draw = random.Random(seed)

    def number() -> Fraction:
        return Fraction(draw.randint(-size, size), draw.choice([1, 1, 2, 3, 8])) if draw.random() > 0.2 else Fraction(0)

    return [
        ([[number() for _ in range(inputs)] for _ in range(outputs)], [number() for _ in range(outputs)])
        for inputs, outputs in itertools.pairwise(widths)
    ]


def network_of(layers: Layers) -> ReluNetwork:
    return ReluNetwork(AffineMap(weight, bias) for weight, bias in layers)


def draw_widths(seed: int) -> list[int]:
    draw = random.Random(seed)
    return [draw.randint(1, 5) for _ in range(draw.randint(2, 5))]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seed", range(25))
def test_values_agree_with_plain_fractions(seed: int, size: int) -> None:
    layers = draw_layers(seed, size, draw_widths(seed))
    network = network_of(layers)
    draw = random.Random(seed)
    for bound in (0, 3, size):
        point = [Fraction(draw.randint(-bound, bound), 1 + draw.randrange(7)) for _ in range(network.dim)]
        assert network(point) == plain_outputs(layers, point)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("widths", [[8, 9, 10, 2], [12, 8, 1], [9, 9, 9, 9, 9]], ids=str)
def test_batches_agree_with_plain_fractions(size: int, widths: list[int]) -> None:
    layers = draw_layers(len(widths), size, widths)
    network = network_of(layers)
    points = np.random.default_rng(0).integers(-50, 51, (10, widths[0]))
    values = network.numerators_at(points, 7)
    scale = 7 * network.scale
    for row, point in zip(values, points.tolist(), strict=True):
        exact = plain_outputs(layers, [Fraction(value, 7) for value in point])
        assert tuple(Fraction(int(value), scale) for value in row) == exact


def test_the_large_batch_above_reaches_every_rung() -> None:
    chosen = set()
    for size in SIZES.values():
        for affine in network_of(draw_layers(3, size, [12, 8, 1])).maps:
            rows = affine.numerators
            chosen.add(rung(rows.largest_row_sum() * 50, rows.is_dense))
    assert chosen == {"float64", "int64", "big"}


@pytest.mark.parametrize("top", [2**power + step for power in (53, 63) for step in (-1, 0, 1)])
def test_a_hidden_value_at_the_edge_of_a_rung(top: int) -> None:
    """The hidden value is exactly ``top``; one unit less or more must still be seen."""
    layers: Layers = [
        ([[Fraction(1), Fraction(1)]] * 8, [Fraction(0)] * 8),
        (
            [[Fraction(1), Fraction(-1)] + [Fraction(0)] * 6, [Fraction(1)] + [Fraction(0)] * 7],
            [Fraction(0), Fraction(-top)],
        ),
    ]
    network = network_of(layers)
    for step in (-1, 0, 1):
        point = [Fraction(top - 5), Fraction(5 + step)]
        assert network(point) == plain_outputs(layers, point) == (0, step)
        batch = np.array([[top - 5, 5 + step]] * 9, dtype=object)
        assert network.numerators_at(batch).tolist() == [[0, step]] * 9


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seed", range(10))
def test_the_integer_network_is_a_positive_multiple(seed: int, size: int) -> None:
    layers = draw_layers(seed, size, draw_widths(seed))
    network = network_of(layers)
    integers, factor = network.integer_network()
    assert factor == network.scale > 0
    assert all(affine.denominator == 1 for affine in integers.maps)
    for shift in range(3):
        point = [Fraction(j - shift, 3) for j in range(network.dim)]
        assert integers(point) == tuple(factor * value for value in plain_outputs(layers, point))


def test_scales_beyond_int64_over_zero_biases() -> None:
    tiny = Fraction(1, 2**40)
    network = ReluNetwork([AffineMap([[tiny], [-tiny]], [0, 0]), AffineMap([[tiny, 0]], [0]), AffineMap([[3]], [0])])
    assert network([1]) == (3 * tiny**2,)
    assert network([-1]) == (0,)
    assert network.numerators_at(np.array([[1], [-1], [0]])).tolist() == [[3], [0], [0]]


def test_units_that_are_all_off_under_weights_beyond_int64() -> None:
    network = ReluNetwork([AffineMap([[-1], [-1]], [0, 0]), AffineMap([[2**90, 1]], [2**64 + 1])])
    assert network([1]) == (2**64 + 1,)
    assert network.numerators_at(np.arange(10).reshape(10, 1)).tolist() == [[2**64 + 1]] * 10


def test_batches_at_the_ends_of_their_types() -> None:
    network = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 0], [0, 1]], [0, 0])])
    assert network.numerators_at(np.array([[-(2**63)], [2**63 - 1]])).tolist() == [[0, 2**63], [2**63 - 1, 0]]
    assert network.numerators_at(np.array([[2**64 - 1]], dtype=np.uint64)).tolist() == [[2**64 - 1, 0]]
    assert network.numerators_at(np.array([[255]], dtype=np.uint8), 5).tolist() == [[255, 0]]
    assert network.numerators_at(np.zeros((0, 1), np.int64)).shape == (0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_every_size_is_the_plain_count(seed: int) -> None:
    layers = draw_layers(seed, 9, draw_widths(seed))
    size = network_of(layers).size
    numbers = [value for weight, bias in layers for row in [*weight, bias] for value in row]
    hidden = [len(bias) for _, bias in layers[:-1]]
    assert size.nonzero == sum(1 for value in numbers if value)
    assert size.dense == len(numbers)
    assert (size.units, size.width, size.depth) == (sum(hidden), max(hidden, default=0), len(layers))
    assert size.weight_bits == max(max(abs(v.numerator), v.denominator).bit_length() for v in numbers)


def test_equal_networks_have_one_digest_and_others_another() -> None:
    network = ReluNetwork([AffineMap([["1/2"]], [1]), AffineMap([[2]], [0])])
    same = ReluNetwork([AffineMap([["2/4"]], ["1"]), AffineMap([["4/2"]], ["0"])])
    assert network == same
    assert hash(network) == hash(same)
    assert network.digest() == same.digest() == pickle.loads(pickle.dumps(network)).digest()
    others = [
        ReluNetwork([AffineMap([["1/2"]], [1]), AffineMap([[2]], ["1/1000"])]),
        ReluNetwork([AffineMap([["1/2"]], [1]), AffineMap([[-2]], [0])]),
        ReluNetwork([AffineMap([["1/2"]], [1])]),
        ReluNetwork([AffineMap([["1/2", 0]], [1]), AffineMap([[2]], [0])]),
    ]
    assert len({network.digest(), *(other.digest() for other in others)}) == 5
    assert network not in others
    assert network != 1


@pytest.mark.parametrize("size", [9, 2**80])
def test_pickling_keeps_the_network(size: int) -> None:
    network = network_of(draw_layers(5, size, [3, 4, 2]))
    copy = pickle.loads(pickle.dumps(network))
    assert copy == network
    assert copy([1, "1/3", -2]) == network([1, "1/3", -2])


def test_networks_do_not_change() -> None:
    network = ReluNetwork([AffineMap([[1]], [0])])
    with pytest.raises(AttributeError, match="does not change"):
        network._maps = ()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one affine map"):
        ReluNetwork([])
    with pytest.raises(ValueError, match="map 0 gives 2 values, map 1 takes 1"):
        ReluNetwork([AffineMap([[1], [1]], [0, 0]), AffineMap([[1]], [0])])


@pytest.mark.parametrize("weight", [1, 2**70], ids=["int64", "beyond"])
@pytest.mark.parametrize("points", [[[1]], [[1, 2, 3]], [1, 2], [[[1, 2]]]], ids=str)
def test_batches_of_another_shape_are_refused(weight: int, points: list[Any]) -> None:
    network = ReluNetwork([AffineMap([[weight, 1], [1, 1]], [0, 0])])
    with pytest.raises(ValueError, match="do not fit a network of 2 coordinates"):
        network.numerators_at(np.array(points))


@pytest.mark.parametrize("point", [[0.5, 1], [1, float("nan")], [float("inf"), 1], [np.float32(1), 1]], ids=str)
def test_float_points_are_refused(point: list[Any]) -> None:
    network = ReluNetwork([AffineMap([[1, 1]], [0])])
    with pytest.raises(InexactInput, match=r"coordinate \d .* is a float"):
        network(point)
    with pytest.raises(InexactInput, match="float"):
        network.numerators_at(np.array([point]))


@pytest.mark.parametrize("point", [[], [1], [1, 2, 3]], ids=str)
def test_points_of_another_dimension_are_refused(point: list[int]) -> None:
    with pytest.raises(ValueError, match=rf"takes 2 coordinates, got {len(point)}"):
        ReluNetwork([AffineMap([[1, 1]], [0])])(point)


def test_networks_without_inputs_or_hidden_units() -> None:
    assert ReluNetwork([AffineMap([[]], ["1/2"])])([]) == (Fraction(1, 2),)
    network = ReluNetwork(
        [AffineMap.from_coo([], [], [], (0, 3), []), AffineMap.from_coo([], [], [], (1, 0), ["-1/3"])]
    )
    assert network([1, 2, 3]) == (Fraction(-1, 3),)
    assert (network.size.units, network.size.nonzero) == (0, 1)
    assert network.numerators_at(np.zeros((2, 3), np.int64)).tolist() == [[-1], [-1]]


def test_the_printed_form_names_the_widths() -> None:
    assert repr(network_of(draw_layers(0, 9, [2, 3, 1]))).startswith("ReluNetwork(2-3-1, nonzero=")
