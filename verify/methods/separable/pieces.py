"""Continuous piecewise linear functions of one variable, in integers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Pieces:
    """A function on the whole line: affine between neighbouring nodes and beyond the last ones.

    All numbers are integers in lowest terms, so that equal functions compare equal.

    Attributes:
        unit: positive; nodes are in units of ``1 / unit``.
        nodes: increasing, at least one.
        rate: positive; slopes are in units of ``1 / rate``, values of ``1 / (unit * rate)``.
        slopes: left of the first node, between nodes, right of the last.
        values: one per node.
    """

    unit: int
    nodes: tuple[int, ...]
    rate: int
    slopes: tuple[int, ...]
    values: tuple[int, ...]

    @classmethod
    def line(cls, slope: Fraction, constant: Fraction) -> Pieces:
        """Return an affine function."""
        rate = math.lcm(slope.denominator, constant.denominator)
        steep = int(slope * rate)
        return cls(1, (0,), rate, (steep, steep), (int(constant * rate),))

    @property
    def is_affine(self) -> bool:
        """True without a kink."""
        return len(set(self.slopes)) == 1

    def at(self, place: Fraction) -> Fraction:
        """Return the value at a place."""
        above = bisect_right(self.nodes, place * self.unit)
        near = max(above - 1, 0)
        moved = self.slopes[above] * (place * self.unit - self.nodes[near])
        return Fraction(self.values[near] + moved) / (self.unit * self.rate)

    def relu(self) -> Pieces:
        """Return the positive part."""
        nodes, values, slopes = self.nodes, self.values, self.slopes
        crossings = {}
        for i, slope in enumerate(slopes):
            near = max(i - 1, 0)
            if slope and values[near]:
                place = nodes[near] - Fraction(values[near], slope)
                if (i == 0 or place > nodes[i - 1]) and (i == len(nodes) or place < nodes[i]):
                    crossings[i] = place
        finer = math.lcm(*(place.denominator for place in crossings.values()))
        found, kept = [], []
        for i, slope in enumerate(slopes):
            left = values[i - 1] if i else None
            starts_above = left > 0 or (left == 0 and slope > 0) if left is not None else _is_above_far_left(self)
            kept.append(slope if starts_above else 0)
            if i in crossings:
                found.append(int(crossings[i] * finer))
                kept.append(0 if starts_above else slope)
            if i < len(nodes):
                found.append(nodes[i] * finer)
        start = self.at(Fraction(found[0], self.unit * finer))
        first = max(Fraction(0), start) * (self.unit * finer * self.rate)
        return _reduced(self.unit * finer, found, self.rate, kept, int(first))

    def cut(self, low: Fraction, high: Fraction) -> Pieces:
        """Return a function that is the same between two places, and has no node beyond them."""
        start = bisect_right(self.nodes, low * self.unit)
        stop = max(start, bisect_left(self.nodes, high * self.unit))
        if stop - start == len(self.nodes):
            return self
        if start == stop:
            slope = Fraction(self.slopes[start], self.rate)
            return Pieces.line(slope, self.at(low) - slope * low)
        nodes, slopes = list(self.nodes[start:stop]), list(self.slopes[start : stop + 1])
        return _reduced(self.unit, nodes, self.rate, slopes, self.values[start])

    def line_on(self, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction] | None:
        """Return slope and constant where the function is affine between two places."""
        if any(low < Fraction(node, self.unit) < high for node in self.nodes) and not self.is_affine:
            return None
        slope = (self.at(high) - self.at(low)) / (high - low)
        return slope, self.at(low) - slope * low

    def on(self, low: Fraction, high: Fraction) -> Window:
        """Return the function on an interval of positive length."""
        unit = math.lcm(self.unit, low.denominator, high.denominator)
        finer = unit // self.unit
        first, last = int(low * unit), int(high * unit)
        nodes = [node * finer for node in self.nodes]
        start, stop = bisect_right(nodes, first), bisect_right(nodes, last - 1)
        inner, slopes = nodes[start:stop], self.slopes[start : stop + 1]
        near = max(start - 1, 0)
        values = [self.values[near] * finer + slopes[0] * (first - nodes[near])]
        marks = [first, *inner, last]
        for slope, (left, right) in zip(slopes, pairwise(marks), strict=True):
            values.append(values[-1] + slope * (right - left))
        return Window(unit, marks, self.rate, slopes, values)


def _is_above_far_left(pieces: Pieces) -> bool:
    """Return whether a function is positive as its argument goes to minus infinity."""
    return pieces.slopes[0] < 0 or (pieces.slopes[0] == 0 and pieces.values[0] > 0)


@dataclass(frozen=True, slots=True)
class Window:
    """A function on a closed interval; units as in ``Pieces``.

    Attributes:
        unit: positive.
        nodes: increasing; the first and the last are the ends.
        rate: positive.
        slopes: between nodes.
        values: one per node.
    """

    unit: int
    nodes: list[int]
    rate: int
    slopes: Sequence[int]
    values: list[int]

    @property
    def least(self) -> Fraction:
        """The smallest value."""
        return Fraction(min(self.values), self.unit * self.rate)

    @property
    def most(self) -> Fraction:
        """The largest value."""
        return Fraction(max(self.values), self.unit * self.rate)

    def above(self, floor: Fraction) -> tuple[Fraction, Fraction]:
        """Return the ends of the smallest interval outside of which the function is at most its floor.

        Somewhere it must be above.
        """
        limit = floor * (self.unit * self.rate)
        inside = [i for i, value in enumerate(self.values) if value > limit]
        low, high = Fraction(self.nodes[inside[0]]), Fraction(self.nodes[inside[-1]])
        if inside[0] > 0:
            low -= (self.values[inside[0]] - limit) / self.slopes[inside[0] - 1]
        if inside[-1] < len(self.nodes) - 1:
            high -= (self.values[inside[-1]] - limit) / self.slopes[inside[-1]]
        return low / self.unit, high / self.unit


def combined(terms: Sequence[tuple[int, Pieces]], constant: int = 0, denominator: int = 1) -> Pieces:
    """Return a linear combination of functions, plus a constant, all over a denominator."""
    unit = math.lcm(*(pieces.unit for _, pieces in terms))
    rate = math.lcm(*(pieces.rate for _, pieces in terms))
    turns: dict[int, int] = {}
    first = min(pieces.nodes[0] * (unit // pieces.unit) for _, pieces in terms)
    steep, start = 0, constant * unit * rate
    for weight, pieces in terms:
        finer, share = unit // pieces.unit, weight * (rate // pieces.rate)
        slope = share * pieces.slopes[0]
        steep += slope
        start += share * pieces.values[0] * finer + slope * (first - pieces.nodes[0] * finer)
        for node, (before, after) in zip(pieces.nodes, pairwise(pieces.slopes), strict=True):
            turns[node * finer] = turns.get(node * finer, 0) + share * (after - before)
    nodes, slopes = sorted(turns), [steep]
    for node in nodes:
        slopes.append(slopes[-1] + turns[node])
    return _reduced(unit, nodes, rate * denominator, slopes, start)


def _reduced(unit: int, nodes: list[int], rate: int, slopes: list[int], start: int) -> Pieces:
    """Return the function without nodes at which it goes straight on, in lowest terms.

    Args:
        unit: of the nodes.
        nodes: increasing.
        rate: of the slopes.
        slopes: one more than nodes.
        start: value at the first node.
    """
    values = [start]
    for i in range(1, len(nodes)):
        values.append(values[-1] + slopes[i] * (nodes[i] - nodes[i - 1]))
    kept = [i for i in range(len(nodes)) if slopes[i] != slopes[i + 1]]
    if not kept:
        slope = Fraction(slopes[0], rate)
        return Pieces.line(slope, Fraction(start, unit * rate) - slope * Fraction(nodes[0], unit))
    shared = math.gcd(unit, *(nodes[i] for i in kept))
    steep = [slopes[0], *(slopes[i + 1] for i in kept)]
    # In units of 1 / ((unit / shared) * rate) values must stay whole.
    lifts = [values[i] for i in kept]
    rate, steep, lifts = rate * shared, [slope * shared for slope in steep], lifts
    divisor = math.gcd(rate, *steep, *lifts)
    return Pieces(
        unit // shared,
        tuple(nodes[i] // shared for i in kept),
        rate // divisor,
        tuple(slope // divisor for slope in steep),
        tuple(value // divisor for value in lifts),
    )
