"""Definition 3.1: the robust test error of a classifier on a distribution."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.classifiers.distance_network import distance_difference_network
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.norms import check_norm
from constructions.network.relu_network import ReluNetwork
from constructions.sets.labelled_sets import LabelledSets
from verify.claims.generalization_claims import sampled_test_error, zero_robust_test_error
from verify.generalization.population_error import FAILURE, robust_test_error
from verify.theorem import DEFAULT_RATIO, Report, Request, Theorem
from verify.theorems.populations import law_of


def check_robust_test_error(request: Request) -> Report:
    """Measure the robust test error of a network on a distribution, exactly where volumes can be decided.

    Without weights points are equally likely; boxes are weighted by volume or, where some
    have width 0, are equally likely, and a point is uniform in its box. Without a network it
    is the one that computes ``d_B - d_A``, by default at 3/7 of half the distance of the sets.

    Theorem: def:robust-test-error

    Args:
        request: two sets of points or boxes, or labelled points, both perhaps with weights, or
            a distribution; norm, radius or ratio, and optionally a network, which labels
            other than -1 and +1 need; of ``family`` ``samples``, the points of an estimate where the bounds
            do not meet, and ``failure``, with which its limits may miss.

    Returns:
        The claim ``robust_test_error``: bracketed, and promised to be zero.

    Raises:
        AssumptionViolated: no radius was given and the sets meet, or the weights make no
            distribution.
        UsageError: a set has other pieces than points and boxes, or labels other than -1 and
            +1 come without a network and a radius.
    """
    started = time.monotonic()
    named = law_of(request)
    norm = check_norm(request.norm)
    measured_in = "linf" if norm == "l2" else norm
    radius = _radius(request, named.sets, measured_in)
    network = _network(request, named.sets, measured_in)
    instance = {"sets": named.name, "dim": network.dim, "norm": norm, "radius": str(radius), "law": named.meaning}
    report = Report("robust-test-error", instance)
    report.network = network
    seconds = None if request.deadline is None else max(0.0, request.deadline - started)
    result = robust_test_error(
        network,
        named.law,
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
    if report.result is not None and len(set(getattr(named.law, "probabilities", ()))) > 1:
        report.instance["certificate"] = "states which points are robust, each counted once, without the weights"
    report.test_error = result if result.question is not None else None
    report.seconds["decide"] = result.seconds
    return report


def _network(request: Request, sets: LabelledSets | None, norm: str) -> ReluNetwork:
    if request.network is not None:
        return request.network
    if sets is None:
        raise UsageError("without points of both labels -1 and +1 there is no default network; give one")
    return distance_difference_network(sets, norm)


def _radius(request: Request, sets: LabelledSets | None, norm: str) -> Fraction:
    """Return the radius asked for, or a share of half the distance (in l2 of that in l-infinity)."""
    if request.radius is not None:
        return request.radius
    if sets is None:
        raise UsageError("without points of both labels -1 and +1 there is no default radius; give one")
    eps = sets.eps(norm) if request.eps is None else request.eps
    if eps <= 0:
        raise AssumptionViolated(f"without a radius eps must be positive, got {eps}", "eps")
    return (DEFAULT_RATIO if request.ratio is None else request.ratio) * eps


ROBUST_TEST_ERROR = Theorem(
    id="robust-test-error",
    paper="3.1",
    title="Definition: the probability of a new point with a perturbation the network gets wrong",
    corrected=False,
    claims=("robust_test_error",),
    bounds={"robust_test_error": "0"},
    run=check_robust_test_error,
    options=(
        "sets",
        "data",
        "weights",
        "distribution",
        "norm",
        "eps",
        "radius",
        "ratio",
        "dim",
        "network",
        "samples",
        "failure",
    ),
)
