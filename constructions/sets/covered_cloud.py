"""A set known by a cloud of points that covers it within a certified radius."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.exact.square_roots import square_root_bounds
from constructions.sets.finite_set import FiniteSet


@dataclass(frozen=True, slots=True)
class CoveredCloud:
    """A set S of which every point lies within ``cover_radius`` of a known point.

    Of an internal cloud the known points belong to S. Of an external one each of them
    lies within ``cover_radius`` of S. Distances to S are brackets, never numbers.

    Attributes:
        cloud: the known points.
        cover_radius: at least 0, measured in ``norm``.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        internal: whether the known points belong to S.

    Raises:
        AssumptionViolated: the radius is negative.
        InexactInput: the radius is a float.

    Example:
        >>> arc = CoveredCloud(FiniteSet.of([[0, 1], [1, 0]]), "4/5", "l2")
        >>> str(arc.radius_in("linf")), str(arc.radius_in("l2"))
        ('4/5', '4/5')
    """

    cloud: FiniteSet
    cover_radius: Fraction
    norm: str
    internal: bool

    def __init__(self, cloud: FiniteSet, cover_radius: Any, norm: str = "linf", internal: bool = True) -> None:
        radius = exact_fraction(cover_radius, "cover radius")
        if radius < 0:
            raise AssumptionViolated(f"the cover radius is {radius}, below 0", "cover_radius")
        object.__setattr__(self, "cloud", cloud)
        object.__setattr__(self, "cover_radius", radius)
        object.__setattr__(self, "norm", check_norm(norm))
        object.__setattr__(self, "internal", bool(internal))

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.cloud.dim

    def radius_in(self, norm: str) -> Fraction:
        """Return a cover radius that is valid in another norm, rounded up where irrational.

        Lengths obey ``linf <= l2 <= l1``, ``l1 <= d linf``, ``l1 <= sqrt(d) l2`` and
        ``l2 <= sqrt(d) linf``.
        """
        order = ("linf", "l2", "l1")
        if order.index(check_norm(norm)) <= order.index(self.norm):
            return self.cover_radius
        if (self.norm, norm) == ("linf", "l1"):
            return self.cover_radius * self.dim
        return self.cover_radius * square_root_bounds(Fraction(self.dim))[1]
