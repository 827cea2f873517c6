"""Theorem 2.3 corrected, l-infinity: how large a network that memorizes N points robustly must be."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization_size import (
    OPTIONS,
    SizeInstance,
    judge_first_layer,
    judge_shattered_points,
    judge_sizes_above,
    judge_sizes_below,
)


def check_memorization_size_bound(request: Request) -> Report:
    """Check the corrected Theorem 2.3 in one norm.

    Networks that memorize every 2 eps-separated set of N points robustly at radius ``ratio * eps``
    realise every labelling of V points, so W parameters with ``T(W, d, V) < 2^V`` are too few.
    On the origin against unit vectors their first layer needs w units that read inputs, so
    ``2 w - 2`` parameters are too few as well.

    Theorem: thm:memorization-size-bound-linf

    Theorem: thm:memorization-size-bound-l2

    Args:
        request: norm and ratio, and of ``family`` the number of points and the dimension.

    Returns:
        ``separation``, ``membership``, ``shattering`` and ``group_separation`` of the points,
        ``size_bound``, ``width_bound``, ``first_layer``, ``robust_error``, ``margin`` and ``count`` of a
        memorizer, and ``sandwich``.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    instance = SizeInstance.of(request)
    report = Report(f"memorization-size-bound-{instance.norm}", instance.describe())
    family = judge_shattered_points(report, instance)
    largest = judge_sizes_below(report, instance, family.size)
    judge_first_layer(report, request, instance)
    judge_sizes_above(report, instance, largest)
    return report


CLAIMS = (
    "separation",
    "membership",
    "shattering",
    "group_separation",
    "size_bound",
    "width_bound",
    "first_layer",
    "robust_error",
    "margin",
    "count",
    "sandwich",
)
CORRECTED = Theorem(
    id="memorization-size-bound-linf",
    paper="2.3",
    title="Memorizers in l-infinity need sqrt(2 N log2 d) parameters and min(N-1, d) first units from ratio 1/2",
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
    run=check_memorization_size_bound,
    options=OPTIONS,
)
