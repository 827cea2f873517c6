"""Theorem 2.2 corrected, l-infinity: robust memorization at every radius below eps."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization import (
    memorize_and_judge,
    radius_below,
    setting_of,
    shared_hypotheses,
    sizes_of_construction,
)


def check_robust_memorization_linf(request: Request) -> Report:
    """Check the corrected Theorem 2.2 in l-infinity.

    Classes 2 eps-separated, 0 <= radius < eps, points anywhere: an explicit ReLU network
    with three affine maps has ``label * f >= 1`` on every closed ball.

    Theorem: thm:robust-memorization-linf

    Args:
        request: the instance; its norm is replaced by l-infinity.

    Returns:
        Hypotheses, then the claims ``robust_error``, ``margin``, ``parameters``, ``count``.

    Raises:
        UsageError: an option does not fit.
    """
    setting = setting_of(request)
    report = Report("robust-memorization-linf", setting.describe(request.data_name))
    report.verdicts.extend([*shared_hypotheses(setting), radius_below(setting, setting.eps, "eps")])
    if all(verdict.status == "holds" for verdict in report.verdicts):
        memorize_and_judge(report, setting, request, sizes_of_construction)
    return report


CORRECTED = Theorem(
    id="robust-memorization-linf",
    paper="2.2",
    title="Robust memorization in l-infinity at every radius below eps, margin 1, depth 3",
    corrected=True,
    claims=("labels", "separation", "radius", "robust_error", "margin", "parameters", "count"),
    bounds={
        "robust_error": "0",
        "margin": "1",
        "parameters": "m*(3*Min(2*d, k) + 2) + 1",
    },
    run=check_robust_memorization_linf,
)
