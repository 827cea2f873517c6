"""A trained network has at least the optimal robust error, shown by exact points of the balls in conflict."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.memorizers.instance import half_separation
from constructions.network.relu_network import ReluNetwork
from verify.claims.training_claims import clean_error_below, errors_at_least_optimum, pairs_have_a_wrong_point, reported
from verify.optimal_risk.conflict_graph import check_two_labels
from verify.optimal_risk.optimal_error import optimal_robust_error
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.training.learning import train
from verify.training.recipe import LARGEST_SEED, Recipe

DEFAULT_DATA = "hard:d=3,eps=1/6,seed=0"
WIDTH, DEPTH, EPOCHS = 16, 3, 300


def check_training_gap(request: Request) -> Report:
    """Train a small network against perturbations of the radius, and set its robust error beside the optimum.

    Every point is decided; of each pair in the matching, one of the two points is wrong at the point halfway.

    Theorem: thm:training-gap

    Args:
        request: labelled points, the norm (linf or l2), and a radius, or its ratio to half the separation, 1 by
            default, so that some balls touch; the seed is that of the training; a network is judged instead
            of a trained one if it is given.

    Returns:
        The claims ``pairs``, ``clean_error`` and ``at_least_optimum``.

    Raises:
        UsageError: both a radius and a ratio are given, or training against l1 is asked for.
        AssumptionViolated: labels other than -1 and +1, or a negative radius.
    """
    data = request.data
    if data is None:
        from constructions.data.sources import load_data

        data = load_data(DEFAULT_DATA)
    check_two_labels(data)
    radius = _radius(request, data)
    optimum = optimal_robust_error(data, request.norm, radius)
    report = Report("training-gap", {"data": request.data_name or DEFAULT_DATA, "points": len(data), "dim": data.dim})
    report.instance |= {"norm": request.norm, "radius": str(radius), "optimal": str(optimum.value)}
    started = time.monotonic()
    network = _trained(request, data, radius, report) if request.network is None else request.network
    report.seconds["train"] = time.monotonic() - started
    result = decided(network, data, request, radius)
    report.network, report.result, report.optimal = network, result, optimum
    report.seconds["decide"] = result.seconds
    report.verdicts += [
        pairs_have_a_wrong_point(network, data, optimum.matching, result.ball),
        clean_error_below(result),
        errors_at_least_optimum([reported(result, optimum.value)]),
    ]
    return report


def _radius(request: Request, data: LabelledPoints) -> Fraction:
    """Return the radius asked for; by default half the separation, 1 with one class only."""
    if request.radius is not None and request.ratio is not None:
        raise UsageError("give a radius or a ratio, not both")
    if request.radius is not None:
        return request.radius
    closest = data.closest_opposite_pairs(request.norm)
    half = Fraction(1) if closest is None else half_separation(closest.distance, request.norm)
    return half * (Fraction(1) if request.ratio is None else request.ratio)


def _trained(request: Request, data: LabelledPoints, radius: Fraction, report: Report) -> ReluNetwork:
    seed = request.seed & LARGEST_SEED
    recipe = Recipe.of(width=WIDTH, depth=DEPTH, radius=radius, norm=request.norm, epochs=EPOCHS, seed=seed)
    report.instance |= {"width": WIDTH, "epochs": EPOCHS, "seed": seed}
    tell = request.progress

    def progress(done: int, total: int) -> None:
        if tell is not None:
            tell("training", done, total)

    return train(recipe, data, progress=progress)


GAP = Theorem(
    id="training-gap",
    paper="",
    title="A trained network has at least the optimal robust error, with exact witnesses",
    corrected=True,
    claims=("pairs", "clean_error", "at_least_optimum"),
    bounds={},
    run=check_training_gap,
    options=("data", "norm", "radius", "ratio", "network"),
    default_data=DEFAULT_DATA,
)
