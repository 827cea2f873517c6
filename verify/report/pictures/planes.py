"""The plane that a picture shows: all of a plane, two coordinates through a point, or three points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.norm_ball import Point
from constructions.errors import UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork

Place = tuple[Fraction, Fraction]

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Plane:
    """The points ``origin + s * across + t * up`` of R^d; places on it are pairs (s, t).

    Attributes:
        origin: a point of the plane.
        across: direction of the horizontal axis.
        up: direction of the vertical axis, orthogonal to it.
        names: what is written at the two axes.
        axes: numbers of the two coordinates, where it is parallel to two coordinate axes.
    """

    origin: Point
    across: Point
    up: Point
    names: tuple[str, str]
    axes: tuple[int, int] | None = None

    @classmethod
    def whole(cls) -> Plane:
        """Return the plane R^2 itself."""
        return cls((_ZERO, _ZERO), (_ONE, _ZERO), (_ZERO, _ONE), ("$x_1$", "$x_2$"), (0, 1))

    @classmethod
    def along_axes(cls, point: Point, first: int, second: int) -> Plane:
        """Return the plane through a point along two coordinates, which are its places.

        Raises:
            UsageError: the coordinates are equal or not those of the point.
        """
        for axis in (first, second):
            if not 0 <= axis < len(point):
                raise UsageError(f"there is no coordinate {axis}; the points have 0 to {len(point) - 1}")
        if first == second:
            raise UsageError(f"a slice needs two different coordinates, got {first} twice")
        origin = tuple(_ZERO if axis in (first, second) else value for axis, value in enumerate(point))
        across, up = (tuple(Fraction(axis == chosen) for axis in range(len(point))) for chosen in (first, second))
        return cls(origin, across, up, (f"coordinate {first}", f"coordinate {second}"), (first, second))

    @classmethod
    def through(cls, points: Sequence[Point], names: Sequence[str]) -> Plane:
        """Return the plane through three points: the first at (0, 0), the second at (1, 0).

        The vertical direction is the part of the way to the third point that is orthogonal to
        the way to the second, so that lengths and angles can be drawn as they are.

        Raises:
            UsageError: the three points lie on one line.
        """
        first, second, third = points
        across = tuple(x - o for x, o in zip(second, first, strict=True))
        way = tuple(x - o for x, o in zip(third, first, strict=True))
        square = _dot(across, across)
        if square:
            share = _dot(way, across) / square
            up = tuple(w - share * a for w, a in zip(way, across, strict=True))
            if any(up):
                return cls(tuple(first), across, up, (f"from {names[0]} to {names[1]}", f"towards {names[2]}"))
        raise UsageError(f"points {', '.join(names)} lie on one line; a plane needs three that do not")

    @property
    def lengths(self) -> tuple[float, float]:
        """The lengths of the two directions, rounded."""
        return math.sqrt(_dot(self.across, self.across)), math.sqrt(_dot(self.up, self.up))

    def point(self, place: Place) -> Point:
        """Return the point of R^d at a place."""
        s, t = place
        return tuple(o + s * a + t * u for o, a, u in zip(self.origin, self.across, self.up, strict=True))

    def place(self, point: Point) -> Place | None:
        """Return where a point of the plane is, ``None`` for a point beside it."""
        offset = [x - o for x, o in zip(point, self.origin, strict=True)]
        found = (
            _dot(offset, self.across) / _dot(self.across, self.across),
            _dot(offset, self.up) / _dot(self.up, self.up),
        )
        return found if self.point(found) == tuple(point) else None

    def restricted(self, network: ReluNetwork) -> ReluNetwork:
        """Return the network as a function of the places, exactly."""
        dim = len(self.origin)
        columns = np.array([0, 1] * dim, dtype=np.int64)
        entries = [value for pair in zip(self.across, self.up, strict=True) for value in pair]
        embedding = AffineMap.from_coo(np.repeat(np.arange(dim), 2), columns, entries, (dim, 2), list(self.origin))
        return ReluNetwork([composed(network.maps[0], embedding), *network.maps[1:]])


def _dot(first: Sequence[Fraction], second: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(first, second, strict=True)), _ZERO)
