"""AffineMap against plain fractions, on every rung of the arithmetic and on the edges between them."""

from __future__ import annotations

import pickle
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.errors import InexactInput
from constructions.network.affine_map import AffineMap

Rows = list[list[Fraction]]
SIZES = {"small": 9, "float64": 2**20, "int64": 2**26, "beyond": 2**80}


def plain_image(weight: Rows, bias: list[Fraction], point: list[Fraction]) -> tuple[Fraction, ...]:
    """Evaluate an affine map one product at a time."""
    return tuple(sum((a * x for a, x in zip(row, point, strict=True)), b) for row, b in zip(weight, bias, strict=True))


def draw_map(seed: int, size: int, outputs: int, inputs: int, zeros: float = 0.3) -> tuple[Rows, list[Fraction]]:
    draw = random.Random(seed)

    def number() -> Fraction:
        return (
            Fraction(draw.randint(-size, size), draw.choice([1, 1, 2, 3, 8])) if draw.random() > zeros else Fraction(0)
        )

    return [[number() for _ in range(inputs)] for _ in range(outputs)], [number() for _ in range(outputs)]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seed", range(25))
def test_calls_agree_with_plain_fractions(seed: int, size: int) -> None:
    weight, bias = draw_map(seed, size, 1 + seed % 4, 1 + seed % 7)
    draw = random.Random(seed)
    point = [Fraction(draw.randint(-size, size), 1 + draw.randrange(5)) for _ in weight[0]]
    affine = AffineMap(weight, bias)
    assert affine(point) == plain_image(weight, bias, point)
    assert affine([0] * len(point)) == tuple(bias)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
@pytest.mark.parametrize("batch", [1, 7, 8, 20])
def test_batches_agree_with_plain_fractions(size: int, zeros: float, batch: int) -> None:
    weight, bias = draw_map(batch, size, 10, 9, zeros)
    draw = random.Random(batch)
    columns = np.array([[draw.randint(-size, size) for _ in range(batch)] for _ in range(9)], dtype=object)
    affine = AffineMap(weight, bias)
    images = affine.apply(columns if size > 2**60 else columns.astype(np.int64), 6)
    for column in range(batch):
        exact = plain_image(weight, bias, [Fraction(int(value), 6) for value in columns[:, column]])
        assert tuple(Fraction(int(value), 6 * affine.denominator) for value in images[:, column]) == exact


EDGES = [2**power + step for power in (24, 31, 32, 52, 53, 54, 62, 63, 64) for step in (-2, -1, 0, 1, 2)]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("copies", [1, 9], ids=["one-row", "dense-nine"])
def test_sums_at_the_edges_of_the_rungs(edge: int, copies: int) -> None:
    """The weight, the point, the bias or the sum lies exactly at an edge."""
    for weight, point, bias in [
        ([edge - 1, 1], [1, 1], 0),
        ([edge, -1], [1, 1], 0),
        ([1, 1], [edge - 1, 1], 0),
        ([1, -1], [-edge, 1], 0),
        ([edge - 3, 2], [1, 1], 1),
        ([1, 0], [edge - 1, 0], 1),
        ([1, 1], [0, -1], -edge + 1),
        ([3, 1], [edge // 3, edge % 3], -1),
    ]:
        affine = AffineMap([weight] * copies, [bias] * copies)
        expected = weight[0] * point[0] + weight[1] * point[1] + bias
        columns = np.array([[value] * copies for value in point], dtype=object if edge > 2**62 else np.int64)
        images = affine.apply(columns, 1)
        assert [[int(value) for value in row] for row in images] == [[expected] * copies] * copies
        assert affine(point) == (expected,) * copies


def test_a_point_at_the_smallest_int64() -> None:
    columns = np.array([[-(2**63)], [2**63 - 1]])
    assert AffineMap([[1, 0], [-1, 0], [1, 1], [1, -1]], [0, 0, 0, -1]).apply(columns, 1)[:, 0].tolist() == [
        -(2**63),
        2**63,
        -1,
        -(2**64),
    ]


def test_a_weight_at_the_smallest_int64() -> None:
    smallest = -(2**63)
    affine = AffineMap.from_coo([0, 0], [0, 1], np.array([smallest, 1]), (1, 2), np.array([smallest]))
    assert affine([1, 1]) == (2 * smallest + 1,)
    assert affine.select([0], sign=-1)([1, 0]) == (2**64,)
    assert affine.weight_bits == 64
    assert AffineMap.from_coo([0], [0], np.array([smallest]), (1, 1), np.array([0]), 6)([3]) == (smallest // 2,)


@pytest.mark.parametrize("sparse_width", [0, 30], ids=["dense", "sparse"])
def test_the_origin_under_weights_beyond_int64(sparse_width: int) -> None:
    affine = AffineMap([[2**70, 1] + [0] * sparse_width], ["1/3"])
    assert affine([0] * (2 + sparse_width)) == (Fraction(1, 3),)
    assert affine.apply(np.zeros((2 + sparse_width, 12), np.int64), 3).tolist() == [[3] * 12]


TINY = Fraction(1, 2**70)


def test_denominators_beyond_int64_where_everything_else_is_zero() -> None:
    affine = AffineMap([[TINY], [0]], [0, 0])
    assert affine([1]) == (TINY, 0)
    assert AffineMap([[1]], [0])([TINY]) == (TINY,)
    assert affine.select([1]) == AffineMap([[0]], [0])
    assert affine.minus(affine) == AffineMap([[0], [0]], [0, 0])
    assert AffineMap.from_coo([], [], [], (1, 1), [0], denominator=2**70).denominator == 1
    assert AffineMap.from_coo([0], [0], [2**70], (1, 1), [0], denominator=2**70) == AffineMap([[1]], [0])
    assert AffineMap.from_coo([], [], [], (1, 1), [2**70], denominator=2**70) == AffineMap([[0]], [1])


@pytest.mark.parametrize("size", [9, 2**80])
@pytest.mark.parametrize("seed", range(10))
def test_select_and_minus(seed: int, size: int) -> None:
    weight, bias = draw_map(seed, size, 4, 3)
    other_weight, other_bias = draw_map(seed + 100, size, 4, 3)
    affine, other = AffineMap(weight, bias), AffineMap(other_weight, other_bias)
    chosen = [3, 0, 0]
    assert affine.select(chosen) == AffineMap([weight[i] for i in chosen], [bias[i] for i in chosen])
    assert affine.select(chosen, -1).weight == tuple(tuple(-value for value in weight[i]) for i in chosen)
    difference = affine.minus(other)
    assert difference.bias == tuple(a - b for a, b in zip(bias, other_bias, strict=True))
    assert difference.weight == tuple(
        tuple(a - b for a, b in zip(*rows, strict=True)) for rows in zip(weight, other_weight, strict=True)
    )


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seed", range(10))
def test_counts_and_lowest_terms(seed: int, size: int) -> None:
    weight, bias = draw_map(seed, size, 3, 4)
    affine = AffineMap(weight, bias)
    numbers = [value for row in weight for value in row] + bias
    assert affine.weight == tuple(map(tuple, weight))
    assert affine.bias == tuple(bias)
    assert affine.nonzero == sum(1 for value in numbers if value)
    assert affine.weight_bits == max(max(abs(v.numerator), v.denominator).bit_length() for v in numbers)
    assert affine.denominator == np.lcm.reduce([value.denominator for value in numbers])


def test_equal_maps_are_stored_alike() -> None:
    left = AffineMap([["1/2", 0, "0.75"]], ["-1"])
    right = AffineMap.from_coo([0, 0, 0, 0], [2, 0, 2, 1], [4, 4, 2, 0], (1, 3), [-8], denominator=8)
    assert left == right
    assert hash(left) == hash(right)
    assert left.numerators.nonzero == 2
    assert left != AffineMap([["1/2", 0, "0.75"]], [1])
    assert left != "1/2"


def test_entries_at_one_place_are_added_beyond_int64() -> None:
    affine = AffineMap.from_coo([0, 0, 1, 1], [1, 1, 0, 0], np.array([2**62, 2**62, 5, -5]), (2, 2), [0, 0])
    assert affine.weight == ((0, 2**63), (0, 0))
    assert affine.nonzero == 1


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64])
def test_integer_arrays_of_every_kind(kind: Any) -> None:
    values = np.array([1, np.iinfo(kind).max], dtype=kind)
    affine = AffineMap.from_coo(np.array([0, 1]), np.array([1, 0]), values, (2, 2), values[::-1].copy(), 3)
    largest = int(np.iinfo(kind).max)
    assert affine([3, 6]) == (Fraction(6 + largest, 3), Fraction(3 * largest + 1, 3))


def test_floats_are_refused_wherever_they_enter() -> None:
    affine = AffineMap([[1]], [0])
    array: Any = np.array([[1.0]])
    for build in (
        lambda: AffineMap([[0.5]], [0]),
        lambda: AffineMap([[1]], [0.1]),
        lambda: AffineMap(array, [0]),
        lambda: AffineMap([[float("nan")]], [0]),
        lambda: AffineMap.from_coo([0], [0], np.array([1.0]), (1, 1), [0]),
        lambda: AffineMap.from_coo([0], [0], [1], (1, 1), np.array([2.0])),
        lambda: affine([0.5]),
        lambda: affine([np.float32(1)]),
    ):
        with pytest.raises(InexactInput, match="is a float"):
            build()
    with pytest.raises(InexactInput, match="float64"):
        AffineMap.from_integers(affine.numerators, np.array([0.5]), 1)


@pytest.mark.parametrize(
    ("rows", "columns", "values", "shape", "bias", "denominator"),
    [
        ([1], [0], [1], (1, 1), [0], 1),
        ([0], [1], [1], (1, 1), [0], 1),
        ([-1], [0], [1], (1, 1), [0], 1),
        ([0], [-1], [1], (1, 1), [0], 1),
        ([0], [0], [1], (1, 1), [0, 0], 1),
        ([0], [0], [1], (2, 1), [0], 1),
        ([0, 0], [0], [1], (1, 1), [0], 1),
        ([0], [0], [1, 2], (1, 1), [0], 1),
        ([0], [0], [1], (1, 1), [0], 0),
        ([0], [0], [1], (1, 1), [0], -2),
        ([0], [2**33], [1], (1, 2**34), [0], 1),
    ],
)
def test_what_does_not_fit_is_refused(
    rows: list[int], columns: list[int], values: list[int], shape: tuple[int, int], bias: list[int], denominator: int
) -> None:
    with pytest.raises(ValueError, match=r"index|length|biases|denominator|flat"):
        AffineMap.from_coo(rows, columns, values, shape, bias, denominator)


def test_ragged_rows_and_wrong_points_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        AffineMap([[1, 2], [3]], [0, 0])
    with pytest.raises(ValueError, match="2 outputs need as many biases"):
        AffineMap([[1], [2]], [0])
    for point in ([], [1], [1, 2, 3]):
        with pytest.raises(ValueError, match="takes 2 coordinates"):
            AffineMap([[2**70, 1]], [0])(point)


def test_maps_do_not_change() -> None:
    base = np.array([1, 2, 3])
    affine = AffineMap.from_coo([0], [0], [1], (1, 1), base[:1])
    base[0] = 9
    assert affine.bias == (1,)
    with pytest.raises(AttributeError, match="does not change"):
        affine._denominator = 2
    for array in (affine.bias_numerators, affine.numerators.values, affine.numerators.columns):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


@pytest.mark.parametrize("size", [9, 2**80])
def test_pickling_keeps_the_map(size: int) -> None:
    affine = AffineMap(*draw_map(1, size, 3, 4))
    copy = pickle.loads(pickle.dumps(affine))
    assert copy == affine
    assert not copy.bias_numerators.flags.writeable


def test_maps_without_inputs_or_outputs() -> None:
    assert AffineMap([[], []], ["1/2", 3])([]) == (Fraction(1, 2), 3)
    assert AffineMap([], []).shape == (0, 0)
    assert AffineMap.from_coo([], [], [], (0, 3), [])([1, 2, 3]) == ()
    assert AffineMap([[1, 2]], [3]).apply(np.zeros((2, 0), np.int64), 1).shape == (1, 0)


def test_the_printed_form_names_shape_and_size() -> None:
    assert repr(AffineMap([["1/2", 0]], [1])) == "AffineMap(shape=(1, 2), nonzero=2, denominator=2)"
