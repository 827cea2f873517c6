"""Claims about attackers on a manifold, and what they say of attackers anywhere."""

from __future__ import annotations

from typing import Any

from constructions.data.labelled_points import LabelledPoints
from verify.manifold_robustness import ManifoldError
from verify.robustness import RobustError
from verify.verdict import Status, Verdict


def zero_error_on_manifold(found: ManifoldError, data: LabelledPoints, name: str = "robust_error") -> Verdict:
    """Judge "no point of the manifold near a data point is wrong" (Definition 5.4)."""
    measured = str(found.lower) if found.is_exact else f"{found.lower} to {found.upper}"
    status: Status = "holds" if found.upper == 0 else "violated" if found.lower > 0 else "unknown"
    witness: dict[str, Any] | None = None
    if status == "violated":
        index = found.status.index("violated")
        wrong = found.witnesses[index]
        assert wrong is not None
        witness = {"index": index, "point": [str(x) for x in wrong], "label": data.labels[index]}
    detail = f"{found.status.count('robust')} of {len(data)} points proved robust on the manifold"
    return Verdict(name, status, "exact", measured, "0", "at most", "charts or patches", found.seconds, detail, witness)


def ambient_error_found(result: RobustError, name: str = "ambient_error") -> Verdict:
    """State the robust error against attackers who may leave the manifold; it promises nothing."""
    measured = str(result.lower) if result.is_exact else f"{result.lower} to {result.upper}"
    status: Status = "holds" if result.is_exact else "unknown"
    detail = f"{result.count('violated')} points have a wrong point nearby in R^{result.data.dim}"
    return Verdict(name, status, "exact", measured, None, None, "portfolio", result.seconds, detail)


def restricted_is_weaker(found: ManifoldError, result: RobustError, name: str = "one_way") -> Verdict:
    """Judge "the error on the manifold is at most the error in space", point by point.

    A point violated on the manifold and robust in space would be a contradiction. The other
    way round nothing follows: robust on the manifold says nothing of space.
    """
    status: Status = "holds" if found.lower <= result.upper else "violated"
    witness: dict[str, Any] | None = None
    for index, (here, there) in enumerate(zip(found.status, result.status, strict=True)):
        if here == "violated" and there == "robust":
            status, witness = "violated", {"index": index, "point": [str(x) for x in found.witnesses[index] or ()]}
    return Verdict(name, status, "exact", str(found.lower), str(result.upper), "at most", "comparison", witness=witness)
