"""Theorem 2.2 as printed: robust memorization when the radius is below half of eps."""

from __future__ import annotations

from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import largest_magnitude
from constructions.memorizers.paper import count_papers_route
from constructions.memorizers.paper_l2 import count_papers_route_in_l2
from constructions.memorizers.plan import Plan
from constructions.network.relu_network import ReluNetwork
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization import Setting, memorize_and_judge, radius_below, setting_of, shared_hypotheses
from verify.verdict import Status, Verdict


def check_printed_robust_memorization(request: Request) -> Report:
    """Check Theorem 2.2 with the hypotheses and the bound of the paper.

    N points in the unit ball, classes 2 eps-separated, 0 < eps < 1/2, radius < eps / 2:
    then a ReLU network with O(N d log(d / radius) + N polylog(N / radius)) parameters has
    no robust training error. The O(..) is taken as the explicit count of the paper's reconstructed
    construction on this instance.

    Theorem: thm:robust-memorization

    Args:
        request: the instance; the norm is l-infinity or l2.

    Returns:
        Hypotheses, then the claims ``robust_error``, ``margin`` and ``parameters``.

    Raises:
        UsageError: an option does not fit.
    """
    setting = setting_of(request)
    report = Report("robust-memorization", setting.describe(request.data_name))
    report.verdicts.extend(_hypotheses(setting))
    if any(verdict.status == "inapplicable" for verdict in report.verdicts):
        return report

    def judge(network: ReluNetwork, plan: Plan) -> list[Verdict]:
        promised = _printed_count(setting)
        return [parameters_at_most(network, promised, "the paper's route, reconstructed, on these points")]

    memorize_and_judge(report, setting, request, judge)
    return report


def _hypotheses(setting: Setting) -> list[Verdict]:
    corrected = f"robust-memorization-{setting.norm}"
    half = None if setting.eps is None else setting.eps / 2
    covered = ""
    if setting.eps is not None and 0 <= setting.radius < setting.eps:
        covered = f"; the corrected statement {corrected} (radius < eps = {setting.eps}) covers it"
    return [
        _printed_norm(setting),
        *shared_hypotheses(setting),
        _unit_ball(setting.data, setting.norm),
        _eps_in_range(setting.eps),
        radius_below(setting, half, "eps/2", covered),
    ]


def _printed_count(setting: Setting) -> int:
    """Return the parameters of the paper's route, reconstructed, on this instance."""
    if setting.norm == "l2":
        return count_papers_route_in_l2(setting.data, setting.radius, setting.eps)
    return max(1, count_papers_route(len(setting.data), setting.data.dim))


def _printed_norm(setting: Setting) -> Verdict:
    fits = setting.norm in ("linf", "l2")
    detail = "" if fits else "the paper states l2 and linf; robust-memorization-l1 covers l1"
    status: Status = "holds" if fits else "inapplicable"
    return Verdict("norm", status, "exact", setting.norm, "l2 or linf", "equal", "comparison", detail=detail)


def _unit_ball(data: LabelledPoints, norm: str) -> Verdict:
    largest = _largest_norm(data, norm)
    status: Status = "holds" if largest <= 1 else "inapplicable"
    unit = "squared length" if norm == "l2" else "size"
    detail = "" if status == "holds" else f"a point of {unit} {largest} lies outside the unit ball; scale the data"
    return Verdict("unit_ball", status, "exact", str(largest), "1", "at most", "all points", detail=detail)


def _largest_norm(data: LabelledPoints, norm: str) -> Fraction:
    """Return the largest coordinate, in l2 the largest squared length."""
    if norm != "l2":
        return Fraction(largest_magnitude(data.numerators), data.scale)
    wide = data.numerators.astype(object)
    return Fraction(int((wide * wide).sum(axis=1).max()), data.scale**2)


def _eps_in_range(eps: Fraction | None) -> Verdict:
    if eps is None:
        return Verdict("eps", "holds", "exact", "any", "1/2", "less than", "one class only")
    status: Status = "holds" if eps < Fraction(1, 2) else "inapplicable"
    detail = "" if status == "holds" else f"eps = {eps} must be below 1/2; scale the data or give --eps"
    return Verdict("eps", status, "exact", str(eps), "1/2", "less than", "comparison", detail=detail)


PRINTED = Theorem(
    id="robust-memorization",
    paper="2.2",
    title="ReLU networks of about N d parameters memorize robustly, radius below eps/2",
    corrected=False,
    claims=("norm", "labels", "separation", "unit_ball", "eps", "radius", "robust_error", "margin", "parameters"),
    bounds={"robust_error": "0", "margin": "1", "parameters": "n*(10*d + 2 + ceiling(log(d, 2)))"},
    run=check_printed_robust_memorization,
)
