"""What is proved of a trained network: errors exact where decided, else bounds on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.network.relu_network import ReluNetwork
from verify.claims.training_claims import wrong_halfway, wrong_midpoints
from verify.pointwise import wrong_points
from verify.robustness import robust_error


@dataclass(frozen=True, slots=True)
class Bracket:
    """Errors of a network on labelled points, all equally likely.

    Attributes:
        points: how many.
        clean: points that are wrong without a perturbation.
        violated: points with an exact wrong perturbation.
        undecided: points that are neither proved robust nor shown to be wrong.
        midpoints: points whose midpoint is wrong; ``None`` where there are no midpoints.
    """

    points: int
    clean: int
    violated: int
    undecided: int
    midpoints: int | None = None

    @property
    def clean_error(self) -> Fraction:
        """The exact clean error."""
        return Fraction(self.clean, self.points)

    @property
    def lower(self) -> Fraction:
        """The robust error is at least this."""
        return Fraction(self.violated, self.points)

    @property
    def upper(self) -> Fraction:
        """The robust error is at most this."""
        return Fraction(self.violated + self.undecided, self.points)

    def to_json(self) -> dict[str, Any]:
        """Return the errors as text and the counts as numbers."""
        return {
            "points": self.points,
            "clean_error": str(self.clean_error),
            "lower": str(self.lower),
            "upper": str(self.upper),
            "undecided": self.undecided,
            "midpoint_error": None if self.midpoints is None else str(Fraction(self.midpoints, self.points)),
        }


def bracket_errors(
    network: ReluNetwork,
    data: LabelledPoints,
    norm: str,
    radius: Fraction,
    midpoints: LabelledPoints | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    point_seconds: float | None = 5.0,
    seed: int = 0,
) -> Bracket:
    """Return the clean and the robust error of a network, decided by the verifier and not by an attack alone.

    A point counts as violated where the verifier finds an exact perturbation, where its midpoint is wrong (a
    network that is right on a closed ball is right at every point of it), or where the point halfway to the
    other point of a pair in conflict is wrong. One of the two points of a pair is, whatever the network.

    Args:
        network: with one output.
        data: n points labelled -1 and +1.
        norm: of the perturbations.
        radius: of the perturbations.
        midpoints: a point of each ball, with the label of its centre.
        pairs: indices of points of different labels at most two radii apart.
        point_seconds: time limit of the complete method on each ball.
        seed: of the attacks that come before it.

    Raises:
        UsageError: network, points and midpoints do not fit, or a midpoint lies outside its ball.
    """
    result = robust_error(network, data, norm, radius, point_seconds=point_seconds, seed=seed)
    violated = {index for index, status in enumerate(result.status) if status == "violated"}
    wrong = None if midpoints is None else wrong_midpoints(network, data, midpoints, result.ball)
    shown = set() if wrong is None else wrong
    for i, j in pairs:
        shown = shown | wrong_halfway(network, data, i, j, result.ball)
    contradicted = [index for index in sorted(shown) if result.status[index] == "robust"]
    if contradicted:
        raise RuntimeError(f"point {contradicted[0]} was proved robust, but a point of its ball is wrong")
    violated |= shown
    undecided = sum(1 for i, status in enumerate(result.status) if status == "unknown" and i not in violated)
    clean = len(wrong_points(network, data))
    return Bracket(len(data), clean, len(violated), undecided, None if wrong is None else len(wrong))
