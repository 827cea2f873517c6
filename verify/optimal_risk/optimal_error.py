"""The smallest robust error that any classifier has on a finite distribution, exactly."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from verify.optimal_risk.conflict_graph import conflict_graph
from verify.optimal_risk.minimum_cover import integer_weights, minimum_cover


@dataclass(frozen=True, slots=True)
class OptimalRobustError:
    """The optimal robust error of a distribution, and both halves of its proof.

    No classifier has a smaller robust error: of two points in conflict it loses one, and
    the matching counts such losses up to ``value`` without counting any weight twice. Some
    classifier has this robust error: the balls of the points kept do not meet across labels.

    Attributes:
        distribution: labelled points with exact probabilities.
        norm: of the balls.
        radius: of the balls.
        closed: True for closed balls, False for open ones.
        value: the optimal robust error, exact.
        cover: indices of the points given up, which touch every conflict.
        matching: pairs (i, j) in conflict, point i labelled +1 and point j labelled -1.
        amounts: the probability that each pair accounts for; their sum is ``value``.
        conflicts: number of pairs of opposite points whose balls meet.
        seconds: time taken.
    """

    distribution: FiniteDistribution = field(repr=False)
    norm: str
    radius: Fraction
    closed: bool
    value: Fraction
    cover: tuple[int, ...] = field(repr=False)
    matching: tuple[tuple[int, int], ...] = field(repr=False)
    amounts: tuple[Fraction, ...] = field(repr=False)
    conflicts: int
    seconds: float = field(default=0.0, compare=False)

    @property
    def points(self) -> LabelledPoints:
        """The points of the distribution."""
        return self.distribution.points

    @property
    def kept(self) -> tuple[int, ...]:
        """Indices of the points that an optimal classifier is robust on."""
        return tuple(np.setdiff1d(np.arange(len(self.points)), self.cover).tolist())

    def certificate(self, path: str | Path) -> Path:
        """Write a certificate of the value that the standalone checker of counts re-checks."""
        from verify.certificate.issue_optimal import issue_optimal

        return issue_optimal(self, Path(path))


def optimal_robust_error(
    distribution: FiniteDistribution | LabelledPoints, norm: str = "linf", radius: Any = None, closed: bool = True
) -> OptimalRobustError:
    """Return the smallest robust error of any classifier on a finite distribution, exactly.

    Theorem: thm:optimal-robust-error

    Args:
        distribution: points labelled -1 and +1 with exact probabilities; points alone are
            equally likely. Duplicates are allowed, also with both labels.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0, in the units of the coordinates.
        closed: whether the balls contain their boundary; open balls need a positive radius.

    Returns:
        The value with the points given up and a matching that proves it optimal.

    Raises:
        AssumptionViolated: labels other than -1 and +1, or a radius out of range.
        InexactInput: the radius is a float.
        UsageError: an unknown norm, or no radius.

    Cost:
        The conflicts of all opposite pairs in compiled code, then a search of the graph for
        each path that raises the flow.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"], ["3"]], labels=[-1, +1, -1])
        >>> found = optimal_robust_error(data, "linf", "1/2")
        >>> found.value, found.cover, found.matching
        (Fraction(1, 3), (1,), ((1, 0),))
        >>> optimal_robust_error(data, "linf", "1/2", closed=False).value
        Fraction(0, 1)
    """
    started = time.monotonic()
    if radius is None:
        raise UsageError("optimal_robust_error needs a radius")
    weighted = as_distribution(distribution)
    graph = conflict_graph(weighted.points, norm, radius, closed)
    weights = integer_weights(weighted.probabilities)
    found = minimum_cover(graph, weights)
    lost = sum(int(weights.numerators[index]) for index in found.cover)
    if lost != found.value:
        raise RuntimeError(f"the cover weighs {lost}, the flow {found.value}, of {weights.total}")
    return OptimalRobustError(
        weighted,
        norm,
        graph.radius,
        closed,
        Fraction(lost, weights.total),
        found.cover,
        found.pairs,
        tuple(Fraction(amount, weights.total) for amount in found.amounts),
        graph.count,
        time.monotonic() - started,
    )


def as_distribution(given: FiniteDistribution | LabelledPoints) -> FiniteDistribution:
    """Return a distribution as it is, and points as the uniform distribution on them.

    Raises:
        UsageError: something else was given.
    """
    if isinstance(given, FiniteDistribution):
        return given
    if isinstance(given, LabelledPoints):
        return FiniteDistribution.uniform(given)
    raise UsageError(f"a FiniteDistribution or LabelledPoints is needed, got {type(given).__name__}")
