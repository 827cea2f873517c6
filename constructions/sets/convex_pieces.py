"""Closest points of two convex polytopes: linear programs, and Wolfe's method in l2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from constructions.exact.linear_program import minimum
from constructions.exact.linear_systems import solve_exactly
from constructions.exact.simplex import LinearProgram
from constructions.sets.brackets import ClosestPoints, Point

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class PieceProgram:
    """A polytope as the image of limited variables: ``x = coordinates . u``.

    Attributes:
        coordinates: one row of coefficients per coordinate of x.
        rows: constraints ``rows . u >= right``.
        right: right-hand sides.
        low: lower limits of u.
        high: upper limits of u, ``None`` for none.
    """

    coordinates: Sequence[Sequence[Fraction]]
    rows: Sequence[Sequence[Fraction]]
    right: Sequence[Fraction]
    low: Sequence[Fraction]
    high: Sequence[Fraction | None]


class ConvexPiece(Protocol):
    """A bounded polytope, known well enough to find its closest points."""

    @property
    def lower(self) -> Point:
        """The smallest value of every coordinate."""

    @property
    def upper(self) -> Point:
        """The largest value of every coordinate."""

    def program(self) -> PieceProgram:
        """Return the polytope for a linear program."""

    def lowest(self, direction: Sequence[Fraction]) -> Point:
        """Return a point of the polytope at which ``direction . x`` is smallest."""


def closest_points(first: ConvexPiece, second: ConvexPiece, norm: str) -> ClosestPoints:
    """Return the exact distance of two polytopes and points that attain it.

    In l-infinity and l1 a linear program, its optimum proved by exact duality; in l2
    the shortest difference, proved by ``z . d >= d . d`` for every difference z.

    Args:
        first: a polytope.
        second: a polytope in the same dimension.
        norm: ``"linf"``, ``"l1"``, or ``"l2"`` for the squared distance.
    """
    return _by_wolfe(first, second) if norm == "l2" else _by_linear_program(first, second, norm)


def _by_linear_program(first: ConvexPiece, second: ConvexPiece, norm: str) -> ClosestPoints:
    """Minimise the one gap (linf) or the sum of the gaps (l1) of the coordinates."""
    one, two = first.program(), second.program()
    dim = len(one.coordinates)
    gaps = 1 if norm == "linf" else dim
    left, right = len(one.low), len(two.low)
    rows = [[*row, *[_ZERO] * (right + gaps)] for row in one.rows]
    rows += [[*[_ZERO] * left, *row, *[_ZERO] * gaps] for row in two.rows]
    for axis, (mine, other) in enumerate(zip(one.coordinates, two.coordinates, strict=True)):
        gap = [_ONE if gaps == 1 or place == axis else _ZERO for place in range(gaps)]
        rows.append([*(-value for value in mine), *other, *gap])
        rows.append([*mine, *(-value for value in other), *gap])
    program = LinearProgram(
        cost=[*[_ZERO] * (left + right), *[_ONE] * gaps],
        rows=rows,
        right=[*one.right, *two.right, *[_ZERO] * (2 * dim)],
        low=[*one.low, *two.low, *[_ZERO] * gaps],
        high=[*one.high, *two.high, *[None] * gaps],
    )
    optimum = minimum(program)
    if optimum is None:
        raise ArithmeticError("a polytope without a point")
    where = _image(one, optimum.point[:left]), _image(two, optimum.point[left : left + right])
    return ClosestPoints(optimum.value, *where)


def _image(program: PieceProgram, variables: Sequence[Fraction]) -> Point:
    return tuple(_product(row, variables) for row in program.coordinates)


def _by_wolfe(first: ConvexPiece, second: ConvexPiece) -> ClosestPoints:
    """Find the shortest difference of two points by Wolfe's method, in rational arithmetic.

    The corral holds affinely independent differences with positive weights; each round
    adds the difference that reaches lowest along the current one, until none is lower.
    """
    start = tuple([_ZERO] * len(first.lower))
    corral = [_difference(first, second, start)]
    weights = [_ONE]
    while True:
        shortest = _mixture([z for z, _, _ in corral], weights)
        found = _difference(first, second, shortest)
        square = _product(shortest, shortest)
        if _product(shortest, found[0]) >= square:
            mine = _mixture([p for _, p, _ in corral], weights)
            other = _mixture([q for _, _, q in corral], weights)
            return ClosestPoints(square, mine, other)
        corral.append(found)
        corral, weights = _settled(corral, [*weights, _ZERO])


Difference = tuple[Point, Point, Point]


def _difference(first: ConvexPiece, second: ConvexPiece, direction: Point) -> Difference:
    """Return the difference lowest along a direction, and the two points it comes from."""
    mine = first.lowest(direction)
    other = second.lowest([-value for value in direction])
    return tuple(p - q for p, q in zip(mine, other, strict=True)), mine, other


def _settled(corral: list[Difference], weights: list[Fraction]) -> tuple[list[Difference], list[Fraction]]:
    """Walk to the shortest point of the affine hull, dropping what the way crosses out."""
    while True:
        target = _affine_minimum([z for z, _, _ in corral])
        if all(weight > 0 for weight in target):
            return corral, target
        pairs = list(zip(weights, target, strict=True))
        share = min(old / (old - new) for old, new in pairs if new <= 0)
        weights = [old + share * (new - old) for old, new in pairs]
        kept = [place for place, weight in enumerate(weights) if weight > 0]
        corral, weights = [corral[place] for place in kept], [weights[place] for place in kept]


def _affine_minimum(points: list[Point]) -> list[Fraction]:
    """Return the weights, summing to 1, of the shortest affine combination."""
    matrix = [[_ZERO, *[_ONE] * len(points)]]
    matrix += [[_ONE, *(_product(point, other) for other in points)] for point in points]
    solution = solve_exactly(matrix, [_ONE, *[_ZERO] * len(points)])
    if solution is None:
        raise ArithmeticError("differences are affinely dependent")
    return solution[1:]


def _mixture(points: Sequence[Point], weights: Sequence[Fraction]) -> Point:
    return tuple(_product(axis, weights) for axis in zip(*points, strict=True))


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), _ZERO)
