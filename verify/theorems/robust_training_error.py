"""Definition 2.1: the robust training error of a network."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.errors import UsageError
from verify.claims.robustness_claims import zero_robust_error
from verify.robustness import robust_error
from verify.theorem import DATA_OPTIONS, DEFAULT_RATIO, Report, Request, Theorem
from verify.theorems.memorization import DEFAULT_DATA, plans_for, setting_of


def check_robust_training_error(request: Request) -> Report:
    """Measure the robust training error of a network, exactly where it can be decided.

    The definition says nothing of an output of exactly zero; here zero is an error, so
    that no convention for the sign of zero can matter. Without a network, the smallest
    memorizer of the data is built; its error is promised to be zero.

    Theorem: def:robust-training-error

    Args:
        request: labelled points, norm, radius, and optionally a network.

    Returns:
        The claim ``robust_error``: measured, and promised to be zero.

    Raises:
        UsageError: a network is judged without a radius.
        AssumptionViolated: no network was given and the data cannot be memorized.
    """
    data, name = request.data, request.data_name or DEFAULT_DATA
    if data is None:
        from constructions.data.sources import load_data

        data = load_data(DEFAULT_DATA)
    started = time.monotonic()
    network, radius = request.network, request.radius
    instance = {"data": name, "points": len(data), "dim": data.dim, "norm": request.norm}
    report = Report("robust-training-error", instance)
    if network is None:
        setting = setting_of(request)
        entry, plan = plans_for(setting, request)[0]
        network, radius = plan.build(), setting.radius
        instance["construction"] = entry.name
        report.seconds["build"] = time.monotonic() - started
    elif radius is None:
        if request.eps is None:
            raise UsageError("judging a network needs a radius, or eps and a ratio")
        radius = (DEFAULT_RATIO if request.ratio is None else request.ratio) * request.eps
    instance["radius"] = str(radius)
    seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
    result = robust_error(
        network, data, request.norm, Fraction(radius), seconds=seconds, seed=request.seed, progress=request.progress
    )
    report.network, report.result = network, result
    report.verdicts.append(zero_robust_error(result))
    report.seconds["decide"] = result.seconds
    return report


ROBUST_TRAINING_ERROR = Theorem(
    id="robust-training-error",
    paper="2.1",
    title="Definition: the share of points with a perturbation the network gets wrong",
    corrected=False,
    claims=("robust_error",),
    bounds={"robust_error": "0"},
    run=check_robust_training_error,
    options=(*DATA_OPTIONS, "network"),
)
