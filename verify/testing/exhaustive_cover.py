"""The optimal robust error by trying every set of points to give up, in plain fractions."""

from __future__ import annotations

from fractions import Fraction

from constructions.data.finite_distribution import FiniteDistribution
from constructions.exact.norms import length

MOST_POINTS = 14


def conflicts_by_definition(
    distribution: FiniteDistribution, norm: str, radius: Fraction, closed: bool = True
) -> list[tuple[int, int]]:
    """Return every pair (point labelled +1, point labelled -1) whose balls meet, pair by pair."""
    points, labels = distribution.points.points, distribution.points.labels
    reach = 4 * radius * radius if norm == "l2" else 2 * radius
    found = []
    for i, x in enumerate(points):
        for k, other in enumerate(points):
            if (labels[i], labels[k]) == (1, -1):
                apart = length([a - b for a, b in zip(x, other, strict=True)], norm)
                if apart < reach or (closed and apart == reach):
                    found.append((i, k))
    return found


def optimal_error_by_subsets(
    distribution: FiniteDistribution, norm: str, radius: Fraction, closed: bool = True
) -> Fraction:
    """Return the smallest weight of a set of points that touches every conflict, by trying all sets.

    Raises:
        ValueError: there are more than 14 points.

    Example:
        >>> from constructions import LabelledPoints
        >>> law = FiniteDistribution.uniform(LabelledPoints.of([[0], [1], [3]], labels=[-1, 1, -1]))
        >>> str(optimal_error_by_subsets(law, "linf", Fraction(1, 2)))
        '1/3'
    """
    count = len(distribution.points)
    if count > MOST_POINTS:
        raise ValueError(f"all subsets of {count} points are too many")
    conflicts = conflicts_by_definition(distribution, norm, radius, closed)
    covers = (chosen for chosen in range(2**count) if all((chosen >> i | chosen >> k) & 1 for i, k in conflicts))
    weights = distribution.probabilities
    return min(sum((weights[i] for i in range(count) if chosen >> i & 1), Fraction(0)) for chosen in covers)
