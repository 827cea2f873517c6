"""The nearest point of a polyhedron, exactly: the dual active-set method of Goldfarb and Idnani."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from constructions.exact.linear_systems import solve_exactly

Row = Sequence[Fraction]


def nearest_point(rows: Sequence[Row], right: Row) -> tuple[list[Fraction], list[Fraction]] | None:
    """Return the point nearest to the origin with ``rows . y >= right``, and its multipliers.

    The multipliers m are nonnegative with ``y = sum m_i rows_i`` and vanish on slack
    rows, which proves that no point is nearer. Rational arithmetic throughout; every
    full step raises the distance, so the method ends.

    Args:
        rows: coefficients, all of one length.
        right: right-hand sides.

    Returns:
        The point and one multiplier per row, ``None`` if there is no point.
    """
    zero = Fraction(0)
    size = len(rows[0]) if rows else 0
    point, weights = [zero] * size, [zero] * len(rows)
    active: list[int] = []
    while True:
        gaps = [bound - _product(row, point) for row, bound in zip(rows, right, strict=True)]
        worst = max(range(len(rows)), key=lambda i: (gaps[i], -i), default=-1)
        if worst < 0 or gaps[worst] <= 0:
            return point, weights
        while True:
            shares, rest = _split(rows, active, rows[worst])
            steepness = _product(rest, rows[worst])
            gap = right[worst] - _product(rows[worst], point)
            full = gap / steepness if steepness else None
            limits = [
                (weights[i] / share, place)
                for place, (i, share) in enumerate(zip(active, shares, strict=True))
                if share > 0
            ]
            partial = min(limits, default=None)
            if full is None and partial is None:
                return None
            is_full = full is not None and (partial is None or full <= partial[0])
            step = full if is_full else partial[0]  # type: ignore[index]
            assert step is not None
            for i, share in zip(active, shares, strict=True):
                weights[i] -= step * share
            weights[worst] += step
            point = [value + step * change for value, change in zip(point, rest, strict=True)]
            if is_full:
                active.append(worst)
                break
            active.pop(partial[1])  # type: ignore[index]


def _split(rows: Sequence[Row], active: list[int], row: Row) -> tuple[list[Fraction], list[Fraction]]:
    """Write a row as a combination of the active rows plus a rest orthogonal to them."""
    gram = [[_product(rows[i], rows[j]) for j in active] for i in active]
    shares = solve_exactly(gram, [_product(rows[i], row) for i in active])
    if shares is None:
        raise ArithmeticError("active rows are dependent")
    rest = list(row)
    for i, share in zip(active, shares, strict=True):
        if share:
            rest = [value - share * entry for value, entry in zip(rest, rows[i], strict=True)]
    return shares, rest


def _product(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
