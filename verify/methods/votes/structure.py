"""Independent parts of a network, what each adds at least, and where each is constant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Entries = list[dict[int, int]]


@dataclass(frozen=True, slots=True)
class Axis:
    """Where the second layer of a part does not move with one coordinate.

    Attributes:
        ends: the kinks in increasing order; piece i lies between ``ends[i-1]`` and ``ends[i]``.
        flat: the pieces on which nothing moves, in increasing order.
    """

    ends: tuple[Fraction, ...]
    flat: tuple[int, ...]

    def side(self, piece: int) -> tuple[Fraction | None, Fraction | None]:
        """Return the ends of a piece, ``None`` where it has none."""
        return (self.ends[piece - 1] if piece else None, self.ends[piece] if piece < len(self.ends) else None)

    def inner(self, piece: int) -> Fraction:
        """Return a point of a piece."""
        low, high = self.side(piece)
        if low is None or high is None:
            return low + 1 if low is not None else high - 1 if high is not None else Fraction(0)
        return (low + high) / 2

    def met(self, low: Fraction, high: Fraction) -> list[int]:
        """Return the flat pieces that meet a closed interval, ends included."""
        first, last = bisect_left(self.ends, low), bisect_right(self.ends, high)
        return [piece for piece in self.flat[bisect_left(self.flat, first) :] if piece <= last]

    def zones(self, low: Fraction, high: Fraction) -> list[tuple[Fraction, Fraction]]:
        """Return the open intervals without a flat piece that meet a closed interval.

        An interval without an end is cut a little outside.
        """
        pieces = [-1, *self.flat, len(self.ends) + 1]
        found = []
        for before, after in pairwise(pieces):
            if after == before + 1:
                continue
            start = self.side(before)[1] if before >= 0 else None
            stop = self.side(after)[0] if after <= len(self.ends) else None
            start = low - 1 if start is None else start
            stop = high + 1 if stop is None else stop
            if start < high and stop > low:
                found.append((start, stop))
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One independent part of a network.

    Attributes:
        network: it alone, without the output's bias.
        axes: one per coordinate of the input.
        least: the part is at least this, everywhere.
    """

    network: ReluNetwork
    axes: tuple[Axis, ...]
    least: Fraction


@dataclass(frozen=True, slots=True)
class Votes:
    """A network as a sum of parts.

    Attributes:
        bias: of the output.
        parts: they share nothing but the input.
    """

    bias: Fraction
    parts: tuple[Part, ...]


def votes_of(network: ReluNetwork) -> Votes | None:
    """Return a network as a sum of bounded parts, ``None`` where it is none.

    Every unit of the first layer must read one coordinate, there must be two parts or more,
    and each must be bounded from below by its last layer alone and be constant along some
    piece of every coordinate.

    Args:
        network: with one output.
    """
    maps = network.maps
    if network.outputs != 1 or len(maps) < 4 or (np.diff(maps[0].numerators.starts) != 1).any():
        return None
    names = _parts(maps)
    count = int(names[-1].max()) + 1 if len(names[-1]) else 0
    if count < 2:
        return None
    least = _least(network, names[-1], count)
    if least is None:
        return None
    parts = []
    for name in range(count):
        units = [np.flatnonzero(layer == name) for layer in names]
        if not all(len(rows) for rows in units):
            return None
        alone = _alone(maps, units)
        axes = tuple(_axis(alone, axis) for axis in range(network.dim))
        if not all(axis.flat for axis in axes):
            return None
        parts.append(Part(alone, axes, least[name]))
    return Votes(Fraction(int(maps[-1].bias_numerators[0]), maps[-1].denominator), tuple(parts))


def _parts(maps: Sequence[AffineMap]) -> list[np.ndarray]:
    """Return the part of every hidden unit, by layer; parts without a last unit come last."""
    sizes = [affine.shape[0] for affine in maps[:-1]]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows = [affine.numerators.entry_rows + starts[place] for place, affine in enumerate(maps[1:-1], start=1)]
    columns = [affine.numerators.columns + starts[place - 1] for place, affine in enumerate(maps[1:-1], start=1)]
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = sparse.coo_array((np.ones(len(row), dtype=np.int8), (row, column)), shape=(starts[-1], starts[-1]))
    names = connected_components(graph, directed=False)[1]
    order: dict[int, int] = {}
    for name in names[starts[-2] :].tolist() + names.tolist():
        order.setdefault(name, len(order))
    renamed = np.array([order[name] for name in names.tolist()], dtype=np.int64)
    return [renamed[a:b] for a, b in pairwise(starts)]


def _least(network: ReluNetwork, names: np.ndarray, count: int) -> list[Fraction] | None:
    """Return a lower bound of every part, from its last layer; ``None`` if one has none.

    A unit that raises the output adds at least 0. One that lowers it needs a twin: the same
    row with another bias, and the opposite weight. Together they are monotone in the row,
    between 0 and the weight times the difference of the biases.
    """
    last, before = network.maps[-1], network.maps[-2]
    weights: defaultdict[int, int] = defaultdict(int)
    weights.update(zip(last.numerators.columns.tolist(), last.numerators.values.tolist(), strict=True))
    found, unit = [0] * count, last.denominator * before.denominator
    twins = _twins(before, weights)
    partner = twins | {higher: lower for lower, higher in twins.items()}
    for row, weight in weights.items():
        if weight < 0 and row not in partner:
            return None
        if row in twins and weights[twins[row]] < 0:
            cap = int(before.bias_numerators[twins[row]]) - int(before.bias_numerators[row])
            found[int(names[row])] += weights[twins[row]] * cap
    return [Fraction(value, unit) for value in found]


def _twins(affine: AffineMap, weights: dict[int, int]) -> dict[int, int]:
    """Return the higher of two units of one row and opposite output weights, by the lower one."""
    matrix, bias = affine.numerators, affine.bias_numerators
    rows: defaultdict[tuple[bytes, tuple[int, ...]], list[int]] = defaultdict(list)
    for row in weights:
        columns, values = matrix.row(row)
        rows[columns.tobytes(), tuple(values.tolist())].append(row)
    pairs = [sorted(found, key=lambda row: int(bias[row])) for found in rows.values() if len(found) == 2]
    return {lower: higher for lower, higher in pairs if weights[lower] == -weights[higher]}


def _alone(maps: Sequence[AffineMap], units: Sequence[np.ndarray]) -> ReluNetwork:
    """Return one part as a network, without the output's bias."""
    inner = [affine.select(rows.tolist()) for affine, rows in zip(maps, units, strict=False)]
    alone = [inner[0]]
    for affine, columns in zip([*inner[1:], maps[-1]], units, strict=True):
        place = np.full(affine.shape[1], -1, dtype=np.int64)
        place[columns] = np.arange(len(columns))
        entries = place[affine.numerators.columns]
        kept = entries >= 0
        bias = affine.bias_numerators if affine is not maps[-1] else np.zeros(1, dtype=np.int64)
        alone.append(
            AffineMap.from_coo(
                affine.numerators.entry_rows[kept],
                entries[kept],
                affine.numerators.values[kept],
                (affine.shape[0], len(columns)),
                bias,
                affine.denominator,
            )
        )
    return ReluNetwork(alone)


@dataclass(slots=True)
class _Slopes:
    """The slopes of all second-layer rows along one coordinate, left to right."""

    values: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, weights: dict[int, int], factor: int) -> None:
        for row, weight in weights.items():
            self.values[row] += factor * weight

    @property
    def are_zero(self) -> bool:
        return not any(self.values.values())


def _axis(network: ReluNetwork, axis: int) -> Axis:
    """Return the pieces of one coordinate, and those on which no second-layer row moves."""
    first, second = network.maps[0], network.maps[1]
    readers: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = second.numerators
    for row, unit, weight in zip(rows.entry_rows.tolist(), rows.columns.tolist(), rows.values.tolist(), strict=True):
        readers[unit][row] = weight
    slopes, kinks = _Slopes(), defaultdict(list)
    for unit in np.flatnonzero(first.numerators.columns == axis).tolist():
        slope, bias = int(first.numerators.values[unit]), int(first.bias_numerators[unit])
        kinks[Fraction(-bias, slope)].append((unit, abs(slope)))
        if slope < 0:
            slopes.add(readers[unit], slope)
    ends = sorted(kinks)
    flat = [0] if slopes.are_zero else []
    for place, end in enumerate(ends, start=1):
        # A rising unit turns on here, a falling one off: either way the slope grows.
        for unit, size in kinks[end]:
            slopes.add(readers[unit], size)
        if slopes.are_zero:
            flat.append(place)
    return Axis(tuple(ends), tuple(flat))
