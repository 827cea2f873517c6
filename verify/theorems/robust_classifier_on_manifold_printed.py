"""Theorem 5.5 as printed, by the paper's own route on planes."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.distance_interpolation import (
    classify_by_projected_interpolation,
    count_projected_interpolation,
    plan_route,
)
from constructions.data.manifold import Manifold
from constructions.errors import AssumptionViolated
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from verify.claims.cover_claims import classes_apart, cover_is_complete
from verify.claims.simplex_claims import distances_kept, grid_error_below, reads_only, right_on_simplices
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.manifold_instances import (
    OPTIONS,
    classes_of,
    describe,
    fine_cover,
    manifold_of,
    numbers_of,
)


def check_printed_robust_classifier_on_manifold(request: Request) -> Report:
    """Check Theorem 5.5 as printed, by projection and interpolation on a grid.

    The printed size is an order with an unwritten constant in the exponent. Promised is the
    explicit count of the route as we reconstruct it: an integer projection that keeps
    distances, here the coordinates of a plane, and hat functions on a grid of spacing below
    ``(1 - c) eps``, at the nodes near the classes.

    Theorem: thm:robust-classifier-on-manifold-as-printed

    Args:
        request: ``manifold``, a plane or a curve in R^2; ``eps``, ``radius`` or ``ratio``, and seed.

    Returns:
        The claims ``cover``, ``separation``, ``projection``, ``distortion``, ``strict_error``,
        ``robust_error`` and ``parameters``.

    Raises:
        AssumptionViolated: a number is out of range, or no projection is known.
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
    promised = count_projected_interpolation(route)
    report.verdicts += [
        cover_is_complete(manifold, cover),
        classes_apart(classes, 2 * eps),
        reads_only(network, columns),
        distances_kept(classes, columns),
        grid_error_below(Fraction(1, route.pieces), eps, radius),
        right_on_simplices(network, classes, radius, columns, route.breakpoints),
        parameters_at_most(network, promised, f"{len(route.values)} hat functions of {len(columns)} coordinates"),
    ]
    return report


def _projection(manifold: Manifold) -> tuple[int, ...]:
    """Return the coordinates to keep."""
    if isinstance(manifold, AxisPlane | DiagonalPlane):
        return tuple(range(manifold.dimension))
    if manifold.dim <= 2:
        return tuple(range(manifold.dim))
    raise AssumptionViolated(f"no projection of {manifold.spec} to few coordinates is known here", "projection")


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
