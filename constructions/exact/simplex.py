"""The rational simplex method with Bland's rule, for programs on which a float basis fails.

No library in use decides these: sympy's simplex calls some feasible programs empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from constructions.exact.linear_systems import solve_exactly

Row = Sequence[Fraction]
Limit = Fraction | None


class UnboundedProgram(ArithmeticError):
    """A linear program has points and no smallest value."""


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """Minimise ``cost . x`` subject to ``rows . x >= right`` and ``low <= x <= high``.

    Attributes:
        cost: one coefficient per variable.
        rows: coefficients of the constraints.
        right: right-hand sides.
        low: lower limits, ``None`` for none.
        high: upper limits, ``None`` for none.
    """

    cost: Row
    rows: Sequence[Row]
    right: Row
    low: Sequence[Limit]
    high: Sequence[Limit]


Corner = tuple[list[int], list[Fraction]]


def pivoted(
    program: LinearProgram, corner: Sequence[tuple[str, int]] | None = None
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None:
    """Return a minimiser and multipliers of the constraints, ``None`` if there is no point.

    Every variable needs a lower limit. A first phase minimises the largest violation
    from the corner of lower limits, a second the cost; both stop after finitely many
    pivots. A feasible corner given as active ``("row" | "low" | "high", index)`` replaces
    the first phase.

    Raises:
        UnboundedProgram: there is no smallest value.
    """
    count, rows = len(program.cost), len(program.rows)
    zero, one = Fraction(0), Fraction(1)
    unit = [tuple(one if i == j else zero for i in range(count + 1)) for j in range(count + 1)]
    forms: list[Row] = [(*row, one) for row in program.rows]
    right = list(program.right)
    names: dict[tuple[str, int], int] = {("row", i): i for i in range(rows)}
    for j, (low, high) in enumerate(zip(program.low, program.high, strict=True)):
        if low is None:
            raise ValueError("every variable needs a lower limit")
        names["low", j] = len(forms)
        forms.append(unit[j])
        right.append(low)
        if high is not None:
            names["high", j] = len(forms)
            forms.append(tuple(-value for value in unit[j]))
            right.append(-high)
    forms += [unit[count], tuple(-value for value in unit[count])]
    right += [zero, zero]
    known = [] if corner is None else [names[key] for key in corner if key in names]
    start = _feasible([*known, len(forms) - 2], forms, right)
    if start is None:
        lowest = [low for low in program.low if low is not None]
        gaps = [bound - _product(row, lowest) for row, bound in zip(program.rows, program.right, strict=True)]
        worst = max(range(rows), key=gaps.__getitem__, default=0)
        last = worst if rows and gaps[worst] > 0 else len(forms) - 2
        first = [names["low", j] for j in range(count)] + [last]
        start, point, _ = _walk(forms[:-1], right[:-1], unit[count], first)
        if point[count] > 0:
            return None
    active, point, duals = _walk(forms, right, [*program.cost, zero], start)
    every = [zero] * rows
    for index, dual in zip(active, duals, strict=True):
        if index < rows:
            every[index] = dual
    return tuple(point[:count]), tuple(every)


def _feasible(active: list[int], forms: Sequence[Row], right: Sequence[Fraction]) -> list[int] | None:
    """Return active constraints that meet in one feasible point, ``None`` if these do not."""
    if len(set(active)) != len(forms[0]):
        return None
    point = solve_exactly([forms[i] for i in active], [right[i] for i in active])
    if point is None or any(_product(form, point) < bound for form, bound in zip(forms, right, strict=True)):
        return None
    return active


def _walk(
    forms: Sequence[Row], right: Sequence[Fraction], cost: Sequence[Fraction], active: list[int]
) -> tuple[list[int], list[Fraction], list[Fraction]]:
    """Walk from the corner of the active constraints to one where the cost is smallest."""
    active = sorted(active)
    while True:
        matrix = [forms[i] for i in active]
        point = solve_exactly(matrix, [right[i] for i in active])
        duals = solve_exactly([list(column) for column in zip(*matrix, strict=True)], cost)
        if point is None or duals is None:
            raise ArithmeticError("active constraints are dependent")
        leaving = next((place for place, dual in enumerate(duals) if dual < 0), None)
        if leaving is None:
            return active, point, duals
        step = solve_exactly(matrix, [Fraction(int(place == leaving)) for place in range(len(active))])
        assert step is not None
        best: tuple[Fraction, int] | None = None
        for index, (form, bound) in enumerate(zip(forms, right, strict=True)):
            fall = _product(form, step)
            if fall < 0 and index not in active:
                ratio = (bound - _product(form, point)) / fall
                if best is None or (ratio, index) < best:
                    best = ratio, index
        if best is None:
            raise UnboundedProgram("the program is unbounded")
        active = sorted([*active[:leaving], *active[leaving + 1 :], best[1]])


def _product(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
