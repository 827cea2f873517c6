"""Theorem 2.3 corrected, l-infinity: how large a network that memorizes N points robustly must be."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization_size import CLAIMS, OPTIONS, check_both_sides


def check_memorization_size_bound_linf(request: Request) -> Report:
    """Check the corrected Theorem 2.3 in l-infinity.

    Networks that memorize every 2 eps-separated set of N points robustly realise all
    labellings of V points, from ratio 1/2 on ``1 + floor(log2(d + 1))`` for two data points; so W
    parameters with ``T(W, d, V) < 2^V`` are too few. On the origin against unit vectors
    they need ``w = min(N-1, d)`` units that read inputs, so ``2 w - 2`` parameters are too few.

    Theorem: thm:memorization-size-bound-linf

    Args:
        request: the ratio, and of ``family`` the number of points and the dimension.

    Returns:
        ``separation``, ``membership``, ``shattering`` and ``group_separation`` of the points,
        ``size_bound``, ``width_bound``, ``first_layer``, ``robust_error``, ``margin`` and
        ``count`` of a memorizer, and ``sandwich``.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    return check_both_sides(request, "memorization-size-bound-linf")


CORRECTED = Theorem(
    id="memorization-size-bound-linf",
    paper="2.3",
    title="Memorizers of N >> log d points in l-infinity need about sqrt(2 N log2 d) parameters, and min(N-1, d) "
    "first units, from ratio 1/2",
    corrected=True,
    claims=CLAIMS,
    bounds={
        "separation": "4",
        "membership": "2*rho",
        "shattering": "2**k",
        "width_bound": "2*Min(n - 1, d) - 2",
        "first_layer": "Min(n - 1, d)",
        "robust_error": "0",
        "margin": "1",
        "count": "3*Min(n - 1, d) + 3",
    },
    run=check_memorization_size_bound_linf,
    options=OPTIONS,
)
