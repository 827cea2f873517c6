"""Hints that make re-checking search-free: which term of a sum makes a unit vanish.

For every ball and every second-layer unit one 16-bit code: the position of a term that
alone makes the unit zero, or one of three words of the checker.
"""

from __future__ import annotations

import base64
import zlib

import numba as nb
import numpy as np

from verify.certificate.checker import CENTRE, FREE, FULL
from verify.methods.ball_program import BallProgram

MOST_PAIRS = 10_000_000


def hints_for(program: BallProgram, points: np.ndarray) -> str | None:
    """Return the packed hints of a group of balls, ``None`` where they would not help.

    Args:
        program: the margin network and balls as integers.
        points: integers, shape (n, dim).
    """
    if len(program.weights) < 3 or not program.fits_int64 or points.dtype == object:
        return None
    second = program.weights[1]
    widest = int(np.diff(second.starts).max(initial=0))
    if len(points) * second.shape[0] > MOST_PAIRS or widest >= CENTRE:
        return None
    first = program.weights[0]
    none = np.zeros(0, dtype=np.int64)
    codes = np.full((len(points), second.shape[0]), FULL, dtype=np.uint16)
    _find_codes(
        points,
        program.point_factor,
        program.radius,
        none if program.lower is None else program.lower,
        none if program.upper is None else program.upper,
        program.norm != "linf",
        (first.starts, first.columns, first.values, program.biases[0], program.reach),
        (second.starts, second.columns, second.values, program.biases[1], program.drift),
        _needs_no_upper(program),
        codes,
    )
    return base64.b64encode(zlib.compress(codes.astype("<u2").tobytes(), 6)).decode("ascii")


def _needs_no_upper(program: BallProgram) -> np.ndarray:
    """Return which second-layer units only push every output up."""
    units = program.weights[1].shape[0]
    if len(program.weights) != 3:
        return np.zeros(units, dtype=bool)
    last = program.weights[2]
    helpful = np.ones(units, dtype=bool)
    helpful[last.columns[last.values < 0]] = False
    return helpful


@nb.njit(nogil=True, cache=True)
def _row_bounds(layer, i, low, high, centre, around):  # type: ignore[no-untyped-def]
    starts, columns, values, bias, reach = layer
    below = above = value = bias[i]
    for e in range(starts[i], starts[i + 1]):
        w, j = values[e], columns[e]
        value += w * centre[j]
        below += w * (low[j] if w > 0 else high[j])
        above += w * (high[j] if w > 0 else low[j])
    if around:
        below, above = max(below, value - reach[i]), min(above, value + reach[i])
    return max(below, 0), max(above, 0), max(value, 0)


@nb.njit(nogil=True, cache=True)
def _find_codes(points, factor, radius, lower, upper, around, first, second, helpful, codes):  # type: ignore[no-untyped-def]
    starts, columns, values, bias, drift = second
    units = first[3].shape[0]
    known = np.empty((units, 3), np.int64)
    for index in range(points.shape[0]):
        centre = points[index].astype(np.int64) * factor
        low, high = centre - radius, centre + radius
        if lower.shape[0]:
            low, high = np.maximum(low, lower), np.minimum(high, upper)
        for k in range(units):
            known[k, 0], known[k, 1], known[k, 2] = _row_bounds(first, k, low, high, centre, around)
        for i in range(bias.shape[0]):
            rising = below = value = bias[i]
            for e in range(starts[i], starts[i + 1]):
                w, k = values[e], columns[e]
                value += w * known[k, 2]
                rising += w * known[k, 1] if w > 0 else 0
                below += w * (known[k, 0] if w > 0 else known[k, 1])
            if around:
                below = max(below, value - drift[i])
            if helpful[i]:
                codes[index, i] = FULL if below > 0 else FREE
                continue
            for e in range(starts[i], starts[i + 1]):
                w, k = values[e], columns[e]
                if w < 0 and rising + w * known[k, 0] <= 0:
                    codes[index, i] = e - starts[i]
                    break
            else:
                if around and value + drift[i] <= 0:
                    codes[index, i] = CENTRE
