"""A parabola below a piecewise linear function, and by how much the function exceeds it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from verify.methods.separable.pieces import Pieces, Window


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


def bends_of(pieces: Pieces, *ends: Fraction) -> Counter[Fraction]:
    """Return guesses of the square a function interpolates, and how many nodes suggest each.

    Where a function interpolates ``bend t^2 + ...`` at its nodes, its slope jumps at a node
    by ``bend`` times the distance of the two nodes beside it.

    Args:
        pieces: the function.
        ends: further places where pieces may end although the function goes straight on.
    """
    unit = math.lcm(pieces.unit, *(end.denominator for end in ends))
    nodes = [node * (unit // pieces.unit) for node in pieces.nodes]
    marks = sorted({*nodes, *(int(end * unit) for end in ends)})
    seen: Counter[tuple[int, int]] = Counter()
    for node, before, after in zip(nodes, pieces.slopes, pieces.slopes[1:], strict=False):
        place = bisect_left(marks, node)
        gaps = [abs(marks[beside] - node) for beside in (place - 1, place + 1) if 0 <= beside < len(marks)]
        if len(gaps) == 2:
            seen[after - before, sum(gaps)] += 1
        # Beside a node that ends the pieces the true neighbour is as far as on the other side.
        for gap in gaps:
            seen[after - before, 2 * gap] += 0
    found: Counter[Fraction] = Counter()
    for (turn, width), count in seen.items():
        if turn > 0:
            found[Fraction(turn * unit, width * pieces.rate)] += count
    return found


def parabola_below(pieces: Pieces, bend: Fraction, low: Fraction, high: Fraction) -> Parabola:
    """Return the parabola of a given bend that fits between two places.

    Args:
        pieces: the function.
        bend: coefficient of the square, positive.
        low: where the inequalities start to hold.
        high: where they end, above ``low``.
    """
    window = pieces.on(low, high)
    slope = _slope(window, bend)
    least, most = _range(window, bend, slope)
    return Parabola(bend, slope, least, most - least)


def _slope(window: Window, bend: Fraction) -> Fraction:
    """Return the slope at 0 of the parabola that a middle kink suggests, or else the ends.

    Where a function interpolates a parabola on equal pieces, the parabola's slope at a node
    is the mean of the slopes beside it.
    """
    inner = len(window.nodes) - 2
    if not inner:
        ends = Fraction(window.nodes[0] + window.nodes[-1], window.unit)
        return Fraction(window.slopes[0], window.rate) - bend * ends
    node = 1 + inner // 2
    beside = Fraction(window.slopes[node - 1] + window.slopes[node], 2 * window.rate)
    return beside - 2 * bend * Fraction(window.nodes[node], window.unit)


def _range(window: Window, bend: Fraction, slope: Fraction) -> tuple[Fraction, Fraction]:
    """Return the exact smallest and largest value of ``g(t) - bend t^2 - slope t``.

    It is concave on every piece: smallest at a node, largest at a node or where the slope
    of g is that of the parabola. Twice the values are compared, times ``curve``.
    """
    step = 2 * bend / window.unit
    rate = math.lcm(window.rate, slope.denominator, step.denominator)
    finer, tilt, curve = rate // window.rate, int(slope * rate), int(step * rate)
    lowest: int | None = None
    highest: int | None = None
    nodes, values = window.nodes, window.values
    for node, value in zip(nodes, values, strict=True):
        here = (2 * value * finer - (curve * node + 2 * tilt) * node) * curve
        lowest = here if lowest is None or here < lowest else lowest
        highest = here if highest is None or here > highest else highest
    for i, raw in enumerate(window.slopes):
        excess = raw * finer - tilt
        if nodes[i] * curve < excess < nodes[i + 1] * curve:
            here = 2 * (values[i] * finer - raw * finer * nodes[i]) * curve + excess * excess
            highest = here if highest is None or here > highest else highest
    assert lowest is not None and highest is not None
    whole = 2 * window.unit * rate * curve
    return Fraction(lowest, whole), Fraction(highest, whole)
