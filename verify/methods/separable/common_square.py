"""Bumps that one sum of one-variable functions lowers alike, each with an affine function of its own."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from constructions.exact.integer_arrays import (
    INT64_EXACT,
    greatest_common_divisor,
    integer_array,
    largest_magnitude,
    quotients,
    scaled,
)
from constructions.network.affine_map import AffineMap
from verify.methods.separable.bumps import Bumps, Roles
from verify.methods.separable.parabola import bends_of, parabola_below
from verify.methods.separable.structure import Analysis, Layer

_MOST_BIG_ENTRIES = 2**22
_Tilts = tuple[np.ndarray, np.ndarray, int]


@dataclass(frozen=True, slots=True)
class CommonSquare:
    """``p = -weight * sum of functions + <tilt, x> + shift``, row by row.

    Attributes:
        analysis: of the network.
        rows: those that matter.
        terms: axis and function of the sum, one per coordinate.
        weight: positive.
        tilts: integers, shape (rows, dim).
        shifts: integers, one per row.
        whole: the unit of tilts and shifts is ``1 / whole``.
    """

    analysis: Analysis
    rows: np.ndarray
    terms: list[tuple[int, int]]
    weight: Fraction
    tilts: np.ndarray
    shifts: np.ndarray
    whole: int

    @classmethod
    def of(cls, analysis: Analysis, affine: AffineMap, layer: Layer, dim: int, roles: Roles) -> CommonSquare | None:
        """Return the common sum of a layer's rows; ``None`` if there is none.

        All units but one must be affine on the range, the one a sum over every coordinate.
        """
        different, names = np.unique(layer.functions[layer.starts[:-1]], return_inverse=True)
        known = [analysis.line(function) for function in different.tolist()]
        is_line = np.array([line is not None for line in known])[names] & (layer.counts == 1)
        curved = np.flatnonzero(~is_line).tolist()
        weight = _common_weight(affine, curved[0]) if len(curved) == 1 else None
        if weight is None or weight >= 0 or layer.counts[curved[0]] < dim:
            return None
        places = np.flatnonzero(is_line)
        chosen = zip(places.tolist(), layer.axes[layer.starts[places]].tolist(), names[places].tolist(), strict=True)
        lines = [(unit, axis, *line) for unit, axis, name in chosen if (line := known[name]) is not None]
        sums = _affine_part(affine, lines, dim)
        return None if sums is None else cls(analysis, roles.rows, layer.terms(curved[0]), -weight, *sums)

    def bends(self) -> Counter[Fraction]:
        """Return guesses of the bend, and how many kinks suggest each."""
        found: Counter[Fraction] = Counter()
        span = self.analysis.span
        for function in {function for _, function in self.terms}:
            found.update(bends_of(self.analysis.functions[function]))
            found.update(dict.fromkeys(bends_of(self.analysis.functions[function], span.low, span.high), 0))
        return Counter({self.weight * bend: count for bend, count in found.items()})

    def bumps(self, bend: Fraction) -> Bumps:
        """Complete the square: ``-weight * (bend |x|^2 + <slopes, x> + constant) + <tilt, x> + shift``."""
        analysis, weight = self.analysis, self.weight
        span, uses, rows = analysis.span, Counter(function for _, function in self.terms), self.rows
        fits = {f: parabola_below(analysis.functions[f], bend / weight, span.low, span.high) for f in uses}
        constant = weight * sum((count * fits[f].constant for f, count in uses.items()), Fraction(0))
        drop = weight * sum((count * fits[f].excess for f, count in uses.items()), Fraction(0))
        # The centre is (tilt / whole - weight * slope) / (2 bend), over one denominator.
        away = {f: weight * fit.slope / (2 * bend) for f, fit in fits.items()}
        factor = 1 / (2 * bend * self.whole)
        unit = math.lcm(factor.denominator, *(value.denominator for value in away.values()))
        steps = {f: int(value * unit) for f, value in away.items()}
        moved = integer_array(np.array([steps[f] for _, f in self.terms], dtype=object))
        centres = scaled(self.tilts[rows], int(factor * unit))
        if largest_magnitude(centres) + largest_magnitude(moved) >= INT64_EXACT:
            centres = centres.astype(object)
        centres = integer_array(centres - moved)
        divisor = greatest_common_divisor(unit, centres)
        centres, unit = quotients(centres, divisor), unit // divisor
        share = bend / unit**2
        common = math.lcm(self.whole, constant.denominator, drop.denominator, share.denominator)
        peaks = scaled(self.shifts[rows], common // self.whole).astype(object) - int(constant * common)
        peaks += scaled(squared_lengths(centres), int(share * common))
        drops = np.full(len(rows), int(drop * common), dtype=object)
        return Bumps(rows, bend, centres, unit, peaks, drops, common, None)


def _common_weight(affine: AffineMap, column: int) -> Fraction | None:
    """Return the weight of one column if it is the same in every row."""
    matrix = affine.numerators
    values = matrix.values[matrix.columns == column]
    if len(values) != affine.shape[0] or (values != values[0]).any():
        return None
    return Fraction(int(values[0]), affine.denominator)


def _affine_part(affine: AffineMap, lines: list[tuple[int, int, Fraction, Fraction]], dim: int) -> _Tilts | None:
    """Return, per row, the weights of the coordinates and the constant that affine units and bias add up to."""
    common = math.lcm(*(value.denominator for _, _, *pair in lines for value in pair))
    axes = np.array([axis for _, axis, _, _ in lines], dtype=np.int64)
    places = np.array([place for place, *_ in lines], dtype=np.int64)
    steep = integer_array(np.array([int(slope * common) for _, _, slope, _ in lines], dtype=object))
    rise = integer_array(np.array([int(shift * common) for _, _, _, shift in lines], dtype=object))
    matrix = affine.numerators
    count, whole = matrix.shape[1], common * affine.denominator
    largest = largest_magnitude(matrix.values) * max(largest_magnitude(steep), largest_magnitude(rise)) * count
    largest += largest_magnitude(affine.bias_numerators) * common
    if largest < INT64_EXACT:
        body = sparse.csr_array((matrix.values, matrix.columns, matrix.starts), shape=matrix.shape)
        to_axes = sparse.csr_array((steep, (places, axes)), shape=(count, dim))
        constants = np.zeros(count, dtype=np.int64)
        constants[places] = rise
        return (body @ to_axes).toarray(), body @ constants + scaled(affine.bias_numerators, common), whole
    if matrix.shape[0] * count > _MOST_BIG_ENTRIES:
        return None
    rows = np.zeros(matrix.shape, dtype=object)
    rows[matrix.entry_rows, matrix.columns] = matrix.values
    tilts = np.zeros((matrix.shape[0], dim), dtype=object)
    for place, axis, slope in zip(places, axes, steep.tolist(), strict=True):
        tilts[:, axis] += rows[:, place] * slope
    shifts = rows[:, places] @ rise.astype(object) + affine.bias_numerators.astype(object) * common
    return tilts, shifts, whole


def squared_lengths(rows: np.ndarray) -> np.ndarray:
    """Return the sum of squares of every row of integers, exactly."""
    if rows.dtype != object and largest_magnitude(rows) ** 2 * max(1, rows.shape[1]) < INT64_EXACT:
        wide = rows.astype(np.int64, copy=False)
        return np.asarray(np.einsum("ij,ij->i", wide, wide))
    wide = rows.astype(object)
    return np.asarray((wide * wide).sum(axis=1))
