"""Claims about two sets: how far apart they are, and whether their neighbourhoods meet."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.exact.norms import check_norm
from constructions.sets.brackets import ClosestPoints, Point
from constructions.sets.labelled_sets import LabelledSets
from verify.verdict import Status, Verdict


def sets_separated_by(
    sets: LabelledSets, norm: str, distance: Fraction, name: str = "separation", failing: Status = "violated"
) -> Verdict:
    """Judge "A and B are at least ``distance`` apart" (Definition 1.1) by their exact distance.

    Args:
        sets: two sets of the exact kinds.
        norm: ``"linf"``, ``"l1"``, or ``"l2"``, compared by squares.
        distance: exact, at least 0.
        name: of the claim.
        failing: status when it fails: ``violated`` for a claim, ``inapplicable`` for a
            hypothesis.
    """
    closest = sets.closest(check_norm(norm))
    promised = distance * distance if norm == "l2" else distance
    holds = closest.distance >= promised
    return Verdict(
        name,
        "holds" if holds else failing,
        "exact",
        str(closest.distance),
        str(promised),
        "at least",
        "closest points",
        0.0,
        f"{'squared l2' if norm == 'l2' else norm} distance, {_pair(closest)}",
        None if holds else {"points": [_text(closest.first), _text(closest.second)], "distance": str(closest.distance)},
    )


def neighbourhoods_apart(sets: LabelledSets, norm: str, radius: Fraction, name: str = "robust_error") -> Verdict:
    """Judge "some classifier is right on both closed ``radius``-neighbourhoods".

    It is so iff twice the radius is below the distance of the sets. Otherwise the middle
    of a closest pair lies in the closed balls of both points, and whatever a classifier
    says there is wrong for one of them.

    Args:
        sets: two sets of the exact kinds.
        norm: of the neighbourhoods.
        radius: exact, at least 0.
        name: of the claim.
    """
    closest = sets.closest(check_norm(norm))
    span = (2 * radius) ** 2 if norm == "l2" else 2 * radius
    method = "triangle inequality"
    if span < closest.distance:
        return Verdict(name, "holds", "exact", "0", "0", "at most", method, 0.0, f"radius {radius}, {_pair(closest)}")
    middle = tuple((p + q) / 2 for p, q in zip(closest.first, closest.second, strict=True))
    if sets.labels_near(middle, norm, radius) != (1, -1):
        raise ArithmeticError(f"{middle} is not within {radius} of both sets")
    return _no_classifier(name, closest, middle, radius)


def _no_classifier(name: str, closest: ClosestPoints, middle: Point, radius: Fraction) -> Verdict:
    """Return the verdict of a point that both closed neighbourhoods contain.

    Under the distribution with half its mass on each of the closest points, an output of
    0 there is wrong for both and every other one for one of them.
    """
    detail = f"({', '.join(_text(middle))}) lies within {radius} of A and of B: every classifier errs there"
    witness: dict[str, Any] = {
        "point": _text(middle),
        "points": [_text(closest.first), _text(closest.second)],
        "labels": [1, -1],
        "probabilities": ["1/2", "1/2"],
    }
    measured = "at least 1/2"
    return Verdict(name, "violated", "exact", measured, "0", "at most", "closest points", 0.0, detail, witness)


def _pair(closest: ClosestPoints) -> str:
    first, second = (", ".join(_text(point)[:4]) for point in (closest.first, closest.second))
    dots = ", ..." if len(closest.first) > 4 else ""
    return f"attained by ({first}{dots}) and ({second}{dots})"


def _text(point: Point) -> list[str]:
    return [str(value) for value in point]
