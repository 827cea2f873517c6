"""Linear functionals that keep boxes away from the neighbourhood of a polytope, found exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from constructions.exact.linear_program import minimum
from constructions.exact.norms import dual_norm, length
from constructions.exact.simplex import LinearProgram
from constructions.sets.box import Box
from constructions.sets.brackets import Point
from constructions.sets.convex_pieces import closest_points
from constructions.sets.polytope import Polytope

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Separator:
    """A functional ``slope . x`` with its largest value on a polytope, proved.

    Attributes:
        slope: the coefficients.
        most: ``slope . x`` is at most this on the polytope.
        multipliers: of the half-spaces, at least 0, that add up to the functional; empty
            for a polytope given by vertices, where comparing them is enough.
    """

    slope: Point
    most: Fraction
    multipliers: Point

    def keeps_away(self, lower: Sequence[Fraction], upper: Sequence[Fraction], radius: Fraction, norm: str) -> bool:
        """Return whether it proves a box to be farther than the radius from the polytope.

        A point of the box and one of the polytope differ by at least the gap of the
        functional over its dual norm; in l2 squares are compared.
        """
        sides = zip(self.slope, lower, upper, strict=True)
        gap = sum((w * (low if w > 0 else high) for w, low, high in sides if w), _ZERO) - self.most
        size = length(self.slope, dual_norm(norm))
        return gap > 0 and gap * gap > radius * radius * size if norm == "l2" else gap > radius * size


def separator_with(polytope: Polytope, slope: Sequence[Fraction]) -> Separator:
    """Return a functional with its exact largest value on a polytope.

    Example:
        >>> triangle = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
        >>> separator_with(triangle, [Fraction(2), Fraction(1)]).most
        Fraction(2, 1)
    """
    if polytope.vertices:
        return Separator(tuple(slope), max(_product(slope, vertex) for vertex in polytope.vertices), ())
    columns = [list(column) for column in zip(*polytope.rows, strict=True)]
    count = len(polytope.rows)
    found = minimum(
        LinearProgram(
            cost=polytope.right,
            rows=[*columns, *([-value for value in column] for column in columns)],
            right=[*slope, *(-value for value in slope)],
            low=[_ZERO] * count,
            high=[None] * count,
        )
    )
    if found is None:
        raise ArithmeticError("a functional without a bound on a bounded polytope")
    return Separator(tuple(slope), found.value, found.point)


def separator_between(polytope: Polytope, box: Box, norm: str) -> Separator | None:
    """Return a functional that shows the exact distance of a box, ``None`` where they meet.

    In l2 it is the difference of the closest points; otherwise the one of dual norm at most
    1 with the widest gap, by a linear program.

    Example:
        >>> triangle = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
        >>> found = separator_between(triangle, Box([2, 2], [3, 3]), "linf")
        >>> found.keeps_away([2, 2], [3, 3], Fraction(3, 2), "linf"), found.keeps_away([2, 2], [3, 3], 1, "linf")
        (False, True)
    """
    if norm == "l2":
        pair = closest_points(box, polytope, norm)
        slope = [p - q for p, q in zip(pair.first, pair.second, strict=True)]
    else:
        slope = _widest(polytope, box, norm)
    return separator_with(polytope, slope) if any(slope) else None


def _widest(polytope: Polytope, box: Box, norm: str) -> list[Fraction]:
    """Maximise, over functionals, the smallest value on the box less the largest on the polytope.

    Variables: positive and negative parts of the functional, then the largest value on the
    vertices, or the multipliers of the half-spaces.
    """
    dim = polytope.dim
    rows, right = _normed(dim, norm)
    extra = 1 if polytope.vertices else len(polytope.rows)
    rows = [[*row, *[_ZERO] * extra] for row in rows]
    if polytope.vertices:
        # The largest value is at least that at each vertex.
        rows += [[*(-v for v in vertex), *vertex, _ONE] for vertex in polytope.vertices]
        right += [_ZERO] * len(polytope.vertices)
        size = max(abs(v) for vertex in polytope.vertices for v in vertex)
        cost, low = [_ONE], [-dim * size]
    else:
        for sign in (1, -1):
            for axis, column in enumerate(zip(*polytope.rows, strict=True)):
                parts = [Fraction(sign) if place == axis else _ZERO for place in range(dim)]
                rows.append([*parts, *(-value for value in parts), *(-sign * value for value in column)])
                right.append(_ZERO)
        cost, low = list(polytope.right), [_ZERO] * extra
    program = LinearProgram(
        cost=[*(-value for value in box.lower), *box.upper, *cost],
        rows=rows,
        right=right,
        low=[*[_ZERO] * (2 * dim), *low],
        high=[*[_ONE] * (2 * dim), *[None] * extra],
    )
    optimum = minimum(program)
    if optimum is None:
        raise ArithmeticError("the functional 0 is always there")
    return [optimum.point[axis] - optimum.point[dim + axis] for axis in range(dim)] if optimum.value < 0 else [_ZERO]


def _normed(dim: int, norm: str) -> tuple[list[list[Fraction]], list[Fraction]]:
    """Return rows that hold the dual norm of a functional to 1."""
    if norm == "linf":
        return [[-_ONE] * (2 * dim)], [-_ONE]
    rows = [[-_ONE if place % dim == axis else _ZERO for place in range(2 * dim)] for axis in range(dim)]
    return rows, [-_ONE] * dim


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), _ZERO)
