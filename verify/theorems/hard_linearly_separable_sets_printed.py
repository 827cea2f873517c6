"""Theorem 4.3 as printed: the paper's grid, its double counting, its exponent (d-1)/6."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.printed import printed_size
from verify.capacity.size_bound import certified_size_bound
from verify.claims.hard_set_claims import both_classes, free_of_conflicts, robust_error_equals, separable_with_margin
from verify.claims.separation_claims import separated_by
from verify.claims.size_bound_claims import size_bound_at_least
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_linearly_separable_sets import OPTIONS, describe, grid_of
from verify.theorems.hard_sets import DEFAULT_ERROR, MOST_LISTED, decided

_ERRATUM_EPS = Fraction(2, 5)


def check_printed_hard_linearly_separable_sets(request: Request) -> Report:
    """Check Theorem 4.3 with the set and the counting of the paper.

    The grid is {1/K, ..., 1} in d - 1 coordinates, K = floor(1/(2 eps)). Networks of
    ``K^((d-1)/6)`` parameters, the order the paper states with its constant taken as 1, are
    to be too small; the size is certified by double counting, the paper's own argument.

    Theorem: thm:hard-linearly-separable-sets-as-printed

    Args:
        request: as for the corrected statement.

    Returns:
        The properties of the set, and ``size_bound``.

    Raises:
        AssumptionViolated: eps, the radius or the dimension is out of range.
    """
    grid = grid_of(request)
    error = DEFAULT_ERROR if request.family.error is None else request.family.error
    centres = grid.steps
    count = centres ** (grid.dim - 1)
    instance = {**describe(grid, request, error), "centres": centres, "points": count if count < 2**53 else str(count)}
    report = Report("hard-linearly-separable-sets-as-printed", instance)
    data = _printed_points(grid) if grid.size <= MOST_LISTED else None
    if data is not None:
        plane = separating_halfspace(grid.dim)
        report.verdicts += [
            both_classes(data),
            separated_by(data, request.norm, 2 * grid.eps),
            separable_with_margin(data, plane, grid.offset),
            free_of_conflicts(data, request.norm, grid.radius),
            robust_error_equals(
                decided(plane, data.subset(range(min(len(data), 2**12))), request, grid.radius),
                Fraction(1),
                "plane_robust_error",
            ),
        ]
    if count > 1:
        depth, failure = request.family.depth, request.family.failure
        if failure is not None:
            raise AssumptionViolated("the printed statement is about some labelling; leave out --failure", "failure")
        bound = certified_size_bound(count, grid.dim, error, depth, method="double-counting")
        promised = printed_size(grid.dim, grid.eps)
        report.verdicts.append(size_bound_at_least(bound, promised, "floor(K^((d-1)/6)), the printed order"))
    return report


def find_erratum(request: Request) -> Report:
    """Show that eps above 1/4 leaves the printed set one point: one class is empty.

    Theorem: thm:hard-linearly-separable-sets-as-printed
    """
    return check_printed_hard_linearly_separable_sets(replace(request, eps=_ERRATUM_EPS, radius=None))


def _printed_points(grid: LinearlySeparableGrid) -> LabelledPoints:
    """Return the points with no coordinate 0 among the first d - 1: the paper starts at 1/K."""
    kept = np.arange(grid.size, dtype=np.int64)
    rest = kept.copy()
    inside = np.ones(grid.size, dtype=bool)
    for _ in range(grid.dim - 1):
        inside &= rest % grid.centres > 0
        rest //= grid.centres
    return grid.subset(kept[inside])


PRINTED = Theorem(
    id="hard-linearly-separable-sets-as-printed",
    paper="4.3",
    title="Linearly separable sets on which networks below (1/(2 eps))^((d-1)/6) parameters are not robust",
    corrected=False,
    claims=("classes", "separation", "linearly_separable", "conflict_free", "plane_robust_error", "size_bound"),
    bounds={
        "classes": "2",
        "separation": "2*eps",
        "linearly_separable": "eps0",
        "plane_robust_error": "1",
        "size_bound": "floor(k**((d - 1)/6))",
    },
    run=check_printed_hard_linearly_separable_sets,
    erratum=find_erratum,
    options=OPTIONS,
)
