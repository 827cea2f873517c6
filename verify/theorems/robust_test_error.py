"""Definition 3.1: the robust test error of a classifier on a distribution."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.classifiers.distance_network import distance_difference_network
from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.claims.generalization_claims import sampled_test_error, zero_robust_test_error
from verify.generalization.population_error import FAILURE, Population, robust_test_error
from verify.theorem import DEFAULT_RATIO, Report, Request, Theorem
from verify.theorems.distance_classifier import sets_of


def check_robust_test_error(request: Request) -> Report:
    """Measure the robust test error of a network on two sets, exactly where volumes can be decided.

    Points are equally likely; boxes are weighted by volume or, where some have width 0, are
    equally likely, and a point is uniform in its box. Without a network it is the one that
    computes ``d_B - d_A``, by default at 3/7 of half the distance of the sets.

    Theorem: def:robust-test-error

    Args:
        request: two sets of points or boxes, norm, radius or ratio, and optionally a
            network; of ``family`` ``samples``, the points of an estimate where the bounds
            do not meet, and ``failure``, with which its limits may miss.

    Returns:
        The claim ``robust_test_error``: bracketed, and promised to be zero.

    Raises:
        AssumptionViolated: no radius was given and the sets meet.
        UsageError: a set has other pieces than points and boxes.
    """
    started = time.monotonic()
    sets, name = sets_of(request)
    norm = check_norm(request.norm)
    measured_in = "linf" if norm == "l2" else norm
    network = distance_difference_network(sets, measured_in) if request.network is None else request.network
    radius = _radius(request, sets, measured_in)
    population, law = _population(sets)
    report = Report(
        "robust-test-error", {"sets": name, "dim": sets.dim, "norm": norm, "radius": str(radius), "law": law}
    )
    report.network = network
    seconds = None if request.deadline is None else max(0.0, request.deadline - started)
    result = robust_test_error(
        network,
        population,
        norm,
        radius,
        samples=request.family.samples or 0,
        failure=FAILURE if request.family.failure is None else request.family.failure,
        seconds=seconds,
        seed=request.seed,
        progress=request.progress,
    )
    report.verdicts.append(zero_robust_test_error(result))
    if result.estimate is not None:
        report.verdicts.append(sampled_test_error(result.estimate))
    report.result = result.points
    report.seconds["decide"] = result.seconds
    return report


def _radius(request: Request, sets: LabelledSets, norm: str) -> Fraction:
    """Return the radius asked for, or a share of half the distance (in l2 of that in l-infinity)."""
    if request.radius is not None:
        return request.radius
    eps = sets.eps(norm) if request.eps is None else request.eps
    if eps <= 0:
        raise AssumptionViolated(f"without a radius eps must be positive, got {eps}", "eps")
    return (DEFAULT_RATIO if request.ratio is None else request.ratio) * eps


def _population(sets: LabelledSets) -> tuple[Population, str]:
    if sets.is_finite:
        return sets.to_points(), "points equally likely"
    mixture = BoxMixture.equal(sets)
    if all(box.volume for box in mixture.boxes):
        return BoxMixture.uniform(sets), "uniform by volume"
    return mixture, "boxes equally likely, uniform in a box"


ROBUST_TEST_ERROR = Theorem(
    id="robust-test-error",
    paper="3.1",
    title="Definition: the probability of a new point with a perturbation the network gets wrong",
    corrected=False,
    claims=("robust_test_error",),
    bounds={"robust_test_error": "0"},
    run=check_robust_test_error,
    options=("sets", "norm", "eps", "radius", "ratio", "dim", "network", "samples", "failure"),
)
