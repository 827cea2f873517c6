"""Clean and robust error of any classifier, estimated from samples with confidence limits; it proves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.data.sampler import GeneratorSampler, Sampler, derived_seed
from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.black_boxes.black_box import BlackBox
from verify.black_boxes.sources import black_box
from verify.generalization.error_estimate import ErrorEstimate
from verify.generalization.judges import BlackBoxJudge, Counts, ExactJudge, SampleWitness
from verify.generalization.looks import Look, look_limits, look_sizes, look_width
from verify.methods.ball_program import Domain
from verify.robustness import POINT_SECONDS, exact_box

SAMPLES = 1000
FAILURE = Fraction(1, 100)
Progress = Callable[[str, int, int], None]


class Judge(Protocol):
    """Tells which of some points are wrong."""

    @property
    def arithmetic(self) -> str:
        """Whose arithmetic decides."""
        ...

    @property
    def one_sided(self) -> bool:
        """True where a point is never known to be right."""
        ...

    @property
    def domain(self) -> Domain | None:
        """The box that also restricts the attacker, if any."""
        ...

    def count(self, data: LabelledPoints, seconds: float | None, seed: int, progress: Progress | None) -> Counts:
        """Return how many points are wrong, and how many are not known to be right or wrong."""
        ...


def sampled_robust_error(
    classifier: Any,
    population: Any,
    norm: str = "linf",
    radius: Any = None,
    *,
    samples: int = SAMPLES,
    width: Any = None,
    failure: Any = FAILURE,
    seconds: float | None = None,
    point_seconds: float | None = POINT_SECONDS,
    domain: Sequence[Sequence[Any]] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> ErrorEstimate:
    """Estimate the probability that some perturbation makes a classifier get a new point wrong.

    A network is decided exactly on each sampled ball, so the limits have two sides. Any
    other classifier is attacked: what is found bounds its error from below, what is not
    found says nothing, and there is no upper limit.

    Theorem: thm:sampled-robust-error

    Args:
        classifier: a ``ReluNetwork``, or a black box: a ``BlackBox``, a torch module, or a
            function from float arrays (b, d) to labels or scores.
        population: anything with ``draw(count, seed)`` and ``charge``: labelled points (equally
            likely), two sets, a mixture of boxes, a hard grid; or a generator function of a seed.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0.
        samples: points drawn, or drawn at most where a width is given.
        width: stop at the first planned look at which the limits are this close.
        failure: probability with which the limits may miss.
        seconds: time limit of the whole call; what it leaves undecided widens the limits.
        point_seconds: time limit of the complete method on each point.
        domain: corners of a box that also restricts the attacker.
        seed: of samples and attacks.
        progress: called with (stage, done, total).

    Returns:
        Confidence limits, with all that is needed to repeat them.

    Raises:
        InexactInput: a number is a float.
        UsageError: no radius, or something does not fit.

    Example:
        >>> from constructions import AffineMap
        >>> data = LabelledPoints.of([[0], [1]], labels=[-1, 1])
        >>> line = ReluNetwork([AffineMap([[2]], [-1])])
        >>> found = sampled_robust_error(line, data, radius="1/4", samples=300)
        >>> found.wrong, found.lower == 0, found.upper < Fraction(1, 50)
        (0, True, True)
    """
    if radius is None:
        raise UsageError("sampled_robust_error needs a radius")
    ball = NormBall(norm, radius)
    plan = _Plan.of(samples, width, failure, seconds, seed)

    def judge(dim: int) -> Judge:
        box = exact_box(domain, dim)
        if isinstance(classifier, ReluNetwork):
            return ExactJudge(classifier, ball, box, point_seconds)
        return BlackBoxJudge(_box_of(classifier), ball, box)

    return _estimated(judge, as_sampler(population), ball, plan, progress)


def sampled_error(
    classifier: Any,
    population: Any,
    *,
    samples: int = SAMPLES,
    width: Any = None,
    failure: Any = FAILURE,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> ErrorEstimate:
    """Estimate the probability that a classifier gets a new point wrong, without perturbation.

    Both limits exist, also for a black box: it answers at every sample.

    Theorem: thm:sampled-robust-error

    Args:
        classifier: as for ``sampled_robust_error``.
        population: as for ``sampled_robust_error``.
        samples: points drawn, or drawn at most where a width is given.
        width: stop at the first planned look at which the limits are this close.
        failure: probability with which the limits may miss.
        seconds: time limit of the whole call; what it leaves undecided widens the limits.
        seed: of the samples.
        progress: called with (stage, done, total).

    Returns:
        Confidence limits, with all that is needed to repeat them.

    Raises:
        InexactInput: a number is a float.
        UsageError: something does not fit.

    Example:
        >>> import numpy as np
        >>> data = LabelledPoints.of([[0], [1]], labels=[-1, 1])
        >>> sampled_error(lambda points: np.sign(points[:, 0]), data, samples=200).lower > Fraction(3, 10)
        True
    """
    ball, plan = NormBall("linf", 0), _Plan.of(samples, width, failure, seconds, seed)

    def judge(dim: int) -> Judge:
        if isinstance(classifier, ReluNetwork):
            return ExactJudge(classifier, ball, None, None)
        return BlackBoxJudge(_box_of(classifier), None, None)

    return _estimated(judge, as_sampler(population), ball, plan, progress)


def as_sampler(population: Any) -> Sampler:
    """Return what can be drawn from: itself, equally likely points, sets by volume, or a generator function.

    Raises:
        UsageError: it is none of these.
        AssumptionViolated: two sets meet, or have no volume.
    """
    if isinstance(population, LabelledPoints):
        return FiniteDistribution.uniform(population)
    if isinstance(population, LabelledSets):
        return BoxMixture.uniform(population)
    if hasattr(population, "draw") and hasattr(population, "charge"):
        sampler: Sampler = population
        return sampler
    if callable(population):
        return GeneratorSampler(population)
    raise UsageError(
        f"cannot draw from a {type(population).__name__}; give points, sets, a distribution with draw(count, seed) "
        "and charge, or a generator function of a seed"
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is fixed before the first point is drawn."""

    sizes: tuple[int, ...]
    width: Fraction | None
    failure: Fraction
    deadline: float | None
    seed: int

    @classmethod
    def of(cls, samples: int, width: Any, failure: Any, seconds: float | None, seed: int) -> _Plan:
        aim = None if width is None else exact_fraction(width, "width")
        risk = exact_fraction(failure, "failure")
        if samples < 1 or (aim is not None and not 0 < aim < 1) or not 0 < risk < 1:
            raise UsageError(
                f"at least one sample, and a width and a failure probability in (0, 1) are needed; "
                f"got {samples}, {aim}, {risk}"
            )
        deadline = None if seconds is None else time.monotonic() + seconds
        return cls(look_sizes(samples, aim), aim, risk, deadline, seed)

    @property
    def seconds_left(self) -> float | None:
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


def _box_of(classifier: Any) -> BlackBox:
    return classifier if isinstance(classifier, BlackBox) else black_box(classifier)


def _estimated(
    make: Callable[[int], Judge], sampler: Sampler, ball: NormBall, plan: _Plan, progress: Progress | None
) -> ErrorEstimate:
    """Draw, count and look until the limits are close enough, or the plan ends."""
    started = time.monotonic()
    judge: Judge | None = None
    looks: list[Look] = []
    wrong = undecided = done = 0
    witness: SampleWitness | None = None
    for place, size in enumerate(plan.sizes):
        data = sampler.draw(size - done, derived_seed(plan.seed, f"samples {place}"))
        judge = judge or make(data.dim)
        found = judge.count(data, plan.seconds_left, derived_seed(plan.seed, f"attacks {place}") % 2**31, progress)
        wrong, undecided, done = wrong + found.wrong, undecided + found.undecided, size
        if witness is None or (found.witness is not None and found.witness.margin < witness.margin):
            witness = found.witness
        limits = look_limits(wrong, undecided, done, plan.failure / len(plan.sizes), judge.one_sided)
        looks.append(Look(done, wrong, undecided, limits))
        is_close = plan.width is not None and look_width(looks[-1], judge.one_sided) <= plan.width
        if is_close or plan.seconds_left == 0:
            break
    assert judge is not None
    return ErrorEstimate(
        done,
        wrong,
        undecided,
        looks[-1].limits,
        plan.failure,
        plan.seed,
        tuple(looks),
        plan.sizes,
        judge.one_sided,
        judge.arithmetic,
        ball,
        judge.domain,
        sampler.charge,
        witness,
        time.monotonic() - started,
    )
