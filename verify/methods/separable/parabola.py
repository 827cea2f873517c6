"""A parabola below a piecewise linear function, and by how much the function exceeds it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from verify.methods.separable.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Parabola:
    """``bend t^2 + slope t + constant <= g(t) <= the same + excess`` on an interval.

    Attributes:
        bend: coefficient of the square.
        slope: coefficient of t.
        constant: largest for which the lower inequality holds.
        excess: smallest for which the upper one does.
    """

    bend: Fraction
    slope: Fraction
    constant: Fraction
    excess: Fraction


def bends_of(pieces: Pieces) -> list[Fraction]:
    """Return guesses of the square a function interpolates, the commonest first.

    Where a function interpolates ``bend t^2 + ...`` at its nodes, its slope jumps at a node
    by ``bend`` times the distance of the two nodes beside it.
    """
    if pieces.is_affine:
        return [Fraction(0)]
    nodes = pieces.nodes
    slopes = [pieces.steepness(i) for i in range(len(nodes) - 1)]
    found: dict[Fraction, int] = {}
    for i in range(1, len(nodes) - 1):
        bend = (slopes[i] - slopes[i - 1]) / (nodes[i + 1] - nodes[i - 1])
        found[bend] = found.get(bend, 0) + 1
        # Beside a node that ends the interval the true neighbour is as far as on the other side.
        for width in (nodes[i] - nodes[i - 1], nodes[i + 1] - nodes[i]):
            found.setdefault((slopes[i] - slopes[i - 1]) / (2 * width), 0)
    return sorted(found, key=lambda bend: -found[bend])


def parabola_below(pieces: Pieces, bend: Fraction, low: Fraction, high: Fraction) -> Parabola:
    """Return the parabola of a given bend that fits best between two inner nodes.

    Args:
        pieces: the function, on an interval that contains [low, high].
        bend: coefficient of the square.
        low: where the inequalities start to hold.
        high: where they end.
    """
    slope = _slope(pieces, bend, low, high)
    least, most = _range(pieces.restricted(low, high), bend, slope)
    return Parabola(bend, slope, least, most - least)


def _slope(pieces: Pieces, bend: Fraction, low: Fraction, high: Fraction) -> Fraction:
    """Return the slope at 0 of the parabola that a middle node suggests, or else the ends.

    Where a function interpolates a parabola on equal pieces, the parabola's slope at a node
    is the mean of the slopes beside it.
    """
    inner = [i for i in range(1, len(pieces.nodes) - 1) if low <= pieces.nodes[i] <= high]
    if not inner:
        first, last = pieces.at(low) - bend * low * low, pieces.at(high) - bend * high * high
        return (last - first) / (high - low)
    node = inner[len(inner) // 2]
    return (pieces.steepness(node - 1) + pieces.steepness(node)) / 2 - 2 * bend * pieces.nodes[node]


def _range(pieces: Pieces, bend: Fraction, slope: Fraction) -> tuple[Fraction, Fraction]:
    """Return the exact smallest and largest value of ``g(t) - bend t^2 - slope t``."""
    nodes, values = pieces.nodes, pieces.values
    found = [value - bend * node * node - slope * node for node, value in zip(nodes, values, strict=True)]
    for i in range(len(nodes) - 1):
        steep = pieces.steepness(i)
        if bend:
            place = (steep - slope) / (2 * bend)
            if nodes[i] < place < nodes[i + 1]:
                value = values[i] + steep * (place - nodes[i])
                found.append(value - bend * place * place - slope * place)
    return min(found), max(found)
