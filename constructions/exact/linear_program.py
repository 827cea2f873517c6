"""Linear programs decided exactly: HiGHS proposes a basis, rational arithmetic decides."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.exact.linear_systems import solve_exactly
from constructions.exact.simplex import LinearProgram, Row, pivoted


@dataclass(frozen=True, slots=True)
class Optimum:
    """An exact optimum with its proof.

    Attributes:
        value: the minimum.
        point: a minimiser.
        duals: nonnegative multipliers of the constraints with which the limits alone
            prove the value.
    """

    value: Fraction
    point: tuple[Fraction, ...]
    duals: tuple[Fraction, ...]


def minimum(program: LinearProgram) -> Optimum | None:
    """Return the exact optimum of a bounded program, ``None`` if it has no point.

    A float basis is believed after exact verification; where that fails, exact pivots
    decide (``constructions.exact.simplex``), from the float basis where it is a corner.

    Raises:
        UnboundedProgram: there is no smallest value.
    """
    limits = zip(program.low, program.high, strict=True)
    if any(low is not None and high is not None and low > high for low, high in limits):
        return None
    basis = _proposed_basis(program)
    if isinstance(basis, tuple):
        found = _verified(program, *basis)
        if found is not None:
            return found
    place = pivoted(program, _corner(program, *basis) if isinstance(basis, tuple) else None)
    if place is None:
        return None
    point, duals = place
    value = _product(program.cost, point)
    if proved_value(program, duals) != value or not _is_feasible(program, point):
        raise ArithmeticError("exact pivots ended at no optimum")
    return Optimum(value, point, duals)


def looks_empty(program: LinearProgram) -> bool:
    """Return whether floats find no point; this proves nothing."""
    return _proposed_basis(program) is False


def _corner(program: LinearProgram, columns: list[str], tight: list[bool]) -> list[tuple[str, int]]:
    """Return the active constraints of a basis: rows and limits by their index."""
    active = [("row", i) for i, holds in enumerate(tight) if holds]
    return active + [(place, j) for j, place in enumerate(columns) if place in ("low", "high")]


def _proposed_basis(program: LinearProgram) -> tuple[list[str], list[bool]] | bool | None:
    """Return where each variable rests (``low``, ``high``, ``basic``) and which rows are tight.

    ``False`` where floats find no point, ``None`` where they find no answer.
    """
    import highspy
    import numpy as np

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("presolve", "off")
    infinity = highspy.kHighsInf
    try:
        scales = [max((abs(value) for value in row), default=Fraction(0)) or Fraction(1) for row in program.rows]
        cost_scale = max((abs(value) for value in program.cost), default=Fraction(0)) or Fraction(1)
        low = np.array([-infinity if value is None else float(value) for value in program.low])
        high = np.array([infinity if value is None else float(value) for value in program.high])
        cost = np.array([float(value / cost_scale) for value in program.cost])
        matrix = [[float(value / scale) for value in row] for row, scale in zip(program.rows, scales, strict=True)]
        right = [float(value / scale) for value, scale in zip(program.right, scales, strict=True)]
    except OverflowError:
        return None
    indices = np.arange(len(cost), dtype=np.int32)
    solver.addVars(len(cost), low, high)
    solver.changeColsCost(len(cost), indices, cost)
    for row, bound in zip(matrix, right, strict=True):
        solver.addRow(bound, infinity, len(cost), indices, np.array(row))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return False
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    basis = solver.getBasis()
    rest = highspy.HighsBasisStatus
    names = {rest.kBasic: "basic", rest.kUpper: "high", rest.kLower: "low", rest.kZero: "zero"}
    columns = [names.get(entry, "low") for entry in basis.col_status]
    tight = [entry != rest.kBasic for entry in basis.row_status]
    return columns, tight


def _verified(program: LinearProgram, columns: list[str], tight: list[bool]) -> Optimum | None:
    """Return the basic solution if it is exactly feasible and its duals exactly valid."""
    basic = [j for j, place in enumerate(columns) if place == "basic"]
    active = [i for i, holds in enumerate(tight) if holds]
    if len(basic) != len(active):
        return None
    point: list[Fraction] = [Fraction(0)] * len(columns)
    for j, place in enumerate(columns):
        limit = program.low[j] if place == "low" else program.high[j] if place == "high" else Fraction(0)
        if limit is None:
            return None
        point[j] = limit
    for j in basic:
        point[j] = Fraction(0)
    matrix = [[program.rows[i][j] for j in basic] for i in active]
    rest = [program.right[i] - _product(program.rows[i], point) for i in active]
    values = solve_exactly(matrix, rest)
    duals = solve_exactly([list(column) for column in zip(*matrix, strict=True)], [program.cost[j] for j in basic])
    if values is None or duals is None or any(value < 0 for value in duals):
        return None
    for j, value in zip(basic, values, strict=True):
        point[j] = value
    every = [Fraction(0)] * len(program.rows)
    for i, value in zip(active, duals, strict=True):
        every[i] = value
    if not _is_feasible(program, point):
        return None
    value = _product(program.cost, point)
    return Optimum(value, tuple(point), tuple(every)) if proved_value(program, every) == value else None


def proved_value(program: LinearProgram, duals: Row) -> Fraction | None:
    """Return the lower bound of the minimum that multipliers prove, ``None`` if they prove none."""
    total = _product(program.right, duals)
    reduced = list(program.cost)
    for row, dual in zip(program.rows, duals, strict=True):
        if dual:
            reduced = [value - dual * entry for value, entry in zip(reduced, row, strict=True)]
    for value, low, high in zip(reduced, program.low, program.high, strict=True):
        limit = low if value > 0 else high
        if value == 0:
            continue
        if limit is None:
            return None
        total += value * limit
    return total


def _is_feasible(program: LinearProgram, point: Row) -> bool:
    limits = zip(point, program.low, program.high, strict=True)
    if any((low is not None and x < low) or (high is not None and x > high) for x, low, high in limits):
        return False
    return all(_product(row, point) >= bound for row, bound in zip(program.rows, program.right, strict=True))


def _product(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))
