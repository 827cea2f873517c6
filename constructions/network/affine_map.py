"""Affine maps with rational entries, stored as sparse integers over one denominator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.exact.integer_arrays import (
    INT64_EXACT,
    IntegerRows,
    greatest_common_divisor,
    integer_array,
    largest_magnitude,
    quotients,
    scaled,
)
from constructions.exact.rational import exact_fraction, over_common_denominator


class AffineMap:
    """The map ``x -> weight @ x + bias`` with exact rational entries.

    All entries are integers over one positive denominator, reduced to lowest terms, so
    that equal maps are stored alike. Immutable; compares by value.

    Args:
        weight: nested sequence of exact numbers, one row per output.
        bias: one exact number per output.

    Raises:
        InexactInput: an entry is a float.
        ValueError: the shapes do not fit.

    Example:
        >>> AffineMap([["1/2", -1]], [0])([4, 1])
        (Fraction(1, 1),)
    """

    __slots__ = ("_bias", "_denominator", "_rows")

    _rows: IntegerRows
    _bias: np.ndarray
    _denominator: int

    def __init__(self, weight: Sequence[Sequence[Any]], bias: Sequence[Any]) -> None:
        if isinstance(weight, np.ndarray):
            weight = weight.tolist()
        rows = [list(row) for row in weight]
        width = len(rows[0]) if rows else 0
        if any(len(row) != width for row in rows):
            raise ValueError("the rows of a weight matrix must have one length")
        entries = [
            (i, j, exact_fraction(value, f"weight[{i}][{j}]"))
            for i, row in enumerate(rows)
            for j, value in enumerate(row)
        ]
        kept = [(i, j, value) for i, j, value in entries if value]
        built = AffineMap.from_coo(
            [i for i, _, _ in kept],
            [j for _, j, _ in kept],
            [value for _, _, value in kept],
            (len(rows), width),
            bias,
        )
        self._fill(built._rows, built._bias, built._denominator)

    @classmethod
    def from_coo(
        cls,
        rows: Iterable[int],
        columns: Iterable[int],
        values: Any,
        shape: tuple[int, int],
        bias: Any,
        denominator: int = 1,
    ) -> AffineMap:
        """Build a sparse map from its nonzero entries.

        Args:
            rows: output index of each entry.
            columns: input index of each entry.
            values: exact numbers; an integer array is taken without a Python loop.
            shape: (outputs, inputs).
            bias: one exact number per output; an integer array likewise.
            denominator: positive integer dividing every value and bias.

        Raises:
            InexactInput: a value is a float.
            ValueError: an index is out of range or the shapes do not fit.
        """
        if denominator < 1:
            raise ValueError(f"the denominator must be positive, got {denominator}")
        entry_numerators, entry_denominator = _numerators(values, "value")
        bias_numerators, bias_denominator = _numerators(bias, "bias")
        if bias_numerators.shape != (shape[0],):
            raise ValueError(f"{shape[0]} outputs need as many biases, got {bias_numerators.size}")
        common = math.lcm(entry_denominator, bias_denominator)
        matrix = IntegerRows.from_entries(
            np.fromiter(rows, dtype=np.int64) if not isinstance(rows, np.ndarray) else rows,
            np.fromiter(columns, dtype=np.int64) if not isinstance(columns, np.ndarray) else columns,
            scaled(entry_numerators, common // entry_denominator),
            shape,
        )
        shift = scaled(bias_numerators, common // bias_denominator).copy()  # the caller keeps the array given
        return cls.from_integers(matrix, shift, common * denominator)

    @classmethod
    def from_integers(cls, matrix: IntegerRows, bias: np.ndarray, denominator: int) -> AffineMap:
        """Build from integer rows and an integer bias over one denominator."""
        divisor = greatest_common_divisor(denominator, matrix.values, bias)
        if divisor > 1:
            matrix = IntegerRows(matrix.starts, matrix.columns, quotients(matrix.values, divisor), matrix.shape)
            bias = quotients(bias, divisor)
        built = cls.__new__(cls)
        built._fill(matrix, integer_array(bias), denominator // divisor)
        return built

    def _fill(self, matrix: IntegerRows, bias: np.ndarray, denominator: int) -> None:
        bias.setflags(write=False)
        object.__setattr__(self, "_rows", matrix)
        object.__setattr__(self, "_bias", bias)
        object.__setattr__(self, "_denominator", int(denominator))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"an AffineMap does not change; cannot set {name}")

    def __getstate__(self) -> tuple[Any, ...]:
        rows = self._rows
        return (rows.starts, rows.columns, rows.values, rows.shape, self._bias, self._denominator)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        starts, columns, values, shape, bias, denominator = state
        self._fill(IntegerRows(starts, columns, values, shape), bias, denominator)

    @property
    def shape(self) -> tuple[int, int]:
        """(outputs, inputs)."""
        return self._rows.shape

    @property
    def denominator(self) -> int:
        """The one positive denominator of all entries."""
        return self._denominator

    @property
    def numerators(self) -> IntegerRows:
        """The weight times the denominator, as sparse integer rows."""
        return self._rows

    @property
    def bias_numerators(self) -> np.ndarray:
        """The bias times the denominator, as integers."""
        return self._bias

    @property
    def weight(self) -> tuple[tuple[Fraction, ...], ...]:
        """The weight matrix as nested tuples of fractions; costs outputs times inputs."""
        dense = [[Fraction(0)] * self.shape[1] for _ in range(self.shape[0])]
        for i, j, value in zip(self._rows.entry_rows, self._rows.columns, self._rows.values, strict=True):
            dense[int(i)][int(j)] = Fraction(int(value), self._denominator)
        return tuple(tuple(row) for row in dense)

    @property
    def bias(self) -> tuple[Fraction, ...]:
        """The bias as fractions."""
        return tuple(Fraction(int(value), self._denominator) for value in self._bias)

    @property
    def nonzero(self) -> int:
        """Number of nonzero weights and biases."""
        return self._rows.nonzero + int(np.count_nonzero(self._bias))

    @property
    def weight_bits(self) -> int:
        """Largest bit length of a numerator or denominator, in lowest terms."""
        values = np.concatenate([self._rows.values, self._bias])
        if values.dtype != object and self._denominator < INT64_EXACT:
            divisors = np.gcd(values, np.int64(self._denominator))
            divisors = np.where(divisors == 0, np.int64(self._denominator), divisors)
            largest = largest_magnitude(values // divisors)
            return max(largest, int((self._denominator // divisors).max(initial=1))).bit_length()
        fractions = [Fraction(int(value), self._denominator) for value in values]
        return max((max(abs(f.numerator), f.denominator) for f in fractions), default=1).bit_length()

    def __call__(self, point: Sequence[Any]) -> tuple[Fraction, ...]:
        """Return the exact image of one point."""
        numerators, denominator = over_common_denominator(
            exact_fraction(value, f"coordinate {j}") for j, value in enumerate(point)
        )
        column = integer_array(numerators).reshape(-1, 1)
        if column.size != self.shape[1]:
            raise ValueError(f"the map takes {self.shape[1]} coordinates, got {column.size}")
        image = self.apply(column, denominator)[:, 0]
        scale = denominator * self._denominator
        return tuple(Fraction(int(value), scale) for value in image)

    def apply(self, columns: np.ndarray, scale: int) -> np.ndarray:
        """Return ``denominator * scale`` times the images of ``columns / scale``.

        Args:
            columns: integers, shape (inputs, batch).
            scale: positive integer; the batch is ``columns / scale``.

        Returns:
            Integers, shape (outputs, batch), exact on whichever rung the bound allows.
        """
        largest = largest_magnitude(columns)
        product = self._rows.times(columns, largest)
        shift = scaled(self._bias, scale)
        bound = self._rows.largest_row_sum() * largest + largest_magnitude(shift)
        if bound >= INT64_EXACT:
            return product.astype(object) + shift.astype(object)[:, None]
        return product + shift[:, None]

    def select(self, outputs: Sequence[int], sign: int = 1) -> AffineMap:
        """Return the map to the chosen outputs, times ``sign``."""
        parts = [self._rows.row(index) for index in outputs]
        starts = np.cumsum([0, *(columns.size for columns, _ in parts)])
        columns = np.concatenate([columns for columns, _ in parts]) if parts else np.zeros(0, np.int32)
        values = np.concatenate([values for _, values in parts]) if parts else np.zeros(0, np.int64)
        matrix = IntegerRows(starts, columns, sign * values, (len(outputs), self.shape[1]))
        return AffineMap.from_integers(
            matrix, sign * self._bias[np.asarray(outputs, dtype=np.int64)], self._denominator
        )

    def minus(self, other: AffineMap) -> AffineMap:
        """Return the map ``x -> self(x) - other(x)``."""
        common = math.lcm(self._denominator, other._denominator)
        up, down = common // self._denominator, -(common // other._denominator)
        left, right = self._rows, other._rows
        matrix = IntegerRows.from_entries(
            np.concatenate([left.entry_rows, right.entry_rows]),
            np.concatenate([left.columns, right.columns]),
            np.concatenate([scaled(left.values, up), scaled(right.values, down)]),
            self.shape,
        )
        bias = scaled(self._bias, up).astype(object) + scaled(other._bias, down).astype(object)
        return AffineMap.from_integers(matrix, integer_array(bias), common)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineMap):
            return NotImplemented
        return (
            self._denominator == other._denominator
            and self._rows == other._rows
            and np.array_equal(self._bias, other._bias)
        )

    def __hash__(self) -> int:
        return hash((self._denominator, self._rows))

    def __repr__(self) -> str:
        return f"AffineMap(shape={self.shape}, nonzero={self.nonzero}, denominator={self._denominator})"


def _numerators(values: Any, name: str) -> tuple[np.ndarray, int]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return integer_array(values), 1
    items = list(values)
    numerators, denominator = over_common_denominator(
        exact_fraction(value, f"{name} {index}") for index, value in enumerate(items)
    )
    if not numerators:
        return np.zeros(0, dtype=np.int64), 1
    return integer_array(numerators), denominator
