"""Affine maps made from affine maps, exactly: multiples, shifts, one map after another."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import IntegerRows, integer_array, largest_magnitude, scaled
from constructions.network.affine_map import AffineMap

LARGEST_MAP = 2**25
_BLOCK = 2**22


def identity_map(dim: int) -> AffineMap:
    """Return the map ``x -> x`` of ``dim`` coordinates."""
    refuse_large(dim, 1)
    places = np.arange(dim, dtype=np.int64)
    return AffineMap.from_coo(places, places, np.ones(dim, np.int64), (dim, dim), np.zeros(dim, np.int64))


def multiplied(affine: AffineMap, factor: Fraction | int) -> AffineMap:
    """Return the map ``x -> factor * affine(x)``."""
    factor = Fraction(factor)
    rows = affine.numerators
    values = scaled(rows.values, factor.numerator)
    matrix = IntegerRows.from_entries(rows.entry_rows, rows.columns, values, rows.shape)
    bias = scaled(affine.bias_numerators, factor.numerator)
    return AffineMap.from_integers(matrix, bias, affine.denominator * factor.denominator)


def shifted(affine: AffineMap, constant: AffineMap) -> AffineMap:
    """Return the map ``x -> affine(x) + c``, where ``c`` is the bias of ``constant``."""
    common = math.lcm(affine.denominator, constant.denominator)
    up, up_constant = common // affine.denominator, common // constant.denominator
    rows = affine.numerators
    matrix = IntegerRows(rows.starts, rows.columns, scaled(rows.values, up), rows.shape)
    bias = scaled(affine.bias_numerators, up).astype(object) + scaled(constant.bias_numerators, up_constant)
    return AffineMap.from_integers(matrix, integer_array(bias), common)


def composed(outer: AffineMap, inner: AffineMap) -> AffineMap:
    """Return the map ``x -> outer(inner(x))``.

    Raises:
        BudgetExceeded: the product could have more than 2^25 entries.
    """
    if inner.numerators.nonzero and int(np.diff(inner.numerators.starts).max()) > 1:
        matrix = _product(outer.numerators, inner.numerators)
    else:
        matrix = _single_entry_product(outer.numerators, inner.numerators)
    bias = outer.apply(inner.bias_numerators.reshape(-1, 1), inner.denominator)[:, 0]
    return AffineMap.from_integers(matrix, integer_array(bias), outer.denominator * inner.denominator)


def refuse_large(outputs: int, inputs: int) -> None:
    """Refuse a map that could not be held, before it is built.

    Raises:
        BudgetExceeded: it could have more than 2^25 entries.
    """
    if outputs * inputs > LARGEST_MAP:
        raise BudgetExceeded(f"an affine map of {outputs} x {inputs} entries is more than {LARGEST_MAP}")


def _single_entry_product(outer: IntegerRows, inner: IntegerRows) -> IntegerRows:
    """Multiply by a matrix with at most one entry in a row, such as a diagonal one."""
    counts = np.diff(inner.starts)
    kept = np.flatnonzero(counts[outer.columns])
    sources = inner.starts[outer.columns[kept]]
    left, right = outer.values[kept], inner.values[sources]
    if largest_magnitude(left) * largest_magnitude(right) >= 2**63:
        left = left.astype(object)
    shape = (outer.shape[0], inner.shape[1])
    return IntegerRows.from_entries(outer.entry_rows[kept], inner.columns[sources], left * right, shape)


def _product(outer: IntegerRows, inner: IntegerRows) -> IntegerRows:
    """Multiply two sparse matrices, a block of dense columns of the second at a time."""
    shape = (outer.shape[0], inner.shape[1])
    refuse_large(*shape)
    width = max(1, _BLOCK // max(inner.shape[0], 1))
    largest = largest_magnitude(inner.values)
    rows, columns, values = [], [], []
    for first in range(0, shape[1], width):
        dense = _dense_columns(inner, first, min(first + width, shape[1]))
        product = outer.times(dense, largest)
        places = np.nonzero(product)
        rows.append(places[0])
        columns.append(places[1] + first)
        values.append(product[places])
    return IntegerRows.from_entries(np.concatenate(rows), np.concatenate(columns), np.concatenate(values), shape)


def _dense_columns(matrix: IntegerRows, first: int, end: int) -> np.ndarray:
    kept = np.flatnonzero((matrix.columns >= first) & (matrix.columns < end))
    dense = np.zeros((matrix.shape[0], end - first), dtype=matrix.values.dtype)
    dense[matrix.entry_rows[kept], matrix.columns[kept] - first] = matrix.values[kept]
    return dense
