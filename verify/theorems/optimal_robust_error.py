"""The optimal robust error of finitely many points: certified, attained, and never beaten."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.classifiers.optimal import plan_optimal
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.memorizers.instance import half_separation
from verify.claims.optimal_error_claims import (
    cover_leaves_no_conflict,
    matching_costs_the_value,
    no_network_is_better,
    robust_error_attains,
)
from verify.optimal_risk.conflict_graph import check_two_labels
from verify.optimal_risk.optimal_error import OptimalRobustError, optimal_robust_error
from verify.robustness import RobustError
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided

DEFAULT_DATA = "random:n=64,d=8,levels=16,seed=0"
DEFAULT_RATIO = Fraction(3, 2)
MOST_PARAMETERS = 20_000


def check_optimal_robust_error(request: Request) -> Report:
    """Check the value by its cover and its matching, and networks that memorize the points kept.

    Every memorizer of the catalog that takes at most 20,000 parameters is built and decided,
    the smallest in any case.

    Theorem: thm:optimal-robust-error

    Args:
        request: labelled points, the norm, and a radius, or its ratio to half the
            separation, 3/2 by default, so that some balls meet.

    Returns:
        The claims ``cover``, ``matching``, ``attained`` and ``unbeaten``.

    Raises:
        AssumptionViolated: labels other than -1 and +1, or a negative radius.
        UsageError: both a radius and a ratio are given, or no construction has that name.
    """
    data = request.data
    if data is None:
        from constructions.data.sources import load_data

        data = load_data(DEFAULT_DATA)
    check_two_labels(data)
    radius = _radius(request, data)
    found = optimal_robust_error(data, request.norm, radius)
    report = Report("optimal-robust-error", _described(found, request.data_name or DEFAULT_DATA))
    report.seconds["optimize"] = found.seconds
    report.optimal = found
    report.verdicts += [cover_leaves_no_conflict(found), matching_costs_the_value(found)]
    _judge_networks(report, request, found)
    return report


def _radius(request: Request, data: LabelledPoints) -> Fraction:
    """Return the radius asked for; by default a multiple of half the separation, 1 with one class only."""
    if request.radius is not None and request.ratio is not None:
        raise UsageError("give a radius or a ratio, not both")
    if request.radius is not None:
        return request.radius
    closest = data.closest_opposite_pairs(request.norm)
    half = Fraction(1) if closest is None else half_separation(closest.distance, request.norm)
    return half * (DEFAULT_RATIO if request.ratio is None else request.ratio)


def _described(found: OptimalRobustError, name: str) -> dict[str, object]:
    data = found.points
    return {
        "data": name,
        "points": len(data),
        "dim": data.dim,
        "norm": found.norm,
        "radius": str(found.radius),
        "optimal": str(found.value),
        "given_up": len(found.cover),
        "conflicts": found.conflicts,
    }


def _judge_networks(report: Report, request: Request, found: OptimalRobustError) -> None:
    """Build memorizers of the points kept, decide them on all points, and add the claims."""
    started = time.monotonic()
    wanted = None if request.construction in (None, "all") else request.construction
    plans = plan_optimal(found.points, found.kept, found.norm, found.radius, wanted)
    report.seconds["plan"] = time.monotonic() - started
    results: list[tuple[str, RobustError]] = []
    for place, plan in enumerate(plans):
        built = place == 0 or request.construction == "all" or plan.parameters <= MOST_PARAMETERS
        entry = {"name": plan.name, "title": "memorizes the points kept", "parameters": plan.parameters, "built": built}
        report.sizes.append(entry)
        if built:
            network = plan.build()
            results.append((plan.name, decided(network, found.points, request, found.radius)))
            if place == 0:
                report.network, report.result = network, results[0][1]
    report.seconds["decide"] = sum(result.seconds for _, result in results)
    report.verdicts += [robust_error_attains(results[0][1], found), no_network_is_better(results, found)]


OPTIMAL = Theorem(
    id="optimal-robust-error",
    paper="",
    title="The smallest robust error of any classifier on finitely many points, and a network that attains it",
    corrected=True,
    claims=("cover", "matching", "attained", "unbeaten"),
    bounds={},
    run=check_optimal_robust_error,
    options=("data", "norm", "radius", "ratio", "construction"),
)
