"""Square systems of linear equations over the rationals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint


def solve_exactly(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> list[Fraction] | None:
    """Return the solution of a square system, ``None`` if the matrix is singular.

    Args:
        matrix: n rows of n entries.
        right: n entries.
    """
    size = len(right)
    if size == 0:
        return []
    entries = [flint.fmpq(value.numerator, value.denominator) for row in matrix for value in row]
    column = [flint.fmpq(value.numerator, value.denominator) for value in right]
    try:
        solution = flint.fmpq_mat(size, size, entries).solve(flint.fmpq_mat(size, 1, column))
    except ZeroDivisionError:
        return None
    return [Fraction(int(solution[i, 0].p), int(solution[i, 0].q)) for i in range(size)]


def independent_rows(matrix: Sequence[Sequence[Fraction]]) -> list[int]:
    """Return the indices of a maximal set of linearly independent rows, first come first kept."""
    if not matrix:
        return []
    columns = list(zip(*matrix, strict=True))
    entries = [flint.fmpq(value.numerator, value.denominator) for row in columns for value in row]
    reduced, rank = flint.fmpq_mat(len(columns), len(matrix), entries).rref()
    kept, row = [], 0
    for index in range(len(matrix)):
        if row < rank and reduced[row, index] != 0:
            kept.append(index)
            row += 1
    return kept
