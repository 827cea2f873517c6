"""The robust radius of every point, bracketed between exact rationals."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.errors import UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork
from verify.branching.complete import is_within_reach
from verify.branching.nearest_mistake import nearest_mistake
from verify.methods.ball_program import Domain, margin_network
from verify.methods.decision import Decision
from verify.methods.portfolio import decide
from verify.robustness import RobustError, check_labels, exact_box

_MOST_ROUNDS = 200
_START = Fraction(1, 64)
_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class RobustRadius:
    """What is known of the largest radius at which one point is robust.

    Attributes:
        lower: the point is robust at this radius, by proof; ``None`` if none was proved.
        upper: the point is wrong at this radius and beyond; ``None`` if no wrong point is known.
        witness: an exact wrong point of the closed ball of radius ``upper``.
        proof: the decided robust error of the point alone at ``lower``, for its certificate.
        seconds: time taken.
        is_largest: ``lower`` is the largest radius that was to be looked at.
    """

    lower: Fraction | None
    upper: Fraction | None
    witness: Point | None = None
    proof: RobustError | None = None
    seconds: float = 0.0
    is_largest: bool = False

    @property
    def gap(self) -> Fraction | None:
        """``upper - lower``, ``None`` where one is not known."""
        return None if self.lower is None or self.upper is None else self.upper - self.lower


def robust_radius(
    network: ReluNetwork,
    data: LabelledPoints,
    norm: str = "linf",
    *,
    precision: Any = Fraction(1, 2**10),
    largest: Any = None,
    domain: Sequence[Sequence[Any]] | None = None,
    seconds: float | None = None,
    point_seconds: float | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[RobustRadius]:
    """Bracket, for each point, the largest radius at which no perturbation makes the network wrong.

    A wrong point found by search is moved to the nearest one in its linear piece of the
    network, exactly, and the ball just inside is decided; a wrong point there starts the
    next round, a proof ends it.

    Args:
        network: one output and labels -1 and +1, or K outputs and labels 0..K-1.
        data: labelled points in the network's dimension.
        norm: ``"linf"``, ``"l1"`` or ``"l2"`` (there radii are rationals just outside roots).
        precision: stop once ``upper - lower <= precision * upper``.
        largest: no radius beyond this is looked at; by default 64 times the largest coordinate or 64.
        domain: ``(lower, upper)`` corners of a box that also restricts the attacker.
        seconds: time limit of the whole call.
        point_seconds: time limit of each point.
        seed: of the attacks.
        progress: called with (stage, points done, points).

    Returns:
        One bracket per point. A point that is wrong itself has ``upper`` 0 and no ``lower``.

    Raises:
        InexactInput: a number is a float.
        UsageError: shapes, labels, norm or precision do not fit.
    """
    check_norm(norm)
    if network.dim != data.dim:
        raise UsageError(f"the network takes {network.dim} coordinates, the points have {data.dim}")
    check_labels(network, data)
    width = exact_fraction(precision, "precision")
    if not 0 < width < 1:
        raise UsageError(f"the precision must lie between 0 and 1, got {width}")
    reach = exact_fraction(largest, "largest radius") if largest is not None else _reach(data)
    if reach <= 0:
        raise UsageError(f"the largest radius must be positive, got {reach}")
    box, started = exact_box(domain, data.dim), time.monotonic()
    deadline = None if seconds is None else started + seconds
    brackets = []
    for index in range(len(data)):
        own = None if point_seconds is None else time.monotonic() + point_seconds
        limits = [limit for limit in (deadline, own) if limit is not None]
        point = _OnePoint(network, data, index, norm, box, min(limits, default=None), seed)
        brackets.append(point.bracket(width, reach))
        if progress is not None:
            progress("radius", index + 1, len(data))
    return brackets


def refutation(
    network: ReluNetwork,
    data: LabelledPoints,
    index: int,
    norm: str,
    entry: RobustRadius,
    domain: Sequence[Sequence[Any]] | None = None,
) -> RobustError | None:
    """Return the upper end of a bracket as the decided robust error of the point alone, for its certificate."""
    if entry.upper is None or entry.witness is None:
        return None
    alone = _alone(data, index)
    decision = Decision("violated", "complete", witness=entry.witness)
    return RobustError(network, alone, NormBall(norm, entry.upper), exact_box(domain, data.dim), (decision,))


def _alone(data: LabelledPoints, index: int) -> LabelledPoints:
    label = np.array([int(data.label_array[index])])
    return LabelledPoints.of(data.numerators[index : index + 1], label, scale=data.scale)


def _reach(data: LabelledPoints) -> Fraction:
    return 64 * max([Fraction(1), *(abs(value) for point in data.points for value in point)])


class _OnePoint:
    """The search for the radius of one point."""

    def __init__(
        self,
        network: ReluNetwork,
        data: LabelledPoints,
        index: int,
        norm: str,
        domain: Domain | None,
        deadline: float | None,
        seed: int,
    ) -> None:
        self._network, self._norm, self._domain, self._deadline, self._seed = network, norm, domain, deadline, seed
        self._alone = _alone(data, index)
        self._centre = self._alone.points[0]
        self._label, self._started = int(data.label_array[index]), time.monotonic()
        self._can_complete = is_within_reach(network)
        self._lower: Fraction | None = None
        self._upper: Fraction | None = None
        self._witness: Point | None = None
        self._proof: RobustError | None = None

    def bracket(self, precision: Fraction, largest: Fraction) -> RobustRadius:
        """Narrow the bracket until it is as narrow as asked, or nothing more can be decided."""
        self._probe(Fraction(0))
        radius = min(_START, largest)
        for _ in range(_MOST_ROUNDS):
            if self._upper == 0 or (self._deadline is not None and time.monotonic() >= self._deadline):
                break
            if self._upper is not None and self._is_narrow(precision):
                break
            status = self._probe(radius)
            if status == "unknown":
                if self._upper is None and radius < largest:
                    radius = min(4 * radius, largest)
                    continue
                radius = self._between(precision, radius)
                if radius <= (self._lower or 0):
                    break
            elif self._upper is None:
                if radius == largest:
                    break
                radius = min(4 * radius, largest)
            else:
                radius = self._inside(precision)
        spent = time.monotonic() - self._started
        is_largest = self._upper is None and self._lower == largest
        return RobustRadius(self._lower, self._upper, self._witness, self._proof, spent, is_largest)

    def _is_narrow(self, precision: Fraction) -> bool:
        return (
            self._lower is not None and self._upper is not None and self._upper - self._lower <= precision * self._upper
        )

    def _inside(self, precision: Fraction) -> Fraction:
        """Return a short number a little below the upper end."""
        assert self._upper is not None
        target = self._upper * (1 - precision)
        shift = max(0, 2 - _exponent(self._upper * precision))
        short = Fraction(-(-target * 2**shift // 1), 2**shift)
        return short if target <= short < self._upper else target

    def _between(self, precision: Fraction, failed: Fraction) -> Fraction:
        """Return a radius halfway between what is proved and what could not be decided."""
        low = self._lower or Fraction(0)
        middle = (low + failed) / 2
        if self._upper is None or middle - low <= precision * self._upper:
            return low
        shift = max(0, 4 - _exponent(failed - low))
        return Fraction(math.floor(middle * 2**shift), 2**shift)

    def _probe(self, radius: Fraction) -> str:
        """Decide one radius and move an end of the bracket."""
        started = time.monotonic()
        ball = NormBall(self._norm, radius)
        limit = None
        if self._deadline is not None:
            limit = started + _SHARE * max(0.0, self._deadline - started)
        decision = decide(self._network, self._alone, ball, self._domain, "auto", limit, self._seed)[0]
        if decision.status == "robust" and (self._lower is None or radius > self._lower):
            self._lower = radius
            seconds = time.monotonic() - started
            self._proof = RobustError(self._network, self._alone, ball, self._domain, (decision,), seconds)
        if decision.status == "violated":
            self._improve(decision, radius)
        return decision.status

    def _improve(self, decision: Decision, radius: Fraction) -> None:
        """Move the upper end to the nearest wrong point known in the piece of a wrong point."""
        point = decision.witness
        assert point is not None
        found = radius, point
        if radius > 0 and self._can_complete:
            box = None if self._domain is None else (self._domain.lower, self._domain.upper)
            margins = margin_network(self._network, self._label)
            nearer = nearest_mistake(margins, self._centre, self._norm, point, box)
            if nearer is not None and nearer[0] < radius:
                found = nearer
        if self._upper is None or found[0] < self._upper:
            self._upper, self._witness = found


def _exponent(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()
