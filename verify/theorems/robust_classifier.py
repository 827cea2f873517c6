"""Theorem 3.3, corrected: networks that are robust on any two separated sets, three ways."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

from constructions.classifiers.catalog import ClassifierPlan, classifier_plans
from constructions.classifiers.cells import cell_grid, most_cell_parameters
from constructions.classifiers.interpolation import interpolation_grid
from constructions.classifiers.lazy_votes import LazyVotes
from constructions.classifiers.separated_sets import SeparatedSets, known_sets, separated_sets
from constructions.classifiers.shifted_cells import shifted_grids
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded
from constructions.exact.norms import check_norm
from constructions.hard_distributions.grid import grid_steps
from constructions.network.relu_network import ReluNetwork
from constructions.sets.labelled_sets import LabelledSets
from verify.claims.neighbourhood_claims import neighbourhood_margin_at_least, zero_neighbourhood_error
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.set_claims import sets_separated_by
from verify.claims.size_bound_claims import built_above_bound
from verify.claims.size_claims import parameters_at_most
from verify.neighbourhoods.error import NeighbourhoodError, neighbourhood_error
from verify.robustness import RobustError, robust_error
from verify.theorem import DEFAULT_RATIO, Report, Request, Theorem
from verify.theorems.distance_classifier import sets_of
from verify.theorems.hard_sets import bound_below, decided
from verify.theorems.one_class import check_one_class, has_one_class
from verify.theorems.sampled_balls import (
    balls_asked,
    sampled_balls,
    sampled_network_error,
    zero_sampled_error,
)
from verify.verdict import Status, Verdict

OPTIONS = ("sets", "data", "norm", "eps", "radius", "ratio", "construction", "balls")


def check_robust_classifier(request: Request) -> Report:
    """Check the corrected Theorem 3.3: any radius below eps, three constructions with their constants.

    Two sets in the unit cube, ``2 eps`` apart: a bump for each cell of a grid, votes of
    shifted grids, or the distance classifier interpolated, are all right on the
    neighbourhoods. What is enough for any two sets is set beside the certified size that
    is too small for some two sets (Theorem 3.4).

    Theorem: thm:robust-classifier

    Args:
        request: two sets or labelled points, the norm, eps, radius or ratio, and the
            construction; the smallest is built by default.

    Returns:
        The hypotheses, then for each network built ``robust_error``, ``margin`` and
        ``parameters``, then what is enough for any sets: ``cells``, ``shifted_cells``,
        ``interpolation``; ``size_bound``, and a ``sandwich`` for each.

    Raises:
        AssumptionViolated: the sets leave the cube or are too close, or the radius is out of range.
        UsageError: an option does not fit.
    """
    sets, report = instance_of(request, "robust-classifier")
    if sets is None:
        return report
    build_and_judge(report, sets, request, lambda plan: (plan.worst, f"{plan.name}: {plan.title}"))
    report.verdicts += _worst_cases(sets)
    if sets.eps <= Fraction(1, 2):
        set_beside_bound(report, request, sets)
    return report


def instance_of(request: Request, theorem: str) -> tuple[SeparatedSets | None, Report]:
    """Return the sets and a report with the hypotheses.

    Instead of the sets ``None`` where they are too close, or where one is empty: then the
    report is complete.
    """
    if has_one_class(request):
        return None, check_one_class(request, theorem)
    given, name = _given(request)
    norm = check_norm(request.norm)
    known, grown = known_sets(given, norm)
    eps = known.eps(norm) - grown if request.eps is None else request.eps
    ratio = DEFAULT_RATIO if request.ratio is None else request.ratio
    radius = ratio * eps if request.radius is None else request.radius
    report = Report(theorem, {"sets": name, "dim": given.dim, "norm": norm, "eps": str(eps), "radius": str(radius)})
    if eps <= 0:
        raise AssumptionViolated(f"eps must be positive, got {eps}", "eps")
    report.verdicts.append(sets_separated_by(known, norm, 2 * (eps + grown), failing="inapplicable"))
    if report.verdict == "inapplicable":
        return None, report
    sets = separated_sets(given, radius, eps, norm)
    report.instance["c"] = str(radius / eps)
    if grown:
        report.instance |= {"cover_radius": str(grown), "known_eps": str(sets.eps), "known_radius": str(sets.radius)}
    places = "all corners" if not grown else "all known points"
    cube = Verdict("unit_cube", "holds", "exact", "inside", "[0, 1]^d", "equal", places)
    below = Verdict("radius", "holds", "exact", str(radius), str(eps), "less than", "comparison")
    report.verdicts += [cube, below]
    return sets, report


def build_and_judge(report: Report, sets: SeparatedSets, request: Request, promise: Any) -> None:
    """Build the smallest construction, the one asked for, or all that are small enough, and judge them.

    Args:
        report: receives the verdicts.
        sets: the instance.
        request: names the construction.
        promise: from a plan to the promised number of parameters and its meaning.
    """
    wanted = None if request.construction in (None, "all") else request.construction
    plans = classifier_plans(sets, wanted)
    first = True
    for plan in plans:
        is_built = plan.build is not None and (first or request.construction == "all")
        report.sizes.append(
            {
                "name": plan.name,
                "title": plan.title,
                "parameters": plan.parameters,
                "worst_case": plan.worst,
                "built": is_built,
            }
        )
        if is_built:
            _judge(report, sets, request, plan, promise(plan), "" if first else f" ({plan.name})")
            first = False
    if first:
        _sample(report, sets, request, plans[0])


def _sample(report: Report, sets: SeparatedSets, request: Request, smallest: ClassifierPlan) -> None:
    """Decide sampled balls where nothing is built."""
    count = balls_asked(request)
    counted = f"the smallest construction has up to {smallest.parameters} parameters and is counted, not built"
    if not count:
        report.verdicts.append(Verdict("robust_error", "unknown", "exact", None, "0", "at most", detail=counted))
        return
    started = time.monotonic()
    found = sampled_balls(LazyVotes.of(sets), sets, count, request.seed, request.deadline)
    report.seconds["sample"] = time.monotonic() - started
    report.instance |= {"balls": count, "seed": request.seed}
    verdict = zero_sampled_error(found, count, request.seed, report.seconds["sample"])
    report.verdicts.append(replace(verdict, detail=f"{counted}; {verdict.detail}"))


def _judge(
    report: Report,
    sets: SeparatedSets,
    request: Request,
    plan: ClassifierPlan,
    promise: tuple[int, str],
    suffix: str,
) -> None:
    assert plan.build is not None
    started = time.monotonic()
    network = plan.build()
    report.seconds[f"build{suffix}"] = time.monotonic() - started
    try:
        balls = sets.balls()
        if balls is None:
            around = _around(network, sets, plan, request)
            verdicts = [zero_neighbourhood_error(around), neighbourhood_margin_at_least(around, plan.margin)]
            if not suffix and around.status == "robust":
                report.neighbourhoods = around
        else:
            result = _decided(network, balls, sets, plan.margin, request)
            verdicts = [zero_robust_error(result), margin_at_least(result, plan.margin)]
            if not suffix:
                report.result = result
    except BudgetExceeded as error:
        verdicts = [sampled_network_error(network, sets, request, str(error))]
    report.seconds[f"decide{suffix}"] = time.monotonic() - started - report.seconds[f"build{suffix}"]
    verdicts.append(parameters_at_most(network, *promise))
    report.verdicts += [replace(verdict, name=verdict.name + suffix) for verdict in verdicts]
    if not suffix:
        report.network = network


def _around(network: ReluNetwork, sets: SeparatedSets, plan: ClassifierPlan, request: Request) -> NeighbourhoodError:
    """Decide a network on cubes that cover both neighbourhoods; where it bends is a guess at good cubes."""
    assert plan.grid is not None
    seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
    return neighbourhood_error(
        network,
        sets.sets,
        sets.norm,
        sets.radius,
        first=plan.grid.first,
        side=plan.grid.side,
        margin=plan.margin,
        seconds=seconds,
        seed=request.seed,
        progress=request.progress,
    )


def _decided(
    network: ReluNetwork, balls: LabelledPoints, sets: SeparatedSets, margin: Fraction, request: Request
) -> RobustError:
    """Return the robust error, by the method that finds the largest margin where the first is content with less."""
    result = decided(network, balls, replace(request, norm=sets.norm), sets.radius)
    if result.upper or margin_at_least(result, margin).status != "unknown":
        return result
    for method in ("pieces", "simplices", "paired"):
        seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
        sharper = robust_error(network, balls, sets.norm, sets.radius, method, seconds, seed=request.seed)
        if margin_at_least(sharper, margin).status == "holds":
            return sharper
    return result


def _given(request: Request) -> tuple[LabelledSets, str]:
    if request.sets is None and request.data is not None:
        return LabelledSets.of_points(request.data), request.data_name
    return sets_of(request)


def _worst_cases(sets: SeparatedSets) -> list[Verdict]:
    """Judge the closed forms of what is enough for any two sets."""
    instance = (sets.dim, sets.eps, sets.radius, sets.norm)
    dim, shifted, grid = sets.dim, shifted_grids(*instance), interpolation_grid(*instance)
    cells, votes, nodes = cell_grid(*instance).count, shifted.grids[0].count, grid.steps + 1
    forms = [
        (
            "cells",
            classifier_plans(sets, "cells")[0].parameters,
            most_cell_parameters(*instance),
            f"{cells} cells an axis",
        ),
        ("shifted_cells", shifted.parameters, most_votes(dim, votes), f"{votes} cells an axis"),
        (
            "interpolation",
            grid.parameters,
            nodes**dim * (10 * dim + 2) + 4 * dim * grid.steps,
            f"{nodes} nodes an axis",
        ),
    ]
    return [_at_most(*form) for form in forms]


def most_votes(dim: int, count: int) -> int:
    """Return ``(2d+1)*(sqrt(704 n^d) + 6 n d + 4) + 1`` for n cells an axis, the root rounded down."""
    return (2 * dim + 1) * (math.isqrt(704 * count**dim) + 6 * count * dim + 4) + 1


def _at_most(name: str, measured: int, promised: int, detail: str) -> Verdict:
    status: Status = "holds" if measured <= promised else "violated"
    return Verdict(name, status, "exact", str(measured), str(promised), "at most", "closed form", detail=detail)


def set_beside_bound(report: Report, request: Request, sets: SeparatedSets) -> None:
    """Set what is enough for any sets beside what is certified to be too small for some (Theorem 3.4)."""
    centres = grid_steps(sets.eps) + 1
    bound = bound_below(report, request, centres**sets.dim, sets.dim, Fraction(0))
    instance = (sets.dim, sets.eps, sets.radius, sets.norm)
    report.verdicts += [
        built_above_bound(most_cell_parameters(*instance), bound, "sandwich"),
        built_above_bound(shifted_grids(*instance).parameters, bound, "sandwich (shifted-cells)"),
        built_above_bound(interpolation_grid(*instance).parameters, bound, "sandwich (interpolation)"),
    ]


CORRECTED = Theorem(
    id="robust-classifier",
    paper="3.3",
    title="Any two separated sets have robust classifiers of n^d (6d+2) + 1 parameters, or about 27 (2d+1) n^(d/2)",
    corrected=True,
    claims=(
        "separation",
        "unit_cube",
        "radius",
        "robust_error",
        "margin",
        "parameters",
        "cells",
        "shifted_cells",
        "interpolation",
        "size_bound",
        "sandwich",
    ),
    bounds={
        "separation": "2*eps",
        "robust_error": "0",
        "margin": "1",
        "cells": "n**d*(6*d + 2) + 1",
        "shifted_cells": "(2*d + 1)*(floor(sqrt(704*n**d)) + 6*n*d + 4) + 1",
        "interpolation": "(q + 1)**d*(10*d + 2) + 4*d*q",
    },
    run=check_robust_classifier,
    options=OPTIONS,
)
