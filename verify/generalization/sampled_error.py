"""An estimate of the robust error from samples, where volumes stay open; it proves nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.brackets import Bracket
from verify.generalization.confidence import clopper_pearson
from verify.robustness import robust_error

_GRID = 2**40


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """How many of some random points have a wrong point in their ball.

    Attributes:
        samples: independent points, uniform on a grid of 2^40 steps across their box.
        wrong: those with an exact wrong point in the ball.
        undecided: those with neither a wrong point found nor a proof that there is none.
        limits: Clopper-Pearson limits; undecided points count as right below and as wrong
            above.
        failure: probability with which the limits miss the true value.
        seed: of the samples.
    """

    samples: int
    wrong: int
    undecided: int
    limits: Bracket
    failure: Fraction
    seed: int


def estimated_error(
    network: ReluNetwork,
    mixture: BoxMixture,
    norm: str,
    radius: Fraction,
    samples: int,
    failure: Fraction,
    seed: int,
    seconds: float | None,
) -> ErrorEstimate:
    """Return an estimate of the robust error with its confidence limits.

    Each sampled ball is decided by the exact methods. Where they stop early, a wrong point
    that was not found would count as right: the share of wrong points found is an estimate
    from below.

    Args:
        network: one output and labels -1 and +1, or K outputs and labels 0..K-1.
        mixture: the distribution.
        norm: of the balls.
        radius: of the closed balls.
        samples: number of points.
        failure: of the confidence limits, in (0, 1).
        seed: of the samples.
        seconds: time limit.
    """
    stream = random.Random(seed)
    places = stream.choices(range(len(mixture.boxes)), [float(p) for p in mixture.probabilities], k=samples)
    points = [_uniform_point(mixture, place, stream) for place in places]
    data = LabelledPoints.of(points, [mixture.labels[place] for place in places])
    decided = robust_error(network, data, norm, radius, seconds=seconds, seed=seed)
    wrong, undecided = decided.count("violated"), decided.count("unknown")
    limits = clopper_pearson(wrong, samples, failure, wrong + undecided)
    return ErrorEstimate(samples, wrong, undecided, limits, failure, seed)


def _uniform_point(mixture: BoxMixture, place: int, stream: random.Random) -> Point:
    box = mixture.boxes[place]
    sides = zip(box.lower, box.upper, strict=True)
    return tuple(low + (high - low) * Fraction(stream.randrange(_GRID), _GRID) for low, high in sides)
