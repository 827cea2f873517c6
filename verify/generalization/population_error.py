"""The robust test error of a network on a distribution, bracketed exactly (Definition 3.1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.errors import UsageError
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.generalization.error_estimate import ErrorEstimate
from verify.generalization.sampled_error import FAILURE, sampled_robust_error
from verify.generalization.volume_search import Part, Volumes, measured_volumes
from verify.robustness import RobustError, check_labels, robust_error

Population = LabelledPoints | FiniteDistribution | LabelledSets | BoxMixture
MOST_REGIONS = 256


@dataclass(frozen=True, slots=True)
class RobustTestError:
    """The robust error under a distribution: exact bounds, and perhaps an estimate between them.

    Attributes:
        lower: probability of centres with an exact wrong point in their ball.
        upper: 1 less the probability of centres proved robust.
        parts: for a distribution on boxes, what was found in each.
        points: for a finite distribution, what was decided of each point.
        estimate: from samples, where it was asked for and the bounds do not meet.
        witness: a centre and a wrong point in its ball, where one is known.
        seconds: time taken.
        question: network, mixture and ball, for a distribution on boxes.
    """

    lower: Fraction
    upper: Fraction
    parts: tuple[Volumes, ...] = field(default=(), repr=False)
    points: RobustError | None = field(default=None, repr=False)
    estimate: ErrorEstimate | None = None
    witness: tuple[Point, Point] | None = None
    seconds: float = 0.0
    question: tuple[ReluNetwork, BoxMixture, NormBall] | None = field(default=None, repr=False)

    @property
    def is_exact(self) -> bool:
        """True when the bounds meet."""
        return self.lower == self.upper

    def certificate(self, path: str | Path) -> Path:
        """Write a certificate of bounds of the error on boxes, which the standalone checker re-checks.

        What the complete method found right is proved again by affine forms, on smaller
        boxes where need be. Where that fails the certified bounds are wider than these.

        Raises:
            UsageError: the distribution is on points; their certificate is that of ``points``.
        """
        from verify.certificate.issue_volume import issue_volume

        if self.question is None:
            raise UsageError("a distribution on points is certified point by point; use points.certificate()")
        return issue_volume(*self.question, self.parts, Path(path))


def robust_test_error(
    network: ReluNetwork,
    population: Population,
    norm: str = "linf",
    radius: Any = None,
    *,
    most_regions: int = MOST_REGIONS,
    samples: int = 0,
    failure: Any = FAILURE,
    seconds: float | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> RobustTestError:
    """Bracket the probability that some perturbation makes the network get a new point wrong.

    Theorem: def:robust-test-error

    Args:
        network: one output and labels -1 and +1, or K outputs and labels 0..K-1.
        population: labelled points (all equally likely), a finite distribution, two sets of
            boxes or points (uniform by volume), or a mixture of uniform distributions on
            boxes, with any probabilities.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0.
        most_regions: boxes looked at in the search for volumes.
        samples: points of an estimate where the bounds do not meet; 0 for none.
        failure: probability with which the limits of the estimate may miss.
        seconds: time limit of the whole call; half of it for the estimate, where there is one.
        seed: of attacks and samples.
        progress: called with (stage, done, total).

    Returns:
        Exact bounds of the robust test error. An output of exactly zero is an error.

    Raises:
        AssumptionViolated: the sets meet, or have no volume.
        InexactInput: a number is a float.
        UsageError: no radius, an unknown norm, or shapes that do not fit.

    Example:
        >>> from constructions import AffineMap, BoxUnion
        >>> sets = LabelledSets(BoxUnion.of([([2], [4])]), BoxUnion.of([([0], [1])]))
        >>> line = ReluNetwork([AffineMap([[1]], [-2])])
        >>> error = robust_test_error(line, sets, radius="1/2")
        >>> str(error.lower), error.is_exact
        ('1/6', True)
    """
    started = time.monotonic()
    if radius is None:
        raise UsageError("robust_test_error needs a radius")
    ball = NormBall(norm, radius)
    if isinstance(population, LabelledSets) and population.is_finite:
        population = population.to_points()
    if isinstance(population, LabelledPoints):
        population = FiniteDistribution.uniform(population)
    if isinstance(population, FiniteDistribution):
        return _on_points(network, population, ball, seconds, seed, progress, started)
    mixture = BoxMixture.uniform(population) if isinstance(population, LabelledSets) else population
    if network.dim != mixture.dim:
        raise UsageError(f"the boxes lie in R^{mixture.dim}, the network takes R^{network.dim}")
    check_labels(network, LabelledPoints.of([box.lower for box in mixture.boxes], mixture.labels))
    share = 2 if samples else 1
    deadline = None if seconds is None else started + seconds / share
    parts = [Part(*entry) for entry in zip(mixture.boxes, mixture.labels, mixture.probabilities, strict=True)]
    found = measured_volumes(network, parts, ball, most_regions, deadline, seed, progress)
    lower, upper = sum((v.wrong for v in found), Fraction(0)), 1 - sum((v.robust for v in found), Fraction(0))
    estimate = None
    if samples and lower < upper:
        left = None if seconds is None else max(0.0, started + seconds - time.monotonic())
        estimate = sampled_robust_error(
            network,
            mixture,
            norm,
            ball.radius,
            samples=samples,
            failure=failure,
            seconds=left,
            seed=seed,
        )
    witness = next((v.witness for v in found if v.witness is not None), None)
    spent = time.monotonic() - started
    return RobustTestError(lower, upper, tuple(found), None, estimate, witness, spent, (network, mixture, ball))


def _on_points(
    network: ReluNetwork,
    distribution: FiniteDistribution,
    ball: NormBall,
    seconds: float | None,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
    started: float,
) -> RobustTestError:
    """Weigh the points that a decision of every ball calls wrong, and those it does not call robust."""
    points = distribution.points
    decided = robust_error(network, points, ball.norm, ball.radius, seconds=seconds, seed=seed, progress=progress)
    wrong = [i for i, status in enumerate(decided.status) if status == "violated"]
    loose = [i for i, status in enumerate(decided.status) if status != "robust"]
    weights = distribution.weight_of(wrong), distribution.weight_of(loose)
    mistake = decided.witness(wrong[0]) if wrong else None
    witness = None if mistake is None else (points.point(wrong[0]), mistake)
    return RobustTestError(*weights, points=decided, witness=witness, seconds=time.monotonic() - started)
