"""Brackets of distances, for every kind of set and every norm."""

from __future__ import annotations

from fractions import Fraction

from constructions.exact.square_roots import square_root_bounds
from constructions.sets.brackets import Bracket
from constructions.sets.covered_cloud import CoveredCloud
from constructions.sets.distances import closest
from constructions.sets.point_set import PointSet

AnySet = PointSet | CoveredCloud


def distance_bounds(first: AnySet, second: AnySet, norm: str) -> Bracket:
    """Return exact bounds of the distance of two sets (the distance itself, also in l2).

    The bounds meet for sets of the exact kinds in l-infinity and l1, and in l2 where the
    root is a fraction; otherwise an l2 distance is enclosed to 2^-64. A covered cloud
    widens the bracket: below by its cover radius, above only where it is external.

    Args:
        first: a set.
        second: a set in the same dimension.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
    """
    found = closest(_known(first), _known(second), norm).distance
    low, high = square_root_bounds(found) if norm == "l2" else (found, found)
    below = sum((side.radius_in(norm) for side in _clouds(first, second)), Fraction(0))
    above = sum((side.radius_in(norm) for side in _clouds(first, second) if not side.internal), Fraction(0))
    return Bracket(max(Fraction(0), low - below), high + above)


def is_exact_set(given: AnySet) -> bool:
    """Return whether distances to the set are numbers, not brackets."""
    return not isinstance(given, CoveredCloud)


def _known(given: AnySet) -> PointSet:
    return given.cloud if isinstance(given, CoveredCloud) else given


def _clouds(*sets: AnySet) -> list[CoveredCloud]:
    return [given for given in sets if isinstance(given, CoveredCloud)]
