"""Claims about hard sets: two classes, a separating plane, no conflicts, balance, exact errors."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import scaled
from constructions.network.relu_network import ReluNetwork
from verify.pointwise import wrong_points
from verify.robustness import RobustError
from verify.verdict import Status, Verdict


def both_classes(data: LabelledPoints, name: str = "classes", failing: Status = "violated") -> Verdict:
    """Judge "neither class is empty".

    Args:
        data: labelled points.
        name: of the claim.
        failing: status when it fails: ``violated`` for a claim, ``inapplicable`` for a
            hypothesis.
    """
    counts = {label: int(data.indices(label).size) for label in data.classes}
    text = ", ".join(f"{count} points labelled {label:+d}" for label, count in counts.items())
    if len(counts) == 2:
        return Verdict(name, "holds", "exact", "2", "2", "equal", "count")
    detail = f"{text}, and none of the other label: a constant network is robust"
    witness = {"label": data.classes[0], "points": len(data), "first": [str(x) for x in data.point(0)]}
    return Verdict(name, failing, "exact", "1", "2", "equal", "count", detail=detail, witness=witness)


def separable_with_margin(
    data: LabelledPoints, plane: ReluNetwork, promised: Fraction, name: str = "linearly_separable"
) -> Verdict:
    """Judge "label times the affine function is at least ``promised`` at every point"."""
    values = plane.numerators_at(scaled(data.numerators, 1), data.scale)[:, 0]
    signed = np.asarray(values, dtype=object) * data.label_array
    smallest = Fraction(int(signed.min()), plane.scale * data.scale)
    status: Status = "holds" if smallest >= promised else "violated"
    worst = int(np.argmin(signed))
    detail, witness = "", None
    if status != "holds":
        detail = f"point {worst} has label times value {smallest}"
        witness = _point(data, worst)
    return Verdict(
        name, status, "exact", str(smallest), str(promised), "at least", "all points", detail=detail, witness=witness
    )


def free_of_conflicts(data: LabelledPoints, norm: str, radius: Fraction, name: str = "conflict_free") -> Verdict:
    """Judge "no closed balls of opposite points meet": some classifier is robust on all of them."""
    closest = data.closest_opposite_pairs(norm)
    limit = 4 * radius * radius if norm == "l2" else 2 * radius
    if closest is None:
        return Verdict(name, "holds", "exact", "one class only", str(limit), "more than", "no opposite pair")
    status: Status = "holds" if closest.distance > limit else "violated"
    unit = "squared distance" if norm == "l2" else "distance"
    i, j = closest.pairs[0]
    detail = f"{unit} of the closest opposite points, {i}-{j}"
    witness = None
    if status != "holds":
        witness = {"pair": [i, j], "points": [[str(x) for x in data.point(k)] for k in (i, j)]}
    return Verdict(
        name,
        status,
        "exact",
        str(closest.distance),
        str(limit),
        "more than",
        "all pairs",
        detail=detail,
        witness=witness,
    )


def clean_error_at_most(
    network: ReluNetwork,
    data: LabelledPoints,
    promised: Fraction,
    name: str = "clean_error",
    failing: Status = "violated",
) -> Verdict:
    """Judge "the network is wrong on at most a fraction ``promised`` of the points"."""
    wrong = wrong_points(network, data)
    measured = Fraction(len(wrong), len(data))
    status: Status = "holds" if measured <= promised else failing
    detail = f"wrong on {len(wrong)} of {len(data)} points"
    witness = None
    if status == "violated":
        witness = _point(data, int(wrong[0]))
    return Verdict(
        name, status, "exact", str(measured), str(promised), "at most", "all points", detail=detail, witness=witness
    )


def robust_error_equals(result: RobustError, promised: Fraction, name: str) -> Verdict:
    """Judge "the robust error is exactly ``promised``"."""
    if result.is_exact:
        status: Status = "holds" if result.lower == promised else "violated"
    else:
        status = "unknown" if result.lower <= promised <= result.upper else "violated"
    measured = str(result.lower) if result.is_exact else f"{result.lower} to {result.upper}"
    detail = f"{result.count('violated')} points with a counterexample, {result.count('robust')} proved robust"
    methods = ", ".join(sorted({result.method(index) for index in range(len(result.data))} - {""}))
    witness = _unexpected(result, promised) if status == "violated" else None
    return Verdict(name, status, "exact", measured, str(promised), "equal", methods, result.seconds, detail, witness)


def _unexpected(result: RobustError, promised: Fraction) -> dict[str, Any]:
    """Return a point that is wrong where fewer should be, or one proved robust where more should be wrong."""
    wanted = "violated" if result.lower > promised else "robust"
    index = result.status.index(wanted)
    found = result.witness(index)
    return {**_point(result.data, index), "wrong": None if found is None else [str(x) for x in found]}


def _point(data: LabelledPoints, index: int) -> dict[str, Any]:
    return {"index": index, "point": [str(x) for x in data.point(index)], "label": data.labels[index]}


def midpoint_error_below(result: RobustError, midpoints: LabelledPoints, name: str = "midpoint_error") -> Verdict:
    """Judge "the error at the midpoints is at most the robust error", as it is where they lie in the balls."""
    measured = Fraction(len(wrong_points(result.network, midpoints)), len(midpoints))
    status: Status = "holds" if measured <= result.upper else "violated"
    detail = "a wrong midpoint in the ball of its point makes the point wrong: the robust error is at least this"
    return Verdict(name, status, "exact", str(measured), str(result.upper), "at most", "all midpoints", detail=detail)


def wrong_on_every_ball(
    network: ReluNetwork, data: LabelledPoints, midpoints: LabelledPoints, radius: Fraction, name: str
) -> Verdict:
    """Judge "the robust error is exactly 1", by a wrong midpoint in every ball.

    Raises:
        ValueError: a midpoint is not in the ball of its point.
    """
    measured = error_at_midpoints(network, data, midpoints, radius)
    status: Status = "holds" if measured == 1 else "violated"
    witness = None
    if status == "violated":
        right = np.setdiff1d(np.arange(len(data)), wrong_points(network, midpoints))
        witness = _point(midpoints, int(right[0]))
    detail = f"a wrong midpoint in the balls of {int(measured * len(data))} of {len(data)} points"
    return Verdict(name, status, "exact", str(measured), "1", "equal", "all midpoints", detail=detail, witness=witness)


def error_at_midpoints(
    network: ReluNetwork, data: LabelledPoints, midpoints: LabelledPoints, radius: Fraction
) -> Fraction:
    """Return the exact error at the midpoints, a lower bound of the robust error in every lp norm.

    Args:
        network: with one output.
        data: n points.
        midpoints: n points with the same labels, each within ``radius`` of its point in l1.
        radius: of the balls.

    Raises:
        ValueError: a midpoint has another label, or is not in the ball of its point.
    """
    if not np.array_equal(data.label_array, midpoints.label_array):
        raise ValueError("midpoints have other labels than their points")
    common = math.lcm(data.scale, midpoints.scale)
    apart = scaled(data.numerators, common // data.scale) - scaled(midpoints.numerators, common // midpoints.scale)
    if int(np.abs(apart).sum(axis=1).max()) > radius * common:
        raise ValueError(f"a midpoint is farther than {radius} from its point")
    return Fraction(len(wrong_points(network, midpoints)), len(midpoints))


def balanced(distribution: FiniteDistribution, mu: Fraction, name: str = "balance") -> Verdict:
    """Judge "every point has probability at least mu / m" (Definition 4.1, finite support)."""
    smallest = min(distribution.probabilities)
    measured = len(distribution.points) * smallest
    status: Status = "holds" if measured >= mu else "violated"
    index = distribution.probabilities.index(smallest)
    detail = f"point {index} has probability {smallest}, the smallest of {len(distribution.points)}"
    witness = None if status == "holds" else {**_point(distribution.points, index), "probability": str(smallest)}
    return Verdict(
        name, status, "exact", str(measured), str(mu), "at least", "all points", detail=detail, witness=witness
    )
