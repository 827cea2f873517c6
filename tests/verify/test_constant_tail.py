"""Layers evaluated at known values: compiled limbs, int64 and Python integers give the same integers."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from constructions import AffineMap, NormBall, ReluNetwork
from constructions.exact.integer_arrays import integer_array
from verify.methods import constant_tail
from verify.methods.ball_program import BallProgram, ball_program
from verify.methods.constant_tail import ConstantTail
from verify.methods.limb_kernel import BITS, evaluate, integers_of, limb_layers, limbs_of

Matrix = list[list[int]]


def _integer(stream: random.Random, bits: int) -> int:
    """Return an integer of either sign: any, near the border of a limb, or a power of two."""
    border = 2 ** (BITS * stream.randint(0, max(1, bits // BITS))) + stream.randint(-1, 1)
    size = stream.choice((stream.getrandbits(stream.randint(1, bits)), border, 2 ** stream.randint(0, bits)))
    return size * stream.choice((-1, 1))


def _matrix(stream: random.Random, rows: int, columns: int, bits: int) -> Matrix:
    found = [[_integer(stream, bits) if stream.random() < 0.7 else 0 for _ in range(columns)] for _ in range(rows)]
    if rows > 1 and stream.random() < 0.4:
        found[-1] = list(found[-2])
    if stream.random() < 0.3:
        found[stream.randrange(rows)] = [0] * columns
    return found


def _network(stream: random.Random, bits: int) -> ReluNetwork:
    widths = [stream.randint(1, 5) for _ in range(stream.randint(2, 6))]
    return ReluNetwork(
        [
            AffineMap(_matrix(stream, rows, inputs, bits), [_integer(stream, bits) for _ in range(rows)])
            for inputs, rows in pairwise(widths)
        ]
    )


def _columns(stream: random.Random, units: int, count: int, bits: int) -> np.ndarray:
    return np.array([[abs(_integer(stream, bits)) for _ in range(count)] for _ in range(units)], dtype=object)


def _program(network: ReluNetwork) -> BallProgram:
    return ball_program(network, np.zeros((1, network.dim), dtype=np.int64), 1, NormBall("linf", 0))


def _truth(network: ReluNetwork, values: np.ndarray, layer: int = 0) -> list[list[int]]:
    """Return the outputs by sums of Python integers; all denominators are 1."""
    columns = [[int(value) for value in column] for column in values.T]
    for index, affine in enumerate(network.maps[layer:]):
        assert affine.denominator == 1
        weight = [[int(w) for w in row] for row in affine.weight]
        bias = [int(b) for b in affine.bias]
        inputs = [[max(v, 0) for v in column] if index else column for column in columns]
        columns = [
            [b + sum(w * v for w, v in zip(row, column, strict=True)) for row, b in zip(weight, bias, strict=True)]
            for column in inputs
        ]
    return columns


def _by_limbs(network: ReluNetwork, values: np.ndarray, layer: int = 0) -> list[list[int]]:
    layers = limb_layers([m.numerators for m in network.maps], [m.bias_numerators for m in network.maps])
    table = np.stack(limbs_of(values), axis=1).reshape(-1, values.shape[1]).astype(np.int32)
    outputs = integers_of(*evaluate(layers, layer, table, len(values)))
    return [[int(value) for value in column] for column in outputs.T]


# The compiled arithmetic -----------------------------------------------------------------


@pytest.mark.parametrize("bits", [3, 28, 56, 62, 100, 400])
def test_limbs_agree_with_python_integers(bits: int) -> None:
    stream = random.Random(bits)
    for _ in range(80):
        network = _network(stream, bits)
        layer = stream.randrange(len(network.maps))
        units = network.maps[layer].shape[1]
        values = _columns(stream, units, stream.randint(1, 7), stream.choice((bits, 2 * bits, 5)))
        assert _by_limbs(network, values, layer) == _truth(network, values, layer), (network.maps, values, layer)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("terms", [99, 100, 101, 1000])
def test_sums_of_many_full_limbs_are_carried_in_time(terms: int, sign: int) -> None:
    full = 2 ** (3 * BITS) - 1
    network = ReluNetwork([AffineMap([[sign * full] * terms], [sign * full])])
    values = np.full((terms, 2), full, dtype=object)
    assert _by_limbs(network, values) == [[sign * full * (terms * full + 1)]] * 2


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("bits", [BITS - 2, 2 * BITS - 2, 6 * BITS - 2])
def test_a_sum_that_just_needs_another_limb_gets_it(bits: int, sign: int) -> None:
    # Three terms close to 2^bits: their sum does not fit the limbs of bits + 2 without room for a sign.
    left, right, shift = 2**14 - 1, 2 ** (bits - 14) - 1, 2**bits - 1
    network = ReluNetwork([AffineMap([[sign * right, sign * right]], [sign * shift])])
    values = np.full((2, 3), left, dtype=object)
    assert _by_limbs(network, values) == [[sign * (2 * left * right + shift)]] * 3


@pytest.mark.parametrize("size", [1, BITS - 1, BITS, 2 * BITS, 10 * BITS, 10 * BITS + 1])
@pytest.mark.parametrize("rest", [-1, 0, 1])
def test_large_terms_that_cancel_leave_the_exact_sign(size: int, rest: int) -> None:
    large = 2**size
    difference = AffineMap([[large, -large], [-large, large], [large, -large]], [rest, rest, 3])
    values = np.array([[large - 1, 7], [large - 1, 7]], dtype=object)
    assert _by_limbs(ReluNetwork([difference]), values) == [[rest, rest, 3]] * 2
    after = ReluNetwork([difference, AffineMap([[1, large, 0]], [0])])
    assert _by_limbs(after, values) == [[max(rest, 0) * (1 + large)]] * 2


def test_equal_rows_differ_by_their_biases() -> None:
    row, large = [2**90, -1], 2**200
    network = ReluNetwork([AffineMap([row, row, row, [1, 1]], [0, -large, large, 5])])
    values = np.array([[3, 0], [1, 2**150]], dtype=object)
    assert _by_limbs(network, values) == _truth(network, values)


# The rest of a network -------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 2**40], ids=["limbs", "integers"])
@pytest.mark.parametrize("bits", [4, 40, 200])
def test_the_smallest_output_is_exact_whatever_computes_it(
    bits: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constant_tail, "_FEW_PRODUCTS", few)
    stream = random.Random(bits)
    for _ in range(30):
        network = _network(stream, bits)
        layer = stream.randrange(len(network.maps))
        values = integer_array(_columns(stream, network.maps[layer].shape[1], 5, bits))
        found = ConstantTail(_program(network)).smallest_outputs(layer, values)
        assert found == [min(column) for column in _truth(network, values, layer)]


def test_many_columns_are_each_their_own() -> None:
    stream = random.Random(8)
    network = ReluNetwork([AffineMap([[2**70, -1], [1, 2**9]], [0, -3]), AffineMap([[1, -(2**66)], [-1, 5]], [1, 0])])
    values = integer_array(_columns(stream, 2, 700, 40))
    found = ConstantTail(_program(network)).smallest_outputs(0, values)
    assert found == [min(column) for column in _truth(network, values)]
    assert len(set(found)) > 500


def test_a_deadline_that_has_passed_leaves_columns_out() -> None:
    tail = ConstantTail(_program(ReluNetwork([AffineMap([[1]], [0])])))
    values = np.arange(600).reshape(1, -1)
    assert tail.smallest_outputs(0, values) == list(range(600))
    assert tail.smallest_outputs(0, values, time.monotonic() - 1) == [None] * 600


def _numbers(values: Sequence[int]) -> list[Fraction]:
    return [Fraction(value, 3) for value in values]


def test_denominators_are_in_the_last_unit() -> None:
    network = ReluNetwork([AffineMap([["1/2", "-1/3"]], ["1/7"]), AffineMap([["5/4"]], ["-1/9"])])
    program = ball_program(network, np.array([[9, 4]]), 3, NormBall("linf", 0))
    values = np.array([[9 * program.point_factor], [4 * program.point_factor]])
    (found,) = ConstantTail(program).smallest_outputs(0, values)
    assert found is not None and (Fraction(found, program.scales[-1]),) == network(_numbers([9, 4]))
