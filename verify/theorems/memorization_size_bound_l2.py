"""Theorem 2.3 corrected, l2: how large a network that memorizes N points robustly must be."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization_size import CLAIMS, OPTIONS, check_both_sides


def check_memorization_size_bound_l2(request: Request) -> Report:
    """Check the corrected Theorem 2.3 in l2.

    As in l-infinity, with ``min(d, floor(1 / (1 - ratio^2)))`` points shattered by two data
    points, and more than ``ratio^2 min(N-1, d)`` units that read inputs.

    Theorem: thm:memorization-size-bound-l2

    Args:
        request: the ratio, and of ``family`` the number of points and the dimension.

    Returns:
        The claims of the statement in l-infinity; lengths are squared.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    return check_both_sides(request, "memorization-size-bound-l2")


CORRECTED = Theorem(
    id="memorization-size-bound-l2",
    paper="2.3",
    title="Memorizers of many points in l2 need about sqrt(2 N min(d, 1/(1 - ratio^2))) parameters, and "
    "ratio^2 min(N-1, d) first units",
    corrected=True,
    claims=CLAIMS,
    bounds={
        "separation": "4*k",
        "membership": "rho**2*k",
        "shattering": "2**k",
        "width_bound": "2*floor(rho**2*Min(n - 1, d))",
        "first_layer": "floor(rho**2*Min(n - 1, d)) + 1",
        "robust_error": "0",
        "margin": "1",
        "count": "3*Min(n - 1, d) + 3",
    },
    run=check_memorization_size_bound_l2,
    options=OPTIONS,
)
