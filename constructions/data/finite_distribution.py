"""A distribution with finite support: labelled points with exact probabilities."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sampler import Charge, drawn_places
from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction


@dataclass(frozen=True, slots=True)
class FiniteDistribution:
    """Exact probabilities on labelled points, summing to 1.

    Attributes:
        points: the support.
        probabilities: one exact number per point, at least 0.

    Raises:
        AssumptionViolated: a probability is negative, or they do not sum to 1.
        InexactInput: a probability is a float.
        ValueError: there are not as many probabilities as points.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"]], labels=[-1, +1])
        >>> FiniteDistribution(data, ["1/3", "2/3"]).weight_of([1])
        Fraction(2, 3)
    """

    points: LabelledPoints
    probabilities: tuple[Fraction, ...]

    def __init__(self, points: LabelledPoints, probabilities: Sequence[Any]) -> None:
        weights = tuple(exact_fraction(value, f"probability {i}") for i, value in enumerate(probabilities))
        if len(weights) != len(points):
            raise ValueError(f"{len(points)} points need as many probabilities, got {len(weights)}")
        negative = next((i for i, weight in enumerate(weights) if weight < 0), None)
        if negative is not None:
            raise AssumptionViolated(f"probability {negative} is {weights[negative]}, below 0", "probabilities")
        total = sum(weights, Fraction(0))
        if total != 1:
            raise AssumptionViolated(f"the probabilities sum to {total}, not to 1", "probabilities")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "probabilities", weights)

    @classmethod
    def uniform(cls, points: LabelledPoints) -> FiniteDistribution:
        """Return the uniform distribution on the points."""
        return cls(points, [Fraction(1, len(points))] * len(points))

    def weight_of(self, indices: Sequence[int]) -> Fraction:
        """Return the probability of a set of points, each counted once."""
        return sum((self.probabilities[index] for index in set(indices)), Fraction(0))

    @property
    def charge(self) -> Charge:
        """What has positive probability around a drawn point: the point itself."""
        return "points"

    def draw(self, count: int, seed: int) -> LabelledPoints:
        """Return ``count`` independent points of the support; equal seeds give equal points."""
        return self.points.subset(list(drawn_places(self.probabilities, count, random.Random(seed))))
