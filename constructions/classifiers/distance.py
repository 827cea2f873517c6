"""The distance classifier of Proposition 3.2: how much nearer a point is to A than to B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.sets.brackets import Bracket
from constructions.sets.distance_bounds import distance_bounds
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets


@dataclass(frozen=True, slots=True)
class DistanceClassifier:
    """The function ``(d_B - d_A) / (d_A + d_B)``, with ``d_A`` and ``d_B`` the distances from A and B.

    It is 1 on A, -1 on B and 0 halfway. Values are fractions in l-infinity and l1; in l2,
    where distances are roots, it is compared with a number by squares, or enclosed.

    Theorem: thm:distance-classifier

    Attributes:
        sets: A, labelled +1, and B, labelled -1.
        norm: in which distances are measured.

    Raises:
        AssumptionViolated: the sets are not proved to be apart, and the quotient may be 0/0.

    Example:
        >>> from constructions import BoxUnion
        >>> sets = LabelledSets(BoxUnion.of([([0], [1])]), FiniteSet.of([[3]]))
        >>> f = DistanceClassifier(sets, "linf")
        >>> [str(f([x])) for x in (0, "5/4", 2, 3)]
        ['1', '3/4', '0', '-1']
    """

    sets: LabelledSets
    norm: str

    def __post_init__(self) -> None:
        check_norm(self.norm)
        apart = self.sets.separation_bounds(self.norm)
        if apart.lower <= 0:
            raise AssumptionViolated(f"the sets must be apart; their {self.norm} distance is {apart}", "separation")

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.sets.dim

    def __call__(self, point: Sequence[Any]) -> Fraction:
        """Return the exact value at a point, in l-infinity or l1.

        Raises:
            UsageError: the norm is l2, or a set is a covered cloud; use ``bounds``.
        """
        if self.norm == "l2":
            raise UsageError("values in l2 are irrational in general; use bounds() or is_at_least()")
        return _quotient(*self.sets.distances(point, self.norm))

    def bounds(self, point: Sequence[Any]) -> Bracket:
        """Return exact bounds of the value at a point, for every kind of set and norm.

        The quotient falls with ``d_A`` and grows with ``d_B``, so bounds of these give
        bounds of it.
        """
        here = FiniteSet.of([point])
        near, far = (distance_bounds(here, side, self.norm) for side in (self.sets.positive, self.sets.negative))
        lower = Fraction(-1) if near.upper + far.lower == 0 else _quotient(near.upper, far.lower)
        upper = Fraction(1) if near.lower + far.upper == 0 else _quotient(near.lower, far.upper)
        return Bracket(lower, upper)

    def is_at_least(self, point: Sequence[Any], threshold: Any, label: int = 1) -> bool:
        """Return, exactly and in every norm, whether ``label * f`` at a point is at least a number.

        ``f >= t`` is ``(1 - t) d_B >= (1 + t) d_A``, compared by squares in l2.
        """
        level = exact_fraction(threshold, "threshold")
        if level > 1 or level <= -1:
            return level <= -1
        near, far = self.sets.distances(point, self.norm)[::label]
        if self.norm == "l2":
            return (1 - level) ** 2 * far >= (1 + level) ** 2 * near
        return (1 - level) * far >= (1 + level) * near

    def sign(self, point: Sequence[Any]) -> int:
        """Return the sign of the value at a point: -1, 0 or 1, exactly in every norm."""
        near, far = self.sets.distances(point, self.norm)
        return (far > near) - (far < near)


def _quotient(near: Fraction, far: Fraction) -> Fraction:
    return (far - near) / (near + far)
