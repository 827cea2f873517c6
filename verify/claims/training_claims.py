"""Claims about the errors of trained networks: never below the optimum, never below what is shown at points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import UsageError
from constructions.network.relu_network import ReluNetwork
from verify.optimal_risk.optimal_error import OptimalRobustError
from verify.pointwise import wrong_points
from verify.robustness import RobustError
from verify.verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class ReportedError:
    """What somebody says of the robust error of a network: it lies between two numbers.

    Attributes:
        name: of the network, for messages.
        lower: the error is at least this.
        upper: the error is at most this.
        optimum: the smallest robust error of any classifier on the same points at the same radius.
    """

    name: str
    lower: Fraction
    upper: Fraction
    optimum: Fraction


def errors_at_least_optimum(
    reported: Sequence[ReportedError], name: str = "at_least_optimum", witness: dict[str, Any] | None = None
) -> Verdict:
    """Judge that no robust error is below the optimum.

    Violated where an upper bound is: such a report is wrong, since no classifier has that error. Unknown where
    the optimum lies strictly between the bounds.

    Args:
        reported: any number of networks.
        name: of the claim.
        witness: what shows that a report is wrong, if it is known.
    """
    below = [entry for entry in reported if entry.upper < entry.optimum]
    between = [entry for entry in reported if entry.lower < entry.optimum <= entry.upper]
    status: Status = "violated" if below else "unknown" if between else "holds"
    gaps = [entry.lower - entry.optimum for entry in reported]
    measured = None if not gaps else str(min(gaps))
    detail = f"{len(reported)} trained networks"
    if below:
        first = below[0]
        measured = str(first.upper - first.optimum)
        detail = f"{first.name}: an error of at most {first.upper} is reported, below the optimum {first.optimum}"
    elif between:
        detail = f"{between[0].name}: between {between[0].lower} and {between[0].upper}, optimum {between[0].optimum}"
    return Verdict(
        name, status, "exact", measured, "0", "at least", "comparison", 0.0, detail, witness if below else None
    )


def halfway_point(data: LabelledPoints, i: int, j: int) -> tuple[Fraction, ...]:
    """Return the point halfway between two points."""
    return tuple((x + y) / 2 for x, y in zip(data.point(i), data.point(j), strict=True))


def wrong_halfway(network: ReluNetwork, data: LabelledPoints, i: int, j: int, ball: NormBall) -> set[int]:
    """Return which of two points in conflict the network gets wrong at the point halfway: one, or both at zero.

    Raises:
        UsageError: the points have the same label, or are further apart than two radii.
    """
    halfway = halfway_point(data, i, j)
    if data.labels[i] == data.labels[j] or not ball.contains(data.point(i), halfway):
        raise UsageError(f"points {i} and {j} are not in conflict at radius {ball.radius}")
    value = network(halfway)[0]
    return {index for index in (i, j) if data.labels[index] * value <= 0}


def wrong_midpoints(network: ReluNetwork, data: LabelledPoints, midpoints: LabelledPoints, ball: NormBall) -> set[int]:
    """Return the points whose midpoint the network gets wrong.

    Raises:
        UsageError: there are not as many midpoints as points, or one lies outside its ball or has another label.
    """
    if len(midpoints) != len(data) or midpoints.labels != data.labels:
        raise UsageError(f"{len(data)} points need as many midpoints with their labels, got {len(midpoints)}")
    for index in range(len(data)):
        if not ball.contains(data.point(index), midpoints.point(index)):
            raise UsageError(f"midpoint {index} lies outside the ball around its point")
    return {int(index) for index in wrong_points(network, midpoints)}


def pairs_have_a_wrong_point(
    network: ReluNetwork,
    data: LabelledPoints,
    pairs: Sequence[tuple[int, int]],
    ball: NormBall,
    name: str = "pairs",
) -> Verdict:
    """Judge "of each pair in conflict one point is wrong halfway", by evaluating the network there, exactly."""
    right = [pair for pair in pairs if not wrong_halfway(network, data, *pair, ball)]
    status: Status = "violated" if right else "holds"
    detail = f"{len(pairs)} points halfway evaluated" if not right else f"both points of pair {right[0]} are right"
    shown = str(len(pairs) - len(right))
    return Verdict(name, status, "exact", shown, str(len(pairs)), "equal", "evaluation", detail=detail)


def clean_error_below(result: RobustError, name: str = "clean_error") -> Verdict:
    """Judge "the clean error is at most the robust error", which a centre in every ball demands."""
    wrong = [int(index) for index in wrong_points(result.network, result.data)]
    clean = Fraction(len(wrong), len(result.data))
    robust = [index for index in wrong if result.status[index] == "robust"]
    status: Status = "violated" if robust else "holds"
    witness = None if not robust else {"index": robust[0], "point": [str(x) for x in result.data.point(robust[0])]}
    detail = f"{len(wrong)} of {len(result.data)} points are wrong themselves"
    return Verdict(
        name, status, "exact", str(clean), str(result.upper), "at most", "evaluation", detail=detail, witness=witness
    )


def reported(result: RobustError, optimum: Fraction, name: str = "the network") -> ReportedError:
    """Return what a decided robust error says."""
    return ReportedError(name, result.lower, result.upper, optimum)


def report_at_least_optimum(network: ReluNetwork, robust: Sequence[int], found: OptimalRobustError) -> Verdict:
    """Judge a report that names the points a network is robust on: its error must not be below the optimum.

    Where it is, the witness is a point of the report with an exact wrong perturbation.

    Args:
        network: with one output.
        robust: indices said to be robust, of points that are all equally likely.
        found: the optimum on the same points.
    """
    data = found.points
    error = 1 - Fraction(len(set(robust)), len(data))
    said = ReportedError("the report", error, error, found.value)
    return errors_at_least_optimum([said], witness=_robust_in_conflict(network, set(robust), found))


def _robust_in_conflict(network: ReluNetwork, robust: set[int], found: OptimalRobustError) -> dict[str, Any] | None:
    data, ball = found.points, NormBall(found.norm, found.radius)
    for i, j in found.matching:
        for index in sorted(wrong_halfway(network, data, i, j, ball) & robust):
            point = halfway_point(data, i, j)
            shown, output = [str(x) for x in point], str(network(point)[0])
            return {"index": index, "label": data.labels[index], "pair": [i, j], "point": shown, "output": output}
    return None
