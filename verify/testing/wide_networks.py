"""Random networks of up to 12 inputs, 3 hidden layers and some 30 units, with balls that reach just far enough.

Such networks have too many affine pieces to enumerate. Along a line they have few: the
first wrong point on a line through the centre is known exactly, and so is a radius at
which the ball contains it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import isqrt

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.exact.norms import length
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.testing.exact_distance import nearest_wrong
from verify.testing.tiny_networks import TinyCase

MOST_UNITS = 30
_FURTHEST = 8
_LINES = 8
# Integer vectors of integer l2 length.
_STEPS = ((1,), (3, 4), (1, 2, 2), (2, 3, 6), (1, 1, 1, 1), (1, 1, 3, 5))


def draw_wide_case(stream: random.Random, norms: Sequence[str] = ("linf", "l1", "l2")) -> TinyCase:
    """Return a random case; equal streams give equal cases."""
    norm = stream.choice(list(norms))
    dim, outputs = stream.randint(3, 12), stream.choice((1, 1, 1, 2, 3))
    network = _network(stream, dim, outputs)
    point = tuple(Fraction(stream.randint(-8, 8), stream.choice((8, 8, 7, 12))) for _ in range(dim))
    values = network(point)
    label = max(range(outputs), key=lambda k: values[k]) if outputs > 1 else 1 if values[0] > 0 else -1
    domain = _domain(stream, point) if stream.random() < 0.2 else None
    wrong = _first_wrong(stream, network, label, point, norm, domain)
    if wrong is None:
        radius = Fraction(stream.randint(1, 16), 16)
    else:
        exact = _distance(wrong, point, norm)
        hair = Fraction(1, 2 ** stream.randint(10, 40))
        radius = max(Fraction(0), stream.choice((exact, exact + hair, exact - hair, exact / 2, exact * 3 / 4)))
        wrong = wrong if radius >= exact else None
    kind = "wide, several outputs" if outputs > 1 else "wide"
    return TinyCase(kind, network, LabelledPoints.of([point], [label]), norm, radius, domain, wrong)


def _network(stream: random.Random, dim: int, outputs: int) -> ReluNetwork:
    """Return a network with weights that are all dyadic or not."""
    hidden = stream.choice((1, 2, 2, 3, 3))
    widths = [dim, *(stream.randint(2, MOST_UNITS // hidden) for _ in range(hidden)), outputs]
    below = stream.choice(((16,), (64,), (3, 7, 10), (1,)))
    sparse = stream.choice((0, 0, 0.5))
    maps = []
    for inputs, rows in pairwise(widths):
        weight = [[_weight(stream, below, sparse) for _ in range(inputs)] for _ in range(rows)]
        maps.append(AffineMap(weight, [_weight(stream, below, 0) for _ in range(rows)]))
    return ReluNetwork(maps)


def _weight(stream: random.Random, below: Sequence[int], sparse: float) -> Fraction:
    if stream.random() < sparse:
        return Fraction(0)
    denominator = stream.choice(below)
    return Fraction(round(stream.gauss(0, 1) * denominator), denominator)


def _domain(stream: random.Random, point: Point) -> tuple[Point, Point]:
    """Return a box around the centre, some of its faces exactly through it."""
    lower = tuple(value - Fraction(stream.randint(0, 4), 4) for value in point)
    return lower, tuple(value + Fraction(stream.randint(0, 4), 4) for value in point)


def _first_wrong(
    stream: random.Random, network: ReluNetwork, label: int, point: Point, norm: str, domain: tuple[Point, Point] | None
) -> Point | None:
    """Return the nearest of the first wrong points on a few lines through the centre."""
    found = [_on_line(network, label, point, _direction(stream, len(point), norm), domain) for _ in range(_LINES)]
    inside = [place for place in found if place is not None]
    return min(inside, key=lambda place: _distance(place, point, norm), default=None)


def _direction(stream: random.Random, dim: int, norm: str) -> list[int]:
    if norm == "linf":
        return [stream.choice((-1, 1)) for _ in range(dim)]
    steps = stream.choice([step for step in _STEPS if len(step) <= dim])
    direction = [0] * dim
    for axis, size in zip(stream.sample(range(dim), len(steps)), steps, strict=True):
        direction[axis] = stream.choice((-1, 1)) * size
    return direction


def _on_line(
    network: ReluNetwork, label: int, point: Point, direction: list[int], domain: tuple[Point, Point] | None
) -> Point | None:
    """Return the first wrong point in a direction, within the domain."""
    first, *rest = network.maps
    slope = [[sum((w * d for w, d in zip(row, direction, strict=True)), Fraction(0))] for row in first.weight]
    line = ReluNetwork([AffineMap(slope, first(point)), *rest])
    end = _last_inside(point, direction, domain)
    found = nearest_wrong(line, label, [0], max(end, 1), ([0], [end])) if end >= 0 else None
    return None if found is None else tuple(c + found.point[0] * d for c, d in zip(point, direction, strict=True))


def _last_inside(point: Point, direction: list[int], domain: tuple[Point, Point] | None) -> Fraction:
    ends = [Fraction(_FURTHEST)]
    if domain is not None:
        for value, step, low, high in zip(point, direction, *domain, strict=True):
            if step:
                ends.append(((high if step > 0 else low) - value) / step)
    return min(ends)


def _distance(point: Point, centre: Point, norm: str) -> Fraction:
    """Return the distance; lines have directions of integer length, so that it is rational in l2."""
    offset = [x - c for x, c in zip(point, centre, strict=True)]
    if norm != "l2":
        return length(offset, norm)
    square = sum((step * step for step in offset), Fraction(0))
    return Fraction(isqrt(square.numerator), isqrt(square.denominator))
