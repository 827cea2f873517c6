"""Arrays of exact numbers, floats as they are or fractions, and the affine maps they make."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.errors import BudgetExceeded, InexactInput
from constructions.exact.integer_arrays import INT64_EXACT, IntegerRows, integer_array, largest_magnitude
from constructions.exact.rational import exact_fraction, over_common_denominator
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import refuse_large, shifted
from constructions.network.binary_floats import affine_map_from_floats

_MOST_BITS = 2**14


def exact_numerators(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Return integers of the same shape over one positive denominator, equal to the numbers.

    Args:
        numbers: floats, taken as the binary fractions they are, or an object array of
            exact numbers.

    Raises:
        InexactInput: a number is NaN or infinite.
        BudgetExceeded: the common denominator would have more than 2^14 bits.

    Example:
        >>> exact_numerators(np.array([0.5, -3.0]))
        (array([ 1, -6]), 2)
    """
    if numbers.dtype != object:
        constant = affine_map_from_floats(np.zeros((numbers.size, 0)), numbers.reshape(-1))
        return constant.bias_numerators.reshape(numbers.shape), constant.denominator
    fractions = [exact_fraction(value) for value in numbers.ravel()]
    if math.lcm(1, *{value.denominator for value in fractions}).bit_length() > _MOST_BITS:
        raise BudgetExceeded(f"the common denominator of {len(fractions)} numbers has more than {_MOST_BITS} bits")
    numerators, denominator = over_common_denominator(fractions)
    return integer_array(np.array(numerators, dtype=object)).reshape(numbers.shape), denominator


def as_fractions(numbers: np.ndarray) -> np.ndarray:
    """Return the same numbers as an object array of fractions.

    Raises:
        InexactInput: a number is NaN or infinite.
    """
    if numbers.dtype == object:
        return numbers
    finite = np.isfinite(numbers)
    if not np.all(finite):
        raise InexactInput(f"{numbers[~finite][0]} is not a finite number")
    fractions = np.empty(numbers.size, dtype=object)
    fractions[:] = [Fraction(value) for value in numbers.astype(np.float64).ravel().tolist()]
    return fractions.reshape(numbers.shape)


def linear_map(weight: np.ndarray, before: int = 1, after: int = 1) -> AffineMap:
    """Return the map that applies a matrix along one axis of an array.

    The array has ``before`` places ahead of the axis and ``after`` places behind it, all
    in row-major order; each of the ``before * after`` columns is multiplied alone.

    Args:
        weight: exact numbers, shape (outputs, inputs).
        before: product of the dimensions ahead of the axis.
        after: product of the dimensions behind the axis.

    Raises:
        InexactInput: an entry is NaN or infinite.
        BudgetExceeded: the map would have more than 2^25 entries or outputs.
    """
    outputs, inputs = weight.shape
    places, columns = np.nonzero(weight)
    refuse_large(before * after * max(outputs, places.size, 1), 1)
    values, denominator = exact_numerators(weight[places, columns])
    ahead = np.arange(before, dtype=np.int64)[:, None, None]
    behind = np.arange(after, dtype=np.int64)
    rows = (ahead * outputs + places[:, None]) * after + behind
    sources = (ahead * inputs + columns[:, None]) * after + behind
    repeated = np.broadcast_to(values[:, None], rows.shape)
    shape = (before * outputs * after, before * inputs * after)
    matrix = IntegerRows.from_entries(rows.ravel(), sources.ravel(), repeated.ravel(), shape)
    return AffineMap.from_integers(matrix, np.zeros(shape[0], dtype=np.int64), denominator)


def scaled_rows(affine: AffineMap, factors: np.ndarray) -> AffineMap:
    """Return the map whose output ``i`` is ``factors[i]`` times that of ``affine``.

    Raises:
        InexactInput: a factor is NaN or infinite.
    """
    numbers, denominator = exact_numerators(factors)
    rows = affine.numerators
    values = _product(rows.values, numbers[rows.entry_rows])
    matrix = IntegerRows.from_entries(rows.entry_rows, rows.columns, values, rows.shape)
    bias = integer_array(_product(affine.bias_numerators, numbers))
    return AffineMap.from_integers(matrix, bias, affine.denominator * denominator)


def shifted_rows(affine: AffineMap, offsets: np.ndarray) -> AffineMap:
    """Return the map whose output ``i`` is that of ``affine`` plus ``offsets[i]``.

    Raises:
        InexactInput: an offset is NaN or infinite.
    """
    numbers, denominator = exact_numerators(offsets)
    nothing = np.zeros(0, dtype=np.int64)
    matrix = IntegerRows.from_entries(nothing, nothing, nothing, (offsets.size, 0))
    return shifted(affine, AffineMap.from_integers(matrix, numbers.copy(), denominator))


def permuted_rows(affine: AffineMap, places: np.ndarray) -> AffineMap:
    """Return the map whose output ``i`` is output ``places[i]`` of ``affine``."""
    rows = affine.numerators
    target = np.empty_like(places)
    target[places] = np.arange(places.size)
    matrix = IntegerRows.from_entries(target[rows.entry_rows], rows.columns, rows.values, rows.shape)
    return AffineMap.from_integers(matrix, affine.bias_numerators[places], affine.denominator)


def joined(*arrays: np.ndarray) -> np.ndarray:
    """Return all numbers of some arrays in one flat array, losing nothing."""
    if any(array.dtype == object for array in arrays):
        return np.concatenate([as_fractions(array).ravel() for array in arrays])
    return np.concatenate([array.astype(np.float64).ravel() for array in arrays])


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if largest_magnitude(left) * largest_magnitude(right) >= INT64_EXACT:
        left = left.astype(object)
    return left * right
