"""Theorem 2.2 corrected, l2: robust memorization at every radius below eps."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization import (
    memorize_and_judge,
    radius_below,
    setting_of,
    shared_hypotheses,
    sizes_of_construction,
)


def check_robust_memorization_l2(request: Request) -> Report:
    """Check the corrected Theorem 2.2 in l2.

    Classes 2 eps-separated, 0 <= radius < eps, points anywhere: an explicit ReLU network
    has ``label * f >= 1`` on every closed ball. One sum of squares serves all points, so
    that ``N d + O(d log(d / (1 - radius/eps)))`` parameters suffice; half-spaces often need
    far fewer, and the smallest construction is built.

    Theorem: thm:robust-memorization-l2

    Args:
        request: the instance; its norm is replaced by l2.

    Returns:
        Hypotheses, then the claims ``robust_error``, ``margin``, ``parameters``, ``count``.

    Raises:
        UsageError: an option does not fit.
    """
    setting = setting_of(request)
    report = Report("robust-memorization-l2", setting.describe(request.data_name))
    report.verdicts.extend([*shared_hypotheses(setting), radius_below(setting, setting.eps, "eps")])
    if all(verdict.status == "holds" for verdict in report.verdicts):
        memorize_and_judge(report, setting, request, sizes_of_construction)
    return report


CORRECTED = Theorem(
    id="robust-memorization-l2",
    paper="2.2",
    title="Robust memorization in l2 at every radius below eps, margin 1, about N d parameters",
    corrected=True,
    claims=("labels", "separation", "radius", "robust_error", "margin", "parameters", "count"),
    bounds={"robust_error": "0", "margin": "1", "parameters": "m*(d + 3) + 1 + 8*d*q + q"},
    run=check_robust_memorization_l2,
)
