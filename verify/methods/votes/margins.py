"""Sums of votes decided on balls: constant where the grid of a part is not crossed, bounded elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import over_common_denominator
from constructions.network.relu_network import ReluNetwork
from verify.methods.ball_program import Domain, ball_program
from verify.methods.constant_tail import ConstantTail
from verify.methods.votes.structure import Axis, Part, Votes, votes_of

MOST_PLACES = 2**16
_TOGETHER = 256

Progress = Callable[[int], None]
Place = tuple[int, ...]
Sides = list[tuple[Fraction, Fraction]]


def vote_margins(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    ball: NormBall,
    domain: Domain | None = None,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> list[Fraction | None]:
    """Bound the output from below on every ball, part by part.

    Accepts:
        Networks with one output whose units form two or more parts that share only the
        input, whose first layer reads single coordinates, and whose parts are bounded by
        their last layer; l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Sound. Proves the votes of shifted grids, however deep and large their weights.

    Method:
        Along each coordinate the second layer of a part is constant on some intervals.
        Where all coordinates lie in such intervals the part is constant and is evaluated
        exactly, once for every product of intervals that a ball meets. Elsewhere it is at
        least its bound, and what is lost by that is charged to a coordinate: the loss of
        all parts together is at most the sum over coordinates of the largest sum of
        losses at one value of the coordinate.

    Cost:
        One evaluation of a part per product of intervals that any ball meets.

    Reference:
        The note lem:cut-balls.

    Args:
        network: label times network, to be positive.
        points: integers, shape (n, dim); the centres are ``points / scale``.
        scale: positive integer.
        ball: norm and radius.
        domain: box that also restricts the attacker.
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        A lower bound of the output per ball, ``None`` where nothing is claimed.
    """
    votes = votes_of(network)
    if votes is None:
        return [None] * len(points)
    tellers = [_Teller(part) for part in votes.parts]
    result: list[Fraction | None] = []
    waiting: list[_Crossed | None] = []
    for index, row in enumerate(points):
        if deadline is not None and time.monotonic() >= deadline:
            break
        waiting.append(_crossed(votes, [Fraction(int(value), scale) for value in row], ball, domain))
        many = sum(len(places) for one in waiting if one is not None for places in one.places) > MOST_PLACES
        if many or len(waiting) == _TOGETHER or index == len(points) - 1:
            result += _margins(votes, tellers, waiting)
            if progress is not None:
                progress(len(waiting))
            waiting = []
    return result + [None] * (len(points) - len(result))


@dataclass(slots=True)
class _Teller:
    """The values of one part at its places: products of intervals, one for each coordinate."""

    part: Part
    known: dict[Place, Fraction] = field(default_factory=dict)

    def learn(self, places: Iterable[Place]) -> None:
        """Evaluate the part at places not known yet, all at once."""
        new = [place for place in places if place not in self.known]
        if new:
            self.known.update(zip(new, self._values(new), strict=True))

    def smallest(self, places: Sequence[Place]) -> Fraction:
        """Return the smallest value at some known places."""
        return min(self.known[place] for place in places)

    def _values(self, places: Sequence[Place]) -> Iterator[Fraction]:
        axes, network = self.part.axes, self.part.network
        flat = [axis.inner(piece) for place in places for axis, piece in zip(axes, place, strict=True)]
        numerators, scale = over_common_denominator(flat)
        rows = integer_array(np.array(numerators, dtype=object)).reshape(len(places), len(axes))
        program = ball_program(network, rows, scale, NormBall("linf", 0))
        first = np.maximum(
            network.maps[0].apply(
                integer_array(rows * program.point_factor).T, program.scales[0] // network.maps[0].denominator
            ),
            0,
        )
        values = ConstantTail(program).smallest_outputs(1, first)
        return (Fraction(int(value), program.scales[-1]) for value in values if value is not None)


@dataclass(frozen=True, slots=True)
class _Crossed:
    """A ball that is not empty.

    Attributes:
        sides: lowest and highest value of every coordinate.
        places: for each part, the products of flat pieces that the ball meets.
    """

    sides: Sides
    places: list[list[Place]]


def _crossed(votes: Votes, centre: Sequence[Fraction], ball: NormBall, domain: Domain | None) -> _Crossed | None:
    """Return what a ball meets, ``None`` if it is empty or meets too many places."""
    sides = _sides(centre, ball.radius, domain)
    if any(low > high for low, high in sides):
        return None
    found = []
    for part in votes.parts:
        places = _places(part.axes, sides, centre, ball)
        if places is None:
            return None
        found.append(places)
    return _Crossed(sides, found)


def _margins(votes: Votes, tellers: Sequence[_Teller], balls: Sequence[_Crossed | None]) -> list[Fraction | None]:
    """Return the bounds of some balls, all places of a part evaluated together."""
    for index, teller in enumerate(tellers):
        teller.learn({place for ball in balls if ball is not None for place in ball.places[index]})
    return [None if ball is None else _margin(votes, tellers, ball) for ball in balls]


def _margin(votes: Votes, tellers: Sequence[_Teller], ball: _Crossed) -> Fraction:
    total, losses = votes.bias, []
    for part, teller, places in zip(votes.parts, tellers, ball.places, strict=True):
        value = max(teller.smallest(places), part.least) if places else part.least
        total += value
        losses.append(value - part.least)
    for axis, (low, high) in enumerate(ball.sides):
        zones = [(part.axes[axis].zones(low, high), loss) for part, loss in zip(votes.parts, losses, strict=True)]
        total -= _largest_loss([(zone, loss) for found, loss in zones for zone in found if loss], low, high)
    return total


def _sides(centre: Sequence[Fraction], radius: Fraction, domain: Domain | None) -> Sides:
    """Return the lowest and highest value of every coordinate."""
    sides = [(value - radius, value + radius) for value in centre]
    if domain is None:
        return sides
    return [
        (max(low, least), min(high, most))
        for (low, high), least, most in zip(sides, domain.lower, domain.upper, strict=True)
    ]


def _places(axes: Sequence[Axis], sides: Sides, centre: Sequence[Fraction], ball: NormBall) -> list[Place] | None:
    """Return the products of flat pieces that a ball meets; ``None`` if they are too many."""
    pieces = [axis.met(low, high) for axis, (low, high) in zip(axes, sides, strict=True)]
    if math.prod(map(len, pieces)) > MOST_PLACES:
        return None
    if ball.norm == "linf":
        return list(product(*pieces))
    power = 1 if ball.norm == "l1" else 2
    steps = [
        {piece: _excess(axis, piece, value) ** power for piece in found}
        for axis, found, value in zip(axes, pieces, centre, strict=True)
    ]
    limit = ball.radius**power
    return [
        place
        for place in product(*pieces)
        if sum((step[piece] for step, piece in zip(steps, place, strict=True)), Fraction(0)) <= limit
    ]


def _excess(axis: Axis, piece: int, value: Fraction) -> Fraction:
    """Return how far a value lies outside a piece."""
    low, high = axis.side(piece)
    if low is not None and value < low:
        return low - value
    return value - high if high is not None and value > high else Fraction(0)


def _largest_loss(
    zones: Sequence[tuple[tuple[Fraction, Fraction], Fraction]], low: Fraction, high: Fraction
) -> Fraction:
    """Return the largest sum of losses of open intervals with a point of ``[low, high]`` in common."""
    ends = sorted({low, high, *(end for zone, _ in zones for end in zone if low < end < high)})
    candidates = ends + [(before + after) / 2 for before, after in pairwise(ends)]
    sums = (sum((loss for (a, b), loss in zones if a < value < b), Fraction(0)) for value in candidates)
    return max(sums)
