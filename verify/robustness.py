"""The robust error of a network on labelled points, bracketed exactly (Definition 2.1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork
from verify.methods.ball_program import Domain
from verify.methods.decision import Decision
from verify.methods.portfolio import METHODS, decide

POINT_SECONDS = 60.0
PointStatus = Literal["robust", "violated", "unknown"]


@dataclass(frozen=True, slots=True)
class RobustError:
    """The robust error of a network: exact bounds, and what is known of every point.

    A point is violated when some x' in its closed ball (and in the domain) has
    ``label * f(x') <= 0``: an output of exactly zero is an error.

    Attributes:
        network: the network decided.
        data: the labelled points.
        ball: norm and radius.
        domain: the box that restricts the attacker, or ``None``.
        decisions: one per point.
        seconds: time taken.
        method_seconds: time taken by each method, in the order of use.
    """

    network: ReluNetwork = field(repr=False)
    data: LabelledPoints
    ball: NormBall
    domain: Domain | None
    decisions: tuple[Decision, ...] = field(repr=False)
    seconds: float = 0.0
    method_seconds: dict[str, float] = field(default_factory=dict, repr=False)

    @property
    def status(self) -> tuple[PointStatus, ...]:
        """``robust``, ``violated`` or ``unknown``, one per point."""
        return tuple(decision.status for decision in self.decisions)

    def count(self, status: PointStatus) -> int:
        """Return how many points have this status."""
        return sum(1 for decision in self.decisions if decision.status == status)

    @property
    def lower(self) -> Fraction:
        """The share of points with an exact counterexample; the error is at least this."""
        return Fraction(self.count("violated"), len(self.data))

    @property
    def upper(self) -> Fraction:
        """The share of points not proved robust; the error is at most this."""
        return Fraction(len(self.data) - self.count("robust"), len(self.data))

    @property
    def is_exact(self) -> bool:
        """True when every point is decided, so that the bounds meet."""
        return self.count("unknown") == 0

    def witness(self, index: int) -> Point | None:
        """Return an exact point of the ball that the network gets wrong, if one is known."""
        return self.decisions[index].witness

    def method(self, index: int) -> str:
        """Return what decided the point, ``""`` where nothing did."""
        return self.decisions[index].method

    def margin(self, index: int) -> Fraction | None:
        """Return a proved lower bound of ``label * f`` on the ball, where the point is robust."""
        return self.decisions[index].margin

    @property
    def smallest_margin(self) -> Fraction | None:
        """The smallest proved margin of all points; ``None`` unless all are robust."""
        margins = [decision.margin for decision in self.decisions]
        return None if any(m is None for m in margins) else min(m for m in margins if m is not None)

    def certificate(self, path: str | Path, hints: bool = True) -> Path:
        """Write a certificate of the bounds that the standalone checker re-checks.

        Args:
            path: where to write it; network and data of large instances go to files
                beside it, named in it by their hash.
            hints: say per pair which term suffices, for small instances.
        """
        from verify.certificate.issue import issue_certificate

        return issue_certificate(self, Path(path), hints)


def robust_error(
    network: ReluNetwork,
    data: LabelledPoints,
    norm: str = "linf",
    radius: Any = None,
    method: str = "auto",
    seconds: float | None = None,
    domain: Sequence[Sequence[Any]] | None = None,
    *,
    seed: int = 0,
    point_seconds: float | None = POINT_SECONDS,
    most_memory: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> RobustError:
    """Bracket the share of points that some perturbation makes the network get wrong.

    Theorem: def:robust-training-error

    Args:
        network: one output and labels -1 and +1, or K outputs and labels 0..K-1.
        data: labelled points in the network's dimension.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0, in the units of the coordinates.
        method: ``"auto"``, or one of ``"votes"``, ``"simplices"``, ``"pieces"``, ``"separable"`` (l2),
            ``"interval"``, ``"paired"``, ``"affine"``, ``"attack"``, ``"complete"``.
        seconds: time limit of the whole call; undecided points are then ``unknown``.
        domain: ``(lower, upper)`` corners of a box that also restricts the attacker.
        seed: of the attacks.
        point_seconds: time limit of the complete method on each point, a minute by default;
            ``None`` for none.
        most_memory: bytes for its open cases, one GiB by default.
        progress: called with (stage, points done, points).

    Returns:
        Exact lower and upper bounds of the robust error, with the status of every point.

    Raises:
        InexactInput: the radius or the domain is a float.
        UsageError: an unknown norm or method, no radius, or shapes that do not fit.

    Example:
        >>> from constructions import AffineMap
        >>> data = LabelledPoints.of([["0"], ["1"]], labels=[-1, +1])
        >>> line = ReluNetwork([AffineMap([[2]], [-1])])
        >>> [str(robust_error(line, data, radius=r).upper) for r in ("1/4", "1/2")]
        ['0', '1']
    """
    started = time.monotonic()
    if radius is None:
        raise UsageError("robust_error needs a radius")
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    ball = NormBall(norm, radius)
    if network.dim != data.dim:
        raise UsageError(f"the network takes {network.dim} coordinates, the points have {data.dim}")
    check_labels(network, data)
    box = exact_box(domain, data.dim)
    deadline = None if seconds is None else started + seconds
    spent: dict[str, float] = {}
    bytes_allowed = 2**30 if most_memory is None else most_memory
    decisions = decide(network, data, ball, box, method, deadline, seed, progress, point_seconds, bytes_allowed, spent)
    return RobustError(network, data, ball, box, tuple(decisions), time.monotonic() - started, spent)


def check_labels(network: ReluNetwork, data: LabelledPoints) -> None:
    """Raise ``UsageError`` unless every label is one that the network's outputs can mean."""
    allowed = (-1, 1) if network.outputs == 1 else range(network.outputs)
    for label in data.classes:
        if label not in allowed:
            index = int(np.flatnonzero(data.label_array == label)[0])
            names = "-1 and +1" if network.outputs == 1 else f"0..{network.outputs - 1}"
            raise UsageError(
                f"point {index} has label {label}; a network with {network.outputs} output(s) takes labels {names}"
            )


def exact_box(domain: Sequence[Sequence[Any]] | None, dim: int) -> Domain | None:
    """Return a box given as two corners, read exactly; ``None`` stays ``None``.

    Raises:
        InexactInput: a coordinate is a float.
        UsageError: the corners do not fit the dimension, or the box is empty.
    """
    if domain is None:
        return None
    try:
        low_corner, high_corner = (list(side) for side in domain)
    except (TypeError, ValueError):
        raise UsageError("a domain is (lower corner, upper corner), such as ([0, 0], [1, 1])") from None
    lower, upper = (tuple(exact_fraction(value, "domain") for value in side) for side in (low_corner, high_corner))
    if len(lower) != dim or len(upper) != dim:
        raise UsageError(f"a domain is (lower corner, upper corner), each with {dim} coordinates")
    for axis, (low, high) in enumerate(zip(lower, upper, strict=True)):
        if low > high:
            raise UsageError(f"the domain is empty: coordinate {axis} runs from {low} to {high}")
    return Domain(lower, upper)
