"""Convex polygons with rational corners: cut, grown by a ball, and the area of their union."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from constructions.data.norm_ball import NormBall, Point
from constructions.sets.box import Box

# Integers (x, y, q) with q positive: the point (x/q, y/q). As a line, (a, b, c) is where a x + b y + c q = 0.
Corner = tuple[int, ...]
Polygon = tuple[Corner, ...]
MOST_PIECES = 2000


def corner_at(point: Sequence[Fraction]) -> Corner:
    """Return a point of the plane as integers over one denominator."""
    q = math.lcm(*(value.denominator for value in point))
    return (*(int(value * q) for value in point), q)


def point_at(corner: Sequence[int]) -> Point:
    """Return a corner as a point with two coordinates."""
    x, y, q = corner
    return Fraction(x, q), Fraction(y, q)


def window(box: Box) -> Polygon:
    """Return a box of the plane as a polygon: a segment or a point where sides have width 0."""
    (left, low), (right, high) = box.lower, box.upper
    return convex_hull(corner_at(place) for place in ((left, low), (right, low), (right, high), (left, high)))


def grown_by(ball: NormBall, corners: Iterable[Corner]) -> Polygon:
    """Return the points within the radius of a convex polygon, in l-infinity or l1 a polygon again.

    Example:
        >>> len(grown_by(NormBall("l1", "1/2"), [(0, 0, 1), (1, 0, 2)]))
        6
    """
    r, unit = ball.radius.numerator, ball.radius.denominator
    steps = ((r, r), (r, -r), (-r, r), (-r, -r)) if ball.norm == "linf" else ((r, 0), (-r, 0), (0, r), (0, -r))
    places = ((x * unit + a * q, y * unit + b * q, q * unit) for x, y, q in corners for a, b in steps)
    return convex_hull(map(_shortened, places))


def convex_hull(corners: Iterable[Corner]) -> Polygon:
    """Return the corners of the convex hull, counterclockwise; two for a segment, one for a point."""
    ordered = sorted({point_at(corner): corner for corner in corners}.items())
    if len(ordered) <= 2:
        return tuple(corner for _, corner in ordered)
    chain: list[Corner] = []
    for row in (ordered, ordered[-2::-1]):
        bottom = max(len(chain), 1)
        for _, corner in row:
            while len(chain) > bottom and _side(_line(chain[-2], chain[-1]), corner) <= 0:
                chain.pop()
            chain.append(corner)
    return tuple(chain[:-1])


def area(polygon: Sequence[Corner]) -> Fraction:
    """Return the area of a convex polygon given counterclockwise."""
    points = [point_at(corner) for corner in (*polygon, *polygon[:1])]
    return sum((x * w - y * v for (x, y), (v, w) in pairwise(points)), Fraction(0)) / 2


def common_part(polygon: Polygon, frame: Polygon) -> Polygon:
    """Return the part of a convex polygon inside another one, given counterclockwise, or on a segment or a point."""
    edges = [_line(*ends) for ends in pairwise((*frame, *frame[:1]))]
    if len(frame) == 2:  # beside the line of a segment, lines across its ends
        (a, b, _), (first, second) = edges[0], frame
        edges += [_across(b, -a, first), _across(-b, a, second)]
    if len(frame) == 1:
        edges = [_across(*step, frame[0]) for step in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    for edge in edges:
        polygon = _cut(polygon, [_side(edge, corner) for corner in polygon])
    return polygon


def union_area(
    polygons: Iterable[Polygon], deadline: float | None = None, most_pieces: int = MOST_PIECES
) -> Fraction | None:
    """Return the area of the union of convex polygons, each given counterclockwise.

    The largest is counted first, and of every other what lies outside those before it, cut
    into convex parts.

    Args:
        polygons: with three corners or more.
        deadline: ``time.monotonic()`` value at which to give up.
        most_pieces: give up where a polygon falls into more parts.

    Returns:
        ``None`` after giving up.
    """
    total, counted = Fraction(0), list[Polygon]()
    for polygon in sorted(set(polygons), key=area, reverse=True):
        parts = [polygon]
        for other in counted:
            parts = [rest for part in parts for rest in _outside(part, other)]
            if len(parts) > most_pieces or (deadline is not None and time.monotonic() > deadline):
                return None
        if parts:
            total += sum(map(area, parts), Fraction(0))
            counted.append(polygon)
    return total


def union_length(intervals: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
    """Return the length of a union of closed intervals.

    Example:
        >>> union_length((Fraction(low), Fraction(high)) for low, high in ((0, 2), (1, 3), (5, 6)))
        Fraction(4, 1)
    """
    total, reached = Fraction(0), None
    for low, high in sorted(intervals):
        begin = low if reached is None else max(low, reached)
        total += max(Fraction(0), high - begin)
        reached = high if reached is None else max(high, reached)
    return total


def _outside(polygon: Polygon, other: Polygon) -> list[Polygon]:
    """Return convex parts of a polygon that make up, but for a null set, what lies outside another."""
    parts, inside = [], polygon
    for ends in pairwise((*other, other[0])):
        edge = _line(*ends)
        sides = [_side(edge, corner) for corner in inside]
        if max(sides) <= 0:
            return [polygon]
        if min(sides) < 0:
            parts.append(_cut(inside, [-side for side in sides]))
            inside = _cut(inside, sides)
    return parts


def _cut(polygon: Polygon, sides: list[int]) -> Polygon:
    """Return the closed part of a polygon on which a linear function, given at the corners, is at least 0."""
    kept: list[Corner] = []
    ends = zip(polygon, (*polygon[1:], *polygon[:1]), sides, (*sides[1:], *sides[:1]), strict=True)
    for corner, after, here, there in ends:
        if here >= 0:
            kept.append(corner)
        if (here < 0 < there) or (there < 0 < here):
            kept.append(_shortened(abs(there) * a + abs(here) * b for a, b in zip(corner, after, strict=True)))
    apart = [corner for place, corner in enumerate(kept) if place == 0 or corner != kept[place - 1]]
    return tuple(apart[:-1] if len(apart) > 1 and apart[-1] == apart[0] else apart)


def _line(start: Corner, end: Corner) -> Corner:
    """Return the line through two points, positive on its left."""
    (x, y, q), (v, w, p) = start, end
    return _shortened((y * p - q * w, q * v - x * p, x * w - y * v))


def _across(a: int, b: int, corner: Corner) -> Corner:
    """Return the line ``a x + b y = constant`` through a point."""
    x, y, q = corner
    return a * q, b * q, -(a * x + b * y)


def _side(line: Corner, corner: Corner) -> int:
    """Return a number that is positive left of a line, 0 on it, and linear in the corner's integers."""
    return line[0] * corner[0] + line[1] * corner[1] + line[2] * corner[2]


def _shortened(values: Iterable[int]) -> Corner:
    listed = tuple(values)
    common = math.gcd(*listed) or 1
    return tuple(value // common for value in listed)
