"""Bumps with squares of their own: a paraboloid above each, and where it also bounds it from below."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import concatenated_ranges, integer_array, scaled
from constructions.network.affine_map import AffineMap
from verify.methods.separable.bumps import Bumps, Roles
from verify.methods.separable.parabola import bends_of, parabola_below
from verify.methods.separable.pieces import Pieces, combined
from verify.methods.separable.structure import Analysis, Layer, group_sums

_MOST_PARTS = 2**13
_FEW_ROWS = 16


@dataclass(frozen=True, slots=True)
class Part:
    """Minus one term of a sum, and the interval in which the term alone does not make the sum 0.

    Attributes:
        mirrored: minus the term.
        low: where the interval starts.
        high: where it ends.
    """

    mirrored: Pieces
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class OwnSquares:
    """Rows of the last hidden layer that are sums over every coordinate, or nowhere positive.

    Attributes:
        analysis: of the network.
        rows: those that matter.
        alive: which of them are positive anywhere in the range as far as one can tell.
        parts: different terms of those that are alive.
        names: place in ``parts`` of each of their terms, shape (alive, dim).
    """

    analysis: Analysis
    rows: np.ndarray
    alive: np.ndarray
    parts: list[Part]
    names: np.ndarray

    @classmethod
    def of(cls, analysis: Analysis, affine: AffineMap, layer: Layer, dim: int, roles: Roles) -> OwnSquares | None:
        """Return the rows that matter; ``None`` if one leaves out a coordinate, or they have too little in common.

        Where one coordinate alone brings a sum down to 0, whatever the others are, nothing
        more needs to be known: its interval is what is left of the range.
        """
        sums = analysis.preactivations(affine, layer)
        if sums is None:
            return None
        rows, counts = roles.rows, sums.counts[roles.rows]
        functions = sums.functions[concatenated_ranges(sums.starts[rows], counts)]
        different, names = np.unique(functions, return_inverse=True)
        tops = [analysis.window(function).most for function in different.tolist()]
        totals, unit = group_sums(tops, names, counts)
        alive = totals > 0
        if (counts[alive] != dim).any():
            return None
        kept, heights = names[np.repeat(alive, counts)], totals[alive]
        levels, level = np.unique(heights, return_inverse=True)
        pairs, places = np.unique(kept + len(different) * np.repeat(level, dim), return_inverse=True)
        if len(pairs) > _MOST_PARTS:
            return None
        parts = []
        for pair in pairs.tolist():
            height, name = divmod(pair, len(different))
            floor = tops[name] - Fraction(int(levels[height]), unit)
            function = int(different[name])
            low, high = analysis.window(function).above(floor)
            parts.append(Part(combined([(-1, analysis.functions[function])]), low, high))
        return cls(analysis, rows, alive, parts, places.reshape(-1, dim))

    def bends(self) -> Counter[Fraction]:
        """Return guesses of the bend, and how many kinks of a few rows suggest each."""
        found: Counter[Fraction] = Counter()
        few = np.unique(np.linspace(0, len(self.names) - 1, min(_FEW_ROWS, len(self.names))).astype(np.int64))
        for names in self.names[few].tolist():
            found.update(_guesses([self.parts[name] for name in names]))
        return found if self.alive.any() else Counter([Fraction(1)])

    def bumps(self, bend: Fraction) -> Bumps:
        """Complete the square of every row."""
        alive, parts = self.alive, self.parts
        fits = [parabola_below(part.mirrored, bend, part.low, part.high) for part in parts]
        centres, unit = _table([-fit.slope / (2 * bend) for fit in fits], self.names, alive)
        sides = [side for part in parts for side in (part.low, part.high)]
        (lower, side_unit), (upper, _) = (_table(sides, 2 * self.names + side, alive) for side in (0, 1))
        counts = np.full(len(self.names), self.names.shape[1])
        heights = [fit.slope**2 / (4 * bend) - fit.constant for fit in fits]
        peaks, peak_unit = group_sums(heights, self.names.ravel(), counts)
        drops, drop_unit = group_sums([fit.excess for fit in fits], self.names.ravel(), counts)
        value_unit = math.lcm(peak_unit, drop_unit)
        values = np.zeros((2, len(alive)), dtype=object)
        values[:, alive] = scaled(peaks, value_unit // peak_unit), scaled(drops, value_unit // drop_unit)
        return Bumps(self.rows, bend, centres, unit, values[0], values[1], value_unit, (lower, upper, side_unit))


def _guesses(parts: list[Part]) -> Counter[Fraction]:
    """Return guesses of the bend of one row: from its kinks, and from where it would reach 0 without the range."""
    found: Counter[Fraction] = Counter()
    floors = [_floor(part.mirrored) for part in parts]
    total = sum((floor for floor in floors if floor is not None), Fraction(0))
    ends: list[tuple[Pieces, Fraction]] = []
    for part, floor in dict.fromkeys(zip(parts, floors, strict=True)):
        found.update(bends_of(part.mirrored))
        if floor is not None:
            ends += [(part.mirrored, end) for end in _ray_ends(part.mirrored, floor - total)]
    ends += [(part.mirrored, end) for part in dict.fromkeys(parts) for end in (part.low, part.high)]
    for mirrored, end in ends:
        found.update(dict.fromkeys(bends_of(mirrored, end), 0))
    return found


def _floor(pieces: Pieces) -> Fraction | None:
    """Return the smallest value on the line, ``None`` where there is none."""
    if pieces.slopes[0] > 0 or pieces.slopes[-1] < 0:
        return None
    return Fraction(min(pieces.values), pieces.unit * pieces.rate)


def _ray_ends(pieces: Pieces, level: Fraction) -> list[Fraction]:
    """Return where a function that grows beyond its nodes reaches a level there."""
    whole = level * (pieces.unit * pieces.rate)
    sides = (
        (pieces.nodes[0], pieces.values[0], pieces.slopes[0]),
        (pieces.nodes[-1], pieces.values[-1], pieces.slopes[-1]),
    )
    return [(node + (whole - value) / slope) / pieces.unit for node, value, slope in sides if slope and value < whole]


def _table(values: list[Fraction], names: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a row of integers for every live row, 0 for the others, and the unit they are in."""
    unit = math.lcm(*(value.denominator for value in values))
    whole = integer_array(np.array([int(value * unit) for value in values], dtype=object))
    table = np.zeros((len(alive), names.shape[1]), dtype=whole.dtype)
    table[alive] = whole[names] if len(whole) else 0
    return table, unit
