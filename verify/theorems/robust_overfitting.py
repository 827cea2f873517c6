"""Robust overfitting, solved exactly: right everywhere, robust only where trained."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from constructions.classifiers.overfitting import count_overfitting, overfit_robustly
from constructions.errors import UsageError
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.claims.hard_set_claims import clean_error_at_most, robust_error_equals
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided, eps_and_radius

_DEFAULT_DIM = 4


def check_robust_overfitting(request: Request) -> Report:
    """Check the network with robust training error 0, clean error 0 and robust error 1 - n/m.

    Theorem: thm:robust-overfitting

    Args:
        request: the hard set as in Theorem 4.3, and ``samples`` of ``family``: how many
            different points are trained on (a third of them by default). The norm is
            l-infinity.

    Returns:
        The claims ``robust_training_error``, ``clean_error``, ``robust_test_error`` and
        ``parameters``.

    Raises:
        UsageError: more training points than points.
        AssumptionViolated: a number of the hard set is out of range.
        BudgetExceeded: the hard set has too many points to list.
    """
    eps, radius = eps_and_radius(request)
    dim = _DEFAULT_DIM if request.family.dim is None else request.family.dim
    grid = LinearlySeparableGrid.of(dim, eps, radius, seed=request.seed)
    data = grid.listed()
    count = len(data) // 3 if request.family.samples is None else request.family.samples
    if count > len(data):
        raise UsageError(f"{count} training points are more than the {len(data)} points there are")
    training = np.sort(np.random.RandomState(request.seed % 2**32).permutation(len(data))[:count])
    network = overfit_robustly(grid, [int(index) for index in training])
    result = decided(network, data, request, grid.radius)
    report = Report(
        "robust-overfitting",
        {
            "d": dim,
            "eps": str(eps),
            "radius": str(radius),
            "points": len(data),
            "training": count,
            "seed": request.seed,
        },
    )
    if count:
        seen = decided(network, data.subset(training), request, grid.radius)
        report.verdicts.append(zero_robust_error(seen, "robust_training_error"))
    report.verdicts += [
        clean_error_at_most(network, data, Fraction(0)),
        robust_error_equals(result, 1 - Fraction(count, len(data)), "robust_test_error"),
        parameters_at_most(network, count_overfitting(dim, count), "n (6 d + 2) + 9"),
    ]
    report.network, report.result = network, result
    report.seconds["decide"] = result.seconds
    return report


OVERFITTING = Theorem(
    id="robust-overfitting",
    paper="",
    title="Clean error 0, robust training error 0, and robust test error exactly 1 - n/m",
    corrected=True,
    claims=("robust_training_error", "clean_error", "robust_test_error", "parameters"),
    bounds={
        "robust_training_error": "0",
        "clean_error": "0",
        "robust_test_error": "1 - n/m",
        "parameters": "n*(6*d + 2) + 9",
    },
    run=check_robust_overfitting,
    options=("dim", "eps", "radius", "ratio", "samples"),
)
