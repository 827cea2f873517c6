"""Claims about an optimal robust error: both halves of its proof, and networks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.exact.norms import length
from verify.optimal_risk.optimal_error import OptimalRobustError
from verify.robustness import RobustError
from verify.verdict import Status, Verdict


def cover_leaves_no_conflict(found: OptimalRobustError, name: str = "cover") -> Verdict:
    """Judge "giving up the cover costs the value and leaves no conflict": some classifier does that well.

    The kept points are judged by their closest opposite pairs alone, not by the conflict graph.
    """
    kept, lost = found.kept, found.distribution.weight_of(found.cover)
    closest = found.points.subset(kept).closest_opposite_pairs(found.norm) if kept else None
    apart = closest is None or not _meets(closest.distance, found)
    status: Status = "holds" if apart and lost == found.value else "violated"
    detail, witness = f"{len(found.cover)} of {len(found.points)} points given up, {found.conflicts} conflicts", None
    if closest is not None and not apart:
        pair = [kept[place] for place in closest.pairs[0]]
        detail = f"points {pair[0]} and {pair[1]} are kept, and their balls meet"
        witness = _pair(found.points, pair)
    return Verdict(
        name, status, "exact", str(lost), str(found.value), "equal", "all kept pairs", detail=detail, witness=witness
    )


def matching_costs_the_value(found: OptimalRobustError, name: str = "matching") -> Verdict:
    """Judge "conflicts that share no weight account for the value": every classifier loses that much."""
    spent = [Fraction(0)] * len(found.points)
    witness, detail = None, f"{len(found.matching)} conflicts, no point carries more than its probability"
    for (i, k), amount in zip(found.matching, found.amounts, strict=True):
        spent[i], spent[k] = spent[i] + amount, spent[k] + amount
        gap = [x - y for x, y in zip(found.points.point(i), found.points.point(k), strict=True)]
        if amount <= 0 or (found.points.labels[i], found.points.labels[k]) != (1, -1):
            detail, witness = f"points {i} and {k} with amount {amount} are no conflict", _pair(found.points, [i, k])
        elif not _meets(length(gap, found.norm), found):
            detail, witness = f"the balls around points {i} and {k} do not meet", _pair(found.points, [i, k])
    for index, (carried, weight) in enumerate(zip(spent, found.distribution.probabilities, strict=True)):
        if carried > weight:
            detail = f"point {index} carries {carried}, its probability is {weight}"
            witness = {"index": index, "carried": str(carried), "probability": str(weight)}
    total = sum(found.amounts, Fraction(0))
    status: Status = "holds" if witness is None and total == found.value else "violated"
    return Verdict(
        name, status, "exact", str(total), str(found.value), "equal", "each pair", detail=detail, witness=witness
    )


def robust_error_attains(result: RobustError, found: OptimalRobustError, name: str = "attained") -> Verdict:
    """Judge "the robust error of the network is exactly the optimal one"."""
    low, high = weighted_bounds(result, found.distribution)
    if low == high:
        status: Status = "holds" if low == found.value else "violated"
    else:
        status = "unknown" if low <= found.value <= high else "violated"
    methods = ", ".join(sorted({result.method(index) for index in range(len(result.data))} - {""}))
    detail = f"{result.count('violated')} points lost, {result.count('robust')} proved robust"
    witness = _lost_beside_the_cover(result, found) if status == "violated" else None
    return Verdict(
        name, status, "exact", _between(low, high), str(found.value), "equal", methods, result.seconds, detail, witness
    )


def no_network_is_better(
    results: Sequence[tuple[str, RobustError]], found: OptimalRobustError, name: str = "unbeaten"
) -> Verdict:
    """Judge "no network decided has a smaller robust error than the optimal one".

    A network whose bounds include the optimal error decides nothing.
    """
    bounds = [(label, *weighted_bounds(result, found.distribution)) for label, result in results]
    better = [label for label, _, high in bounds if high < found.value]
    undecided = [label for label, low, _ in bounds if low < found.value]
    status: Status = "violated" if better else "unknown" if undecided else "holds"
    measured = str(min((low for _, low, _ in bounds), default=found.value))
    detail = "; ".join(f"{label} {_between(low, high)}" for label, low, high in bounds)
    return Verdict(name, status, "exact", measured, str(found.value), "at least", "robust error", detail=detail)


def weighted_bounds(result: RobustError, distribution: FiniteDistribution) -> tuple[Fraction, Fraction]:
    """Return bounds of the robust error under a distribution, from the status of every point."""
    wrong = [index for index, status in enumerate(result.status) if status == "violated"]
    open_or_wrong = [index for index, status in enumerate(result.status) if status != "robust"]
    return distribution.weight_of(wrong), distribution.weight_of(open_or_wrong)


def _meets(distance: Fraction, found: OptimalRobustError) -> bool:
    """Tell whether balls meet whose centres have this distance (in l2 squared)."""
    reach = 4 * found.radius * found.radius if found.norm == "l2" else 2 * found.radius
    return distance <= reach if found.closed else distance < reach


def _between(low: Fraction, high: Fraction) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _pair(data: LabelledPoints, pair: Sequence[int]) -> dict[str, Any]:
    return {
        "pair": list(pair),
        "labels": [data.labels[index] for index in pair],
        "points": [[str(x) for x in data.point(index)] for index in pair],
    }


def _lost_beside_the_cover(result: RobustError, found: OptimalRobustError) -> dict[str, Any] | None:
    """Return a kept point that the network loses, with the perturbation; ``None`` if there is none."""
    for index in found.kept:
        wrong = result.witness(index)
        if wrong is not None:
            return {"index": index, "label": result.data.labels[index], "wrong": [str(x) for x in wrong]}
    return None
