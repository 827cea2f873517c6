"""Balanced distributions (Definition 4.1): no point of the support is neglected."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction


def balanced_reweighting(points: LabelledPoints, mu: Any, heavy: Any = None) -> FiniteDistribution:
    """Return a distribution that is balanced with the constant ``mu`` and with no larger one.

    Every one of the m points gets the mass ``mu/m``; the rest, ``1 - mu``, goes to the
    heavy points.

    Theorem: def:balanced-distribution

    Args:
        points: the support, m different points.
        mu: exact, above 0 and at most 1; 1 is the uniform distribution.
        heavy: an index, or exact weights by index that sum to 1 and leave a point out;
            index 0 by default.

    Returns:
        Exact probabilities with ``min_x m * P(x) = mu``.

    Raises:
        AssumptionViolated: mu or the weights are out of range, the points repeat, or for
            mu below 1 every point is heavy.
        InexactInput: mu or a weight is a float.
        UsageError: an index is out of range.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1/2"], ["1"]], labels=[-1, +1, -1])
        >>> [str(p) for p in balanced_reweighting(data, "1/2").probabilities]
        ['2/3', '1/6', '1/6']
    """
    share = exact_fraction(mu, "mu")
    if not 0 < share <= 1:
        raise AssumptionViolated(f"mu must lie in (0, 1], got {share}", "mu")
    if len({tuple(row) for row in points.numerators.tolist()}) < len(points):
        raise AssumptionViolated("the points of the support repeat; a balanced distribution counts each once", "points")
    weights = _weights(heavy, len(points))
    if share < 1 and sum(weight > 0 for weight in weights.values()) == len(points):
        raise AssumptionViolated(
            f"all {len(points)} points are heavy, so the distribution is balanced with more than mu = {share}", "heavy"
        )
    probabilities = [share / len(points)] * len(points)
    for index, weight in weights.items():
        probabilities[index] += (1 - share) * weight
    return FiniteDistribution(points, probabilities)


def balance_of(distribution: FiniteDistribution) -> Fraction:
    """Return the largest mu for which a distribution on different points is balanced.

    Theorem: def:balanced-distribution

    Args:
        distribution: m different points and their probabilities.

    Returns:
        ``m`` times the smallest probability: 1 for the uniform distribution, 0 when a
        point has no mass.
    """
    return len(distribution.points) * min(distribution.probabilities)


def _weights(heavy: Any, count: int) -> dict[int, Fraction]:
    if heavy is None:
        heavy = 0
    given = heavy if isinstance(heavy, Mapping) else {heavy: 1}
    weights = {}
    for index, value in given.items():
        if not isinstance(index, int) or not 0 <= index < count:
            raise UsageError(f"heavy point {index!r} is not an index of 0..{count - 1}")
        weights[index] = exact_fraction(value, f"weight of point {index}")
        if weights[index] < 0:
            raise AssumptionViolated(f"the weight of point {index} is {weights[index]}, below 0", "heavy")
    total = sum(weights.values(), Fraction(0))
    if total != 1:
        raise AssumptionViolated(f"the weights of the heavy points sum to {total}, not to 1", "heavy")
    return weights
