"""Labelled points: exact in, one canonical form, compared by value."""

from __future__ import annotations

import copy
import pickle
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import InexactInput

# construction -----------------------------------------------------------------------------------


def test_numbers_of_every_exact_kind() -> None:
    data = LabelledPoints.of([[1, "1/2"], [Fraction(-1, 3), "0.25"]], [1, -1])
    assert data.points == ((1, Fraction(1, 2)), (Fraction(-1, 3), Fraction(1, 4)))
    assert (len(data), data.dim, data.scale, data.labels, data.classes) == (2, 2, 12, (1, -1), (-1, 1))
    assert data.point(1) == (Fraction(-1, 3), Fraction(1, 4))
    assert data.indices(1).tolist() == [0]
    assert data.indices(5).tolist() == []


@pytest.mark.parametrize("scale", [1, 7, 64, 2**31, 2**62, 2**63, 2**70])
def test_one_canonical_form_however_the_numbers_come(scale: int) -> None:
    draw = random.Random(scale)
    rows = [[draw.randint(-9, 9) * 2 ** draw.randint(0, 5) for _ in range(3)] for _ in range(4)]
    labels = [1, -1, 1, -1]
    fractions = [[Fraction(value, scale) for value in row] for row in rows]
    texts = [[f"{value}/{scale}" for value in row] for row in rows]
    reference = LabelledPoints.of(fractions, labels)
    others = [
        LabelledPoints.of(texts, labels),
        LabelledPoints.of(rows, labels, scale=scale),
        LabelledPoints.of(np.array(rows), np.array(labels, dtype=np.int8), scale=scale),
        LabelledPoints.of(np.array(rows, dtype=np.int16), labels, scale=Fraction(scale)),  # type: ignore[arg-type]
        LabelledPoints.of([[value * 2**64 for value in row] for row in rows], labels, scale=scale * 2**64),
        LabelledPoints.of(np.array(rows, dtype=object) * 3**50, labels, scale=scale * 3**50),
    ]
    assert reference.points == tuple(tuple(row) for row in fractions)
    for other in others:
        assert other == reference
        assert hash(other) == hash(reference)
        assert other.digest() == reference.digest()
        assert other.numerators.dtype == reference.numerators.dtype
        assert other.scale == reference.scale


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("scale", [1, 2, 128, 256, 1000, 2**16, 2**63, 2**64, 2**70])
def test_integer_arrays_of_every_type_at_their_ends(kind: Any, scale: int) -> None:
    for rows in (
        [[0], [0]],
        [[int(np.iinfo(kind).min)], [0]],
        [[int(np.iinfo(kind).max)], [int(np.iinfo(kind).min)]],
    ):
        data = LabelledPoints.of(np.array(rows, dtype=kind), [1, -1], scale=scale)
        assert data.points == tuple(tuple(Fraction(value, scale) for value in row) for row in rows)
        expected = Fraction(abs(rows[0][0] - rows[1][0]), scale)
        assert data.separation() == data.separation("l1") == expected
        assert data.separation_squared() == expected**2


def test_big_endian_fortran_and_strided_arrays() -> None:
    rows = np.arange(12, dtype=">i4").reshape(3, 4)
    reference = LabelledPoints.of(rows.tolist(), [1, 2, 3])
    for points in (rows, np.asfortranarray(rows), np.repeat(rows, 2, axis=1)[:, ::2]):
        assert LabelledPoints.of(points, [1, 2, 3]) == reference


def test_the_callers_arrays_are_neither_kept_nor_frozen() -> None:
    for kind in (np.uint8, np.int64):
        points, labels = np.array([[1], [2]], dtype=kind), np.array([1, -1])
        data = LabelledPoints.of(points, labels)
        points[0, 0], labels[0] = 9, 7
        assert data.points == ((1,), (2,))
        assert data.labels == (1, -1)


def test_an_array_of_the_size_of_mnist_is_taken_whole() -> None:
    points = np.random.RandomState(0).randint(0, 256, size=(60000, 784), dtype=np.uint8)
    data = LabelledPoints.of(points, np.where(points[:, 0] < 128, 1, -1), scale=255)
    assert data.numerators.dtype == np.uint8
    assert np.array_equal(data.numerators, points)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ([[0.5]], [1], "coordinate 0 of point 0 0.5 is a float"),
        ([[1], [float("nan")]], [1, 1], "coordinate 0 of point 1"),
        ([[float("inf")]], [1], "inf"),
        (np.array([[1.0]]), [1], "is a float"),
        (np.array([[np.nan]], dtype=np.float32), [1], "nan"),
        ([["nan"]], [1], "nan"),
        ([[None]], [1], "None"),
        ([[1]], [1.0], "label 0 1.0 is a float"),
        ([[1]], np.array([1.0]), "label 0 1.0 is a float"),
        ([[1]], ["1/2"], "label 0 is 1/2"),
        ([[1]], [2**31], "label 0 is 2147483648"),
        ([[1]], np.array([2**63], dtype=np.uint64), "9223372036854775808"),
        ([[1]], np.array([-(2**31)]), "-2147483648"),
    ],
)
def test_inexact_points_and_labels_are_named(points: Any, labels: Any, message: str) -> None:
    with pytest.raises(InexactInput, match=message):
        LabelledPoints.of(points, labels)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ([], [], "shape"),
        ([[], []], [1, 1], "shape"),
        (np.zeros((0, 3), int), [], "shape"),
        (np.zeros((3, 0), int), [1, 1, 1], "shape"),
        (np.zeros(3, int), [1, 1, 1], r"\(n, d\), got \(3,\)"),
        (np.zeros((1, 1, 1), int), [1], r"\(n, d\), got"),
        ([[1], [1, 2]], [1, 1], "point 1 has 2 coordinates, point 0 has 1"),
        ([[1], [2]], [1], "2 points need as many labels, got 1"),
        ([[1]], [1, 1], "1 points need as many labels, got 2"),
        ([[1]], np.array([[1]]), "as many labels"),
    ],
)
def test_shapes_that_do_not_fit(points: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LabelledPoints.of(points, labels)


@pytest.mark.parametrize("scale", [0, -1, "3/2", Fraction(1, 2), "1.5"])
def test_a_scale_must_be_a_positive_integer(scale: Any) -> None:
    with pytest.raises(ValueError, match="positive integer"):
        LabelledPoints.of([[1]], [1], scale=scale)


@pytest.mark.parametrize("scale", [2.0, float("nan")])
def test_a_scale_is_no_float(scale: float) -> None:
    with pytest.raises(InexactInput, match="scale"):
        LabelledPoints.of([[1]], [1], scale=scale)  # type: ignore[arg-type]


# values -----------------------------------------------------------------------------------------


def test_subset_keeps_the_order_asked_for_and_reduces_the_scale() -> None:
    data = LabelledPoints.of([["1/4"], ["1/2"], [3]], [1, -1, 2])
    assert data.subset([2, 0, 0]).points == ((3,), (Fraction(1, 4),), (Fraction(1, 4),))
    assert data.subset(np.array([1])).scale == 2
    assert data.subset([2]) == LabelledPoints.of([[3]], [2])
    with pytest.raises(IndexError):
        data.subset([3])
    with pytest.raises(ValueError, match="need a point"):
        data.subset([])


@pytest.mark.parametrize("indices", [[0.5], np.array([False, False, True]), [True, False, True], ["1"]])
def test_subset_takes_no_masks_and_no_floats(indices: Any) -> None:
    with pytest.raises(TypeError, match="integer indices"):
        LabelledPoints.of([[1], [2], [3]], [1, 1, 1]).subset(indices)


@pytest.mark.parametrize("base", [1, 2**70])
def test_points_compare_by_value_and_travel(base: int) -> None:
    data = LabelledPoints.of([[base], [base + 1]], [1, -1], scale=3)
    data.separation()
    for other in (pickle.loads(pickle.dumps(data)), copy.copy(data), copy.deepcopy(data)):
        assert other == data
        assert hash(other) == hash(data)
        assert other.separation() == Fraction(1, 3)
        with pytest.raises(ValueError, match="read-only"):
            other.numerators[0, 0] = 5
        with pytest.raises(ValueError, match="read-only"):
            other.label_array[0] = 5
    different = [
        LabelledPoints.of([[base], [base + 1]], [1, 1], scale=3),
        LabelledPoints.of([[base], [base + 1]], [1, -1], scale=4),
        LabelledPoints.of([[base], [base + 2]], [1, -1], scale=3),
        LabelledPoints.of([[base, base + 1]], [1], scale=3),
        LabelledPoints.of([[base + 1], [base]], [-1, 1], scale=3),
    ]
    for other in different:
        assert other != data
        assert other.digest() != data.digest()
    assert data != [[base], [base + 1]]


def test_points_do_not_change() -> None:
    data = LabelledPoints.of([[1], [2]], [1, -1])
    for name in ("scale", "_scale", "extra"):
        with pytest.raises(AttributeError):
            setattr(data, name, 5)
    with pytest.raises(ValueError, match="read-only"):
        data.numerators[0, 0] = 5
    with pytest.raises(ValueError, match="read-only"):
        data.label_array[0] = 5


def test_the_digest_is_the_same_on_every_machine() -> None:
    small = LabelledPoints.of([["1/2", 3], [-1, 0]], [1, -1])
    big = LabelledPoints.of([[2**70]], [1])
    assert small.digest() == "dbef032ec1ffc6f45dd811bec6e678af105d1705ac875ba6c23d9f8767b0d5fc"
    assert big.digest() == "ef5d39aecc4fcd1ac916bfbeed33ccd46c91fac30439197d3eddb4e81d681a31"


def test_repr_names_sizes_and_labels() -> None:
    data = LabelledPoints.of([["1/2"], [0], [1]], [1, -1, 1])
    assert repr(data) == "LabelledPoints(n=3, dim=1, labels={-1: 1, +1: 2}, scale=2)"
