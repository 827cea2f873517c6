"""Integer arrays: the smallest exact storage, and the ladder of exact products.

A product of integer arrays is computed by the cheapest arithmetic that a bound, found
first in Python integers, proves exact: float64 matrix products while every partial sum
stays below 2^53, int64 below 2^63, python-flint or Python integers beyond.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from constructions.errors import InexactInput

FLOAT32_EXACT = 2**24
FLOAT64_EXACT = 2**53
INT64_EXACT = 2**63


def integer_array(values: Any) -> np.ndarray:
    """Return ``values`` as an int64 array where they fit, else as Python integers.

    An integer fits when its magnitude is below 2^63, so that an int64 array can always
    be negated.

    Raises:
        InexactInput: a value is not an integer.
    """
    array = np.asarray(values)
    if array.dtype.kind in "iu" and largest_magnitude(array) < INT64_EXACT:
        return array.astype(np.int64, copy=False)
    if isinstance(values, np.ndarray) and array.dtype.kind not in "iubO":
        raise InexactInput(f"an array of {array.dtype} is not an array of exact integers")
    given = np.asarray(values, dtype=object)
    exact: np.ndarray = np.empty(given.size, dtype=object)
    exact[:] = [_python_integer(value) for value in given.ravel()]
    exact = exact.reshape(given.shape)
    return exact.astype(np.int64) if largest_magnitude(exact) < INT64_EXACT else exact


def _python_integer(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise InexactInput(f"{value!r} is not an exact integer") from None


def largest_magnitude(array: np.ndarray) -> int:
    """Return the largest absolute value of an integer array, 0 when it is empty."""
    if array.size == 0:
        return 0
    return max(abs(int(array.max())), abs(int(array.min())))


def narrowest(array: np.ndarray) -> np.ndarray:
    """Return the same integers in the narrowest signed or byte type that holds them."""
    if array.dtype == object:
        array = integer_array(array)
    if array.dtype == object or array.size == 0:
        return array
    low, high = int(array.min()), int(array.max())
    if low <= -INT64_EXACT:
        return array.astype(object)
    for kind in (np.uint8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return array.astype(kind)
    return array.astype(np.int64)


def greatest_common_divisor(start: int, *arrays: np.ndarray) -> int:
    """Return the positive gcd of ``start`` and every entry of the integer arrays."""
    divisor = abs(start)
    for array in arrays:
        if divisor == 1:
            break
        if array.dtype == object or divisor >= INT64_EXACT:
            divisor = math.gcd(divisor, *(int(value) for value in array.ravel()))
        elif array.size:
            divisor = math.gcd(divisor, int(np.gcd.reduce(array, axis=None)))
    return divisor


def scaled(array: np.ndarray, factor: int) -> np.ndarray:
    """Return ``factor * array`` exactly, in int64 where it fits."""
    largest = largest_magnitude(array)
    if factor == 1 or largest == 0:
        return integer_array(array)
    if array.dtype != object and largest * abs(factor) < INT64_EXACT:
        return array.astype(np.int64, copy=False) * np.int64(factor)
    return integer_array(array.astype(object) * factor)


def quotients(array: np.ndarray, divisor: int) -> np.ndarray:
    """Return ``array / divisor`` for a positive divisor of every entry."""
    if array.dtype == object or divisor >= INT64_EXACT:
        return integer_array(array.astype(object) // divisor)
    kind = array.dtype if divisor <= np.iinfo(array.dtype).max else np.dtype(np.int64)
    return array.astype(kind, copy=False) // kind.type(divisor)


def rung(bound: int, dense: bool) -> str:
    """Name the cheapest arithmetic that is exact below ``bound``.

    Returns:
        ``"float64"``, ``"int64"`` or ``"big"``.
    """
    if dense and bound < FLOAT64_EXACT:
        return "float64"
    return "int64" if bound < INT64_EXACT else "big"


class IntegerRows:
    """A sparse integer matrix stored by rows; immutable.

    Args:
        starts: row offsets, length rows + 1.
        columns: column of each entry, increasing within a row.
        values: nonzero integers, int64 or Python integers.
        shape: (rows, columns).
    """

    __slots__ = ("_cache", "columns", "shape", "starts", "values")

    def __init__(self, starts: Any, columns: Any, values: Any, shape: tuple[int, int]) -> None:
        self.starts = np.asarray(starts, dtype=np.int64)
        self.columns = np.asarray(columns, dtype=np.int32)
        self.values = integer_array(values)
        self.shape = (int(shape[0]), int(shape[1]))
        self._cache: dict[str, Any] = {}
        for array in (self.starts, self.columns, self.values):
            array.setflags(write=False)

    @classmethod
    def from_entries(cls, rows: Any, columns: Any, values: np.ndarray, shape: tuple[int, int]) -> IntegerRows:
        """Build from triples; entries at one place are added, zeros dropped."""
        rows, columns = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
        values = integer_array(values)
        if not (rows.shape == columns.shape == values.shape == (values.size,)):
            raise ValueError("rows, columns and values must be three flat arrays of one length")
        if shape[1] >= 2**31 or shape[0] * max(shape[1], 1) >= INT64_EXACT:
            raise ValueError(f"a matrix of {shape[0]} x {shape[1]} is too large to index")
        for name, places, limit in (("row", rows, shape[0]), ("column", columns, shape[1])):
            if places.size and not (places.min() >= 0 and places.max() < limit):
                raise ValueError(f"a {name} index lies outside 0..{limit - 1}")
        keys = rows * max(shape[1], 1) + columns
        if keys.size > 1 and not bool(np.all(keys[1:] > keys[:-1])):
            order = np.argsort(keys, kind="stable")
            keys, values = keys[order], values[order]
            first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
            if first.size < keys.size:
                if largest_magnitude(values) * int(keys.size) >= INT64_EXACT:
                    values = values.astype(object)
                keys, values = keys[first], np.add.reduceat(values, first)
        keep = np.flatnonzero(values != 0)
        keys, values = keys[keep], values[keep]
        width = max(shape[1], 1)
        starts = np.searchsorted(keys, np.arange(shape[0] + 1, dtype=np.int64) * width)
        return cls(starts, keys % width, values, shape)

    @property
    def nonzero(self) -> int:
        """Number of stored entries, all of them nonzero."""
        return int(self.values.size)

    @property
    def is_dense(self) -> bool:
        """True when a dense product is likely cheaper than a sparse one."""
        rows, columns = self.shape
        return 5 * self.nonzero >= rows * columns and rows * columns <= 5_000_000

    @property
    def entry_rows(self) -> np.ndarray:
        """The row of each entry."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int64), np.diff(self.starts))

    def row(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the columns and values of one row."""
        part = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return self.columns[part], self.values[part]

    def largest_row_sum(self) -> int:
        """Return the largest sum of absolute values over a row, as a Python integer."""
        if "row_sum" not in self._cache:
            self._cache["row_sum"] = max(self.absolute_row_sums(), default=0)
        return int(self._cache["row_sum"])

    def absolute_row_sums(self) -> list[int]:
        """Return the sum of absolute values of every row, exactly."""
        magnitudes = np.abs(self.values)
        if largest_magnitude(magnitudes) * self.nonzero >= INT64_EXACT:
            magnitudes = magnitudes.astype(object)
        running = np.concatenate([magnitudes[:0], [0], np.cumsum(magnitudes)])
        return [int(total) for total in running[self.starts[1:]] - running[self.starts[:-1]]]

    def times(self, columns: np.ndarray, largest: int) -> np.ndarray:
        """Return ``self @ columns`` exactly.

        Args:
            columns: integers, shape (self.shape[1], batch).
            largest: a bound on the absolute value of every entry of ``columns``.
        """
        bound = self.largest_row_sum() * largest
        chosen = rung(bound, self.is_dense)
        if bound == 0:
            return np.zeros((self.shape[0], columns.shape[1]), dtype=np.int64)
        if chosen == "float64":
            return (self._dense_float() @ columns.astype(np.float64)).astype(np.int64)
        if chosen == "int64":
            return self._sparse() @ columns.astype(np.int64)
        return self._big_product(columns)

    def _dense_float(self) -> np.ndarray:
        if "dense" not in self._cache:
            self._cache["dense"] = self._sparse().astype(np.float64).toarray()
        return self._cache["dense"]

    def _sparse(self) -> sparse.csr_array:
        if "sparse" not in self._cache:
            parts = (self.values.astype(np.int64), self.columns, self.starts)
            self._cache["sparse"] = sparse.csr_array(parts, shape=self.shape)
        return self._cache["sparse"]

    def _big_product(self, columns: np.ndarray) -> np.ndarray:
        if self.is_dense and min(columns.shape) >= 8:
            return self._flint_product(columns)
        result = np.zeros((self.shape[0], columns.shape[1]), dtype=object)
        exact_columns = columns.astype(object)
        for index in range(self.shape[0]):
            places, values = self.row(index)
            if places.size:
                result[index] = values.astype(object) @ exact_columns[places]
        return result

    def _flint_product(self, columns: np.ndarray) -> np.ndarray:
        from flint import fmpz_mat

        dense = np.zeros(self.shape, dtype=object)
        dense[self.entry_rows, self.columns] = self.values
        left = fmpz_mat(self.shape[0], self.shape[1], [int(value) for value in dense.ravel()])
        right = fmpz_mat(columns.shape[0], columns.shape[1], [int(value) for value in columns.ravel()])
        flat = [int(value) for value in (left * right).entries()]
        result = np.empty(len(flat), dtype=object)
        result[:] = flat
        return result.reshape(self.shape[0], columns.shape[1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntegerRows):
            return NotImplemented
        same = self.shape == other.shape and np.array_equal(self.starts, other.starts)
        return same and np.array_equal(self.columns, other.columns) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.shape, self.nonzero))


def concatenated_ranges(starts: Sequence[int] | np.ndarray, lengths: Iterable[int]) -> np.ndarray:
    """Return ``range(starts[i], starts[i] + lengths[i])`` for all i, end to end."""
    counts = np.asarray(list(lengths), dtype=np.int64)
    offsets = np.repeat(np.asarray(starts, dtype=np.int64) - np.r_[0, np.cumsum(counts)[:-1]], counts)
    return offsets + np.arange(counts.sum(), dtype=np.int64)
