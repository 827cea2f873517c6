"""The flat torus: a product of circles, each in a plane of its own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from constructions.data.manifold import Box, Cell, Manifold, Reach
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.manifolds.planes import HALF
from constructions.manifolds.sphere import Sphere


@dataclass(frozen=True, slots=True)
class FlatTorus:
    """The product of k circles of radius r in R^(2k) (Clifford's torus).

    Coordinates 2i and 2i + 1 are those of circle i; bit i of a chart's number is the chart
    of circle i. The curvature is 0, and the reach is r: a point has one nearest point if
    and only if no pair of its coordinates is the centre of its circle.

    Theorem: def:atlas

    Attributes:
        dimension: k, at least 1.
        circle: of radius r.
    """

    dimension: int
    circle: Sphere

    @classmethod
    def of(cls, dimension: int, radius: Any = HALF) -> FlatTorus:
        """Return a torus.

        Raises:
            AssumptionViolated: the dimension or the radius is out of range.
            InexactInput: the radius is a float.
        """
        if dimension < 1:
            raise AssumptionViolated(f"a torus needs k >= 1, got {dimension}", "k")
        return cls(dimension, Sphere.of(1, radius))

    @property
    def dim(self) -> int:
        """Twice the dimension."""
        return 2 * self.dimension

    @property
    def radius(self) -> Fraction:
        """Of the circles."""
        return self.circle.radius

    @property
    def spec(self) -> str:
        """The specification."""
        return f"torus:k={self.dimension},radius={self.radius}"

    @property
    def reach(self) -> Reach:
        """The radius of the circles."""
        return self.radius

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The box ``[-1, 1]^k``, once per choice of a chart on each circle."""
        one = (Fraction(1),) * self.dimension
        return tuple(Cell(chart, tuple(-x for x in one), one) for chart in range(2**self.dimension))

    @property
    def factor(self) -> Manifold:
        """The circle."""
        return self.circle

    def chart_map(self, chart: int) -> None:
        """Return ``None``: the charts are curved."""

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return those of a circle."""
        return self.circle.breakpoints(chart >> axis & 1, 0, pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return False: the boxes of the charts of a circle meet in its ends only."""
        return False

    def enclose(self, cell: Cell) -> Box:
        """Return the product of the boxes around the arcs."""
        arcs = [
            _arc(self.circle, cell.chart >> axis & 1, low, high)
            for axis, (low, high) in enumerate(zip(cell.lower, cell.upper, strict=True))
        ]
        lower, upper = (tuple(x for arc in arcs for x in arc[end]) for end in (0, 1))
        return lower, upper

    def point(self, chart: int, parameters: Point) -> Point:
        """Return the point of each circle, one after the other."""
        return tuple(x for axis, u in enumerate(parameters) for x in _point(self.circle, chart >> axis & 1, u))

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the stereographic projection of each circle."""
        if not self.contains(point):
            return None
        found = [_parameters(self.circle, chart >> axis & 1, pair) for axis, pair in enumerate(self._pairs(point))]
        return None if None in found else tuple(u for each in found if each is not None for u in each)

    def contains(self, point: Point) -> bool:
        """Tell whether each pair of coordinates lies on its circle."""
        return len(point) == self.dim and all(_is_on(self.circle, pair) for pair in self._pairs(point))

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return bounds of the power of the circumference."""
        low, high = self.circle.volume()
        return low**self.dimension, high**self.dimension

    def _pairs(self, point: Point) -> list[Point]:
        return [point[2 * axis : 2 * axis + 2] for axis in range(self.dimension)]


@lru_cache(maxsize=2**14)
def _arc(circle: Sphere, chart: int, low: Fraction, high: Fraction) -> Box:
    """Return the box around an arc; every arc occurs in many cells."""
    return circle.enclose(Cell(chart, (low,), (high,)))


@lru_cache(maxsize=2**14)
def _is_on(circle: Sphere, pair: Point) -> bool:
    return circle.contains(pair)


@lru_cache(maxsize=2**14)
def _parameters(circle: Sphere, chart: int, pair: Point) -> Point | None:
    return circle.parameters(chart, pair)


@lru_cache(maxsize=2**14)
def _point(circle: Sphere, chart: int, parameter: Fraction) -> Point:
    return circle.point(chart, (parameter,))
