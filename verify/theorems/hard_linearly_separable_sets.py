"""Theorem 4.3 corrected: linearly separable data on which only large networks are robust."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.grid_index import GridBalls
from constructions.errors import BudgetExceeded
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.printed import printed_size
from verify.claims.hard_set_claims import (
    both_classes,
    clean_error_at_most,
    free_of_conflicts,
    midpoint_error_below,
    separable_with_margin,
    wrong_on_every_ball,
)
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.separation_claims import separated_by
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import (
    DEFAULT_ERROR,
    MOST_LISTED,
    bound_below,
    decided,
    eps_and_radius,
    network_above,
)

DEFAULT_DIM = 6
OPTIONS = (
    "dim",
    "eps",
    "radius",
    "ratio",
    "norm",
    "error",
    "depth",
    "weight_bits",
    "failure",
    "block_length",
    "network",
)


def check_hard_linearly_separable_sets(request: Request) -> Report:
    """Check the corrected Theorem 4.3 on the linearly separable grid.

    The classes are 2 eps-separated and separated by a plane, whose robust error is 1. Every
    ReLU network with at most W parameters errs robustly on more than the forgiven fraction
    for some labelling of the m points, W about ``2 sqrt((1 - H(error)) m)``; the network
    built has at most ``sqrt(704 m) + 6 q (d - 1)`` and robust error 0.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        request: ``eps``, ``radius`` or ``ratio``, norm and seed, and of ``family`` the
            dimension, the error, and what narrows the networks of the bound. A given
            network is judged instead of the one built.

    Returns:
        The properties of the set, then ``size_bound``, ``robust_error``, ``margin``,
        ``count``, ``parameters`` and ``sandwich``.

    Raises:
        AssumptionViolated: eps, the radius or the dimension is out of range.
        BudgetExceeded: a network is given, and the points are too many to list.
    """
    grid = grid_of(request)
    error = DEFAULT_ERROR if request.family.error is None else request.family.error
    report = Report("hard-linearly-separable-sets", describe(grid, request, error))
    add_sandwich(report, request, grid, error)
    return report


def add_sandwich(report: Report, request: Request, grid: LinearlySeparableGrid, error: Fraction) -> None:
    """Add the properties of the set, the certified size below, and the network above.

    A network given with the request is judged instead of the one built.
    """
    data = grid.listed() if grid.size <= MOST_LISTED else None
    if data is not None:
        plane, midpoints = separating_halfspace(grid.dim), grid.midpoints()
        report.verdicts += [
            both_classes(data, failing="inapplicable"),
            separated_by(data, request.norm, 2 * grid.eps),
            separable_with_margin(data, plane, grid.offset),
            free_of_conflicts(data, request.norm, grid.radius),
            wrong_on_every_ball(plane, data, midpoints, grid.radius, "plane_robust_error"),
        ]
    bound = bound_below(report, request, grid.size, grid.dim, error)
    if request.network is not None and data is None:
        raise BudgetExceeded(f"{grid.size} points are too many to judge a network on; at most {MOST_LISTED} are")
    if request.network is not None and data is not None:
        result = decided(request.network, data, request, grid.radius)
        report.network, report.result = request.network, result
        report.verdicts += [
            midpoint_error_below(result, grid.midpoints()),
            clean_error_at_most(request.network, data, Fraction(0)),
            zero_robust_error(result),
        ]
        return
    balls = GridBalls.of(grid.dim, grid.dim - 1, grid.steps, grid.radius)
    network_above(report, request, balls, data, bound)


def grid_of(request: Request) -> LinearlySeparableGrid:
    """Return the hard points a request names."""
    eps, radius = eps_and_radius(request)
    dim = DEFAULT_DIM if request.family.dim is None else request.family.dim
    return LinearlySeparableGrid.of(dim, eps, radius, seed=request.seed)


def describe(grid: LinearlySeparableGrid, request: Request, error: Fraction) -> dict[str, object]:
    """Return the instance as text."""
    return {
        "d": grid.dim,
        "eps": str(grid.eps),
        "radius": str(grid.radius),
        "offset": str(grid.offset),
        "centres": grid.centres,
        "points": grid.size if grid.size < 2**53 else str(grid.size),
        "norm": request.norm,
        "error": str(error),
        "printed_order": str(printed_size(grid.dim, grid.eps)),
        "seed": request.seed,
        "independent_labels": grid.independence if grid.independence < 2**53 else str(grid.independence),
    }


CORRECTED = Theorem(
    id="hard-linearly-separable-sets",
    paper="4.3",
    title="Linearly separable sets need 2 sqrt((1-H) m) parameters to be robust on, and sqrt(704 m) suffice",
    corrected=True,
    claims=(
        "classes",
        "separation",
        "linearly_separable",
        "conflict_free",
        "plane_robust_error",
        "size_bound",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "sandwich",
    ),
    bounds={
        "separation": "2*eps",
        "linearly_separable": "eps0",
        "plane_robust_error": "1",
        "robust_error": "0",
        "margin": "1",
        "count": "6*q*(d - 1) + 8*b + Max(22*l - 20, 5)",
        "parameters": "floor(sqrt(704*m)) + 6*q*(d - 1)",
    },
    run=check_hard_linearly_separable_sets,
    options=OPTIONS,
)
