"""Claims about distances between points of different labels."""

from __future__ import annotations

from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from verify.verdict import Status, Verdict


def separated_by(
    data: LabelledPoints, norm: str, distance: Fraction, name: str = "separation", failing: Status = "violated"
) -> Verdict:
    """Judge "points of different labels are at least ``distance`` apart" (Definition 1.1).

    Args:
        data: labelled points.
        norm: ``"linf"``, ``"l1"``, or ``"l2"``, compared by squares.
        distance: exact.
        name: of the claim.
        failing: status when it fails: ``violated`` for a claim, ``inapplicable`` for a
            hypothesis.
    """
    closest = data.closest_opposite_pairs(norm)
    if closest is None:
        detail = "one class only: there is no pair of opposite points, and every distance is exceeded"
        return Verdict(name, "holds", "exact", "infinite", str(distance), "at least", "one class only", detail=detail)
    promised = distance * distance if norm == "l2" else distance
    unit = "squared l2 distance" if norm == "l2" else f"{norm} distance"
    pairs = ", ".join(f"{i}-{j}" for i, j in closest.pairs[:5])
    more = "" if len(closest.pairs) <= 5 else " and more"
    detail = f"{unit}; closest pairs {pairs}{more}"
    status: Status = "holds" if closest.distance >= promised else failing
    witness = None
    if status != "holds":
        i, j = closest.pairs[0]
        witness = {
            "pair": [i, j],
            "points": [[str(x) for x in data.point(i)], [str(x) for x in data.point(j)]],
            "distance": str(closest.distance),
        }
    return Verdict(
        name, status, "exact", str(closest.distance), str(promised), "at least", "all pairs", 0.0, detail, witness
    )
