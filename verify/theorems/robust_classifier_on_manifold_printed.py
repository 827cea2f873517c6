"""Theorem 5.5 as printed, by the paper's own route: few coordinates, and a grid on what they occupy."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.distance_interpolation import (
    classify_by_projected_interpolation,
    count_projected_interpolation,
    plan_route,
)
from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Manifold
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.network.relu_network import ReluNetwork
from verify.claims.cover_claims import classes_apart, cover_is_complete
from verify.claims.simplex_claims import distances_kept, grid_error_below, reads_only, right_on_simplices
from verify.claims.size_claims import parameters_at_most
from verify.robustness import RobustError, robust_error
from verify.theorem import Report, Request, Theorem
from verify.theorems.manifold_instances import (
    OPTIONS,
    classes_of,
    describe,
    fine_cover,
    manifold_of,
    numbers_of,
    time_left,
)

_MOST_CERTIFIED = 2**18


def check_printed_robust_classifier_on_manifold(request: Request) -> Report:
    """Check Theorem 5.5 as printed, by projection and interpolation on a grid.

    The printed size is an order with an unwritten constant in the exponent. Promised is the
    explicit count of the route as we reconstruct it: an integer projection that keeps
    distances, and hat functions on a grid of spacing below ``(1 - c) eps``, at the nodes near the
    classes. A plane keeps k coordinates, the boundary of a cube k + 1. Secants of tori and spheres have
    all directions, so that no linear map to fewer coordinates keeps their points apart: they keep all.

    Theorem: thm:robust-classifier-on-manifold-as-printed

    Args:
        request: ``manifold``, ``eps``, ``radius`` or ``ratio``, and seed.

    Returns:
        The claims ``cover``, ``separation``, ``projection``, ``distortion``, ``strict_error``,
        ``robust_error`` and ``parameters``.

    Raises:
        AssumptionViolated: a number is out of range, or the manifold too small.
        BudgetExceeded: the grid is too large.
    """
    manifold, (eps, radius) = manifold_of(request, AxisPlane(2, 4)), numbers_of(request)
    columns = _projection(manifold)
    cover = fine_cover(manifold, eps, radius)
    classes = classes_of(cover, eps, request)
    route = plan_route(classes, eps, radius, columns)
    network = classify_by_projected_interpolation(route, manifold.dim)
    report = Report("robust-classifier-on-manifold-as-printed", describe(manifold, eps, radius, request))
    report.instance |= {"nodes": len(route.values), "pieces": route.pieces}
    report.network = network
    report.result = _certifiable(network, classes, radius + classes.radius, request)
    promised = count_projected_interpolation(route)
    report.verdicts += [
        cover_is_complete(manifold, cover),
        classes_apart(classes, 2 * eps),
        reads_only(network, columns),
        distances_kept(classes, columns),
        grid_error_below(Fraction(1, route.pieces), route.rounding, eps, radius),
        right_on_simplices(network, classes, radius, columns, route.breakpoints),
        parameters_at_most(network, promised, f"{len(route.values)} hat functions of {len(columns)} coordinates"),
    ]
    return report


def _certifiable(
    network: ReluNetwork, classes: LabelledCover, radius: Fraction, request: Request
) -> RobustError | None:
    """Return a proof for balls that contain the neighbourhoods, where there is one and it is short.

    Around the centres of cubes these balls are the neighbourhoods; of other patches they hold more.
    """
    if len(classes.patches) * network.size.width > _MOST_CERTIFIED:
        return None
    found = robust_error(network, classes.points, "linf", radius, "simplices", time_left(request))
    return found if found.upper == 0 else None


def _projection(manifold: Manifold) -> tuple[int, ...]:
    """Return the coordinates to keep: those that tell all points of the manifold apart."""
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return tuple(range(manifold.dimension))
    return tuple(range(manifold.dimension + 1 if isinstance(manifold, CubeBoundary) else manifold.dim))


PRINTED = Theorem(
    id="robust-classifier-on-manifold-as-printed",
    paper="5.5",
    title="Robust classifiers on a manifold by projection to few dimensions and interpolation",
    corrected=False,
    claims=("cover", "separation", "projection", "distortion", "strict_error", "robust_error", "parameters"),
    bounds={"separation": "2*eps", "strict_error": "1 - delta/eps", "robust_error": "0"},
    run=check_printed_robust_classifier_on_manifold,
    options=OPTIONS,
)
