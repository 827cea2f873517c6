"""The claims of the distance classifier where the distance of the sets is only known between two bounds.

``D`` lies in a bracket ``[low, high]`` with ``low`` positive. The smallest margin on the
neighbourhoods is ``1 - 2 radius / D`` and the smallest Lipschitz constant ``2 / D``, so the
brackets of both follow from that of D.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

from constructions.sets.brackets import Bracket
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.distances import closest
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import PointSet
from verify.verdict import Status, Verdict

_METHOD = "bracket of the distance"


class BracketedClassifier(Protocol):
    """A function of which bounds are known at every point."""

    def bounds(self, point: Sequence[Any]) -> Bracket:
        """Return exact bounds of the value at a point."""


def separated_between(
    sets: LabelledSets, norm: str, distance: Fraction, name: str = "separation", failing: Status = "violated"
) -> Verdict:
    """Judge "A and B are at least ``distance`` apart" by bounds of their distance.

    Args:
        sets: two sets of any kind.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``; the bounds are of the distance itself.
        distance: exact, at least 0.
        name: of the claim.
        failing: status when the upper bound is below ``distance``.
    """
    apart = sets.separation_bounds(norm)
    status: Status = "holds" if apart.lower >= distance else failing if apart.upper < distance else "unknown"
    detail = f"{norm} distance known from covered clouds: at least {apart.lower}, at most {apart.upper}"
    if status != "holds":
        detail += f"; {distance} is {'more' if status == failing else 'between these'}"
    return Verdict(name, status, "enclosure", _shown(apart), str(distance), "at least", _METHOD, 0.0, detail)


def margin_between(
    classifier: BracketedClassifier,
    sets: LabelledSets,
    norm: str,
    radius: Fraction,
    promised: Fraction,
    name: str = "margin",
) -> Verdict:
    """Judge "``label * f`` is at least ``promised`` on the closed neighbourhood of either set".

    Args:
        classifier: said to be the distance classifier; its bounds are compared at a known
            pair of closest points.
        sets: two sets a positive distance apart.
        norm: of the neighbourhoods.
        radius: exact, at least 0.
        promised: exact.
        name: of the claim.
    """
    apart = sets.separation_bounds(norm)
    margin = Bracket(1 - 2 * radius / apart.lower, 1 - 2 * radius / apart.upper)
    for label, point in _known_points(sets, norm):
        bounds = classifier.bounds(point)
        most = bounds.upper if label == 1 else -bounds.lower
        if most < promised:
            shown = [str(x) for x in point]
            detail = (
                f"({', '.join(shown)}) belongs to the set labelled {label:+d}, and {label:+d} * f is at most {most}"
            )
            witness = {"point": shown, "label": label}
            return Verdict(
                name, "violated", "exact", str(most), str(promised), "at least", "known points", 0.0, detail, witness
            )
    status: Status = "holds" if margin.lower >= promised else "unknown"
    detail = f"the smallest value lies between {margin.lower} and {margin.upper}"
    return Verdict(name, status, "enclosure", _shown(margin), str(promised), "at least", _METHOD, 0.0, detail)


def lipschitz_between(sets: LabelledSets, norm: str, promised: Fraction, name: str = "lipschitz") -> Verdict:
    """Judge "the distance classifier changes by at most ``promised |x - y|``".

    It is violated between known points of both sets, where it is 1 and -1, if these are
    close enough.
    """
    apart = sets.separation_bounds(norm)
    constant = Bracket(2 / apart.upper, 2 / apart.lower)
    known = dict(_known_points(sets, norm))
    if constant.lower > promised and set(known) == {1, -1}:
        ends = [[str(x) for x in known[label]] for label in (1, -1)]
        detail = f"slope at least {constant.lower} between ({', '.join(ends[0])}) and ({', '.join(ends[1])})"
        witness = {"points": ends, "slope": str(constant.lower)}
        return Verdict(
            name, "violated", "enclosure", _shown(constant), str(promised), "at most", _METHOD, 0.0, detail, witness
        )
    status: Status = "holds" if constant.upper <= promised else "unknown"
    detail = "2 over the distance of the sets"
    return Verdict(name, status, "enclosure", _shown(constant), str(promised), "at most", _METHOD, 0.0, detail)


def neighbourhoods_apart_between(
    sets: LabelledSets, norm: str, radius: Fraction, name: str = "robust_error"
) -> Verdict:
    """Judge "some classifier is right on both closed ``radius``-neighbourhoods".

    It holds where twice the radius is below the lower bound of the distance, and is
    violated where known points of both sets are within twice the radius.
    """
    apart = sets.separation_bounds(norm)
    if 2 * radius < apart.lower:
        detail = f"radius {radius}, distance at least {apart.lower}"
        return Verdict(name, "holds", "enclosure", "0", "0", "at most", _METHOD, 0.0, detail)
    known = dict(_known_points(sets, norm))
    detail = f"radius {radius}, distance between {apart.lower} and {apart.upper}"
    if set(known) != {1, -1} or not _are_within(sets, norm, 2 * radius):
        return Verdict(name, "unknown", "enclosure", None, "0", "at most", _METHOD, 0.0, detail)
    middle = [str((p + q) / 2) for p, q in zip(known[1], known[-1], strict=True)]
    witness = {"point": middle, "points": [[str(x) for x in known[label]] for label in (1, -1)], "labels": [1, -1]}
    detail = f"({', '.join(middle)}) lies within {radius} of A and of B: every classifier errs there"
    return Verdict(
        name, "violated", "exact", "at least 1/2", "0", "at most", "closest known points", 0.0, detail, witness
    )


def _known_points(sets: LabelledSets, norm: str) -> list[tuple[int, tuple[Fraction, ...]]]:
    """Return the labels and points of a closest known pair that are proved to belong to the sets."""
    pair = closest(*_known_sides(sets), norm)
    sides = ((1, sets.positive, pair.first), (-1, sets.negative, pair.second))
    return [(label, point) for label, side, point in sides if not isinstance(side, CoveredCloud) or side.internal]


def _are_within(sets: LabelledSets, norm: str, span: Fraction) -> bool:
    distance = closest(*_known_sides(sets), norm).distance
    return distance <= (span * span if norm == "l2" else span)


def _known_sides(sets: LabelledSets) -> tuple[PointSet, PointSet]:
    first, second = sets.positive, sets.negative
    return (
        first.cloud if isinstance(first, CoveredCloud) else first,
        second.cloud if isinstance(second, CoveredCloud) else second,
    )


def _shown(bracket: Bracket) -> str:
    return str(bracket.lower) if bracket.is_exact else f"{bracket.lower} to {bracket.upper}"
