"""Certified covers: cells of all charts, each with a box that contains its image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from constructions.data.manifold import Box, Cell, Cover, Manifold, Patch, middle_of
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.exact.rational import exact_fraction
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.finite_set import FiniteSet

MOST_PATCHES = 2**20
_SPARE_BITS = 10


def cover_manifold(manifold: Manifold, radius: Any) -> Cover:
    """Return a cover within a radius, with as few equal pieces per axis as found.

    Args:
        manifold: to cover.
        radius: every patch lies within this l-infinity distance of its centre; above 0.

    Raises:
        AssumptionViolated: the radius is not positive.
        BudgetExceeded: more than 2^20 patches are needed.
    """
    return cover_with_pieces(manifold, pieces_within(manifold, radius), exact_fraction(radius, "radius"))


def cover_with_pieces(manifold: Manifold, pieces: int, radius: Any = 1) -> Cover:
    """Return the cover by cells of this many pieces per axis of every chart.

    On curved manifolds the boxes are rounded outward and the centres to the nearest point,
    both to a grid about a thousand times finer than the radius, so that coordinates stay
    short. The distance of a centre from the manifold is the cover's ``offset``.

    Args:
        manifold: to cover.
        pieces: at least 1.
        radius: about the radius expected; chooses the grid.

    Raises:
        BudgetExceeded: there are more than 2^20 patches.
    """
    unit = grid_unit(exact_fraction(radius, "radius"))
    return Cover(tuple(_patch(manifold, cell, unit) for cell in cells_of(manifold, pieces)))


def covered_cloud(patches: Sequence[Patch]) -> CoveredCloud:
    """Return the set that patches cover, as it is known by their centres (l-infinity).

    Distances to it are brackets, valid for the manifold or the class itself. Centres that are not
    in their patches lie within the offset of them, so the cloud is an external one.

    Theorem: thm:robust-classifier-on-manifold

    Args:
        patches: of a whole manifold, or of one class.

    Example:
        >>> from constructions.manifolds.planes import AxisPlane
        >>> cloud = covered_cloud(cover_with_pieces(AxisPlane(1, 2), pieces=4).patches)
        >>> str(cloud.cover_radius), cloud.internal
        ('1/8', True)
    """
    cover = Cover(tuple(patches))
    centres = FiniteSet.of([patch.centre for patch in patches])
    return CoveredCloud(centres, max(cover.radius, cover.offset), "linf", cover.offset == 0)


def count_patches(manifold: Manifold, pieces: int) -> int:
    """Return the number of patches of ``cover_with_pieces``.

    Cells are listed only where some of them are redundant, on spheres of dimension above 1.
    """
    factor = manifold.factor
    if factor is manifold or factor == manifold:
        return len(cells_of(manifold, pieces))
    domain = manifold.domains[0]
    axes = [len(manifold.breakpoints(0, axis, pieces)) - 1 for axis in range(len(domain.lower))]
    return len(manifold.domains) * math.prod(axes)


def cells_of(manifold: Manifold, pieces: int) -> list[Cell]:
    """Return the cells of a number of pieces per axis that are not redundant.

    Raises:
        BudgetExceeded: there are more than 2^20.
    """
    found = []
    for domain in manifold.domains:
        axes = [manifold.breakpoints(domain.chart, axis, pieces) for axis in range(len(domain.lower))]
        if math.prod(len(ends) - 1 for ends in axes) * len(manifold.domains) > MOST_PATCHES:
            raise BudgetExceeded(f"{pieces} pieces per axis of {manifold.spec} make more than {MOST_PATCHES} patches")
        for sides in product(*(list(pairwise(ends)) for ends in axes)):
            cell = Cell(domain.chart, tuple(low for low, _ in sides), tuple(high for _, high in sides))
            if not manifold.is_redundant(cell):
                found.append(cell)
    return found


def pieces_within(manifold: Manifold, radius: Any) -> int:
    """Return the fewest pieces per axis found whose cover has at most this radius.

    The search doubles, then bisects, on the factor of the manifold; the radius of the
    result is checked, that fewer pieces would do is not excluded.

    Raises:
        AssumptionViolated: the radius is not positive.
    """
    wanted = exact_fraction(radius, "radius")
    if wanted <= 0:
        raise AssumptionViolated(f"the radius of a cover must be above 0, got {wanted}", "cover_radius")

    factor, unit = manifold.factor, grid_unit(wanted)

    def fits(pieces: int) -> bool:
        return all(_patch(factor, cell, unit).radius <= wanted for cell in cells_of(factor, pieces))

    high = 1
    while not fits(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def grid_unit(radius: Fraction) -> int:
    """Return the power of two whose reciprocal is the grid for covers of about this radius."""
    return int(2 ** (max(0, math.ceil(1 / radius).bit_length()) + _SPARE_BITS))


def _patch(manifold: Manifold, cell: Cell, unit: int) -> Patch:
    lower, upper = manifold.enclose(cell)
    anchor = manifold.point(cell.chart, cell.middle)
    centre = middle_of(lower, upper) if anchor is None else anchor
    if manifold.chart_map(cell.chart) is not None:
        return Patch(cell, lower, upper, centre, anchor)
    lower, upper = rounded_outward((lower, upper), unit)
    return Patch(cell, lower, upper, rounded(centre, unit), anchor)


def rounded(point: Point, unit: int) -> Point:
    """Return the nearest point with coordinates ``k / unit``."""
    return tuple(Fraction(math.floor(x * unit + Fraction(1, 2)), unit) for x in point)


def rounded_outward(box: Box, unit: int) -> Box:
    """Return the smallest box around a box with corners ``k / unit``."""
    lower = tuple(Fraction(math.floor(x * unit), unit) for x in box[0])
    return lower, tuple(Fraction(math.ceil(x * unit), unit) for x in box[1])
