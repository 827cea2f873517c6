"""Continuous piecewise linear functions of one variable on a closed interval, exactly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The function through ``(nodes, values)``, linear in between.

    Compares by identity, so that results can be kept per function without reading it again.

    Attributes:
        nodes: increasing; the first and the last are the ends of the interval.
        values: one per node.
    """

    nodes: tuple[Fraction, ...]
    values: tuple[Fraction, ...]

    @classmethod
    def line(cls, low: Fraction, high: Fraction, slope: Fraction, constant: Fraction) -> Pieces:
        """Return an affine function on an interval."""
        return cls((low, high), (slope * low + constant, slope * high + constant))

    @property
    def is_affine(self) -> bool:
        """True for a single piece."""
        return len(self.nodes) == 2

    def steepness(self, index: int) -> Fraction:
        """Return the slope of one piece."""
        return (self.values[index + 1] - self.values[index]) / (self.nodes[index + 1] - self.nodes[index])

    def at(self, place: Fraction) -> Fraction:
        """Return the value at a place of the interval."""
        index = min(max(bisect_right(self.nodes, place) - 1, 0), len(self.nodes) - 2)
        left, right = self.nodes[index], self.nodes[index + 1]
        share = (place - left) / (right - left)
        return self.values[index] + share * (self.values[index + 1] - self.values[index])

    def relu(self) -> Pieces:
        """Return the positive part."""
        nodes, values = [self.nodes[0]], [max(self.values[0], Fraction(0))]
        for i in range(1, len(self.nodes)):
            before, after = self.values[i - 1], self.values[i]
            if before * after < 0:
                share = before / (before - after)
                nodes.append(self.nodes[i - 1] + share * (self.nodes[i] - self.nodes[i - 1]))
                values.append(Fraction(0))
            nodes.append(self.nodes[i])
            values.append(max(after, Fraction(0)))
        return _without_straight_nodes(nodes, values)

    def line_on(self, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction] | None:
        """Return slope and constant where the function is affine between two places."""
        if any(low < node < high for node in self.nodes):
            return None
        slope = (self.at(high) - self.at(low)) / (high - low)
        return slope, self.at(low) - slope * low

    def restricted(self, low: Fraction, high: Fraction) -> Pieces:
        """Return the function on a smaller interval of positive length."""
        inner = [node for node in self.nodes if low < node < high]
        nodes = [low, *inner, high]
        return Pieces(tuple(nodes), tuple(self.at(node) for node in nodes))


def combined(terms: Sequence[tuple[Fraction, Pieces]], constant: Fraction = Fraction(0)) -> Pieces:
    """Return a linear combination, plus a constant, of functions on one interval."""
    if len(terms) == 1:
        weight, pieces = terms[0]
        return Pieces(pieces.nodes, tuple(weight * value + constant for value in pieces.values))
    nodes = sorted({node for _, pieces in terms for node in pieces.nodes})
    values = [sum((weight * pieces.at(node) for weight, pieces in terms), constant) for node in nodes]
    return _without_straight_nodes(nodes, values)


def _without_straight_nodes(nodes: Sequence[Fraction], values: Sequence[Fraction]) -> Pieces:
    """Drop nodes at which the slope does not change."""
    kept = [0]
    for i in range(1, len(nodes) - 1):
        last = kept[-1]
        here = (values[i] - values[last]) * (nodes[i + 1] - nodes[i])
        if here != (values[i + 1] - values[i]) * (nodes[i] - nodes[last]):
            kept.append(i)
    kept.append(len(nodes) - 1)
    return Pieces(tuple(nodes[i] for i in kept), tuple(values[i] for i in kept))
