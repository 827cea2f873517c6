"""Compiled evaluation of integer layers whose values have many digits, some columns at a time.

Numbers are in base 2^28, the lowest digit (limb) first. Values between layers are not
negative, one int32 array of shape (limbs, columns) holding the limbs of all units. A
weight is the list of its nonzero limbs, each with the sign of the weight.

Why nothing overflows: a row with T terms below 2^b is below T * 2^b in size, so it fits
``b + log2 T`` bits and a sign, and so does every partial sum. An int64 sum takes at most
100 products below 2^56 between two carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba as nb
import numpy as np

from constructions.exact.integer_arrays import IntegerRows, largest_magnitude

BITS = 28
_MASK = 2**BITS - 1
_ROOM = 100
_Limbs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class LimbLayers(NamedTuple):
    """Layers end to end; the biases and the weights as signed limbs.

    Attributes:
        rows: first row of each layer, and the end.
        starts: first weight of each row, and the end.
        units: the unit that each weight reads, within its layer.
        sizes: bit length of each weight.
        parts: first limb of each weight, and the end.
        places: position of each limb.
        limbs: nonzero, between -2^28 and 2^28.
        shift_sizes: bit length of each bias.
        shift_parts: first limb of each bias, and the end.
        shift_places: position of each limb of a bias.
        shift_limbs: as ``limbs``.
        repeats: whether a row has the weights of the row before it.
    """

    rows: np.ndarray
    starts: np.ndarray
    units: np.ndarray
    sizes: np.ndarray
    parts: np.ndarray
    places: np.ndarray
    limbs: np.ndarray
    shift_sizes: np.ndarray
    shift_parts: np.ndarray
    shift_places: np.ndarray
    shift_limbs: np.ndarray
    repeats: np.ndarray


def limb_layers(weights: Sequence[IntegerRows], biases: Sequence[np.ndarray]) -> LimbLayers:
    """Return the layers in the form that ``evaluate`` reads."""
    entries = [_signed_limbs(rows.values) for rows in weights]
    shifts = [_signed_limbs(bias) for bias in biases]
    counts = [np.diff(rows.starts) for rows in weights]
    return LimbLayers(
        _offsets([np.array([rows.shape[0]]) for rows in weights]),
        _offsets(counts),
        np.concatenate([rows.columns for rows in weights]).astype(np.int64),
        *_joined(entries),
        *_joined(shifts),
        np.concatenate([_repeats(rows) for rows in weights]),
    )


def _offsets(counts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(counts), dtype=np.int64)])


def _joined(parts: list[_Limbs]) -> _Limbs:
    sizes, counts, places, limbs = zip(*parts, strict=True)
    return np.concatenate(sizes), _offsets(list(counts)), np.concatenate(places), np.concatenate(limbs)


def _signed_limbs(values: np.ndarray) -> _Limbs:
    """Return bit lengths, numbers of nonzero limbs, and the places and signed values of those."""
    table = np.stack(limbs_of(np.abs(values)), axis=1)
    kept = table != 0
    owner, places = np.nonzero(kept)
    signs = np.where(values < 0, -1, 1).astype(np.int64)
    last = np.where(kept.any(axis=1), table.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1), 0)
    top = table[np.arange(len(values)), last]
    sizes = BITS * last + np.frexp(top.astype(np.float64))[1]  # below 2^28, so the exponent is the bit length
    return sizes.astype(np.int64), kept.sum(axis=1), places, (table[kept] * signs[owner]).astype(np.int32)


def limbs_of(values: np.ndarray) -> list[np.ndarray]:
    """Return the limbs of integers that are not negative, lowest first, at least one."""
    count = max(1, -(-largest_magnitude(values).bit_length() // BITS))
    found = []
    for _ in range(count):
        found.append((values & _MASK).astype(np.int64))
        values = values >> BITS
    return found


def _repeats(rows: IntegerRows) -> np.ndarray:
    found = np.zeros(rows.shape[0], dtype=np.bool_)
    for index in range(1, rows.shape[0]):
        (before, left), (after, right) = rows.row(index - 1), rows.row(index)
        found[index] = len(before) == len(after) and bool((before == after).all() and (left == right).all())
    return found


def integers_of(limbs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the integers, shape (units, columns), of limbs whose topmost carries the sign."""
    result = np.zeros((len(lengths), limbs.shape[1]), dtype=np.int64 if max(lengths) <= 2 else object)
    first = np.cumsum(lengths) - lengths
    for unit, (start, length) in enumerate(zip(first, lengths, strict=True)):
        for place in reversed(range(length)):
            result[unit] = result[unit] * 2**BITS + limbs[start + place]
    return result


@nb.njit(nogil=True, cache=True)
def evaluate(layers: LimbLayers, layer: int, limbs: np.ndarray, units: int) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate the layers from one on, exactly, with ReLU between them.

    Args:
        layers: from ``limb_layers``.
        layer: the first to apply.
        limbs: the values, as many limbs for every unit; int32, shape (limbs, columns).
        units: number of values a column.

    Returns:
        The limbs of the outputs, and the number of limbs of each output.
    """
    each = len(limbs) // units
    first = np.arange(units) * each
    sizes = np.empty(units, np.int64)
    for unit in range(units):
        sizes[unit] = _size(limbs, first[unit], each)
    depth = len(layers.rows) - 1
    lengths = np.full(units, each, np.int64)
    for index in range(layer, depth):
        lengths = _lengths(layers, index, sizes)
        after = np.empty((lengths.sum(), limbs.shape[1]), np.int32)
        starts = np.cumsum(lengths) - lengths
        sizes = _layer(layers, index, limbs, first, sizes, after, starts, lengths, index < depth - 1)
        limbs, first = after, starts
    return limbs, lengths


@nb.njit(nogil=True, cache=True)
def _size(limbs: np.ndarray, first: int, length: int) -> int:
    """Return the bit length of the largest number in a row of columns."""
    for place in range(length - 1, -1, -1):
        top = 0
        for column in range(limbs.shape[1]):
            top |= limbs[first + place, column]
        if top:
            size = BITS * place
            while top:
                top >>= 1
                size += 1
            return size
    return 0


@nb.njit(nogil=True, cache=True)
def _lengths(layers: LimbLayers, index: int, sizes: np.ndarray) -> np.ndarray:
    """Return how many limbs hold each row of a layer, its partial sums and its sign."""
    rows, starts, units, weight_sizes = layers.rows, layers.starts, layers.units, layers.sizes
    shift_sizes, repeats = layers.shift_sizes, layers.repeats
    begin, end = rows[index], rows[index + 1]
    found = np.empty(end - begin, np.int64)
    row = begin
    while row < end:
        last = row + 1
        most = shift_sizes[row]
        while last < end and repeats[last]:
            most = max(most, shift_sizes[last])
            last += 1
        terms = 1
        for entry in range(starts[row], starts[row + 1]):
            size = sizes[units[entry]]
            if size:
                terms += 1
                most = max(most, size + weight_sizes[entry])
        while terms:
            terms >>= 1
            most += 1
        found[row - begin : last - begin] = most // BITS + 1
        row = last
    return found


@nb.njit(nogil=True, cache=True)
def _layer(layers, index, limbs, first, sizes, after, starts, lengths, rectify):  # type: ignore[no-untyped-def]
    """Fill ``after`` with the rows of a layer; return the bit lengths of the values."""
    rows, repeats = layers.rows, layers.repeats
    begin, end = rows[index], rows[index + 1]
    sums = np.empty((lengths.max(), limbs.shape[1]), np.int64)
    found = np.zeros(end - begin, np.int64)
    for row in range(begin, end):
        here = row - begin
        length = lengths[here]
        if here == 0 or not repeats[row]:
            _sum(layers, row, limbs, first, sizes, sums[:length])
        _finish(layers, row, sums[:length], after[starts[here] : starts[here] + length], rectify)
        if rectify:
            found[here] = _size(after, starts[here], length)
    return found


@nb.njit(nogil=True, cache=True)
def _sum(layers, row, limbs, first, sizes, sums):  # type: ignore[no-untyped-def]
    """Put the weighted sum of a row into ``sums``, not carried."""
    starts, units, parts, places, digits = layers.starts, layers.units, layers.parts, layers.places, layers.limbs
    sums[:] = 0
    room = _ROOM
    for entry in range(starts[row], starts[row + 1]):
        unit = units[entry]
        length = (sizes[unit] + BITS - 1) // BITS
        if length == 0:
            continue
        for part in range(parts[entry], parts[entry + 1]):
            if room == 0:
                _carry(sums)
                room = _ROOM
            room -= 1
            digit, place = digits[part], places[part]
            for step in range(length):
                target, source = sums[place + step], limbs[first[unit] + step]
                for column in range(len(target)):
                    target[column] += np.int64(digit) * np.int64(source[column])


@nb.njit(nogil=True, cache=True)
def _carry(sums):  # type: ignore[no-untyped-def]
    """Carry upwards: every limb but the topmost ends between 0 and 2^28 - 1."""
    for place in range(len(sums) - 1):
        here, above = sums[place], sums[place + 1]
        for column in range(len(here)):
            above[column] += here[column] >> BITS
            here[column] &= _MASK


@nb.njit(nogil=True, cache=True)
def _finish(layers, row, sums, target, rectify):  # type: ignore[no-untyped-def]
    """Write sum plus bias, carried; with ``rectify`` a negative number becomes 0."""
    parts, places, digits = layers.shift_parts, layers.shift_places, layers.shift_limbs
    length, columns = sums.shape
    bias = np.zeros(length, np.int64)
    for part in range(parts[row], parts[row + 1]):
        bias[places[part]] = digits[part]
    carry = np.zeros(columns, np.int64)
    for place in range(length - 1):
        source, goal, shift = sums[place], target[place], bias[place]
        for column in range(columns):
            value = source[column] + shift + carry[column]
            goal[column] = value & _MASK
            carry[column] = value >> BITS
    top = target[length - 1]
    for column in range(columns):
        top[column] = sums[length - 1, column] + bias[length - 1] + carry[column]
    if rectify:
        for place in range(length):  # the topmost comes last: it has the signs
            goal = target[place]
            for column in range(columns):
                goal[column] = 0 if top[column] < 0 else goal[column]
