"""Radii and boxes at which verdicts turn: exactly critical, a hair beside, faces through what decides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from constructions.data.norm_ball import NormBall, Point
from constructions.errors import BudgetExceeded
from constructions.network.relu_network import ReluNetwork
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import critical_radius, smallest_margin

Box = tuple[Point, Point]
HAIR = Fraction(1, 2**40)
_LIMIT = 4
_CELLS = 400
_ROOT_BITS = 60


def draw_ball(
    stream: random.Random, network: ReluNetwork, label: int, point: Sequence[Fraction], norm: str
) -> tuple[Fraction, Box | None]:
    """Return a radius, and now and then a box that cuts the ball.

    Args:
        stream: where randomness comes from.
        network: the network.
        label: of the point.
        point: centre of the ball.
        norm: of the ball.
    """
    plain = Fraction(stream.choice((0, 1, 1, 2, 3, 5, 12)), stream.choice((4, 7, 16, 64)))
    planes = network.dim**2 if norm == "linf" else network.dim
    touching: Point | None = None
    radius = plain
    if stream.random() >= 0.4 and network.size.units * planes <= 60:
        try:
            exact, touching = _critical(network, label, point, norm)
        except BudgetExceeded:
            exact = None
        if exact is not None:
            radius = max(Fraction(0), exact + _offset(stream, exact))
    if touching is not None and stream.random() < 0.2:
        return radius, _touched_box(stream, point, radius, touching)
    return radius, _box(stream, point, radius) if stream.random() < 0.15 else None


def _offset(stream: random.Random, exact: Fraction) -> Fraction:
    hair = stream.choice((HAIR, HAIR, Fraction(1, 2 ** stream.randint(10, 40))))
    return stream.choice((Fraction(0), Fraction(0), hair, -hair, -exact / 2))


def _critical(
    network: ReluNetwork, label: int, point: Sequence[Fraction], norm: str
) -> tuple[Fraction | None, Point | None]:
    """Return the smallest radius that reaches a wrong point (l2: rounded, where irrational), and the point."""
    if norm == "l2" and network.dim > 1:
        nearest = nearest_wrong(network, label, point, _LIMIT, most_cells=_CELLS)
        if nearest is None or nearest.square > _LIMIT**2:
            return None, None
        square = nearest.square
        return Fraction(isqrt(square.numerator * square.denominator << 2 * _ROOT_BITS), 1 << _ROOT_BITS) / (
            square.denominator
        ), nearest.point
    norm = "l1" if norm == "l1" else "linf"
    exact = critical_radius(network, label, point, norm, _LIMIT, most_cells=_CELLS)
    if exact is None:
        return None, None
    found = smallest_margin(network, label, point, NormBall(norm, exact), most_cells=_CELLS)
    return exact, None if found is None else found.point


def _box(stream: random.Random, point: Sequence[Fraction], radius: Fraction) -> Box:
    """Return a box whose faces are at quarters of the radius from the centre."""
    shares = [sorted(Fraction(stream.randint(-6, 6), 4) for _ in range(2)) for _ in point]
    lower = tuple(value + radius * share[0] for value, share in zip(point, shares, strict=True))
    return lower, tuple(value + radius * share[1] for value, share in zip(point, shares, strict=True))


def _touched_box(stream: random.Random, point: Sequence[Fraction], radius: Fraction, touching: Point) -> Box:
    """Return a box with faces through the point that decides, a hair outside it or a hair inside."""
    shift = stream.choice((Fraction(0), Fraction(0), HAIR, -HAIR))
    lower, upper = [], []
    for centre, touch in zip(point, touching, strict=True):
        room = radius * Fraction(stream.randint(0, 4), 4)
        ends = sorted((centre, touch))
        if stream.random() < 0.5:
            ends = [ends[0] - (room if ends[0] == centre else shift), ends[1] + (room if ends[1] == centre else shift)]
        else:
            ends = [ends[0] - room, ends[1] + room]
        lower.append(min(ends))
        upper.append(max(ends))
    return tuple(lower), tuple(upper)
