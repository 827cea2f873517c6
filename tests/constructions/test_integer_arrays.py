"""Integer arrays: exact storage and products on every rung, above all at the edges of the rungs."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.errors import InexactInput
from constructions.exact.integer_arrays import (
    IntegerRows,
    concatenated_ranges,
    greatest_common_divisor,
    integer_array,
    largest_magnitude,
    narrowest,
    rung,
    scaled,
)

EDGES = [0, 1, 2**15, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**100]
SIGNED_EDGES = sorted({sign * edge for sign in (-1, 1) for edge in EDGES})
KINDS: list[Any] = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


def python_product(rows: list[list[int]], columns: list[list[int]]) -> list[list[int]]:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*columns, strict=True)] for row in rows
    ]


def stored(rows: list[list[int]]) -> IntegerRows:
    places = [(i, j, value) for i, row in enumerate(rows) for j, value in enumerate(row)]
    values = integer_array([value for _, _, value in places])
    return IntegerRows.from_entries(
        [i for i, _, _ in places], [j for _, j, _ in places], values, (len(rows), len(rows[0]))
    )


def as_lists(array: np.ndarray) -> list[list[int]]:
    return [[int(value) for value in row] for row in array]


# storage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", SIGNED_EDGES)
def test_integer_array_keeps_every_integer_and_int64_only_where_it_can_be_negated(value: int) -> None:
    for values in ([value], [value, -1], [3, value, 2**40], [[value, 0], [1, 2]]):
        array = integer_array(values)
        assert array.tolist() == values
        largest = max(abs(int(entry)) for entry in np.ravel(np.array(values, dtype=object)))
        assert (array.dtype == np.int64) == (largest < 2**63)
        assert [int(entry) for entry in (-array).ravel()] == [-int(entry) for entry in array.ravel()]


@pytest.mark.parametrize("kind", KINDS)
def test_integer_array_takes_every_integer_type_to_its_ends(kind: Any) -> None:
    ends = [np.iinfo(kind).min, np.iinfo(kind).max]
    array = integer_array(np.array(ends, dtype=kind))
    assert array.tolist() == ends
    assert [int(value) for value in np.abs(array)] == [abs(value) for value in ends]


def test_integer_array_of_numpy_scalars_beside_big_integers_holds_python_integers() -> None:
    array = integer_array([np.int64(2**62), 2**70])
    assert (array * 4).tolist() == [2**64, 2**72]
    assert integer_array(np.array([np.int64(2**62), 2**70], dtype=object)).tolist() == [2**62, 2**70]
    assert {type(value) for value in integer_array([np.int64(5), 2**70])} == {int}


def test_integer_array_of_nothing_and_of_objects_that_fit() -> None:
    assert integer_array([]).dtype == np.int64
    assert integer_array(np.zeros((0, 3), dtype=np.uint8)).shape == (0, 3)
    assert integer_array(np.array([[1, 2]], dtype=object)).dtype == np.int64


@pytest.mark.parametrize("values", [[0.5, 1.5], [2.0], [float("nan")], [1, 2.5], [Fraction(1, 2)], ["1"], [None]])
def test_integer_array_never_rounds(values: list[Any]) -> None:
    for given in (values, np.array(values)):
        with pytest.raises(InexactInput, match="exact integer"):
            integer_array(given)


def test_largest_magnitude_of_every_type() -> None:
    assert largest_magnitude(np.zeros(0)) == 0
    for kind in KINDS:
        ends = [np.iinfo(kind).min, np.iinfo(kind).max]
        assert largest_magnitude(np.array(ends, dtype=kind)) == max(abs(int(end)) for end in ends)
    assert largest_magnitude(np.array([3, -(2**70)], dtype=object)) == 2**70


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], np.uint8),
        ([0, 256], np.int16),
        ([-1, 255], np.int16),
        ([-(2**15), 2**15 - 1], np.int16),
        ([0, 2**15], np.int32),
        ([-(2**31), 2**31 - 1], np.int32),
        ([0, 2**31], np.int64),
        ([-(2**63) + 1, 2**63 - 1], np.int64),
        ([-(2**63), 0], object),
        ([2**63], object),
    ],
)
def test_narrowest_is_the_first_type_that_fits(values: list[int], kind: Any) -> None:
    array = narrowest(integer_array(values))
    assert array.tolist() == values
    assert array.dtype == kind


def test_narrowest_is_canonical_whatever_the_storage() -> None:
    for source in (object, np.int64, np.uint64, np.int16):
        assert narrowest(np.array([7, 200], dtype=source)).dtype == np.uint8
    assert narrowest(np.array([-(2**63), 1], dtype=np.int64)).dtype == object


def test_greatest_common_divisor_against_python() -> None:
    draw = random.Random(0)
    for _ in range(300):
        factor = draw.choice([1, 2, 6, 2**40, 3**50])
        lists = [[factor * draw.randint(-99, 99) for _ in range(draw.randint(0, 4))] for _ in range(draw.randint(0, 3))]
        start = factor * draw.randint(-50, 50)
        found = greatest_common_divisor(start, *(integer_array(values) for values in lists))
        assert found == math.gcd(start, *(value for values in lists for value in values))


@pytest.mark.parametrize("kind", KINDS)
def test_greatest_common_divisor_at_the_ends_of_a_type(kind: Any) -> None:
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    assert greatest_common_divisor(0, np.array([[low, low]], dtype=kind)) == abs(low)
    assert greatest_common_divisor(low, np.array([high], dtype=kind)) == math.gcd(low, high)
    assert greatest_common_divisor(2**70, np.array([low], dtype=kind)) == math.gcd(2**70, low)


@pytest.mark.parametrize("factor", [0, 1, -1, 2, -3, 2**31, 2**63 - 1, 2**63, -(2**63), 2**80])
def test_scaled_is_exact(factor: int) -> None:
    for values in ([], [0, 0], [1, -1], [5, 2**32], [2**63 - 1], [-(2**62), 7], [2**70, 0]):
        array = scaled(integer_array(values), factor)
        expected = [factor * value for value in values]
        assert array.tolist() == expected
        assert (array.dtype == np.int64) == all(abs(value) < 2**63 for value in expected)


def test_scaled_narrow_arrays_do_not_wrap() -> None:
    assert scaled(np.array([200], dtype=np.uint8), 2).tolist() == [400]
    assert scaled(np.array([-128], dtype=np.int8), -1).tolist() == [128]
    assert scaled(np.array([2**64 - 1], dtype=np.uint64), 1).tolist() == [2**64 - 1]


def test_rung_changes_exactly_at_its_bounds() -> None:
    assert [rung(bound, True) for bound in (0, 2**53 - 1, 2**53, 2**63 - 1, 2**63)] == [
        "float64",
        "float64",
        "int64",
        "int64",
        "big",
    ]
    assert [rung(bound, False) for bound in (0, 2**53, 2**63 - 1, 2**63)] == ["int64", "int64", "int64", "big"]


# rows -------------------------------------------------------------------------------------------


def test_from_entries_adds_what_falls_on_one_place_and_drops_zeros() -> None:
    matrix = IntegerRows.from_entries([1, 0, 1, 1, 0], [2, 0, 2, 0, 1], np.array([4, 5, -4, 7, 0]), (3, 3))
    assert matrix.nonzero == 2
    assert [matrix.row(i)[1].tolist() for i in range(3)] == [[5], [7], []]
    assert matrix.entry_rows.tolist() == [0, 1]


def test_from_entries_adds_without_overflow() -> None:
    matrix = IntegerRows.from_entries([0, 0, 0], [0, 0, 1], np.array([2**62, 2**62, 1]), (1, 2))
    assert [int(value) for value in matrix.values] == [2**63, 1]
    again = IntegerRows.from_entries([0, 0], [0, 0], integer_array([2**70, -(2**70) + 1]), (1, 1))
    assert again.values.tolist() == [1]
    assert again.values.dtype == np.int64


def test_from_entries_against_a_dictionary() -> None:
    draw = random.Random(3)
    for _ in range(100):
        shape = (draw.randint(1, 5), draw.randint(1, 5))
        size = draw.choice([1, 2**40, 2**62, 2**80])
        triples = [
            (draw.randrange(shape[0]), draw.randrange(shape[1]), draw.randint(-size, size))
            for _ in range(draw.randint(0, 12))
        ]
        total: dict[tuple[int, int], int] = {}
        for i, j, value in triples:
            total[i, j] = total.get((i, j), 0) + value
        values = integer_array([value for _, _, value in triples])
        matrix = IntegerRows.from_entries([i for i, _, _ in triples], [j for _, j, _ in triples], values, shape)
        kept = {place: value for place, value in total.items() if value}
        places = zip(matrix.entry_rows.tolist(), matrix.columns.tolist(), matrix.values.tolist(), strict=True)
        assert {(i, j): value for i, j, value in places} == kept
        assert matrix.absolute_row_sums() == [
            sum(abs(value) for (row, _), value in kept.items() if row == i) for i in range(shape[0])
        ]


@pytest.mark.parametrize(
    ("rows", "columns", "values"),
    [([0], [2], [1]), ([2], [0], [1]), ([-1], [0], [1]), ([0], [-1], [1]), ([0, 1], [0], [1]), ([0], [0], [1, 2])],
)
def test_from_entries_refuses_places_outside(rows: list[int], columns: list[int], values: list[int]) -> None:
    with pytest.raises(ValueError, match=r"index lies outside|one length"):
        IntegerRows.from_entries(rows, columns, np.array(values), (2, 2))


@pytest.mark.parametrize("edge", [2**62 - 1, 2**62, 2**63 - 1, 2**63, 2**64])
def test_row_sums_at_the_edge_of_int64(edge: int) -> None:
    matrix = stored([[edge, -edge], [0, 1], [-edge, 0]])
    assert matrix.absolute_row_sums() == [2 * edge, 1, edge]
    assert matrix.largest_row_sum() == 2 * edge


def test_the_least_int64_is_multiplied_exactly() -> None:
    matrix = IntegerRows([0, 1], [0], np.array([-(2**63)]), (1, 1))
    assert matrix.absolute_row_sums() == [2**63]
    assert as_lists(matrix.times(np.array([[3, -1, 0]]), 3)) == [[-3 * 2**63, 2**63, 0]]


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("bits", [4, 20, 26, 27, 31, 32, 40, 62, 63, 64, 100])
def test_products_are_exact_on_every_rung(bits: int, dense: bool) -> None:
    draw = random.Random(bits)
    for height, width, batch in ((1, 1, 1), (3, 4, 2), (9, 8, 10), (2, 60, 9)):
        rows = [
            [draw.randint(-(2**bits), 2**bits) if dense or draw.random() < 0.1 else 0 for _ in range(width)]
            for _ in range(height)
        ]
        columns = [[draw.choice([-1, 1]) * (2**bits - draw.randint(0, 3)) for _ in range(batch)] for _ in range(width)]
        product = stored(rows).times(integer_array(columns), 2**bits)
        assert as_lists(product) == python_product(rows, columns)


@pytest.mark.parametrize("bound", [2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_products_that_reach_their_bound(bound: int, sign: int) -> None:
    """The sum of absolute terms equals the bound, with odd low bits that float64 would lose."""
    half = bound // 2
    matrix = stored([[half, bound - half]])
    assert as_lists(matrix.times(np.array([[sign], [sign]]), 1)) == [[sign * bound]]
    assert as_lists(matrix.times(np.array([[sign], [-sign]]), 1)) == [[sign * (2 * half - bound)]]


def test_one_matrix_used_on_several_rungs_stays_exact() -> None:
    rows = [[2**53 + 1, 1], [3, 2**60 + 7]]
    matrix = stored(rows)
    for size in (0, 1, 2, 2**5, 2**70, 1, 0):
        columns = [[size, -size], [size, size]]
        assert as_lists(matrix.times(integer_array(columns), size)) == python_product(rows, columns)


@pytest.mark.parametrize("rows", [[[2**70]], [[2**70, 0, 0, 0, 0, 0, 0]], [[0, 0]], [[1]]])
def test_products_with_the_zero_vector(rows: list[list[int]]) -> None:
    columns = np.zeros((len(rows[0]), 2), dtype=np.int64)
    assert as_lists(stored(rows).times(columns, 0)) == [[0, 0]]


def test_products_take_narrow_and_big_storage() -> None:
    rows = [[3, -5], [0, 7]]
    matrix = stored(rows)
    for kind in (np.uint8, np.int16, np.int64, object):
        columns = np.array([[200, 1], [100, 2]], dtype=kind)
        assert as_lists(matrix.times(columns, 200)) == python_product(rows, columns.tolist())


def test_rows_are_values_and_do_not_change() -> None:
    matrix = stored([[1, 0], [2, 3]])
    assert matrix == stored([[1, 0], [2, 3]])
    assert hash(matrix) == hash(stored([[1, 0], [2, 3]]))
    assert matrix != stored([[1, 0], [2, 4]])
    assert matrix != stored([[1, 0], [2, 0]])
    assert matrix != stored([[1, 0, 0], [2, 3, 0]])
    assert matrix != [[1, 0], [2, 3]]
    with pytest.raises(ValueError, match="read-only"):
        matrix.values[0] = 5


@pytest.mark.parametrize(
    ("starts", "lengths"), [([], []), ([5], [0]), ([5], [3]), ([0, 10, 4], [2, 0, 3]), ([7, 7, 0], [1, 1, 1])]
)
def test_concatenated_ranges(starts: list[int], lengths: list[int]) -> None:
    expected = [place for start, size in zip(starts, lengths, strict=True) for place in range(start, start + size)]
    found = concatenated_ranges(starts, lengths)
    assert found.tolist() == expected
    assert found.dtype == np.int64
