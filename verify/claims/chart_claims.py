"""Claims about charts with rational maps: identities of polynomials, proved at enough points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

from constructions.data.manifold import Manifold
from constructions.data.norm_ball import Point
from constructions.errors import BudgetExceeded
from verify.verdict import Verdict

# Cleared of denominators every identity here has degree at most 7 in each parameter, and a
# polynomial of degree at most 8 in each variable that is 0 on a grid of 9 values per variable is 0.
DEGREE = 8
VALUES = tuple(Fraction(n, 11) for n in range(1, DEGREE + 2))
MOST_POINTS = 2**17
_METHOD = f"{DEGREE + 1} values per parameter, degree at most {DEGREE}"


def charts_reach_manifold(manifold: Manifold, name: str = "on_manifold") -> Verdict:
    """Judge "every chart maps its parameters onto points of the manifold"."""

    def wrong(chart: int, parameters: Point) -> bool:
        point = manifold.point(chart, parameters)
        return point is None or not manifold.contains(point)

    return _everywhere(manifold, name, wrong)


def charts_invert(manifold: Manifold, name: str = "inverse") -> Verdict:
    """Judge "chart and inverse undo each other"."""

    def wrong(chart: int, parameters: Point) -> bool:
        point = manifold.point(chart, parameters)
        return point is None or manifold.parameters(chart, point) != parameters

    return _everywhere(manifold, name, wrong)


def transitions_invert(manifold: Manifold, name: str = "transition") -> Verdict:
    """Judge "changing charts forth and back changes nothing, and names the same point"."""

    def wrong(chart: int, parameters: Point) -> bool:
        point = manifold.point(chart, parameters)
        if point is None:
            return True
        if manifold.parameters(chart, point) != parameters:
            return True
        for other in range(len(manifold.domains)):
            there = manifold.parameters(other, point)
            if there is None or manifold.point(other, there) != point:
                return True
        return False

    return _everywhere(manifold, name, wrong)


def _everywhere(manifold: Manifold, name: str, wrong: Callable[[int, Point], bool]) -> Verdict:
    tested = 0
    for chart, parameters in _grid(manifold):
        if wrong(chart, parameters):
            witness = {"chart": chart, "parameters": [str(u) for u in parameters]}
            return Verdict(name, "violated", "exact", None, None, None, _METHOD, witness=witness)
        tested += 1
    return Verdict(name, "holds", "exact", f"{tested} points", None, None, _METHOD)


def _grid(manifold: Manifold) -> Iterator[tuple[int, Point]]:
    points = len(manifold.domains) * len(VALUES) ** manifold.dimension
    if points > MOST_POINTS:
        raise BudgetExceeded(
            f"identities in {manifold.dimension} parameters take {points} points; at most {MOST_POINTS}"
        )
    for domain in manifold.domains:
        yield from ((domain.chart, u) for u in product(VALUES, repeat=manifold.dimension))
