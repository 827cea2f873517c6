"""Outlines of balls and of neighbourhoods of boxes, as they are seen on a plane; for drawing only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.data.norm_ball import Point
from verify.report.pictures.planes import Plane

Outline = tuple[tuple[float, float], ...]
_TURNS = 180


def box_outline(lower: Sequence[Fraction], upper: Sequence[Fraction], norm: str, radius: float) -> Outline:
    """Return the outline of everything within a radius of a box of the plane; of a point where both corners agree."""
    (left, bottom), (right, top) = map(_rounded, (lower, upper))
    corners = ((right, top), (left, top), (left, bottom), (right, bottom))
    if norm == "linf":
        signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        return tuple((x + a * radius, y + b * radius) for (x, y), (a, b) in zip(corners, signs, strict=True))
    steps = 2 if norm == "l1" else _TURNS // 4
    outline = []
    for quarter, (x, y) in enumerate(corners):
        for step in range(steps):
            turn = (quarter + step / (steps - 1)) * math.pi / 2
            outline.append((x + radius * math.cos(turn), y + radius * math.sin(turn)))
    return tuple(outline)


def ball_outline(plane: Plane, centre: Point, norm: str, radius: Fraction) -> Outline | None:
    """Return the outline of the part of a ball that lies on a plane, ``None`` where it has none.

    On a plane that is parallel to no two axes only balls whose centre lies on it are shown.
    """
    if plane.axes is None:
        place = plane.place(centre)
        return None if place is None else _turned(plane, _rounded(place), norm, float(radius))
    rest = [abs(x - o) for axis, (x, o) in enumerate(zip(centre, plane.origin, strict=True)) if axis not in plane.axes]
    left = _left(rest, norm, radius)
    if left is None:
        return None
    middle = tuple(centre[axis] for axis in plane.axes)
    return box_outline(middle, middle, norm, left)


def _left(rest: list[Fraction], norm: str, radius: Fraction) -> float | None:
    """Return the radius of the section of a ball whose centre is ``rest`` away from the plane, axis by axis."""
    if norm == "linf":
        return float(radius) if max(rest, default=Fraction(0)) <= radius else None
    power = 1 if norm == "l1" else 2
    remaining = radius**power - sum((step**power for step in rest), Fraction(0))
    return None if remaining < 0 else float(remaining) ** (1 / power)


def _turned(plane: Plane, middle: tuple[float, float], norm: str, radius: float) -> Outline:
    """Return the outline of a ball around a place, by its length in each direction of the plane."""
    wide, high = plane.lengths
    outline = []
    for step in range(4 * _TURNS):
        turn = 2 * math.pi * step / (4 * _TURNS)
        s, t = math.cos(turn) / wide, math.sin(turn) / high
        way = [s * float(a) + t * float(u) for a, u in zip(plane.across, plane.up, strict=True)]
        size = {"linf": max(map(abs, way)), "l1": sum(map(abs, way)), "l2": math.hypot(*way)}[norm]
        outline.append((middle[0] + s * radius / size, middle[1] + t * radius / size))
    return tuple(outline)


def _rounded(place: Sequence[Fraction]) -> tuple[float, float]:
    x, y = place
    return float(x), float(y)
