"""What a landscape is about: one data set, or all data sets of one size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.memorizers.instance import half_separation

DEFAULT_RATIOS = (
    *(Fraction(1, 10**power) for power in (6, 4, 3, 2, 1)),
    *(Fraction(quarters, 4) for quarters in (1, 2, 3)),
    *(1 - Fraction(1, 10**power) for power in (1, 2, 3, 4)),
)
_MOST_BITS = 6_000


@dataclass(frozen=True, slots=True)
class Setting:
    """Points, dimension, norm and ratios, with every number fixed.

    Attributes:
        norm: of separation and perturbations.
        points: N.
        dim: d.
        ratios: radius over eps, each in (0, 1), rising.
        data: the data set; ``None`` for all data sets of N points in dimension d.
        name: of the data set.
        eps: half its separation; ``None`` without a data set.
    """

    norm: str
    points: int
    dim: int
    ratios: tuple[Fraction, ...]
    data: LabelledPoints | None = None
    name: str | None = None
    eps: Fraction | None = None

    @classmethod
    def of_sizes(cls, points: int, dim: int, norm: str, ratios: Iterable[Any] | None = None) -> Setting:
        """Return the setting of every data set of so many points.

        Raises:
            UsageError: fewer than two points, no dimension, an unknown norm, or a ratio
                outside (0, 1).
            InexactInput: a ratio is a float.
        """
        if points < 2:
            raise UsageError(f"a landscape needs at least 2 points, one of each label; got {points}")
        if dim < 1:
            raise UsageError(f"the dimension must be at least 1, got {dim}")
        if points.bit_length() + dim.bit_length() > _MOST_BITS:
            raise UsageError(f"points and dimension must have at most {_MOST_BITS:,} binary digits together")
        return cls(check_norm(norm), points, dim, _checked(ratios))

    @classmethod
    def of_data(cls, data: LabelledPoints, name: str, norm: str, ratios: Iterable[Any] | None = None) -> Setting:
        """Return the setting of one data set, eps half its separation.

        Raises:
            UsageError: an unknown norm, or a ratio outside (0, 1).
            AssumptionViolated: there is no separation to take ratios of.
        """
        chosen = _checked(ratios)
        closest = data.closest_opposite_pairs(check_norm(norm))
        if closest is None:
            raise AssumptionViolated(
                f"all {len(data)} labels agree: one parameter suffices at every radius, and there is no "
                "separation to take ratios of",
                "separation",
            )
        eps = half_separation(closest.distance, norm)
        if not eps > 0:
            i, j = closest.pairs[0]
            raise AssumptionViolated(
                f"points {i} and {j} have different labels and are no farther apart than 2^-20: no radius to take "
                "ratios of",
                "separation",
            )
        return cls(norm, len(data), data.dim, chosen, data, name, eps)

    def radius(self, ratio: Fraction) -> Fraction | None:
        """Return the radius at a ratio, ``None`` without a data set."""
        return None if self.eps is None else ratio * self.eps


def _checked(ratios: Iterable[Any] | None) -> tuple[Fraction, ...]:
    found = {exact_fraction(ratio, "ratio") for ratio in (DEFAULT_RATIOS if ratios is None else ratios)}
    if not found:
        raise UsageError("give at least one ratio of radius to eps")
    for ratio in found:
        if not 0 < ratio < 1:
            raise UsageError(f"ratios of radius to eps must lie between 0 and 1, both excluded; got {ratio}")
    return tuple(sorted(found))
