"""How many parameters a shifted grid needs for any points at all, and up to which radius that is certain."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.memorizers.hashing.threshold_table import ThresholdTable, table_lengths
from constructions.network.floor_network import smallest_floors


def is_guaranteed(points: int, dim: int, ratio: Fraction, norm: str) -> bool:
    """Return whether a grid on the axes serves any points at this ratio of radius to eps.

    It does up to ``1 / (2 g n)``, with g = 1, sqrt d, d in l-infinity, l2 and l1.

    Args:
        points: n, the number of points.
        dim: d, their dimension.
        ratio: radius over eps, at least 0.
        norm: of the perturbations.

    Example:
        >>> [is_guaranteed(1000, 4, Fraction("1/4000"), norm) for norm in ("linf", "l2", "l1")]
        [True, True, False]
    """
    product = 2 * points * ratio
    if check_norm(norm) == "l2":
        return product * product * dim <= 1
    return product * (dim if norm == "l1" else 1) <= 1


def count_grid_worst_case(points: int, dim: int, ratio: Any, norm: str, spread: Any = None) -> int | None:
    """Return parameters that memorize any points of that number and dimension, at that radius.

    Theorem: thm:hashed-memorization

    Args:
        points: n, the number of points.
        dim: d, their dimension.
        ratio: radius over eps.
        norm: of the perturbations.
        spread: length of an interval that holds all coordinates of one axis, over eps, the same
            for every axis; ``2 n`` by default.

    Returns:
        The size of a network with margin 1 on all balls for every labelling that is
        2 eps-separated; ``None`` where the ratio is above the guaranteed one.

    Raises:
        AssumptionViolated: a number is out of range.
        InexactInput: ratio or spread is a float.

    Example:
        >>> count_grid_worst_case(points=1000, dim=4, ratio="1/4000", norm="l2")
        3231
        >>> count_grid_worst_case(points=1000, dim=4, ratio="1/3999", norm="l2") is None
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
    if not is_guaranteed(points, dim, rho, norm):
        return None
    cells = most_cells(dim, norm, extent)
    digits = (cells**dim).bit_length()
    tables = [
        ThresholdTable(digits, length, start, 1 + max(0, -(-(points - 1 - length) // (length + 1))))
        for length in table_lengths(points - 1, digits)
        for start in (0, digits)
    ]
    return 2 * dim + 1 + smallest_floors([cells] * dim, 1).parameters + min(table.parameters for table in tables)


def most_cells(dim: int, norm: str, spread: Fraction) -> int:
    """Return a bound on the cells of an axis: the side is more than ``eps / g``, so ``spread * g`` of them and two."""
    if norm == "l2":
        return math.isqrt(math.ceil(spread * spread * dim)) + 2
    return math.ceil(spread * (dim if norm == "l1" else 1)) + 1
