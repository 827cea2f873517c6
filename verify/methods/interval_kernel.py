"""Compiled interval propagation in int64: one ball at a time, skipping what cannot matter.

A second-layer unit whose remaining terms can only lower it is exactly 0 on the ball as
soon as its partial upper bound is at most 0; later layers then visit live units only.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import IntegerRows
from verify.methods.ball_program import BallProgram


_SAMPLE = 64


class KernelInput(NamedTuple):
    """The arrays of a ``BallProgram`` as the compiled loops read them, all int64."""

    factor: int
    radius: int
    lower: np.ndarray
    upper: np.ndarray
    uses_centre: bool
    eager: bool
    starts1: np.ndarray
    columns1: np.ndarray
    values1: np.ndarray
    bias1: np.ndarray
    reach: np.ndarray
    starts2: np.ndarray
    columns2: np.ndarray
    values2: np.ndarray
    raising2: np.ndarray
    bias2: np.ndarray
    drift: np.ndarray
    offsets: np.ndarray
    deep_starts: np.ndarray
    deep_rows: np.ndarray
    deep_values: np.ndarray
    deep_bias: np.ndarray
    widths: np.ndarray


def kernel_input(program: BallProgram, points: np.ndarray) -> KernelInput:
    """Return the arrays for ``lower_margins``; the program must fit int64 and have two maps.

    Within a second-layer row the raising terms come first, then the lowering ones, those
    that lower most on a few of the points first: the order decides how soon a loop ends,
    never what it finds.
    """
    first, second = program.weights[0], program.weights[1]
    pull = _mean_pull(program, points)[second.columns] * np.abs(second.values)
    order = np.lexsort((-pull, second.values < 0, second.entry_rows))
    raising = np.bincount(second.entry_rows[second.values > 0], minlength=second.shape[0])
    columns = [_by_column(rows) for rows in program.weights[2:]]
    none = np.zeros(0, dtype=np.int64)
    return KernelInput(
        factor=program.point_factor,
        radius=program.radius,
        lower=none if program.lower is None else program.lower.astype(np.int64),
        upper=none if program.upper is None else program.upper.astype(np.int64),
        uses_centre=program.norm != "linf",
        eager=2 * first.nonzero <= 3 * second.shape[0],
        starts1=first.starts,
        columns1=first.columns,
        values1=first.values.astype(np.int64),
        bias1=program.biases[0].astype(np.int64),
        reach=program.reach.astype(np.int64),
        starts2=second.starts,
        columns2=second.columns[order],
        values2=second.values[order].astype(np.int64),
        raising2=raising.astype(np.int64),
        bias2=program.biases[1].astype(np.int64),
        drift=program.drift.astype(np.int64),
        offsets=np.cumsum([[0, 0, 0], *([len(s), len(r), 0] for s, r, _ in columns)], axis=0, dtype=np.int64),
        deep_starts=np.concatenate([none, *(starts for starts, _, _ in columns)]),
        deep_rows=np.concatenate([none, *(rows for _, rows, _ in columns)]),
        deep_values=np.concatenate([none, *(values for _, _, values in columns)]),
        deep_bias=np.concatenate([none, *(bias.astype(np.int64) for bias in program.biases[2:])]),
        widths=np.array([rows.shape[0] for rows in program.weights], dtype=np.int64),
    )


def _mean_pull(program: BallProgram, points: np.ndarray) -> np.ndarray:
    """Return the mean value of each first-layer unit over a sample of the points."""
    sample = points[:: max(1, len(points) // _SAMPLE)][:_SAMPLE].T.astype(np.int64) * program.point_factor
    largest = int(np.abs(sample).max(initial=0))
    inputs = program.weights[0].times(sample, largest) + program.biases[0][:, None] - program.reach[:, None]
    means: np.ndarray = np.maximum(inputs, 0).mean(axis=1)
    return means


def _by_column(rows: IntegerRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.argsort(rows.columns, kind="stable")
    starts = np.searchsorted(rows.columns[order], np.arange(rows.shape[1] + 1))
    return starts.astype(np.int64), rows.entry_rows[order], rows.values[order].astype(np.int64)


@nb.njit(nogil=True, inline="always")
def _first_layer(p, i, low, high, centre):  # type: ignore[no-untyped-def]
    """Return lower bound, upper bound and centre value of first-layer unit i."""
    smallest = p.bias1[i]
    largest = smallest
    middle = smallest
    for e in range(p.starts1[i], p.starts1[i + 1]):
        j, w = p.columns1[e], p.values1[e]
        if w > 0:
            smallest += w * low[j]
            largest += w * high[j]
        else:
            smallest += w * high[j]
            largest += w * low[j]
        if p.uses_centre:
            middle += w * centre[j]
    if p.uses_centre:
        smallest = max(smallest, middle - p.reach[i])
        largest = min(largest, middle + p.reach[i])
    return smallest, largest, middle


@nb.njit(nogil=True, inline="always")
def _second_upper(p, i, first, low, high, centre):  # type: ignore[no-untyped-def]
    """Return an upper bound of second-layer input i, leaving as soon as it is at most 0."""
    start, stop = p.starts2[i], p.starts2[i + 1]
    change = start + p.raising2[i]
    bound = p.bias2[i]
    if p.uses_centre:
        around = bound + p.drift[i]
        for e in range(start, stop):
            k = p.columns2[e]
            middle = first[2, k] if p.eager else _first_layer(p, k, low, high, centre)[2]
            around += p.values2[e] * max(middle, 0)
            if around <= 0 and e >= change:
                return around
    for e in range(start, change):
        k = p.columns2[e]
        largest = first[1, k] if p.eager else _first_layer(p, k, low, high, centre)[1]
        bound += p.values2[e] * max(largest, 0)
    for e in range(change, stop):
        if bound <= 0:
            return bound
        k = p.columns2[e]
        smallest = first[0, k] if p.eager else _first_layer(p, k, low, high, centre)[0]
        bound += p.values2[e] * max(smallest, 0)
    return min(bound, around) if p.uses_centre else bound


@nb.njit(nogil=True, inline="always")
def _second_lower(p, i, first, low, high, centre):  # type: ignore[no-untyped-def]
    """Return a lower bound of second-layer input i."""
    start, stop = p.starts2[i], p.starts2[i + 1]
    bound = p.bias2[i]
    around = bound - p.drift[i]
    for e in range(start, stop):
        k, w = p.columns2[e], p.values2[e]
        if p.eager:
            smallest, largest, middle = first[0, k], first[1, k], first[2, k]
        else:
            smallest, largest, middle = _first_layer(p, k, low, high, centre)
        bound += w * max(smallest if w > 0 else largest, 0)
        around += w * max(middle, 0)
    return max(bound, around) if p.uses_centre else bound


@nb.njit(nogil=True, cache=True)
def lower_margins(points, p, result):  # type: ignore[no-untyped-def]
    """Write, per point, a lower bound of its smallest output over the ball."""
    dim = points.shape[1]
    depth = p.widths.shape[0]
    widest = p.widths.max()
    low = np.empty(dim, np.int64)
    high = np.empty(dim, np.int64)
    centre = np.empty(dim, np.int64)
    first = np.empty((3, p.widths[0] if p.eager else 1), np.int64)
    live = np.empty(widest, np.int64)
    smallest = np.empty(widest, np.int64)
    largest = np.empty(widest, np.int64)
    next_smallest = np.empty(widest, np.int64)
    next_largest = np.empty(widest, np.int64)
    for index in range(points.shape[0]):
        for j in range(dim):
            centre[j] = np.int64(points[index, j]) * p.factor
            low[j] = centre[j] - p.radius
            high[j] = centre[j] + p.radius
            if p.lower.shape[0]:
                low[j] = max(low[j], p.lower[j])
                high[j] = min(high[j], p.upper[j])
        if p.eager:
            for i in range(p.widths[0]):
                first[0, i], first[1, i], first[2, i] = _first_layer(p, i, low, high, centre)
        worst = np.int64(np.iinfo(np.int64).max)
        if depth == 2:
            for i in range(p.widths[1]):
                worst = min(worst, _second_lower(p, i, first, low, high, centre))
            result[index] = worst
            continue
        count = 0
        for i in range(p.widths[1]):
            bound = _second_upper(p, i, first, low, high, centre)
            if bound > 0:
                live[count] = i
                largest[count] = bound
                smallest[count] = max(_second_lower(p, i, first, low, high, centre), 0)
                count += 1
        shift = 0
        for layer in range(2, depth):
            width = p.widths[layer]
            column_start, entry_start = p.offsets[layer - 2, 0], p.offsets[layer - 2, 1]
            for i in range(width):
                next_smallest[i] = p.deep_bias[shift + i]
                next_largest[i] = p.deep_bias[shift + i]
            for c in range(count):
                k = column_start + live[c]
                for e in range(p.deep_starts[k], p.deep_starts[k + 1]):
                    i, w = p.deep_rows[entry_start + e], p.deep_values[entry_start + e]
                    if w > 0:
                        next_smallest[i] += w * smallest[c]
                        next_largest[i] += w * largest[c]
                    else:
                        next_smallest[i] += w * largest[c]
                        next_largest[i] += w * smallest[c]
            shift += width
            if layer == depth - 1:
                for i in range(width):
                    worst = min(worst, next_smallest[i])
                break
            count = 0
            for i in range(width):
                if next_largest[i] > 0:
                    live[count] = i
                    smallest[count] = max(next_smallest[i], 0)
                    largest[count] = next_largest[i]
                    count += 1
        result[index] = worst
