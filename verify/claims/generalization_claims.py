"""Claims about a bracketed robust test error: that it is zero, and an estimate that proves nothing."""

from __future__ import annotations

from typing import Any

from verify.generalization.population_error import RobustTestError
from verify.generalization.sampled_error import ErrorEstimate
from verify.verdict import Verdict
from verify.wording import counted


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
    """Report an estimate of the robust test error; a sample never holds."""
    low, high = estimate.limits.lower, estimate.limits.upper
    detail = (
        f"{estimate.wrong} of {estimate.samples} samples have a wrong point, {estimate.undecided} are undecided; "
        f"limits {float(low):.4f} and {float(high):.4f}, missed with probability {estimate.failure} at most"
    )
    measured = f"{estimate.wrong}/{estimate.samples}"
    return Verdict(name, "unknown", "sample", measured, method="Clopper-Pearson", detail=detail)
