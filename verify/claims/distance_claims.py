"""Claims about a classifier made from distances: its margin on neighbourhoods, its steepness.

What holds for every point rests on two facts, ``d_A + d_B >= D`` with D the exact distance
of the sets, and that either distance changes by at most ``|x - y|``. Both bounds are
attained between a pair of closest points, where the classifier itself is evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

from constructions.exact.norms import length
from constructions.exact.square_roots import square_root_bounds
from constructions.sets.brackets import ClosestPoints, Point
from constructions.sets.labelled_sets import LabelledSets
from verify.verdict import Evidence, Status, Verdict

_SHARES = tuple(Fraction(k, 8) for k in range(9))


class Classifier(Protocol):
    """A function that is positive near A, negative near B, and exactly comparable with numbers."""

    def is_at_least(self, point: Sequence[Any], threshold: Any, label: int = 1) -> bool:
        """Return whether ``label * f(point)`` is at least a number."""

    def __call__(self, point: Sequence[Any]) -> Fraction:
        """Return the exact value at a point; needed in l-infinity and l1 only."""


def neighbourhood_margin(
    classifier: Classifier, sets: LabelledSets, norm: str, radius: Fraction, promised: Fraction, name: str = "margin"
) -> Verdict:
    """Judge "``label * f`` is at least ``promised`` on the closed neighbourhood of either set".

    The distance classifier attains ``1 - 2 radius / D`` there and nothing less. In l2 a
    number just below it is reported.

    Args:
        classifier: said to be the distance classifier.
        sets: two sets of the exact kinds, a positive distance apart.
        norm: of the neighbourhoods.
        radius: exact, at least 0.
        promised: exact.
        name: of the claim.
    """
    closest = sets.closest(norm)
    low, evidence = _distance_below(closest.distance, norm)
    margin = 1 - 2 * radius / low
    for label, point in _probes(closest, radius, norm):
        if not classifier.is_at_least(point, promised, label):
            return _too_small(name, point, label, sets, radius, promised)
    detail = f"smallest at distance {radius} from a closest point towards the other"
    status: Status = "holds" if _reaches(closest.distance, norm, 1 - promised, 2 * radius) else "unknown"
    return Verdict(name, status, evidence, str(margin), str(promised), "at least", "triangle inequality", 0.0, detail)


def lipschitz_at_most(
    classifier: Classifier, sets: LabelledSets, norm: str, promised: Fraction, name: str = "lipschitz"
) -> Verdict:
    """Judge "``|f(x) - f(y)|`` is at most ``promised |x - y|`` for all x and y".

    The distance classifier has the constant ``2 / D``, attained between closest points. In
    l2 a number just above it is reported, and values are compared nowhere.

    Args:
        classifier: said to be the distance classifier.
        sets: two sets of the exact kinds, a positive distance apart.
        norm: in which ``|x - y|`` is measured.
        promised: exact.
        name: of the claim.
    """
    closest = sets.closest(norm)
    low, evidence = _distance_below(closest.distance, norm)
    constant = 2 / low
    steep = None if norm == "l2" else _steep_pair(classifier, closest, norm, promised)
    if steep is not None:
        slope, first, second = steep
        detail = f"slope {slope} between ({', '.join(first)}) and ({', '.join(second)})"
        witness = {"points": [first, second], "slope": str(slope)}
        return Verdict(
            name, "violated", "exact", str(slope), str(promised), "at most", "closest points", 0.0, detail, witness
        )
    status: Status = "holds" if _reaches(closest.distance, norm, promised, Fraction(2)) else "unknown"
    detail = "2 over the distance of the sets"
    return Verdict(name, status, evidence, str(constant), str(promised), "at most", "triangle inequality", 0.0, detail)


def _distance_below(distance: Fraction, norm: str) -> tuple[Fraction, Evidence]:
    if norm != "l2":
        return distance, "exact"
    low, high = square_root_bounds(distance)
    return low, "exact" if low == high else "enclosure"


def _reaches(distance: Fraction, norm: str, factor: Fraction, span: Fraction) -> bool:
    """Return, exactly, whether ``factor`` times the distance (given squared in l2) is at least ``span >= 0``."""
    if factor < 0:
        return False
    return factor * factor * distance >= span * span if norm == "l2" else factor * distance >= span


def _probes(closest: ClosestPoints, radius: Fraction, norm: str) -> list[tuple[int, Point]]:
    """Return points of either neighbourhood on the segment of a closest pair, with their labels."""
    high = square_root_bounds(closest.distance)[1] if norm == "l2" else closest.distance
    share = min(Fraction(1), radius / high)
    points: list[tuple[int, Point]] = []
    for label, start, end in ((1, closest.first, closest.second), (-1, closest.second, closest.first)):
        points += [(label, start), (label, _between(start, end, share))]
    return points


def _between(start: Point, end: Point, share: Fraction) -> Point:
    return tuple(p + share * (q - p) for p, q in zip(start, end, strict=True))


def _too_small(
    name: str, point: Point, label: int, sets: LabelledSets, radius: Fraction, promised: Fraction
) -> Verdict:
    side = "A" if label == 1 else "B"
    shown = [str(value) for value in point]
    detail = f"({', '.join(shown)}) lies within {radius} of {side}, and {label:+d} * f is below {promised} there"
    witness = {"point": shown, "label": label}
    return Verdict(
        name,
        "violated",
        "exact",
        f"below {promised}",
        str(promised),
        "at least",
        "closest points",
        0.0,
        detail,
        witness,
    )


def _steep_pair(
    classifier: Classifier, closest: ClosestPoints, norm: str, promised: Fraction
) -> tuple[Fraction, list[str], list[str]] | None:
    """Return two points between the closest ones at which the classifier changes too fast."""
    points = [_between(closest.first, closest.second, share) for share in _SHARES]
    values = [classifier(point) for point in points]
    for place in range(len(points) - 1):
        gap = length([x - y for x, y in zip(points[place], points[place + 1], strict=True)], norm)
        slope = abs(values[place] - values[place + 1]) / gap
        if slope > promised:
            return slope, [str(x) for x in points[place]], [str(x) for x in points[place + 1]]
    return None
