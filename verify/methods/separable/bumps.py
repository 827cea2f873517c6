"""The last hidden layer as upside-down paraboloids, each with how far below it the unit may lie."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
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
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.parabola import bends_of, parabola_below
from verify.methods.separable.rows import OFF, Paraboloid, paraboloid_of
from verify.methods.separable.structure import Analysis, Range, Unit

_MOST_GUESSES = 12
# Networks whose bumps have little in common are left to other methods.
_MOST_MEMORY = 5000
_MOST_BIG_ENTRIES = 2**20


@dataclass(frozen=True, slots=True)
class Bumps:
    """Preactivations p of the last hidden layer, bounded on the whole range of the balls.

    ``P - drop <= p <= P`` with ``P(x) = peak - bend |x - centre|^2``, one bend for all.

    ``p <= P`` holds, or ``p <= 0``, wherever the coordinates of the balls move; the other
    inequality holds between ``low`` and ``high`` of the row, everywhere where that is absent.

    Attributes:
        bend: positive.
        centres: integers, shape (rows, dim), in units of ``1 / unit``.
        unit: positive integer.
        peaks: integers, one per row, in units of ``1 / peak_unit``.
        peak_unit: positive integer.
        drops: one per row.
        boxes: per row the lower and the upper corner, ``None`` for no limit.
    """

    bend: Fraction
    centres: np.ndarray
    unit: int
    peaks: np.ndarray
    peak_unit: int
    drops: list[Fraction]
    boxes: list[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]] | None


def bumps_of(network: ReluNetwork, span: Range, unread: Collection[int] = ()) -> Bumps | None:
    """Return the last hidden layer of a network as paraboloids, ``None`` if it is none.

    Rows that are ``unread`` get no paraboloid of their own.

    Every row must be the same multiple of one sum of one-variable functions, which a
    parabola of one bend bounds along each axis, plus an affine function.
    """
    if network.size.depth < 3 or not _looks_curved(network):
        return None
    analysis = Analysis(network, span)
    units = analysis.units_before_last()
    if units is None:
        return None
    affine = network.maps[-2]
    lines = [analysis.line(unit) for unit in units]
    curved = [place for place, line in enumerate(lines) if line is None]
    if len(curved) != 1:
        return row_by_row(analysis, affine, units, network.dim, unread)
    weight = _common_weight(affine, curved[0])
    if weight is None or weight >= 0:
        return None
    square = _square(units[curved[0]], span)
    if square is None or square[0] <= 0:
        return None
    bend, slopes, constant, excess = square
    return _completed(affine, lines, network.dim, -weight, bend, slopes, constant, excess)


def _looks_curved(network: ReluNetwork) -> bool:
    """Return whether first units read one coordinate each: cheap, and false for most networks."""
    return bool((np.diff(network.maps[0].numerators.starts) <= 1).all())


def _common_weight(affine: AffineMap, column: int) -> Fraction | None:
    """Return the weight of one column if it is the same in every row."""
    matrix = affine.numerators
    values = matrix.values[matrix.columns == column]
    if len(values) != affine.shape[0] or any(value != values[0] for value in values):
        return None
    return Fraction(int(values[0]), affine.denominator)


def _square(unit: Unit, span: Range) -> tuple[Fraction, dict[int, Fraction], Fraction, Fraction] | None:
    """Return bend, slopes by axis, constant and excess of a paraboloid below a sum, the best of a few."""
    functions = dict.fromkeys(unit.parts.values())
    guesses = {bend for pieces in functions for bend in bends_of(pieces)[:_MOST_GUESSES]}
    best = None
    for bend in sorted(guesses):
        if bend <= 0:
            continue
        known = {pieces: parabola_below(pieces, bend, span.low, span.high) for pieces in functions}
        fits = {axis: known[pieces] for axis, pieces in unit.parts.items()}
        excess = sum((fit.excess for fit in fits.values()), Fraction(0))
        if best is None or excess < best[3]:
            constant = sum((fit.constant for fit in fits.values()), Fraction(0))
            best = bend, {axis: fit.slope for axis, fit in fits.items()}, constant, excess
    return best


def _completed(
    affine: AffineMap,
    lines: list[tuple[int, Fraction, Fraction] | None],
    dim: int,
    weight: Fraction,
    bend: Fraction,
    slopes: dict[int, Fraction],
    constant: Fraction,
    excess: Fraction,
) -> Bumps | None:
    """Complete the square in every row: ``-weight * (bend |x|^2 + <slopes, x> + constant) + <b, x> + c``.

    The square must bend along every axis.
    """
    if len(slopes) < dim:
        return None
    known = [(place, *line) for place, line in enumerate(lines) if line is not None]
    common = math.lcm(*(value.denominator for _, _, *pair in known for value in pair))
    axes = np.array([axis for _, axis, _, _ in known], dtype=np.int64)
    places = np.array([place for place, *_ in known], dtype=np.int64)
    steep = np.array([int(slope * common) for _, _, slope, _ in known], dtype=object)
    rise = np.array([int(shift * common) for _, _, _, shift in known], dtype=object)
    products = _products(affine, places, axes, steep, rise, dim)
    if products is None:
        return None
    tilt, shift = products
    whole = common * affine.denominator
    return _paraboloids(tilt, shift, affine, whole, weight, bend, slopes, constant, excess, dim)


def _products(
    affine: AffineMap, places: np.ndarray, axes: np.ndarray, steep: np.ndarray, rise: np.ndarray, dim: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return, per row, the weights of the coordinates and the constant that affine units add up to."""
    matrix = affine.numerators
    count = matrix.shape[1]
    largest = largest_magnitude(matrix.values) * max(largest_magnitude(steep), largest_magnitude(rise)) * count
    if largest < INT64_EXACT:
        body = sparse.csr_array((matrix.values, matrix.columns, matrix.starts), shape=matrix.shape)
        to_axes = sparse.csr_array((steep.astype(np.int64), (places, axes)), shape=(count, dim))
        constants = np.zeros(count, dtype=np.int64)
        constants[places] = rise.astype(np.int64)
        return (body @ to_axes).toarray(), body @ constants
    if matrix.shape[0] * count > _MOST_BIG_ENTRIES:
        return None
    rows = np.zeros(matrix.shape, dtype=object)
    rows[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.starts)), matrix.columns] = matrix.values
    tilt = np.zeros((matrix.shape[0], dim), dtype=object)
    for place, axis, slope in zip(places, axes, steep, strict=True):
        tilt[:, axis] += rows[:, place] * slope
    return tilt, rows[:, places] @ rise


def _paraboloids(
    tilt: np.ndarray,
    shift: np.ndarray,
    affine: AffineMap,
    whole: int,
    weight: Fraction,
    bend: Fraction,
    slopes: dict[int, Fraction],
    constant: Fraction,
    excess: Fraction,
    dim: int,
) -> Bumps:
    steep = weight * bend
    # The centre is (tilt/whole - weight*slopes) / (2 steep), over one denominator.
    away = [weight * slopes[axis] / (2 * steep) for axis in range(dim)]
    factor = 1 / (2 * steep * whole)
    unit = math.lcm(factor.denominator, *(value.denominator for value in away))
    moved = integer_array(np.array([int(value * unit) for value in away], dtype=object))
    centres = scaled(tilt, int(factor * unit)) - moved
    divisor = greatest_common_divisor(unit, centres)
    centres, unit = quotients(centres, divisor), unit // divisor
    lengths = squared_lengths(centres)
    common = math.lcm(whole, (weight * constant).denominator, (steep / unit**2).denominator)
    peaks = (
        scaled(affine.bias_numerators, common // affine.denominator).astype(object)
        + shift.astype(object) * (common // whole)
        - int(weight * constant * common)
        + lengths.astype(object) * int(steep / unit**2 * common)
    )
    return Bumps(steep, centres, unit, integer_array(peaks), common, [weight * excess] * len(centres), None)


def squared_lengths(rows: np.ndarray) -> np.ndarray:
    """Return the sum of squares of every row of integers, exactly."""
    if rows.dtype != object and largest_magnitude(rows) ** 2 * max(1, rows.shape[1]) < INT64_EXACT:
        wide = rows.astype(np.int64, copy=False)
        return np.einsum("ij,ij->i", wide, wide)
    wide = rows.astype(object)
    return np.asarray((wide * wide).sum(axis=1))


def row_by_row(
    analysis: Analysis, affine: AffineMap, units: list[Unit], dim: int, unread: Collection[int]
) -> Bumps | None:
    """Return the paraboloids of rows that have nothing in common but their bend."""
    found: list[Paraboloid] = []
    for row in range(affine.shape[0]):
        parabola = OFF
        if row not in unread:
            shaped = paraboloid_of(analysis.preactivation(affine, row, units), analysis, dim)
            if shaped is None or shaped.drop >= shaped.peak > 0 or len(analysis.memory) > _MOST_MEMORY:
                return None
            parabola = shaped
        found.append(parabola)
    bends = {entry.bend for entry in found if entry is not OFF} or {Fraction(1)}
    if len(bends) != 1:
        return None
    nowhere = (Fraction(0),) * dim
    found = [replace(OFF, centre=nowhere) if entry is OFF else entry for entry in found]
    unit = math.lcm(*(value.denominator for entry in found for value in entry.centre))
    centres = [[int(value * unit) for value in entry.centre] for entry in found]
    common = math.lcm(*(entry.peak.denominator for entry in found))
    peaks = [int(entry.peak * common) for entry in found]
    return Bumps(
        bends.pop(),
        integer_array(np.array(centres, dtype=object)),
        unit,
        integer_array(np.array(peaks, dtype=object)),
        common,
        [entry.drop for entry in found],
        [entry.box for entry in found],
    )
