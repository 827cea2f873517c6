"""Claims about a bracketed robust test error: that it is zero, and an estimate that proves nothing."""

from __future__ import annotations

import math
from typing import Any

from verify.generalization.error_estimate import ErrorEstimate
from verify.generalization.population_error import RobustTestError
from verify.verdict import Verdict
from verify.wording import counted

_SHOWN = 10_000


def zero_robust_test_error(result: RobustTestError, name: str = "robust_test_error") -> Verdict:
    """Judge "the probability of a point with a wrong perturbation is 0" (Definition 3.1)."""
    measured = str(result.upper) if result.is_exact else f"{result.lower} to {result.upper}"
    common: dict[str, Any] = {"measured": measured, "promised": "0", "direction": "at most", "seconds": result.seconds}
    regions = sum(part.regions for part in result.parts)
    method = f"volumes in {counted(regions, 'box', 'boxes')}" if result.parts else "all points"
    if result.upper == 0:
        return Verdict(
            name, "holds", "exact", method=method, detail="every centre is robust, up to a null set", **common
        )
    if result.lower == 0:
        detail = f"probability {result.upper} is neither proved robust nor wrong"
        return Verdict(name, "unknown", "exact", method=method, detail=detail, **common)
    witness = None
    if result.witness is not None:
        centre, point = ([str(x) for x in place] for place in result.witness)
        witness = {"centre": centre, "point": point}
    detail = f"at least {result.lower} of the probability lies on centres with a wrong point in their ball"
    return Verdict(name, "violated", "exact", method=method, detail=detail, witness=witness, **common)


def sampled_test_error(estimate: ErrorEstimate, name: str = "estimate") -> Verdict:
    """Report an estimate of an error with its limits, shown rounded outward; a sample never holds."""
    low = _decimal(math.floor(estimate.lower * _SHOWN))
    high = _decimal(math.ceil(estimate.upper * _SHOWN))
    if estimate.one_sided:
        measured, method = f"at least {low}", "attacks, lower Clopper-Pearson limit"
        undecided = "of the others nothing is known, so there is no upper limit"
    else:
        measured, method = f"{low} to {high}", "Clopper-Pearson"
        undecided = f"{estimate.undecided} are undecided"
    looks = ", ".join(str(look.samples) for look in estimate.looks)
    detail = (
        f"{estimate.wrong} of {estimate.samples} samples are wrong, {undecided}; missed with probability "
        f"{estimate.failure} at most; looked at {looks} samples, {estimate.planned[-1]} planned at most; "
        f"seed {estimate.seed}; arithmetic: {estimate.arithmetic}"
    )
    return Verdict(name, "unknown", "sample", measured, method=method, seconds=estimate.seconds, detail=detail)


def _decimal(units: int) -> str:
    return f"{units // _SHOWN}.{units % _SHOWN:04d}"


def zero_sampled_error(estimate: ErrorEstimate, name: str) -> Verdict:
    """Judge "the error is 0" from samples: one exact mistake of positive probability refutes it, nothing confirms it.

    Args:
        estimate: of the error.
        name: of the claim.
    """
    seen = estimate.witness
    if seen is None:
        detail = f"no mistake found at {estimate.samples} samples, which proves nothing"
        return Verdict(name, "unknown", "sample", None, "0", "at most", "samples", detail=detail)
    witness = {
        "centre": [str(x) for x in seen.centre],
        "label": seen.label,
        "point": [str(x) for x in seen.point],
        "margin": str(seen.margin),
    }
    method = f"samples: {seen.source}"
    if estimate.is_refuted:
        around = "the sample itself has" if estimate.charge == "points" else "the samples near it have"
        detail = f"the point is wrong in exact arithmetic, and {around} positive probability"
        return Verdict(name, "violated", "exact", "more than 0", "0", "at most", method, detail=detail, witness=witness)
    reason = (
        "nothing is known of the probability near this sample"
        if seen.is_exact
        else f"the point is wrong in the arithmetic of the black box only ({estimate.arithmetic})"
    )
    return Verdict(name, "unknown", "sample", None, "0", "at most", method, detail=reason, witness=witness)
