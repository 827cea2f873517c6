"""How many parameters hashed bits need for any points at all, and up to which radius that is certain."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.memorizers.hashing.threshold_table import ThresholdTable, table_lengths


def guaranteed_ratio(pairs: int, dim: int) -> Fraction:
    """Return a ratio of radius to eps at which a line exists, whatever the points are.

    At least half of the directions ``{0, ..., 2 p - 1}^d`` then keep opposite balls apart, p the
    number of opposite pairs, in l-infinity, l1 and l2.

    Args:
        pairs: number of opposite pairs, at least 1.
        dim: dimension of the points.

    Example:
        >>> guaranteed_ratio(pairs=25, dim=4)
        Fraction(1, 800)
    """
    return Fraction(1, 8 * dim * pairs)


def count_worst_case(points: int, dim: int, ratio: Any, spread: Any = None) -> int | None:
    """Return parameters that memorize any points of that number and dimension, at that radius.

    Theorem: thm:hashed-memorization

    Args:
        points: n, the number of points.
        dim: d, their dimension.
        ratio: radius over eps.
        spread: diameter of the points over eps, in the norm of the perturbations; ``2 n`` by
            default. Doubling it adds a digit to the thresholds.

    Returns:
        The size of a network with margin 1 on all balls for every labelling that is
        2 eps-separated; ``None`` where the ratio is above the guaranteed one for the most
        pairs that n points can have.

    Raises:
        AssumptionViolated: a number is out of range.
        InexactInput: ratio or spread is a float.

    Example:
        >>> count_worst_case(points=1000, dim=4, ratio="1/10000000")
        2505
        >>> count_worst_case(points=1000, dim=4, ratio="1/2") is None
        True
    """
    rho = exact_fraction(ratio, "ratio")
    extent = exact_fraction(2 * points if spread is None else spread, "spread")
    if points < 1 or dim < 1 or rho < 0 or extent <= 0:
        raise AssumptionViolated(
            f"points, dim and spread must be positive, ratio at least 0, got {points}, {dim}, {extent}, {rho}"
        )
    if points == 1:
        return 1
    pairs = (points // 2) * (points - points // 2)
    if rho > guaranteed_ratio(pairs, dim):
        return None
    digits = threshold_digits(pairs, dim, extent)
    tables = [
        ThresholdTable(digits, length, start, 1 + max(0, -(-(points - 1 - length) // (length + 1))))
        for length in table_lengths(points - 1, digits)
        for start in (0, digits)
    ]
    return dim + 1 + min(table.parameters for table in tables)


def threshold_digits(pairs: int, dim: int, spread: Fraction) -> int:
    """Return how many binary digits hold every threshold at the guaranteed ratio, one more included."""
    return int(48 * dim * pairs * spread + 2).bit_length()
