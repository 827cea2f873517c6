"""Definition 5.4: the robust error against attackers who stay on a manifold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.classifiers.off_plane import add_penalty_off_centre
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Manifold
from constructions.errors import AssumptionViolated
from constructions.manifolds.covers import grid_unit
from constructions.manifolds.packings import pack
from constructions.manifolds.planes import AxisPlane
from constructions.manifolds.separated_classes import labelled_packing
from constructions.network.relu_network import ReluNetwork
from verify.claims.cover_claims import cover_is_complete
from verify.claims.manifold_error_claims import ambient_error_found, restricted_is_weaker, zero_error_on_manifold
from verify.manifold_robustness import robust_error_on_manifold
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.theorems.manifold_instances import OPTIONS, describe, fine_cover, manifold_of, numbers_of, time_left


def check_robust_error_on_manifold(request: Request) -> Report:
    """Measure a network's robust error on a manifold and in all of space, and compare.

    The points are a packing of the manifold at 2 eps, +1 in the lower half of the first
    coordinate. The default network is right on an axis plane and wrong beside it around
    the points labelled +1: its error is 0 on the plane and that of the +1 points in space.

    Theorem: def:robust-error-on-manifold

    Args:
        request: ``manifold`` (an axis plane by default), ``eps``, ``radius`` or ``ratio``, and
            a network.

    Returns:
        The claims ``robust_error``, ``ambient_error`` and ``one_way``; ``cover`` on curved manifolds.

    Raises:
        AssumptionViolated: a number is out of range, or no rational point is known.
    """
    manifold, (eps, radius) = manifold_of(request, AxisPlane(2, 3)), numbers_of(request)
    data = packed_halves(manifold, eps)
    network = _default_network(manifold, data, eps, radius) if request.network is None else request.network
    cover = None if manifold.chart_map(0) is not None else fine_cover(manifold, eps, radius)
    report = Report("robust-error-on-manifold", describe(manifold, eps, radius, request))
    report.instance["points"] = len(data)
    found = robust_error_on_manifold(network, data, manifold, radius, cover, time_left(request), request.seed)
    result = decided(network, data, request, radius)
    report.network = network
    report.verdicts += [] if cover is None else [cover_is_complete(manifold, cover)]
    report.verdicts += [
        zero_error_on_manifold(found, data),
        ambient_error_found(result),
        restricted_is_weaker(found, result),
    ]
    report.seconds |= {"manifold": found.seconds, "space": result.seconds}
    return report


def packed_halves(manifold: Manifold, eps: Fraction) -> LabelledPoints:
    """Return the points of a packing at 2 eps, labelled +1 where the first coordinate is below 1/2.

    Raises:
        AssumptionViolated: all of them lie on one side.
    """
    points = pack(manifold, 2 * eps)
    labels = [1 if point[0] < Fraction(1, 2) else -1 for point in points]
    if len({*labels}) < 2:
        raise AssumptionViolated(f"the packing of {manifold.spec} at {2 * eps} lies on one side of 1/2", "eps")
    return LabelledPoints.of(points, labels)


def _default_network(manifold: Manifold, data: LabelledPoints, eps: Fraction, radius: Fraction) -> ReluNetwork:
    """Return a cover network; on a plane across the last axis, one that is wrong beside the plane."""
    cover = labelled_packing(data.points, np.asarray(data.labels), grid_unit(eps - radius))
    network = classify_manifold_cover(cover, eps, radius)
    if isinstance(manifold, AxisPlane) and manifold.dimension < manifold.dim:
        return add_penalty_off_centre(network, axis=data.dim - 1, slope=Fraction(8) / max(radius, eps / 8))
    return network


DEFINITION = Theorem(
    id="robust-error-on-manifold",
    paper="5.4",
    title="Definition: the share of points with a wrong point of the manifold nearby",
    corrected=False,
    claims=("cover", "robust_error", "ambient_error", "one_way"),
    bounds={"robust_error": "0"},
    run=check_robust_error_on_manifold,
    options=(*OPTIONS, "network"),
)
