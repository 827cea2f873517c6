"""The truth about tiny networks in l2: how near the nearest wrong point is, exactly.

The wrong part of every affine piece is a polytope; its point next to the centre is found
among the hulls of its vertices, in rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.norm_ball import NormBall, Point
from constructions.errors import BudgetExceeded
from constructions.exact.linear_systems import solve_exactly
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork
from verify.testing.exhaustive import MOST_CELLS, _affine_pieces, _ball_polytope, _box_forms, _margins, _point


@dataclass(frozen=True, slots=True)
class NearestWrong:
    """The wrong point next to a centre.

    Attributes:
        square: squared l2 distance from the centre.
        point: exact coordinates.
    """

    square: Fraction
    point: Point


def nearest_wrong(
    network: ReluNetwork,
    label: int,
    centre: Sequence[Any],
    limit: Any,
    domain: tuple[Sequence[Any], Sequence[Any]] | None = None,
    most_cells: int = MOST_CELLS,
) -> NearestWrong | None:
    """Return the wrong point with the smallest l2 distance from the centre.

    Args:
        network: one output and label -1 or +1, or K outputs and label 0..K-1.
        label: the right label at the centre.
        centre: exact coordinates.
        limit: how far coordinates may be from the centre's.
        domain: corners of a box that also restricts the points.
        most_cells: give up beyond this many affine pieces.

    Returns:
        The point, ``None`` if no point within the limit is wrong.

    Raises:
        BudgetExceeded: there are more affine pieces.

    Example:
        >>> from constructions import AffineMap
        >>> plane = ReluNetwork([AffineMap([[3, 4]], [10])])
        >>> found = nearest_wrong(plane, 1, [0, 0], 5)
        >>> str(found.square), [str(value) for value in found.point]
        ('4', ['-6/5', '-8/5'])
    """
    origin = tuple(exact_fraction(value) for value in centre)
    best: NearestWrong | None = None
    for vertices in _wrong_parts(network, label, origin, limit, domain, most_cells):
        step = shortest_in_hull([tuple(x - c for x, c in zip(v, origin, strict=True)) for v in vertices])
        square = _product(step, step)
        if best is None or square < best.square:
            best = NearestWrong(square, tuple(c + s for c, s in zip(origin, step, strict=True)))
    return best


def _wrong_parts(
    network: ReluNetwork, label: int, origin: Point, limit: Any, domain: Any, most_cells: int
) -> Iterator[list[Point]]:
    """Yield the vertices of every wrong polytope in the box around the origin."""
    start = _ball_polytope(origin, NormBall("linf", limit))
    for form in _box_forms(domain):
        part = start.side(start.values(form))
        if part is None:
            return
        start = part
    for count, (cell, forms, _) in enumerate(_affine_pieces(network, start)):
        if count >= most_cells:
            raise BudgetExceeded(f"the network has more than {most_cells} affine pieces on the ball")
        for form in _margins(forms, label):
            wrong = cell.side([-value for value in cell.values(form)])
            if wrong is not None:
                yield [_point(vertex) for vertex in wrong.vertices]


def shortest_in_hull(points: Sequence[Point]) -> Point:
    """Return the shortest vector in the hull of some points (Wolfe's method, exact).

    Example:
        >>> from fractions import Fraction
        >>> [str(v) for v in shortest_in_hull([(Fraction(1), Fraction(2)), (Fraction(1), Fraction(-1))])]
        ['1', '0']
    """
    chosen = [min(points, key=lambda point: _product(point, point))]
    shares = [Fraction(1)]
    while True:
        here = _mixed(chosen, shares)
        ahead = min(points, key=lambda point: _product(here, point))
        if _product(here, ahead) >= _product(here, here):
            return here
        chosen, shares = [*chosen, ahead], [*shares, Fraction(0)]
        while True:
            target = _flat_shares(chosen)
            if min(target) > 0:
                shares = target
                break
            steps = [a / (a - b) for a, b in zip(shares, target, strict=True) if b <= 0]
            step = min(steps)
            moved = [a + step * (b - a) for a, b in zip(shares, target, strict=True)]
            kept = [k for k, share in enumerate(moved) if share > 0]
            chosen, shares = [chosen[k] for k in kept], [moved[k] for k in kept]


def _flat_shares(points: list[Point]) -> list[Fraction]:
    """Return the shares, adding up to 1, of the shortest vector in the flat through the points."""
    one, zero = Fraction(1), Fraction(0)
    rows = [[*(_product(a, b) for b in points), one] for a in points]
    solution = solve_exactly([*rows, [*(one for _ in points), zero]], [*(zero for _ in points), one])
    if solution is None:
        raise ArithmeticError("the points are affinely dependent")
    return solution[:-1]


def _mixed(points: list[Point], shares: list[Fraction]) -> Point:
    columns = zip(*points, strict=True)
    return tuple(sum((s * x for s, x in zip(shares, column, strict=True)), Fraction(0)) for column in columns)


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))
