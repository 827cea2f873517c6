"""A lower bound of packing numbers from volume and reach: the hypothesis that Theorem 5.8 needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.manifold import Reach
from constructions.exact.ball_arithmetic import ball_volume
from constructions.exact.square_roots import square_root_bounds


@dataclass(frozen=True, slots=True)
class PackingBound:
    """How many points at a distance in l-infinity a manifold must have room for.

    Attributes:
        points: the packing number is at least this.
        chord: above the l2 distance that ensures the distance in l-infinity.
        geodesic: above the geodesic distance of points at that chord.
    """

    points: int
    chord: Fraction
    geodesic: Fraction


def is_short_for(reach: Reach, dim: int, distance: Fraction) -> bool | None:
    """Tell whether ``distance * sqrt(dim)`` is at most half the reach, ``None`` where that is unknown."""
    if reach == "infinite":
        return True
    if isinstance(reach, Fraction):
        return 4 * distance * distance * dim <= reach * reach
    return None


def packing_bound(dimension: int, dim: int, volume: Fraction, reach: Reach, distance: Fraction) -> PackingBound | None:
    """Return a bound of the packing number in l-infinity, for nonnegative Ricci curvature.

    Points at l2 distance ``s = distance sqrt(d)`` are at least ``distance`` apart in
    l-infinity. The balls of radius s around a largest l2 packing cover the manifold. A ball
    of radius s lies in the geodesic ball of radius ``tau - tau sqrt(1 - 2 s / tau)``, tau the
    reach, if ``s <= tau / 2``; and geodesic balls of radius r have at most the volume
    ``omega_k r^k`` of flat ones.

    Theorem: thm:hard-manifold-sets

    Args:
        dimension: k.
        dim: d.
        volume: at most the k-dimensional volume.
        reach: of the manifold.
        distance: 2 eps.

    Returns:
        The bound, every rounding in the safe direction; ``None`` where the reach is too small
        or unknown.
    """
    if not is_short_for(reach, dim, distance):
        return None
    chord = distance * square_root_bounds(Fraction(dim))[1]
    geodesic = chord
    if isinstance(reach, Fraction):
        rest = max(Fraction(0), 1 - 2 * chord / reach)
        geodesic = reach * (1 - square_root_bounds(rest)[0])
    ball = ball_volume(dimension)[1] * geodesic**dimension
    return PackingBound(math.ceil(volume / ball), chord, geodesic)
