"""Spheres, parametrised by the two stereographic projections: rational throughout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from constructions.data.manifold import Box, Cell, Manifold, Reach
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.exact.ball_arithmetic import sphere_area
from constructions.exact.rational import exact_fraction
from constructions.manifolds.planes import HALF


@dataclass(frozen=True, slots=True)
class Sphere:
    """The sphere of radius r around ``(1/2, ..., 1/2)`` in R^(k+1).

    Chart 0 leaves out the lowest point, chart 1 the highest; parameters u give the point
    ``1/2 + r (2u, +-(1 - |u|^2)) / (1 + |u|^2)``. The box ``[-1, 1]^k`` of each chart maps
    onto its closed half of the sphere and a little more.

    Theorem: def:atlas

    Attributes:
        dimension: k, at least 1.
        radius: r, in (0, 1/2], so that the sphere lies in the unit cube.
    """

    dimension: int
    radius: Fraction

    @classmethod
    def of(cls, dimension: int, radius: Any = HALF) -> Sphere:
        """Return a sphere.

        Raises:
            AssumptionViolated: the dimension or the radius is out of range.
            InexactInput: the radius is a float.
        """
        exact = exact_fraction(radius, "radius")
        if dimension < 1 or not 0 < exact <= HALF:
            raise AssumptionViolated(
                f"a sphere needs k >= 1 and 0 < radius <= 1/2, got {dimension} and {exact}", "radius"
            )
        return cls(dimension, exact)

    @property
    def dim(self) -> int:
        """One more than the dimension."""
        return self.dimension + 1

    @property
    def spec(self) -> str:
        """The specification."""
        return f"sphere:k={self.dimension},radius={self.radius}"

    @property
    def reach(self) -> Reach:
        """The radius: only the centre has several nearest points."""
        return self.radius

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The boxes ``[-1, 1]^k`` of both charts."""
        one = (Fraction(1),) * self.dimension
        return tuple(Cell(chart, tuple(-x for x in one), one) for chart in (0, 1))

    @property
    def factor(self) -> Manifold:
        """The sphere itself."""
        return self

    def chart_map(self, chart: int) -> None:
        """Return ``None``: the charts are curved."""

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return tangents of about equal angles: arcs of about equal length along each axis."""
        return tangents(pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Tell whether a cell lies in the half of the other chart: ``|u| >= 1`` on all of it."""
        return sum(_squares(low, high)[0] for low, high in zip(cell.lower, cell.upper, strict=True)) >= 1

    def enclose(self, cell: Cell) -> Box:
        """Return the smallest box around the image.

        ``u_i / (1 + u_i^2 + R)`` rises in u_i for ``|u_i| <= 1`` and its size falls in R, the
        sum of the other squares; ``(1 - s) / (1 + s)`` falls in ``s = |u|^2``. So the
        extremes are at ends of the ranges.
        """
        squares = [_squares(low, high) for low, high in zip(cell.lower, cell.upper, strict=True)]
        least, most = (sum((pair[end] for pair in squares), Fraction(0)) for end in (0, 1))
        lower, upper = [], []
        for low, high, (fewer, more) in zip(cell.lower, cell.upper, squares, strict=True):
            few, many = least - fewer, most - more
            lower.append(2 * low / (1 + low * low + (many if low > 0 else few)))
            upper.append(2 * high / (1 + high * high + (few if high > 0 else many)))
        heights = ((1 - most) / (1 + most), (1 - least) / (1 + least))
        if cell.chart == 1:
            heights = (-heights[1], -heights[0])
        return self._placed((*lower, heights[0])), self._placed((*upper, heights[1]))

    def point(self, chart: int, parameters: Point) -> Point:
        """Return the inverse of the stereographic projection."""
        square = sum((u * u for u in parameters), Fraction(0))
        height = (1 - square) / (1 + square)
        return self._placed((*(2 * u / (1 + square) for u in parameters), -height if chart else height))

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the stereographic projection, ``None`` at the point it leaves out."""
        if not self.contains(point):
            return None
        *flat, height = ((x - HALF) / self.radius for x in point)
        scale = 1 + (-height if chart else height)
        return tuple(x / scale for x in flat) if scale else None

    def contains(self, point: Point) -> bool:
        """Tell whether a point is at distance r from the centre."""
        return len(point) == self.dim and sum((x - HALF) ** 2 for x in point) == self.radius**2

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return bounds of the area."""
        low, high = sphere_area(self.dimension)
        scale = self.radius**self.dimension
        return low * scale, high * scale

    def _placed(self, unit: Point) -> Point:
        return tuple(HALF + self.radius * x for x in unit)


@cache
def tangents(pieces: int) -> tuple[Fraction, ...]:
    """Return rising rational numbers from -1 to 1, symmetric, near tangents of equal angles.

    Floats propose them; that they rise and end at -1 and 1 is all that is used.
    """
    unit = 2 ** (pieces.bit_length() + 6)
    half = [
        Fraction(round(math.tan(math.pi / 4 * (1 - 2 * place / pieces)) * unit), unit)
        for place in range(pieces // 2 + 1)
    ]
    half[0] = Fraction(1)
    if pieces % 2 == 0:
        half[-1] = Fraction(0)
    found = sorted({*half, *(-x for x in half)})
    if len(found) != pieces + 1:
        raise ArithmeticError(f"{pieces} pieces of an arc are too fine for tangents over {unit}")
    return tuple(found)


def _squares(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return the range of the squares of an interval."""
    ends = (low * low, high * high)
    return Fraction(0) if low <= 0 <= high else min(ends), max(ends)
