"""Sums of clipped votes, each constant on cells of a grid: decided from the weights, cell by cell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from constructions.data.norm_ball import NormBall
from constructions.exact.norms import is_within
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Point = tuple[Fraction, ...]
Piece = tuple[Fraction | None, Fraction | None]


def vote_margins(network: ReluNetwork, points: list[Point], labels: list[int], ball: NormBall) -> list[Fraction] | None:
    """Bound label times output from below on every ball, where parts of a network vote.

    Accepts:
        Networks of one output whose hidden units fall into parts that share no weights, where
        first-layer units read one coordinate each and every part ends in a clip: two units of
        equal weights whose output weights cancel. Balls in l-infinity, l1 and l2.

    Decides:
        Sound. Finds a margin of at least 1 where more parts are right on every cell that a
        ball meets than can be off their cells at one point, and their clips are at most 2 wide.

    Method:
        On each axis a part is constant on closed intervals and moves on open ramps between them. At a
        point off its ramps a part has the value of one cell, evaluated once. At a point no more
        parts are on a ramp than ramps overlap on each axis, summed over the axes; those count with
        the worst their clips allow.

    Cost:
        One evaluation of a part per cell met, and a pass over all ramps per ball.

    Reference:
        proofs_notes/thm_voting_memorization.md

    Args:
        network: exact network.
        points: centres of the balls.
        labels: -1 or +1 each.
        ball: norm and radius.

    Returns:
        One bound per ball; ``None`` where the network does not have that form.
    """
    parts = _parts(network)
    if parts is None:
        return None
    bias = network.maps[-1].bias[0]
    return [_margin(parts, bias, centre, label, ball) for centre, label in zip(points, labels, strict=True)]


@dataclass(slots=True)
class _Part:
    """Hidden units that no weight connects to others, with their share of the output.

    Attributes:
        network: that share, without the output's bias.
        pieces: for each axis the closed intervals on which the part does not move, increasing.
        low: least value of the clip.
        high: largest value of the clip.
        values: of the cells seen so far.
    """

    network: ReluNetwork
    pieces: list[list[Piece]]
    low: Fraction
    high: Fraction
    values: dict[tuple[int, ...], Fraction] = field(default_factory=dict)

    def ramps(self, axis: int, low: Fraction, high: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
        """Yield the open intervals outside all pieces of an axis that meet a closed one, cut off beyond it."""
        start = low - 1
        for first, last in [*self.pieces[axis], (high + 1, None)]:
            if first is not None and start < min(first, high + 1) and start < high and first > low:
                yield start, min(first, high + 1)
            start = high + 1 if last is None else max(last, low - 1)

    def least(self, centre: Point, label: int, ball: NormBall) -> Fraction:
        """Return the least of label times value over the cells that a closed ball meets."""
        near = []
        for x, pieces in zip(centre, self.pieces, strict=True):
            gaps = [(number, _distance(x, piece)) for number, piece in enumerate(pieces)]
            near.append([(number, gap) for number, gap in gaps if gap <= ball.radius])
        found = [
            label * self._value(tuple(number for number, _ in cell))
            for cell in itertools.product(*near)
            if is_within([gap for _, gap in cell], ball.norm, ball.radius)
        ]
        return min(found, default=self.worst(label))

    def worst(self, label: int) -> Fraction:
        """Return the least of label times value that the clip allows."""
        return self.low if label > 0 else -self.high

    def _value(self, cell: tuple[int, ...]) -> Fraction:
        if cell not in self.values:
            ends = [pieces[number] for pieces, number in zip(self.pieces, cell, strict=True)]
            inside = [low if low is not None else high if high is not None else Fraction(0) for low, high in ends]
            self.values[cell] = self.network(inside)[0]
        return self.values[cell]


def _distance(x: Fraction, piece: Piece) -> Fraction:
    low, high = piece
    if low is not None and x < low:
        return low - x
    return x - high if high is not None and x > high else Fraction(0)


def _margin(parts: list[_Part], bias: Fraction, centre: Point, label: int, ball: NormBall) -> Fraction:
    good = [part.least(centre, label, ball) for part in parts]
    losses = sorted((value - part.worst(label) for value, part in zip(good, parts, strict=True)), reverse=True)
    return label * bias + sum(good, Fraction(0)) - sum(losses[: _most_on_ramps(parts, centre, ball)], Fraction(0))


def _most_on_ramps(parts: list[_Part], centre: Point, ball: NormBall) -> int:
    """Return a bound on the number of parts that have a ramp at one point of a ball."""
    total = 0
    for axis, x in enumerate(centre):
        ramps = [ramp for part in parts for ramp in part.ramps(axis, x - ball.radius, x + ball.radius)]
        ends = [(start, 1) for start, _ in ramps] + [(end, -1) for _, end in ramps]
        depth = most = 0
        for _, step in sorted(ends):  # open intervals: one that ends comes before one that starts there
            depth += step
            most = max(most, depth)
        total += most
    return total


def _parts(network: ReluNetwork) -> list[_Part] | None:
    """Return the parts of a network, ``None`` if it has not the form of votes."""
    if network.outputs != 1 or len(network.maps) < 3:
        return None
    found = []
    for units in _components(network):
        part = _part(network, units)
        if part is None:
            return None
        found.append(part)
    return found


def _components(network: ReluNetwork) -> list[list[list[int]]]:
    """Return the connected parts of the hidden units, each as its unit numbers layer by layer."""
    hidden = network.maps[:-1]
    sizes = [affine.shape[0] for affine in hidden]
    first = list(itertools.accumulate(sizes, initial=0))
    parent = list(range(first[-1]))

    def root(unit: int) -> int:
        while parent[unit] != unit:
            parent[unit] = parent[parent[unit]]
            unit = parent[unit]
        return unit

    for layer in range(1, len(hidden)):
        rows = hidden[layer].numerators
        for i, j in zip(rows.entry_rows, rows.columns, strict=True):
            parent[root(first[layer] + int(i))] = root(first[layer - 1] + int(j))
    groups: dict[int, list[list[int]]] = {}
    for layer, size in enumerate(sizes):
        for unit in range(size):
            groups.setdefault(root(first[layer] + unit), [[] for _ in sizes])[layer].append(unit)
    return list(groups.values())


def _part(network: ReluNetwork, units: list[list[int]]) -> _Part | None:
    dim = network.maps[0].shape[1]
    chosen = [list(range(dim)), *units, [0]]
    maps = [_restricted(affine, *chosen[place : place + 2]) for place, affine in enumerate(network.maps)]
    clip = _clip(maps)
    if clip is None or any(columns.size > 1 for columns, _ in map(maps[0].numerators.row, range(len(units[0])))):
        return None
    maps[-1] = AffineMap(maps[-1].weight, [0])
    return _Part(ReluNetwork(maps), [_pieces(maps[0], maps[1], axis) for axis in range(dim)], *clip)


def _restricted(affine: AffineMap, inputs: list[int], outputs: list[int]) -> AffineMap:
    """Return the map between some of its inputs and outputs, all others being left out."""
    places = {unit: place for place, unit in enumerate(inputs)}
    rows, columns, values = [], [], []
    for place, unit in enumerate(outputs):
        for column, value in zip(*affine.numerators.row(unit), strict=True):
            if int(column) in places:
                rows.append(place)
                columns.append(places[int(column)])
                values.append(int(value))
    bias = [int(affine.bias_numerators[unit]) for unit in outputs]
    return AffineMap.from_coo(rows, columns, values, (len(outputs), len(inputs)), bias, affine.denominator)


def _clip(maps: list[AffineMap]) -> tuple[Fraction, Fraction] | None:
    """Return the range of a part that ends in ``w relu(a + s) - w relu(a + t)``, ``None`` for others."""
    before, last = maps[-2], maps[-1]
    if before.shape[0] != 2 or sum(last.weight[0]) != 0 or before.weight[0] != before.weight[1]:
        return None
    reach = last.weight[0][0] * (before.bias[0] - before.bias[1])
    return min(reach, Fraction(0)), max(reach, Fraction(0))


def _pieces(first: AffineMap, second: AffineMap, axis: int) -> list[Piece]:
    """Return the closed intervals of an axis on which no second-layer unit of a part moves."""
    turns = []
    for unit, (row, bias) in enumerate(zip(first.weight, first.bias, strict=True)):
        if row[axis]:
            turns.append((-bias / row[axis], row[axis], [weights[unit] for weights in second.weight]))
    turns.sort(key=lambda turn: turn[0])
    slopes = [Fraction(0)] * second.shape[0]
    for _, steep, weights in turns:
        slopes = [slope + min(steep, Fraction(0)) * weight for slope, weight in zip(slopes, weights, strict=True)]
    found: list[Piece] = []
    start: Fraction | None = None
    for place, steep, weights in turns:
        if not any(slopes) and (start is None or start < place):
            found.append((start, place))
        slopes = [slope + abs(steep) * weight for slope, weight in zip(slopes, weights, strict=True)]
        start = place
    if not any(slopes):
        found.append((start, None))
    return _merged(found)


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with those joined that touch."""
    joined: list[Piece] = []
    for low, high in pieces:
        if joined and joined[-1][1] == low:
            joined[-1] = joined[-1][0], high
        else:
            joined.append((low, high))
    return joined
