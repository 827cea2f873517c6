"""What the statements on manifolds share: the manifold, eps and radius, a cover, and two classes."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

from constructions.data.labelled_cover import LabelledCover
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Cover, Manifold
from constructions.manifolds.covers import cover_manifold
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.packings import packing_size
from constructions.manifolds.separated_classes import separated_classes, spread_patches
from constructions.manifolds.swiss_roll import SwissRoll
from constructions.network.relu_network import ReluNetwork
from verify.robustness import RobustError, robust_error
from verify.theorem import Request
from verify.theorems.hard_sets import decided, eps_and_radius

OPTIONS = ("manifold", "eps", "radius", "ratio")
_SHARE = Fraction(15, 16)


def manifold_of(request: Request, default: Manifold | None = None) -> Manifold:
    """Return the manifold asked for, by default the flat torus of dimension 2."""
    if request.family.manifold is not None:
        return request.family.manifold
    return FlatTorus.of(2) if default is None else default


def numbers_of(request: Request) -> tuple[Fraction, Fraction]:
    """Return eps and the radius: 1/8 and half of eps by default.

    Raises:
        AssumptionViolated: they are out of range.
    """
    from constructions.errors import AssumptionViolated

    eps, radius = eps_and_radius(request)
    if not 0 <= radius < eps:
        raise AssumptionViolated(f"the radius must lie in [0, eps) = [0, {eps}), got {radius}", "radius")
    return eps, radius


def fine_cover(manifold: Manifold, eps: Fraction, radius: Fraction) -> Cover:
    """Return a cover whose radius and offset together stay below ``eps - radius``.

    Centres beside the manifold cost their distance from it; on the swiss roll, where no
    rational point is known, as much as the radius.
    """
    share = _SHARE / 2 if isinstance(manifold, SwissRoll) else _SHARE
    return cover_manifold(manifold, share * (eps - radius))


def points_in_packing(manifold: Manifold, cover: Cover, distance: Fraction) -> int:
    """Return the size of an explicit packing, by boxes where no rational point is known."""
    if isinstance(manifold, SwissRoll):
        return len(spread_patches(cover.patches, distance))
    return packing_size(manifold, distance)


def time_left(request: Request) -> float | None:
    """Return the seconds before the deadline of a request, ``None`` where it has none."""
    return None if request.deadline is None else max(0.0, request.deadline - time.monotonic())


def decided_by_intervals(network: ReluNetwork, data: LabelledPoints, request: Request, radius: Fraction) -> RobustError:
    """Return the robust error by intervals, whose margins are exact for bumps, else by all methods."""
    found = robust_error(network, data, "linf", radius, "interval", time_left(request), seed=request.seed)
    return found if found.upper == 0 else decided(network, data, request, radius)


def describe(manifold: Manifold, eps: Fraction, radius: Fraction, request: Request) -> dict[str, Any]:
    """Return what names an instance, as text."""
    return {
        "manifold": manifold.spec,
        "k": manifold.dimension,
        "d": manifold.dim,
        "eps": str(eps),
        "radius": str(radius),
        "reach": str(manifold.reach),
        "seed": request.seed,
    }


def classes_of(cover: Cover, eps: Fraction, request: Request) -> LabelledCover:
    """Return two classes on a cover, by the seed of the request."""
    return separated_classes(cover, eps, request.seed)
