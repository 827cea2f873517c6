"""The layers that memorizers share: faces of boxes, their sums, and the signed sum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, IntegerRows, integer_array, largest_magnitude, scaled
from constructions.exact.rational import over_common_denominator
from constructions.network.affine_map import AffineMap


def axis_faces(centres: np.ndarray, scale: int, reach: Fraction) -> AffineMap:
    """Return the map to ``x_j - a_j - reach`` and ``a_j - reach - x_j``.

    Args:
        centres: integers, shape (m, d); the centres are ``centres / scale``.
        scale: positive integer.
        reach: half the side of the boxes.

    Returns:
        2 m d outputs: for each centre and axis, the upper face, then the lower.
    """
    count, dim = centres.shape
    common = math.lcm(scale, reach.denominator)
    offset = int(reach * common)
    positions = scaled(centres, common // scale)
    if largest_magnitude(positions) + offset >= INT64_EXACT:
        positions = positions.astype(object)
    bias = integer_array(np.stack([-positions - offset, positions - offset], axis=2).reshape(-1))
    signs = np.tile(np.array([1, -1], dtype=object) * common, count * dim)
    columns = np.tile(np.repeat(np.arange(dim, dtype=np.int64), 2), count)
    starts = np.arange(2 * count * dim + 1, dtype=np.int64)
    matrix = IntegerRows(starts, columns, integer_array(signs), (2 * count * dim, dim))
    return AffineMap.from_integers(matrix, bias, common)


def sum_of_faces(count: int, dim: int, slope: Fraction, height: Fraction) -> AffineMap:
    """Return the map from 2 d faces per bump to ``height + slope * (their sum)``."""
    common = math.lcm(slope.denominator, height.denominator)
    starts = np.arange(count + 1, dtype=np.int64) * (2 * dim)
    columns = np.arange(2 * dim * count, dtype=np.int64)
    values = integer_array(np.full(columns.size, int(slope * common), dtype=object))
    bias = integer_array(np.full(count, int(height * common), dtype=object))
    return AffineMap.from_integers(IntegerRows(starts, columns, values, (count, columns.size)), bias, common)


def repeated(
    entries: Sequence[tuple[int, int, Fraction]], shape: tuple[int, int], bias: Sequence[Fraction], copies: int
) -> AffineMap:
    """Return one block, given by its nonzero entries, repeated along the diagonal.

    Args:
        entries: (row, column, value) of the block.
        shape: of the block.
        bias: of the block, one per row.
        copies: how many blocks.
    """
    rows, columns, values = zip(*(entry for entry in entries if entry[2]), strict=True)
    numerators, common = over_common_denominator([*values, *bias])
    shift = np.arange(copies, dtype=np.int64)[:, None]
    ends = integer_array(np.array(numerators[len(values) :], dtype=object))
    return AffineMap.from_coo(
        (np.array(rows) + shift * shape[0]).reshape(-1),
        (np.array(columns) + shift * shape[1]).reshape(-1),
        np.tile(integer_array(np.array(numerators[: len(values)], dtype=object)), copies),
        (copies * shape[0], copies * shape[1]),
        np.tile(ends, copies),
        common,
    )


def signed_sum(count: int, sign: int) -> AffineMap:
    """Return the output map ``sign * (2 * sum of the bumps - 1)``."""
    columns = np.arange(count, dtype=np.int64)
    values = np.full(count, 2 * sign, dtype=np.int64)
    matrix = IntegerRows(np.array([0, count]), columns, values, (1, count))
    return AffineMap.from_integers(matrix, np.array([-sign], dtype=np.int64), 1)
