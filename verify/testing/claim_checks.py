"""The claims a construction can be held to, each judged on one instance, exactly."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.errors import AssumptionViolated
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_claims import parameters_at_most, parameters_equal
from verify.methods.attack import find_counterexamples
from verify.methods.ball_program import margin_network
from verify.robustness import RobustError, robust_error
from verify.testing.strategies import ROOT_BITS, half_separation
from verify.verdict import Status, Verdict

Builder = Callable[[LabelledPoints, Fraction], ReluNetwork]

_SMALLEST_SHORTFALL = Fraction(1, 2**40)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with the instance it is about, which a claim may have moved or sharpened.

    Attributes:
        verdict: what was found.
        data: the training set.
        radius: the perturbation radius.
        cause: what the builder raised, where that is the finding.
    """

    verdict: Verdict
    data: LabelledPoints
    radius: Fraction
    cause: Exception | None = None


class Trial:
    """A builder on one instance: its network, and what is decided of it.

    Args:
        builder: the construction under test.
        data: the training set.
        radius: perturbation radius.
        norm: of the perturbations.
        seconds: time limit of every decision.

    Raises:
        Exception: whatever the builder raises.
        ValueError: the builder returns no network of one output on the data's dimension.
    """

    def __init__(
        self, builder: Builder, data: LabelledPoints, radius: Fraction, norm: str, seconds: float | None = None
    ) -> None:
        self.builder, self.data, self.radius, self.norm, self.seconds = builder, data, radius, norm, seconds
        self.network = builder(data, radius)
        if not isinstance(self.network, ReluNetwork):
            raise ValueError(f"the builder returned {type(self.network).__name__}, not a ReluNetwork")
        shape = (self.network.dim, self.network.outputs)
        if shape != (data.dim, 1):
            raise ValueError(f"the network maps {shape[0]} coordinates to {shape[1]}, not {data.dim} to 1")

    def on(self, data: LabelledPoints, radius: Fraction) -> Trial:
        """Return the same builder's trial on another instance."""
        return Trial(self.builder, data, radius, self.norm, self.seconds)

    def decide(self, method: str = "auto") -> RobustError:
        """Return the robust error of the network on this instance."""
        return robust_error(self.network, self.data, self.norm, self.radius, method, self.seconds)

    @cached_property
    def decided(self) -> RobustError:
        """The robust error by all methods; every witness is checked again from scratch."""
        result = self.decide()
        ball = NormBall(self.norm, self.radius)
        for index, status in enumerate(result.status):
            if status == "violated":
                point = result.witness(index)
                assert point is not None and ball.contains(self.data.point(index), point)
                assert self.data.labels[index] * self.network(point)[0] <= 0
        return result

    def finding(self, verdict: Verdict) -> Finding:
        """Return the verdict as a finding about this instance."""
        return Finding(verdict, self.data, self.radius)


def fits_labels(trial: Trial, _: Any) -> Finding:
    """Judge "the network has the sign of its label at every point"."""
    values = trial.network.numerators_at(trial.data.numerators, trial.data.scale)[:, 0]
    wrong = np.flatnonzero(values * trial.data.label_array <= 0)
    measured = f"{wrong.size} of {len(trial.data)} wrong"
    if not wrong.size:
        return trial.finding(Verdict("fits_labels", "holds", "exact", measured, "0 wrong", "equal", "evaluation"))
    index = int(wrong[0])
    return _wrong_at(trial, "fits_labels", index, trial.data.point(index), measured, "0 wrong")


def robust(trial: Trial, _: Any) -> Finding:
    """Judge "no point of any ball gets the wrong sign"."""
    return trial.finding(zero_robust_error(trial.decided))


def margin(trial: Trial, promised: Fraction) -> Finding:
    """Judge "label times output is at least ``promised`` on every ball"."""
    proved = _proved_margins(trial, promised)
    low = [index for index, value in enumerate(proved) if value is None or value < promised]
    smallest = min((value for value in proved if value is not None), default=None)
    if not low:
        return trial.finding(
            Verdict("margin", "holds", "exact", str(smallest), str(promised), "at least", "interval, paired")
        )
    for index in low:
        point = _below(trial, index, promised)
        if point is not None:
            value = trial.data.labels[index] * trial.network(point)[0]
            assert value < promised and NormBall(trial.norm, trial.radius).contains(trial.data.point(index), point)
            return _wrong_at(trial, "margin", index, point, str(value), str(promised), "at least")
    measured = None if smallest is None else f"at least {smallest}"
    detail = f"{len(low)} points undecided, the first is {low[0]}"
    return trial.finding(
        Verdict("margin", "unknown", "exact", measured, str(promised), "at least", "interval, paired", detail=detail)
    )


def parameters(trial: Trial, bound: Any) -> Finding:
    """Judge "at most this many nonzero parameters"."""
    return trial.finding(parameters_at_most(trial.network, _number(trial, bound), "the claimed bound"))


def count(trial: Trial, closed_form: Any) -> Finding:
    """Judge "exactly this many nonzero parameters"."""
    return trial.finding(parameters_equal(trial.network, _number(trial, closed_form)))


def depth(trial: Trial, bound: Any) -> Finding:
    """Judge "at most this many affine maps"."""
    measured, promised = trial.network.size.depth, _number(trial, bound)
    status: Status = "holds" if measured <= promised else "violated"
    return trial.finding(Verdict("depth", status, "exact", str(measured), str(promised), "at most", "count"))


def determinism(trial: Trial, _: Any) -> Finding:
    """Judge "equal instances give equal networks"."""
    copy = LabelledPoints.of([list(point) for point in trial.data.points], trial.data.labels)
    same = all(trial.builder(data, trial.radius) == trial.network for data in (trial.data, copy))
    detail = "" if same else "a second call on equal data gives another network"
    status: Status = "holds" if same else "violated"
    return trial.finding(Verdict("determinism", status, "exact", method="built again", detail=detail))


def refusals(trial: Trial, _: Any) -> Finding:
    """Judge "a radius of half the separation or more raises AssumptionViolated"."""
    half = half_separation(trial.data, trial.norm)
    radii = [] if half is None else [half + _rounding(trial, half), 2 * half + 1]
    for data, radius in [*((trial.data, radius) for radius in radii), (_with_conflict(trial.data), Fraction(0))]:
        found = _accepted(trial, data, radius)
        if found is not None:
            return found
    return trial.finding(Verdict("refusals", "holds", "exact", method="built at and beyond the critical radius"))


def _accepted(trial: Trial, data: LabelledPoints, radius: Fraction) -> Finding | None:
    """Return what is wrong with how the builder takes an impossible instance, if anything."""
    closest = data.closest_opposite_pairs(trial.norm)
    assert closest is not None
    i, j = closest.pairs[0]
    try:
        network = trial.on(data, radius).network
    except AssumptionViolated:
        return None
    except Exception as error:
        detail = f"radius {radius} is impossible: it must raise AssumptionViolated, not {type(error).__name__}: {error}"
        return Finding(Verdict("refusals", "violated", "exact", detail=detail), data, radius, error)
    # The balls of i and j share the point halfway; the network is wrong there for one of them.
    shared = tuple((x + y) / 2 for x, y in zip(data.point(i), data.point(j), strict=True))
    value = network(shared)[0]
    index = i if data.labels[i] * value <= 0 else j
    detail = f"radius {radius} was accepted; the balls of points {i} and {j} meet, and {index} is wrong there"
    witness = _witness(index, shared, value)
    return Finding(Verdict("refusals", "violated", "exact", detail=detail, witness=witness), data, radius)


def _rounding(trial: Trial, half: Fraction) -> Fraction:
    """Return what brings a half separation that was rounded down, in l2, to the true one or beyond."""
    if trial.norm != "l2" or (2 * half) ** 2 == trial.data.separation_squared():
        return Fraction(0)
    return Fraction(1, trial.data.scale << ROOT_BITS)


def _with_conflict(data: LabelledPoints) -> LabelledPoints:
    return LabelledPoints.of([*data.points, data.point(0)], [*data.labels, -data.labels[0]])


def _proved_margins(trial: Trial, promised: Fraction) -> list[Fraction | None]:
    margins = [trial.decided.margin(index) for index in range(len(trial.data))]
    if all(value is not None and value >= promised for value in margins):
        return margins
    again = trial.decide("paired")
    pairs = ((value, again.margin(index)) for index, value in enumerate(margins))
    return [max((value for value in pair if value is not None), default=None) for pair in pairs]


def _below(trial: Trial, index: int, promised: Fraction) -> Point | None:
    """Search the ball of one point for a margin below the promised one."""
    data, label = trial.data, trial.data.labels[index]
    *hidden, last = margin_network(trial.network, label).maps
    lowered = last.minus(AffineMap.from_coo([], [], [], last.shape, [promised - _SMALLEST_SHORTFALL]))
    others = data.numerators[data.label_array != label]
    found = find_counterexamples(
        ReluNetwork([*hidden, lowered]),
        data.numerators[[index]],
        data.scale,
        NormBall(trial.norm, trial.radius),
        opposite=others if len(others) else None,
        deadline=None if trial.seconds is None else time.monotonic() + trial.seconds,
    )
    return found[0].point if found else None


def _number(trial: Trial, promised: Any) -> int:
    return int(promised(trial.data, trial.radius) if callable(promised) else promised)


def _wrong_at(
    trial: Trial, name: str, index: int, point: Point, measured: str, promised: str, direction: Any = "equal"
) -> Finding:
    value = trial.network(point)[0]
    detail = f"point {index} with label {trial.data.labels[index]} meets the output {value}"
    witness = _witness(index, point, value)
    return trial.finding(
        Verdict(name, "violated", "exact", measured, promised, direction, "evaluation", detail=detail, witness=witness)
    )


def _witness(index: int, point: Point, value: Fraction) -> dict[str, Any]:
    return {"index": index, "point": [str(x) for x in point], "output": [str(value)]}
