"""Small radii: about the square root of N log N parameters memorize robustly, with margin 1."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from constructions.memorizers.hashing.worst_case import count_worst_case, guaranteed_ratio
from constructions.memorizers.plan import Plan
from constructions.network.relu_network import ReluNetwork
from verify.theorem import DATA_OPTIONS, Report, Request, Theorem
from verify.theorems.memorization import (
    Setting,
    memorize_and_judge,
    radius_below,
    setting_of,
    shared_hypotheses,
    sizes_of_construction,
)
from verify.verdict import Status, Verdict


def check_hashed_memorization(request: Request) -> Report:
    """Check the memorizer that stores many thresholds to a weight, on one instance.

    Where the balls of the two classes have disjoint images along an integer direction, a deep
    network with about the square root of the number of label changes, times a logarithm,
    parameters is right on all balls. For radii of at most ``eps / (8 d p)``, p the number of
    opposite pairs, such a direction always exists.

    Theorem: thm:hashed-memorization

    Args:
        request: the instance; the ratio is ``1 / (8 d p)`` unless a radius or ratio is given.

    Returns:
        Hypotheses, then the claims ``robust_error``, ``margin``, ``parameters``, ``count`` and
        ``worst_case``.

    Raises:
        UsageError: an option does not fit.
        AssumptionViolated: opposite balls overlap along all directions tried.
    """
    setting = setting_of(_with_a_ratio(request))
    report = Report("hashed-memorization", setting.describe(request.data_name))
    report.verdicts.extend([*shared_hypotheses(setting), radius_below(setting, setting.eps, "eps")])
    if any(verdict.status != "holds" for verdict in report.verdicts):
        return report

    def judge(network: ReluNetwork, plan: Plan) -> list[Verdict]:
        return [*sizes_of_construction(network, plan), *_worst_case(setting, plan)]

    memorize_and_judge(report, setting, replace(request, construction="hash-bits"), judge)
    return report


def _with_a_ratio(request: Request) -> Request:
    """Return the request with the guaranteed ratio, if it names neither radius nor ratio."""
    setting = setting_of(request)
    pairs = _pairs(setting)
    if request.radius is not None or request.ratio is not None or not pairs:
        return request
    return replace(request, ratio=guaranteed_ratio(pairs, setting.data.dim))


def _pairs(setting: Setting) -> int:
    return int(setting.data.indices(1).size * setting.data.indices(-1).size)


def _worst_case(setting: Setting, plan: Plan) -> list[Verdict]:
    """Judge "no more parameters than any points of this number, dimension and diameter need".

    Nothing is claimed at ratios above the one that serves all points.
    """
    points, dim = len(setting.data), setting.data.dim
    if setting.eps is None:
        return [Verdict("worst_case", "holds", "exact", str(plan.parameters), "1", "at most", "one class only")]
    ratio = setting.radius / setting.eps
    bound = count_worst_case(points, dim, ratio, _diameter_above(setting) / setting.eps)
    if bound is None:
        return []
    status: Status = "holds" if plan.parameters <= bound else "unknown"
    detail = "" if status == "holds" else "a direction with fewer parameters exists but was not among those tried"
    found = Verdict(
        "worst_case", status, "exact", str(plan.parameters), str(bound), "at most", "closed form", detail=detail
    )
    return [found]


def _diameter_above(setting: Setting) -> Fraction:
    """Return a bound on the diameter: the sum of the ranges of all coordinates, in l-infinity the largest."""
    numerators = setting.data.numerators
    ranges = [int(high) - int(low) for low, high in zip(numerators.min(axis=0), numerators.max(axis=0), strict=True)]
    return Fraction(max(ranges) if setting.norm == "linf" else sum(ranges), setting.data.scale)


HASHED = Theorem(
    id="hashed-memorization",
    paper="",
    title="Small radii: about sqrt(N log N) parameters memorize robustly, margin 1, in every norm",
    corrected=True,
    claims=("labels", "separation", "radius", "robust_error", "margin", "parameters", "count", "worst_case"),
    bounds={"robust_error": "0", "margin": "1"},
    run=check_hashed_memorization,
    options=tuple(option for option in DATA_OPTIONS if option != "construction"),
)
