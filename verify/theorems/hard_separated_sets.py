"""Theorem 3.4: separated sets on which only large networks are robust, printed and corrected."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.grid_index import GridBalls
from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.cube_grid import CubeGrid
from constructions.hard_distributions.halfspace import separating_halfspace
from verify.capacity.printed import printed_separated_size
from verify.capacity.size_bound import certified_size_bound
from verify.claims.hard_set_claims import both_classes, free_of_conflicts
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.separation_claims import separated_by
from verify.claims.size_bound_claims import size_bound_at_least
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_linearly_separable_sets import OPTIONS as LINEAR_OPTIONS
from verify.theorems.hard_sets import MOST_LISTED, bound_below, decided, eps_and_radius, network_above
from verify.verdict import Verdict

DEFAULT_DIM = 5
OPTIONS = tuple(name for name in LINEAR_OPTIONS if name != "network")


def check_hard_separated_sets(request: Request) -> Report:
    """Check the corrected Theorem 3.4 on the grid of the cube.

    All points of ``{0, 1/q, ..., 1}^d`` with any labels: opposite points are 2 eps apart,
    so a class of networks that classifies all such sets, even without perturbation,
    realises all 2^m labellings; W parameters are too few, with W about ``2 sqrt(m)``.

    Theorem: thm:hard-separated-sets

    Args:
        request: ``eps``, ``radius`` or ``ratio``, norm and seed, and of ``family`` the
            dimension, the error (0 by default), and what narrows the networks of the bound.

    Returns:
        The properties of the set, then ``size_bound``, ``robust_error``, ``margin``,
        ``count``, ``parameters`` and ``sandwich``.

    Raises:
        AssumptionViolated: eps, the radius or the dimension is out of range.
    """
    grid, radius = _grid_and_radius(request)
    error = Fraction(0) if request.family.error is None else request.family.error
    report = Report("hard-separated-sets", _describe(grid, radius, request, error))
    data = grid.listed() if grid.size <= MOST_LISTED else None
    if data is not None:
        report.verdicts += [
            both_classes(data, failing="inapplicable"),
            separated_by(data, request.norm, 2 * grid.eps),
            free_of_conflicts(data, request.norm, radius),
        ]
    bound = bound_below(report, request, grid.size, grid.dim, error)
    network_above(report, request, GridBalls.of(grid.dim, grid.dim, grid.steps, radius), data, bound)
    return report


def check_printed_hard_separated_sets(request: Request) -> Report:
    """Check Theorem 3.4 as printed.

    A class of networks that classifies all 2 eps-separated sets needs
    ``Omega((2 eps)^(-d/2) (d log 1/(2 eps))^(-1/2))`` parameters; the constant is taken as
    1, the logarithm to base 2.

    Theorem: thm:hard-separated-sets-as-printed

    Args:
        request: as for the corrected statement.

    Returns:
        The properties of the set, and ``size_bound``.

    Raises:
        AssumptionViolated: eps or the dimension is out of range.
    """
    grid, radius = _grid_and_radius(request)
    error = Fraction(0) if request.family.error is None else request.family.error
    report = Report("hard-separated-sets-as-printed", _describe(grid, radius, request, error))
    if grid.size <= MOST_LISTED:
        data = grid.listed()
        report.verdicts += [both_classes(data, failing="inapplicable"), separated_by(data, request.norm, 2 * grid.eps)]
    asked = request.family
    bound = certified_size_bound(grid.size, grid.dim, error, asked.depth, asked.weight_bits, asked.failure)
    report.bounds.append(bound)
    promised = printed_separated_size(grid.dim, grid.eps)
    meaning = "(2 eps)^(-d/2) (d log2 1/(2 eps))^(-1/2), rounded down"
    report.verdicts.append(size_bound_at_least(bound, promised, meaning))
    return report


def find_erratum(request: Request) -> Report:
    """Show that the printed order is false near eps = 1/2, with any constant.

    Its logarithm tends to 0 there and the order to infinity. But on a line the classes lie
    in two short intervals at the ends, and two parameters are right on all of them.

    Theorem: thm:hard-separated-sets-as-printed
    """
    eps = Fraction(1, 2) - Fraction(1, 10**6)
    radius = eps / 2
    ends: list[list[Fraction | int]] = [[0], [1 - 2 * eps], [2 * eps], [1]]
    data = LabelledPoints.of(ends, [-1, -1, 1, 1])
    network = separating_halfspace(1)
    result = decided(network, data, request, radius)
    promised = printed_separated_size(1, eps)
    report = Report("hard-separated-sets-as-printed", {"d": 1, "eps": str(eps), "radius": str(radius), "norm": "linf"})
    report.network, report.result = network, result
    detail = (
        f"any two sets {2 * eps} apart in [0, 1] lie in [0, {1 - 2 * eps}] and [{2 * eps}, 1]; "
        f"x - 1/2 or its negative, {network.size.nonzero} parameters, is right on both with radius {radius}"
    )
    report.verdicts += [
        zero_robust_error(result),
        Verdict(
            "size_bound",
            "violated",
            "exact",
            str(network.size.nonzero),
            str(promised),
            "at least",
            "construction",
            detail=detail,
            witness={"network": "x - 1/2", "points": [[str(x) for x in row] for row in ends]},
        ),
    ]
    return report


def _grid_and_radius(request: Request) -> tuple[CubeGrid, Fraction]:
    from constructions.errors import AssumptionViolated

    eps, radius = eps_and_radius(request)
    dim = DEFAULT_DIM if request.family.dim is None else request.family.dim
    grid = CubeGrid.of(dim, eps, seed=request.seed)
    if not 0 <= radius < eps:
        raise AssumptionViolated(f"the radius must lie in [0, eps) = [0, {eps}), got {radius}", "radius")
    return grid, radius


def _describe(grid: CubeGrid, radius: Fraction, request: Request, error: Fraction) -> dict[str, object]:
    return {
        "d": grid.dim,
        "eps": str(grid.eps),
        "radius": str(radius),
        "centres": grid.centres,
        "points": grid.size if grid.size < 2**53 else str(grid.size),
        "norm": request.norm,
        "error": str(error),
        "seed": request.seed,
    }


PRINTED = Theorem(
    id="hard-separated-sets-as-printed",
    paper="3.4",
    title="Robust classifiers of all 2 eps-separated sets need about (2 eps)^(-d/2) parameters, up to a logarithm",
    corrected=False,
    claims=("classes", "separation", "size_bound"),
    bounds={
        "classes": "2",
        "separation": "2*eps",
        "size_bound": "floor((2*eps)**(-d/2)/sqrt(d*log(1/(2*eps), 2)))",
    },
    run=check_printed_hard_separated_sets,
    erratum=find_erratum,
    options=OPTIONS,
)
CORRECTED = Theorem(
    id="hard-separated-sets",
    paper="3.4",
    title="Separated sets need 2 sqrt(m) parameters, without a logarithm, and sqrt(704 m) suffice on the grid",
    corrected=True,
    claims=(
        "classes",
        "separation",
        "conflict_free",
        "size_bound",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "sandwich",
    ),
    bounds={
        "separation": "2*eps",
        "robust_error": "0",
        "margin": "1",
        "count": "6*q*d + 8*b + Max(22*l - 20, 5)",
        "parameters": "floor(sqrt(704*m)) + 6*q*d",
    },
    run=check_hard_separated_sets,
    options=OPTIONS,
)
