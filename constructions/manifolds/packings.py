"""Explicit packings: points of a manifold that keep a distance in l-infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

from constructions.data.manifold import Manifold
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.exact.rational import exact_fraction
from constructions.manifolds.covers import cells_of
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.manifolds.sphere import Sphere

MOST_LISTED = 2**18
_CANDIDATES_PER_DISTANCE = 32


def pack(manifold: Manifold, distance: Any) -> tuple[Point, ...]:
    """Return points of a manifold, pairwise at least a distance apart in l-infinity.

    Grids on planes and on the boundary of a cube, products of circles' packings on a torus,
    and a greedy choice among rational points on a sphere.

    Args:
        manifold: with rational points.
        distance: exact, above 0.

    Raises:
        AssumptionViolated: the distance is not positive, or no rational point is known.
        BudgetExceeded: there are more than 2^18 points.
    """
    apart = _positive(distance)
    if packing_size(manifold, apart) > MOST_LISTED:
        raise BudgetExceeded(f"the packing of {manifold.spec} at {apart} has more than {MOST_LISTED} points")
    steps = math.floor(1 / apart)
    grid = [Fraction(i, steps) for i in range(steps + 1)] if steps else [Fraction(0)]
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return tuple(manifold.point(0, u) for u in product(grid, repeat=manifold.dimension))
    if isinstance(manifold, CubeBoundary):
        rest = (Fraction(1, 2),) * (manifold.dim - manifold.dimension - 1)
        ends = {0, len(grid) - 1}
        places = product(range(len(grid)), repeat=manifold.dimension + 1)
        return tuple((*(grid[i] for i in place), *rest) for place in places if not ends.isdisjoint(place))
    if isinstance(manifold, FlatTorus):
        arc = circle_packing(manifold.circle, apart)
        return tuple(tuple(x for pair in pairs for x in pair) for pairs in product(arc, repeat=manifold.dimension))
    return circle_packing(manifold, apart) if isinstance(manifold, Sphere) else ()


def packing_size(manifold: Manifold, distance: Any) -> int:
    """Return the number of points of ``pack``, without listing products.

    Raises:
        AssumptionViolated: the distance is not positive, or no rational point is known.
    """
    apart = _positive(distance)
    values = math.floor(1 / apart) + 1
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return int(values**manifold.dimension)
    if isinstance(manifold, CubeBoundary):
        axes = manifold.dimension + 1
        return int(values**axes - max(0, values - 2) ** axes)
    if isinstance(manifold, FlatTorus):
        return int(len(circle_packing(manifold.circle, apart)) ** manifold.dimension)
    if isinstance(manifold, Sphere):
        return len(circle_packing(manifold, apart))
    raise AssumptionViolated(f"no rational point of {manifold.spec} is known", "packing")


@cache
def circle_packing(sphere: Sphere, distance: Fraction) -> tuple[Point, ...]:
    """Return a greedy packing of a circle, in its order, or of a sphere, cell by cell."""
    pieces = max(2, _CANDIDATES_PER_DISTANCE * math.ceil(4 * sphere.radius / distance))
    if sphere.dimension > 1:
        pieces = max(2, math.ceil(4 * sphere.radius / distance))
        return _greedy((sphere.point(cell.chart, cell.middle) for cell in cells_of(sphere, pieces)), distance)
    cells = cells_of(sphere, pieces)
    upper = [cell.lower for cell in cells if cell.chart == 0]
    lower = [cell.upper for cell in reversed(cells) if cell.chart == 1]
    ordered = [sphere.point(0, u) for u in upper] + [sphere.point(1, u) for u in lower]
    return _greedy(ordered, distance)


def _greedy(candidates: Iterable[Point], distance: Fraction) -> tuple[Point, ...]:
    kept: list[Point] = []
    for point in candidates:
        if all(_reaches(point, other, distance) for other in reversed(kept)):
            kept.append(point)
    return tuple(kept)


def _reaches(first: Point, second: Point, distance: Fraction) -> bool:
    return any(abs(x - y) >= distance for x, y in zip(first, second, strict=True))


def _positive(distance: Any) -> Fraction:
    apart = exact_fraction(distance, "distance")
    if apart <= 0:
        raise AssumptionViolated(f"the distance of a packing must be above 0, got {apart}", "packing_distance")
    return apart
