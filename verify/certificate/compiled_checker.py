"""The checker's arithmetic in compiled loops, for certificates too large for plain Python.

Reading, hashes, margins and combined forms are the standard-library checker's own; only
the interval sums run here, in int64 after a bound in Python integers shows they fit. No
code of ``verify.methods`` is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import numba as nb
import numpy as np

from constructions.exact.workers import worker_count
from verify.certificate.checker import Certificate, PairedProver, Prover, need
from verify.certificate.checker import prove_group as prove_in_python
from verify.certificate.tree_group import prove_trees

_SAFE = 2**62
_BLOCK = 16
_EMPTY = np.iinfo(np.int64).max

Rows = list[list[tuple[int, int]]]


def prove_group(certificate: Certificate, group: dict[str, Any]) -> Fraction | None:
    """Return the smallest proved margin of a group, as ``checker.prove_group`` does.

    Groups of trees are bounded in bulk with rigorous rounding; groups with hints, and
    integers beyond int64, go to the standard-library checker.

    Raises:
        Rejected: a point is not proved robust.
    """
    if group["rule"] == "tree":
        return prove_trees(certificate, group)
    if group["hints"] is not None or group["rule"] == "affine":
        return prove_in_python(certificate, group)
    rule = PairedProver if group["rule"] == "paired" else Prover
    prover = rule(certificate.layers, group["label"], certificate.statement, certificate.data.scale)
    points = _points(certificate, group["indices"])
    if points is None or _largest(prover, points) >= _SAFE:
        return prove_in_python(certificate, group)
    bounds = _paired_bounds(prover, points) if isinstance(prover, PairedProver) else _plain_bounds(prover, points)
    inside = bounds != _EMPTY
    for index, bound in zip(group["indices"], bounds, strict=True):
        need(bound > 0, f"point {index} is not proved robust")
    return Fraction(int(bounds[inside].min()), prover.unit) if inside.any() else None


def _points(certificate: Certificate, indices: list[int]) -> np.ndarray | None:
    """Return the integer coordinates of a group, ``None`` beyond int64."""
    data = certificate.data
    if isinstance(data.flat, list):
        if any(abs(value) >= _SAFE for value in data.flat):
            return None
        flat = np.array(data.flat, dtype=np.int64)
    else:
        flat = np.frombuffer(data.flat, dtype=data.flat.typecode)
    return flat.reshape(data.count, data.dim)[np.array(indices)].astype(np.int64, copy=False)


def _largest(prover: Prover, points: np.ndarray) -> int:
    """Return a bound on every integer that can occur, in Python integers."""
    size = max(abs(int(points.max())), abs(int(points.min()))) * prover.factor + prover.radius
    size = max([size, *(abs(value) for side in prover.box for value in side)])
    total = size
    all_rows, shifts = (prover.rows, prover.shifts) if isinstance(prover, PairedProver) else (prover.terms, prover.bias)
    for rows, bias in zip(all_rows, shifts, strict=True):
        weights = (sum(abs(w) for _, w in (row.items() if isinstance(row, dict) else row)) for row in rows)
        size = max((weight * size + abs(shift) for weight, shift in zip(weights, bias, strict=True)), default=0)
        total += size
        total += max((abs(w) for row in rows for _, w in (row.items() if isinstance(row, dict) else row)), default=0)
    drifts = [prover.drift(i) for i in range(len(prover.bias[1]))] if len(prover.bias) > 1 else []
    return 8 * (total + max([0, *drifts]) + max([0, *prover.reaches]))


def _csr(rows: Iterable[Iterable[tuple[int, int]]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row starts, columns and values as int64."""
    lists = [list(row) for row in rows]
    starts = np.cumsum([0, *(len(row) for row in lists)], dtype=np.int64)
    columns = np.array([column for row in lists for column, _ in row], dtype=np.int64)
    values = np.array([value for row in lists for _, value in row], dtype=np.int64)
    return starts, columns, values


def _ints(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), dtype=np.int64)


def _box(prover: Prover) -> np.ndarray:
    return np.array(prover.box, dtype=np.int64).reshape(-1, 2)


def _run(task: Any, count: int) -> np.ndarray:
    """Call ``task(first, last, result)`` on blocks of balls, on all workers."""
    result = np.zeros(count, dtype=np.int64)
    with ThreadPoolExecutor(worker_count()) as pool:
        list(pool.map(lambda first: task(first, min(first + _BLOCK, count), result), range(0, count, _BLOCK)))
    return result


def _plain_bounds(prover: Prover, points: np.ndarray) -> np.ndarray:
    first = (*_csr(row for row, _ in prover.distinct), _ints(shift for _, shift in prover.distinct))
    reaches, box = _ints(prover.reaches), _box(prover)
    around = prover.norm != "linf"
    if len(prover.terms) == 1:
        names = _ints(prover.names)
        return _run(
            lambda a, b, out: _one_map(points, a, b, prover.factor, prover.radius, box, first, reaches, names, out),
            len(points),
        )
    lowering_last = [sorted(row, key=lambda term: term[1] < 0) for row in prover.second_terms]
    second = (*_csr(lowering_last), _ints(prover.bias[1]))
    drifts = _ints(prover.drift(i) if around else 0 for i in range(len(prover.bias[1])))
    counts = _ints(sum(1 for _, w in row if w > 0) for row in prover.second_terms)
    later = [(*_csr(_by_unit(rows, len(before))), _ints(bias)) for rows, before, bias in _later(prover)]
    deep = nb.typed.List([np.concatenate(part) for part in zip(*later, strict=True)]) if later else None
    shape = np.array([[len(part) for part in layer] for layer in later], dtype=np.int64).reshape(-1, 4)
    none = np.zeros(0, dtype=np.int64)
    tail = tuple(deep) if deep is not None else (none, none, none, none)
    ball = (prover.factor, prover.radius, box, around)
    return _run(
        lambda a, b, out: _many_maps(points, a, b, *ball, first, reaches, second, drifts, counts, *tail, shape, out),
        len(points),
    )


def _later(prover: Prover) -> Iterable[tuple[Rows, list[int], list[int]]]:
    return zip(prover.terms[2:], prover.bias[1:-1], prover.bias[2:], strict=True)


def _by_unit(rows: Rows, units: int) -> list[list[tuple[int, int]]]:
    """Turn rows into columns: for every unit, the rows it feeds."""
    columns: list[list[tuple[int, int]]] = [[] for _ in range(units)]
    for index, row in enumerate(rows):
        for unit, weight in row:
            columns[unit].append((index, weight))
    return columns


@nb.njit(nogil=True, cache=True)
def _sides(point, factor, radius, box, centre, low, high):  # type: ignore[no-untyped-def]
    inside = True
    for j in range(point.shape[0]):
        centre[j] = point[j] * factor
        low[j] = centre[j] - radius
        high[j] = centre[j] + radius
        if box.shape[0]:
            low[j] = max(low[j], box[j, 0])
            high[j] = min(high[j], box[j, 1])
            inside = inside and low[j] <= high[j]
    return inside


@nb.njit(nogil=True, cache=True)
def _first(rows, reaches, centre, low, high, below, above, middle):  # type: ignore[no-untyped-def]
    starts, columns, values, bias = rows
    for i in range(bias.shape[0]):
        a = b = c = bias[i]
        for e in range(starts[i], starts[i + 1]):
            w, j = values[e], columns[e]
            c += w * centre[j]
            a += w * (low[j] if w > 0 else high[j])
            b += w * (high[j] if w > 0 else low[j])
        below[i] = max(a, c - reaches[i])
        above[i] = min(b, c + reaches[i])
        middle[i] = c


@nb.njit(nogil=True, cache=True)
def _one_map(points, first_ball, last_ball, factor, radius, box, rows, reaches, names, result):  # type: ignore[no-untyped-def]
    dim, count = points.shape[1], rows[3].shape[0]
    centre, low, high = np.empty(dim, np.int64), np.empty(dim, np.int64), np.empty(dim, np.int64)
    below, above, middle = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    for ball in range(first_ball, last_ball):
        if not _sides(points[ball], factor, radius, box, centre, low, high):
            result[ball] = _EMPTY
            continue
        _first(rows, reaches, centre, low, high, below, above, middle)
        result[ball] = below[names].min()


@nb.njit(nogil=True, cache=True)
def _many_maps(  # type: ignore[no-untyped-def]
    points, first_ball, last_ball, factor, radius, box, around, rows1, reaches, rows2, drifts, counts,
    deep_starts, deep_rows, deep_values, deep_bias, shape, result,
):  # fmt: skip
    dim, count1, count2 = points.shape[1], rows1[3].shape[0], rows2[3].shape[0]
    centre, low, high = np.empty(dim, np.int64), np.empty(dim, np.int64), np.empty(dim, np.int64)
    below, above, middle = np.empty(count1, np.int64), np.empty(count1, np.int64), np.empty(count1, np.int64)
    starts, names, weights, bias = rows2
    for ball in range(first_ball, last_ball):
        if not _sides(points[ball], factor, radius, box, centre, low, high):
            result[ball] = _EMPTY
            continue
        _first(rows1, reaches, centre, low, high, below, above, middle)
        smallest, largest = np.zeros(count2, np.int64), np.zeros(count2, np.int64)
        for i in range(count2):
            begin, change, end = starts[i], starts[i] + counts[i], starts[i + 1]
            top = bias[i]
            for e in range(begin, change):
                top += weights[e] * max(above[names[e]], 0)
            final = shape.shape[0] == 0
            for e in range(change, end):
                if top <= 0 and not final:
                    break
                top += weights[e] * max(below[names[e]], 0)
            if top <= 0 and not final:
                continue
            bottom = value = bias[i]
            for e in range(begin, end):
                w, k = weights[e], names[e]
                value += w * max(middle[k], 0)
                bottom += w * max(below[k] if w > 0 else above[k], 0)
            if around:
                bottom, top = max(bottom, value - drifts[i]), min(top, value + drifts[i])
            smallest[i], largest[i] = bottom, top
        entry, column, shift = 0, 0, 0
        for layer in range(shape.shape[0]):
            width = shape[layer, 3]
            next_small = deep_bias[shift : shift + width].copy()
            next_large = deep_bias[shift : shift + width].copy()
            for k in range(smallest.shape[0]):
                if largest[k] <= 0:
                    continue
                lo, hi = max(smallest[k], 0), largest[k]
                for e in range(deep_starts[column + k], deep_starts[column + k + 1]):
                    i, w = deep_rows[entry + e], deep_values[entry + e]
                    next_small[i] += w * (lo if w > 0 else hi)
                    next_large[i] += w * (hi if w > 0 else lo)
            column += shape[layer, 0]
            entry += shape[layer, 1]
            shift += width
            smallest, largest = next_small, next_large
        result[ball] = smallest.min()


def _paired_bounds(prover: PairedProver, points: np.ndarray) -> np.ndarray:
    first = (*_csr(row.items() for row in prover.rows[0]), _ints(prover.shifts[0]))
    reaches, box = _ints(prover.all_reaches), _box(prover)
    single = [_csr(rows) for rows, _ in prover.plans]
    pairs = [np.array(entries, dtype=np.int64).reshape(-1, 6) for _, entries in prover.plans]
    shifts = [_ints(bias) for bias in prover.shifts[1:]]
    second = (*_csr(prover.terms[1]), _ints(prover.bias[1])) if single else first
    drifts = _ints(prover.drift(i) for i in range(len(prover.bias[1]))) if single else _ints([])
    outputs = len(prover.bias[-1])
    lists = tuple(nb.typed.List(part) for part in (*zip(*single, strict=True), pairs, shifts)) if single else ()
    if not lists:
        return _plain_bounds(prover, points)
    return _run(
        lambda a, b, out: _paired(
            points, a, b, prover.factor, prover.radius, box, first, reaches, second, drifts, *lists, outputs, out
        ),
        len(points),
    )


@nb.njit(nogil=True, cache=True)
def _pair(a_low, a_high, b_low, b_high, form_low, form_high, weight, other):  # type: ignore[no-untyped-def]
    """Bound weight * relu(A) + other * relu(B); the form is that of positive, then negative."""
    if weight < 0 < other:
        a_low, a_high, b_low, b_high = b_low, b_high, a_low, a_high
        weight, other = other, weight
    left, right = abs(weight), abs(other)
    a_low, a_high, b_low, b_high = left * a_low, left * a_high, right * b_low, right * b_high
    if weight > 0 > other:
        low = max(min(max(0, a_low), max(-b_high, form_low)), max(0, a_low) - max(0, b_high))
        high = min(min(max(0, a_high), max(-b_low, form_high)), max(0, a_high) - max(0, b_low))
        return low, high
    low = max(max(0, a_low, b_low, form_low), max(0, a_low) + max(0, b_low))
    high = min(max(0, a_high, b_high, form_high), max(0, a_high) + max(0, b_high))
    if weight > 0:
        return low, high
    return -high, -low


@nb.njit(nogil=True, cache=True)
def _paired(  # type: ignore[no-untyped-def]
    points, first_ball, last_ball, factor, radius, box, rows1, reaches, rows2, drifts,
    all_starts, all_units, all_weights, all_pairs, all_shifts, outputs, result,
):  # fmt: skip
    dim, count1 = points.shape[1], rows1[3].shape[0]
    centre, low, high = np.empty(dim, np.int64), np.empty(dim, np.int64), np.empty(dim, np.int64)
    for ball in range(first_ball, last_ball):
        if not _sides(points[ball], factor, radius, box, centre, low, high):
            result[ball] = _EMPTY
            continue
        below, above, middle = np.empty(count1, np.int64), np.empty(count1, np.int64), np.empty(count1, np.int64)
        _first(rows1, reaches, centre, low, high, below, above, middle)
        for layer in range(len(all_shifts)):
            starts, units, weights, shifts = all_starts[layer], all_units[layer], all_weights[layer], all_shifts[layer]
            next_low, next_high = shifts.copy(), shifts.copy()
            for i in range(starts.shape[0] - 1):
                for e in range(starts[i], starts[i + 1]):
                    w, k = weights[e], units[e]
                    lo, hi = max(below[k], 0), max(above[k], 0)
                    next_low[i] += w * (lo if w > 0 else hi)
                    next_high[i] += w * (hi if w > 0 else lo)
            for row, a, b, form, weight, other in all_pairs[layer]:
                lo, hi = _pair(below[a], above[a], below[b], above[b], below[form], above[form], weight, other)
                next_low[row] += lo
                next_high[row] += hi
            if layer == 0:
                starts2, units2, weights2, bias2 = rows2
                for i in range(bias2.shape[0]):
                    value = bias2[i]
                    for e in range(starts2[i], starts2[i + 1]):
                        value += weights2[e] * max(middle[units2[e]], 0)
                    next_low[i] = max(next_low[i], value - drifts[i])
                    next_high[i] = min(next_high[i], value + drifts[i])
            below, above = next_low, next_high
        result[ball] = below[:outputs].min()
