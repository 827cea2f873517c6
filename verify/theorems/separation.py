"""Definition 1.1: the separation of two classes."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.exact.norms import check_norm
from verify.claims.separation_claims import separated_by
from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization import DEFAULT_DATA


def check_separation(request: Request) -> Report:
    """Check that the classes are 2 eps-separated (Definition 1.1 with the theorems' eps).

    Without ``eps`` the exact separation itself is the promise, attained by the pairs named.
    In l2 distances are compared by their squares.

    Theorem: def:separation

    Args:
        request: labelled points, the norm, and optionally eps.

    Returns:
        The claim ``separation``.
    """
    started = time.monotonic()
    data = request.data
    if data is None:
        from constructions.data.sources import load_data

        data = load_data(DEFAULT_DATA)
    norm = check_norm(request.norm)
    closest = data.closest_opposite_pairs(norm)
    instance = {
        "data": request.data_name or DEFAULT_DATA,
        "points": len(data),
        "dim": data.dim,
        "norm": norm,
        "separation_squared" if norm == "l2" else "separation": None if closest is None else str(closest.distance),
        "eps": None if request.eps is None else str(request.eps),
    }
    report = Report("separation", instance)
    report.verdicts.append(
        separated_by(data, norm, _promised(request, norm, None if closest is None else closest.distance))
    )
    report.seconds["check"] = time.monotonic() - started
    return report


def _promised(request: Request, norm: str, measured: Fraction | None) -> Fraction:
    if request.eps is not None:
        return 2 * request.eps
    if measured is None or norm == "l2":
        return Fraction(0)
    return measured


SEPARATION = Theorem(
    id="separation",
    paper="1.1",
    title="Definition: two classes are eps-separated",
    corrected=False,
    claims=("separation",),
    bounds={"separation": "2*eps"},
    run=check_separation,
)
