"""A bounded rational polytope, by its vertices or by half-spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.linear_program import minimum
from constructions.exact.rational import exact_fraction
from constructions.exact.simplex import LinearProgram, UnboundedProgram
from constructions.sets.brackets import Point
from constructions.sets.convex_pieces import PieceProgram
from constructions.sets.distances import distance, distance_squared
from constructions.sets.point_set import PointSet

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Polytope:
    """A bounded polytope in R^d: the hull of points, or what half-spaces have in common.

    Attributes:
        vertices: points whose convex hull it is; empty where half-spaces are given.
        rows: normals of half-spaces ``rows . x <= right``; empty where vertices are given.
        right: their right-hand sides.
        lower: the smallest value of every coordinate.
        upper: the largest value of every coordinate.

    Example:
        >>> triangle = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
        >>> corner = Polytope.of_halfspaces([[-1, 0], [0, -1], [1, 1]], [-2, -2, 5])
        >>> triangle.distance(corner, "linf"), triangle.distance_squared(corner)
        (Fraction(3, 2), Fraction(9, 2))
    """

    vertices: tuple[Point, ...]
    rows: tuple[Point, ...]
    right: Point
    lower: Point
    upper: Point

    @classmethod
    def of_vertices(cls, vertices: Sequence[Sequence[Any]]) -> Polytope:
        """Return the convex hull of points.

        Raises:
            InexactInput: a coordinate is a float.
            ValueError: there is no point, or the points differ in dimension.
        """
        points = _exact_rows(vertices, "vertex")
        axes = list(zip(*points, strict=True))
        return cls(points, (), (), tuple(map(min, axes)), tuple(map(max, axes)))

    @classmethod
    def of_halfspaces(cls, rows: Sequence[Sequence[Any]], right: Sequence[Any]) -> Polytope:
        """Return the points x with ``rows . x <= right``.

        Raises:
            AssumptionViolated: there is no such point, or they are not bounded.
            InexactInput: a number is a float.
            ValueError: the shapes do not fit.
        """
        normals = _exact_rows(rows, "half-space")
        limits = tuple(exact_fraction(value, "right-hand side") for value in right)
        if len(limits) != len(normals):
            raise ValueError(f"{len(normals)} half-spaces need as many right-hand sides, got {len(limits)}")
        signs = ((axis, sign) for axis in range(len(normals[0])) for sign in (1, -1))
        ends = [_extent(normals, limits, axis, sign) for axis, sign in signs]
        return cls((), normals, limits, tuple(ends[::2]), tuple(-value for value in ends[1::2]))

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return len(self.lower)

    @property
    def pieces(self) -> tuple[Polytope, ...]:
        """The polytope, as the one convex piece it is."""
        return (self,)

    def program(self) -> PieceProgram:
        """Return the polytope for a linear program: its weights, or its coordinates."""
        if self.vertices:
            count = len(self.vertices)
            rows = [[_ONE] * count, [-_ONE] * count]
            axes = list(zip(*self.vertices, strict=True))
            return PieceProgram(axes, rows, (_ONE, -_ONE), [_ZERO] * count, [None] * count)
        unit = [[_ONE if i == j else _ZERO for j in range(self.dim)] for i in range(self.dim)]
        rows = [[-value for value in row] for row in self.rows]
        return PieceProgram(unit, rows, [-value for value in self.right], self.lower, self.upper)

    def lowest(self, direction: Sequence[Fraction]) -> Point:
        """Return a point at which ``direction . x`` is smallest."""
        if self.vertices:
            return min(self.vertices, key=lambda vertex: _product(direction, vertex))
        piece = self.program()
        optimum = minimum(LinearProgram(direction, piece.rows, piece.right, piece.low, piece.high))
        if optimum is None:
            raise ArithmeticError("a polytope without a point")
        return optimum.point

    def distance(self, other: PointSet, norm: str) -> Fraction:
        """Return the exact l-infinity or l1 distance to another set."""
        return distance(self, other, norm)

    def distance_squared(self, other: PointSet) -> Fraction:
        """Return the exact squared l2 distance to another set."""
        return distance_squared(self, other)


def _extent(rows: Sequence[Point], right: Point, axis: int, sign: int) -> Fraction:
    """Return the minimum of ``sign * x[axis]``, with x written as a difference of positive parts."""
    dim = len(rows[0])
    cost = [Fraction(sign) if place == axis else _ZERO for place in range(dim)]
    program = LinearProgram(
        cost=[*cost, *(-value for value in cost)],
        rows=[[*(-value for value in row), *row] for row in rows],
        right=[-value for value in right],
        low=[_ZERO] * (2 * dim),
        high=[None] * (2 * dim),
    )
    try:
        optimum = minimum(program)
    except UnboundedProgram:
        raise AssumptionViolated(f"the half-spaces leave coordinate {axis} without a bound", "bounded") from None
    if optimum is None:
        raise AssumptionViolated("the half-spaces have no point in common", "nonempty")
    return optimum.value


def _exact_rows(rows: Sequence[Sequence[Any]], name: str) -> tuple[Point, ...]:
    exact = tuple(tuple(exact_fraction(value, f"{name} {i}") for value in row) for i, row in enumerate(rows))
    if not exact or not exact[0] or any(len(row) != len(exact[0]) for row in exact):
        raise ValueError(f"a polytope needs at least one {name}, all of one length of at least 1")
    return exact


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), _ZERO)
