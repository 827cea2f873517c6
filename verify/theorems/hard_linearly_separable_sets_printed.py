"""Theorem 4.3 as printed: the paper's grid, its double counting, its exponent (d-1)/6."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.printed import printed_size
from verify.capacity.size_bound import certified_size_bound
from verify.claims.hard_set_claims import both_classes
from verify.claims.size_bound_claims import size_bound_at_least
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_linearly_separable_sets import CORRECTED, OPTIONS, add_sandwich, describe, grid_of
from verify.theorems.hard_sets import DEFAULT_ERROR, MOST_LISTED

_ERRATUM_EPS = Fraction(2, 5)


def check_printed_hard_linearly_separable_sets(request: Request) -> Report:
    """Check Theorem 4.3 with the set and the counting of the paper, and show where the truth lies.

    The printed set is the grid {1/K, ..., 1} in d - 1 coordinates, K = floor(1/(2 eps)).
    Networks of ``K^((d-1)/6)`` parameters, the order the paper states with its constant
    taken as 1, are to be too small for it: the claim ``printed_order``, certified by double
    counting, the paper's own argument, or by the sharper count of regions. Then the grid is
    completed with the coordinate 0 and set between the sharper bound and the network that
    meets it, as in the corrected statement.

    Theorem: thm:hard-linearly-separable-sets-as-printed

    Args:
        request: as for the corrected statement.

    Returns:
        The claims ``printed_classes`` and ``printed_order`` about the printed set, then
        those of the corrected statement.

    Raises:
        AssumptionViolated: eps, the radius or the dimension is out of range.
    """
    grid = grid_of(request)
    error = DEFAULT_ERROR if request.family.error is None else request.family.error
    count = grid.steps ** (grid.dim - 1)
    report = Report("hard-linearly-separable-sets-as-printed", describe(grid, request, error))
    report.instance["printed_points"] = count if count < 2**53 else str(count)
    if grid.size <= MOST_LISTED:
        report.verdicts.append(both_classes(_printed_points(grid), "printed_classes"))
    if count > 1:
        methods = ("double-counting", "regions")
        found = [certified_size_bound(count, grid.dim, error, request.family.depth, method=name) for name in methods]
        bound = max(found, key=lambda entry: entry.size)
        meaning = "floor(K^((d-1)/6)), the printed order"
        promised = printed_size(grid.dim, grid.eps)
        report.verdicts.append(size_bound_at_least(bound, promised, meaning, "printed_order"))
    add_sandwich(report, request, grid, error)
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
    claims=("printed_classes", "printed_order", *CORRECTED.claims),
    bounds={"printed_classes": "2", "printed_order": "floor(k**((d - 1)/6))", **CORRECTED.bounds},
    run=check_printed_hard_linearly_separable_sets,
    erratum=find_erratum,
    options=OPTIONS,
)
