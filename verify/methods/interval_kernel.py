"""Compiled interval propagation in int64: one ball at a time, skipping what cannot matter.

A second-layer unit whose remaining terms can only lower it is exactly 0 on the ball as
soon as its partial upper bound is at most 0; later layers then visit live units only.

The inputs of the second layer come in two layouts. *Listed*: the bounds of every
first-layer unit are computed once per ball. *Direct*: where every first-layer unit reads
one coordinate and there are many, each term carries its own coordinate, slope and shift,
and only the terms that are looked at are computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import IntegerRows
from verify.methods.ball_program import BallProgram

_SAMPLE = 64


class Rows(NamedTuple):
    """Integer rows: offsets, columns, values and one bias per row."""

    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    bias: np.ndarray


class Terms(NamedTuple):
    """The second layer, term by term; in the direct layout also what each term reads."""

    starts: np.ndarray
    falling: np.ndarray
    units: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    drift: np.ndarray
    axis: np.ndarray
    slope: np.ndarray
    shift: np.ndarray


class Deep(NamedTuple):
    """The layers after the second, by column, end to end."""

    offsets: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    values: np.ndarray
    bias: np.ndarray
    widths: np.ndarray


class KernelInput(NamedTuple):
    """The arrays of a ``BallProgram`` as the compiled loops read them, all int64.

    Attributes:
        factor: integer coordinates times this are in units of the first scale.
        radius: in units of the first scale.
        box: lower and upper side of the domain, shape (2, dim) or (2, 0).
        around: bound also by the value at the centre and the steepest slope.
        direct: which layout the terms have.
        first: the first layer.
        reach: how far each first-layer row moves over the ball.
        terms: the second layer.
        deep: the later layers.
    """

    factor: int
    radius: int
    box: np.ndarray
    around: bool
    direct: bool
    first: Rows
    reach: np.ndarray
    terms: Terms
    deep: Deep


def kernel_input(program: BallProgram, points: np.ndarray) -> KernelInput:
    """Return the arrays for ``lower_margins``; the program must fit int64 and have two maps.

    Within a second-layer row the raising terms come first, then the lowering ones, those
    that lower most on a few of the points first: the order decides how soon a loop ends,
    never what it finds.
    """
    first = program.weights[0]
    sides = [np.zeros(0) if side is None else side for side in (program.lower, program.upper)]
    one_each = first.nonzero == first.shape[0] and bool(np.all(np.diff(first.starts) == 1))
    direct = one_each and 2 * first.nonzero > 3 * program.weights[1].shape[0]
    return KernelInput(
        factor=program.point_factor,
        radius=program.radius,
        box=np.array(sides).astype(np.int64),
        around=program.norm != "linf",
        direct=direct,
        first=Rows(
            first.starts,
            first.columns.astype(np.int64),
            first.values.astype(np.int64),
            program.biases[0].astype(np.int64),
        ),
        reach=program.reach.astype(np.int64),
        terms=_terms(program, points, direct),
        deep=_deep(program),
    )


def _terms(program: BallProgram, points: np.ndarray, direct: bool) -> Terms:
    first, second = program.weights[0], program.weights[1]
    pull = _mean_pull(program, points)[second.columns] * np.abs(second.values)
    order = np.lexsort((-pull, second.values < 0, second.entry_rows))
    units = second.columns[order].astype(np.int64)
    raising = np.bincount(second.entry_rows[second.values > 0], minlength=second.shape[0])
    read = units if direct else units[:0]
    return Terms(
        starts=second.starts,
        falling=second.starts[:-1] + raising,
        units=units,
        weights=second.values[order].astype(np.int64),
        bias=program.biases[1].astype(np.int64),
        drift=program.drift.astype(np.int64),
        axis=first.columns[read].astype(np.int64) if direct else read,
        slope=first.values[read].astype(np.int64) if direct else read,
        shift=program.biases[0][read].astype(np.int64),
    )


def _mean_pull(program: BallProgram, points: np.ndarray) -> np.ndarray:
    """Return the mean value of each first-layer unit over a sample of the points."""
    sample = points[:: max(1, len(points) // _SAMPLE)][:_SAMPLE].T.astype(np.int64) * program.point_factor
    largest = int(np.abs(sample).max(initial=0))
    inputs = program.weights[0].times(sample, largest) + program.biases[0][:, None] - program.reach[:, None]
    means: np.ndarray = np.maximum(inputs, 0).mean(axis=1)
    return means


def _deep(program: BallProgram) -> Deep:
    columns = [_by_column(rows) for rows in program.weights[2:]]
    none = np.zeros(0, dtype=np.int64)
    return Deep(
        offsets=np.cumsum([[0, 0], *([len(starts), len(rows)] for starts, rows, _ in columns)], axis=0, dtype=np.int64),
        starts=np.concatenate([none, *(starts for starts, _, _ in columns)]),
        rows=np.concatenate([none, *(rows for _, rows, _ in columns)]),
        values=np.concatenate([none, *(values for _, _, values in columns)]),
        bias=np.concatenate([none, *(bias.astype(np.int64) for bias in program.biases[2:])]),
        widths=np.array([rows.shape[0] for rows in program.weights], dtype=np.int64),
    )


def _by_column(rows: IntegerRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.argsort(rows.columns, kind="stable")
    starts = np.searchsorted(rows.columns[order], np.arange(rows.shape[1] + 1))
    return starts.astype(np.int64), rows.entry_rows[order], rows.values[order].astype(np.int64)


@nb.njit(nogil=True, cache=True)
def _list_first(first, reach, around, sides, listed):  # type: ignore[no-untyped-def]
    """Write lower bound, upper bound and centre value of every first-layer unit after ReLU."""
    starts, columns, values, bias = first
    centre, low, high = sides[0], sides[1], sides[2]
    for i in range(bias.shape[0]):
        below = above = middle = bias[i]
        for e in range(starts[i], starts[i + 1]):
            j, w = columns[e], values[e]
            middle += w * centre[j]
            below += w * (low[j] if w > 0 else high[j])
            above += w * (high[j] if w > 0 else low[j])
        if around:
            below, above = max(below, middle - reach[i]), min(above, middle + reach[i])
        listed[0, i], listed[1, i], listed[2, i] = max(below, 0), max(above, 0), max(middle, 0)


@nb.njit(nogil=True, cache=True)
def _screen_listed(terms, around, listed, live, top):  # type: ignore[no-untyped-def]
    """Collect the second-layer units that may be positive, with their upper bounds."""
    starts, falling, units, weights, bias, drift, _, _, _ = terms
    below, above, middle = listed[0], listed[1], listed[2]
    count = 0
    for i in range(bias.shape[0]):
        bound = bias[i]
        spread = bound
        if around:
            spread += drift[i]
            for e in range(starts[i], falling[i]):
                spread += weights[e] * middle[units[e]]
            for e in range(falling[i], starts[i + 1]):
                if spread <= 0:
                    break
                spread += weights[e] * middle[units[e]]
            if spread <= 0:
                continue
        for e in range(starts[i], falling[i]):
            bound += weights[e] * above[units[e]]
        for e in range(falling[i], starts[i + 1]):
            if bound <= 0:
                break
            bound += weights[e] * below[units[e]]
        if bound > 0:
            live[count] = i
            top[count] = min(bound, spread) if around else bound
            count += 1
    return count


@nb.njit(nogil=True, cache=True)
def _screen_direct(terms, around, sides, live, top):  # type: ignore[no-untyped-def]
    """The same where every term reads one coordinate."""
    starts, falling, _, weights, bias, drift, axis, slope, shift = terms
    centre, low, high = sides[0], sides[1], sides[2]
    count = 0
    for i in range(bias.shape[0]):
        bound = bias[i]
        spread = bound
        if around:
            spread += drift[i]
            for e in range(starts[i], falling[i]):
                spread += weights[e] * max(shift[e] + slope[e] * centre[axis[e]], 0)
            for e in range(falling[i], starts[i + 1]):
                if spread <= 0:
                    break
                spread += weights[e] * max(shift[e] + slope[e] * centre[axis[e]], 0)
            if spread <= 0:
                continue
        for e in range(starts[i], falling[i]):
            w = slope[e]
            bound += weights[e] * max(shift[e] + w * (high[axis[e]] if w > 0 else low[axis[e]]), 0)
        for e in range(falling[i], starts[i + 1]):
            if bound <= 0:
                break
            w = slope[e]
            bound += weights[e] * max(shift[e] + w * (low[axis[e]] if w > 0 else high[axis[e]]), 0)
        if bound > 0:
            live[count] = i
            top[count] = min(bound, spread) if around else bound
            count += 1
    return count


@nb.njit(nogil=True, cache=True)
def _second_lower(terms, i, around, direct, listed, sides):  # type: ignore[no-untyped-def]
    """Return a lower bound of second-layer input i."""
    starts, _, units, weights, bias, drift, axis, slope, shift = terms
    bound = bias[i]
    spread = bound - drift[i]
    for e in range(starts[i], starts[i + 1]):
        w = weights[e]
        if direct:
            j, s = axis[e], slope[e]
            rises = (w > 0) == (s > 0)
            bound += w * max(shift[e] + s * (sides[1, j] if rises else sides[2, j]), 0)
            spread += w * max(shift[e] + s * sides[0, j], 0)
        else:
            bound += w * (listed[0, units[e]] if w > 0 else listed[1, units[e]])
            spread += w * listed[2, units[e]]
    return max(bound, spread) if around else bound


@nb.njit(nogil=True, cache=True)
def _propagate(deep, count, live, bottom, top):  # type: ignore[no-untyped-def]
    """Carry live units with their bounds to the outputs; return the smallest lower bound."""
    offsets, starts, rows, values, bias, widths = deep
    depth = widths.shape[0]
    next_bottom = np.empty(widths.max(), np.int64)
    next_top = np.empty(widths.max(), np.int64)
    shift = 0
    for layer in range(2, depth):
        width, column, entry = widths[layer], offsets[layer - 2, 0], offsets[layer - 2, 1]
        next_bottom[:width] = bias[shift : shift + width]
        next_top[:width] = bias[shift : shift + width]
        for c in range(count):
            k = column + live[c]
            for e in range(entry + starts[k], entry + starts[k + 1]):
                i, w = rows[e], values[e]
                next_bottom[i] += w * (bottom[c] if w > 0 else top[c])
                next_top[i] += w * (top[c] if w > 0 else bottom[c])
        shift += width
        if layer == depth - 1:
            return next_bottom[:width].min()
        count = 0
        for i in range(width):
            if next_top[i] > 0:
                live[count], bottom[count], top[count] = i, max(next_bottom[i], 0), next_top[i]
                count += 1
    return np.int64(0)


@nb.njit(nogil=True, cache=True)
def lower_margins(points, given, result):  # type: ignore[no-untyped-def]
    """Write, per point, a lower bound of its smallest output over the ball."""
    factor, radius, box, around, direct, first, reach, terms, deep = given
    widths = deep[5]
    dim, depth, widest = points.shape[1], widths.shape[0], widths.max()
    sides = np.empty((3, dim), np.int64)
    listed = np.empty((3, 1 if direct else widths[0]), np.int64)
    live, bottom, top = np.empty(widest, np.int64), np.empty(widest, np.int64), np.empty(widest, np.int64)
    for index in range(points.shape[0]):
        for j in range(dim):
            sides[0, j] = np.int64(points[index, j]) * factor
            sides[1, j], sides[2, j] = sides[0, j] - radius, sides[0, j] + radius
            if box.shape[1]:
                sides[1, j], sides[2, j] = max(sides[1, j], box[0, j]), min(sides[2, j], box[1, j])
        if not direct:
            _list_first(first, reach, around, sides, listed)
        if depth == 2:
            result[index] = _second_lower(terms, 0, around, direct, listed, sides)
            for i in range(1, widths[1]):
                result[index] = min(result[index], _second_lower(terms, i, around, direct, listed, sides))
            continue
        if direct:
            count = _screen_direct(terms, around, sides, live, top)
        else:
            count = _screen_listed(terms, around, listed, live, top)
        for c in range(count):
            bottom[c] = max(_second_lower(terms, live[c], around, direct, listed, sides), 0)
        result[index] = _propagate(deep, count, live, bottom, top)
