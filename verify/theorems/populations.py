"""The distribution that a robust test error is asked on: points or boxes, equally likely or weighted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.weights import probabilities_of
from constructions.errors import UsageError
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.box_union import BoxUnion
from constructions.sets.labelled_sets import LabelledSets
from verify.theorem import Request
from verify.theorems.distance_classifier import sets_of

Law = FiniteDistribution | BoxMixture


@dataclass(frozen=True, slots=True)
class NamedLaw:
    """A distribution as the user asked for it.

    Attributes:
        law: the distribution.
        name: where its points or boxes come from.
        meaning: how they are weighted, in words.
        sets: A and B, where the labels are -1 and +1 and both occur.
    """

    law: Law
    name: str
    meaning: str
    sets: LabelledSets | None


def law_of(request: Request) -> NamedLaw:
    """Return the distribution of a request: a given one, labelled points, or two sets.

    Raises:
        AssumptionViolated: a weight is negative, all are 0, or the sets meet.
        UsageError: several were given, the weights are too many or too few, or a set has
            other pieces than points and boxes.
    """
    given = [entry for entry in (request.distribution, request.data, request.sets) if entry is not None]
    if len(given) > 1:
        raise UsageError("give one of a distribution, data and sets")
    if request.distribution is not None:
        if request.weights is not None:
            raise UsageError("a distribution has its probabilities; weights go with data or sets")
        law = request.distribution
        boxes = isinstance(law, BoxMixture)
        meaning = "boxes with their probabilities, uniform in a box" if boxes else "points with their probabilities"
        return NamedLaw(law, request.distribution_name, meaning, _sets_of_law(law))
    if request.data is not None:
        law, meaning = _on_points(request.data, request.weights)
        return NamedLaw(law, request.data_name, meaning, _sets_of_law(law))
    sets, name = sets_of(request)
    if sets.is_finite:
        law, meaning = _on_points(sets.to_points(), request.weights)
    else:
        law, meaning = _on_boxes(sets, request.weights)
    return NamedLaw(law, name, meaning, sets)


def _on_points(points: LabelledPoints, weights: tuple[Fraction, ...] | None) -> tuple[Law, str]:
    if weights is None:
        return FiniteDistribution.uniform(points), "points equally likely"
    return FiniteDistribution(points, probabilities_of(weights, len(points), "points")), "points weighted as given"


def _on_boxes(sets: LabelledSets, weights: tuple[Fraction, ...] | None) -> tuple[Law, str]:
    mixture = BoxMixture.equal(sets)
    if weights is not None:
        likely = probabilities_of(weights, len(mixture.boxes), "boxes")
        return BoxMixture(mixture.boxes, mixture.labels, likely), "boxes weighted as given, uniform in a box"
    if all(box.volume for box in mixture.boxes):
        return BoxMixture.uniform(sets), "uniform by volume"
    return mixture, "boxes equally likely, uniform in a box"


def _sets_of_law(law: Law) -> LabelledSets | None:
    if isinstance(law, FiniteDistribution):
        return LabelledSets.of_points(law.points) if law.points.classes == (-1, 1) else None
    if set(law.labels) != {-1, 1}:
        return None
    pairs = list(zip(law.boxes, law.labels, strict=True))
    return LabelledSets(*(BoxUnion.of([box for box, mark in pairs if mark == label]) for label in (1, -1)))
