"""Distance classifiers that just miss: each has one thing wrong, and a claim that must refute it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from constructions.classifiers.distance import DistanceClassifier
from constructions.exact.rational import exact_fraction
from constructions.sets.brackets import Bracket
from constructions.sets.labelled_sets import LabelledSets
from verify.claims.distance_claims import lipschitz_at_most, neighbourhood_margin
from verify.claims.set_claims import neighbourhoods_apart, sets_separated_by
from verify.verdict import Verdict

Quotient = Callable[[Fraction, Fraction], Fraction]


@dataclass(frozen=True, slots=True)
class AlteredClassifier:
    """A function of the two distances, in l-infinity or l1.

    Attributes:
        sets: A and B.
        norm: in which distances are measured.
        quotient: of the distances from A and from B.
    """

    sets: LabelledSets
    norm: str
    quotient: Quotient

    def __call__(self, point: Sequence[Any]) -> Fraction:
        """Return the value at a point."""
        return self.quotient(*self.sets.distances(point, self.norm))

    def is_at_least(self, point: Sequence[Any], threshold: Any, label: int = 1) -> bool:
        """Return whether ``label * f(point)`` is at least a number."""
        return label * self(point) >= exact_fraction(threshold, "threshold")


def genuine(near: Fraction, far: Fraction) -> Fraction:
    """The construction itself."""
    return (far - near) / (near + far)


def signs_exchanged(near: Fraction, far: Fraction) -> Fraction:
    """Positive near B."""
    return (near - far) / (near + far)


def larger_distance_below(near: Fraction, far: Fraction) -> Fraction:
    """The larger of the distances in place of their sum: twice as steep halfway."""
    return (far - near) / max(near, far)


def one_distance_twice(near: Fraction, far: Fraction) -> Fraction:
    """The distance from B counted twice in the denominator: 1/2 on A."""
    return (far - near) / (near + 2 * far)


def squares_of_distances(near: Fraction, far: Fraction) -> Fraction:
    """Squares in place of distances: the margin grows and so does the slope."""
    return (far**2 - near**2) / (near**2 + far**2)


@dataclass(frozen=True, slots=True)
class BracketsExchanged:
    """Bounds of the distance classifier of covered sets with A and B exchanged.

    Attributes:
        sets: A and B.
        norm: in which distances are measured.
    """

    sets: LabelledSets
    norm: str

    def bounds(self, point: Sequence[Any]) -> Bracket:
        """Return bounds of the negative of the value at a point."""
        genuine_bounds = DistanceClassifier(self.sets, self.norm).bounds(point)
        return Bracket(-genuine_bounds.upper, -genuine_bounds.lower)


@dataclass(frozen=True, slots=True)
class DistanceTwin:
    """A wrong classifier, or a wrong promise about the genuine one.

    Attributes:
        name: what is wrong.
        claim: that refutes it.
        quotient: of the two distances.
        radius_share: radius over half the separation.
        promised_share: what is promised, over what is true (for ``margin`` added to it).
    """

    name: str
    claim: Literal["separation", "margin", "lipschitz", "robust_error"]
    quotient: Quotient = genuine
    radius_share: Fraction = Fraction(3, 7)
    promised_share: Fraction = Fraction(1)

    def judged(self, sets: LabelledSets, norm: str) -> Verdict:
        """Return the verdict of its claim on two sets whose exact half separation is taken for eps."""
        eps = sets.eps(norm)
        radius = self.radius_share * eps
        classifier = AlteredClassifier(sets, norm, self.quotient)
        if self.claim == "margin":
            promised = 1 - self.radius_share + (self.promised_share - 1)
            return neighbourhood_margin(classifier, sets, norm, radius, promised)
        if self.claim == "lipschitz":
            return lipschitz_at_most(classifier, sets, norm, self.promised_share / eps)
        if self.claim == "separation":
            return sets_separated_by(sets, norm, 2 * eps * self.promised_share)
        return neighbourhoods_apart(sets, norm, radius)


HAIR = Fraction(1, 10**9)
DISTANCE_TWINS = (
    DistanceTwin("signs exchanged", "margin", signs_exchanged),
    DistanceTwin("larger distance in the denominator", "lipschitz", larger_distance_below),
    DistanceTwin("one distance twice in the denominator", "margin", one_distance_twice),
    DistanceTwin("squares of distances", "lipschitz", squares_of_distances),
    DistanceTwin("closed balls at radius eps, as for open ones", "robust_error", radius_share=Fraction(1)),
    DistanceTwin("a positive margin at radius eps", "margin", radius_share=Fraction(1), promised_share=1 + HAIR),
    DistanceTwin("a margin a hair too large", "margin", promised_share=1 + HAIR),
    DistanceTwin("a Lipschitz constant a hair too small", "lipschitz", promised_share=1 - HAIR),
    DistanceTwin("a separation a hair too large", "separation", promised_share=1 + HAIR),
)
