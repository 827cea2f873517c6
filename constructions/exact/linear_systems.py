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


def exact_rank(matrix: Sequence[Sequence[Fraction]]) -> int:
    """Return the rank of a matrix, 0 for one without rows."""
    if not matrix or not matrix[0]:
        return 0
    return int(_flint(matrix).rref()[1])


def null_vector(matrix: Sequence[Sequence[Fraction]], columns: int) -> list[Fraction] | None:
    """Return a nonzero vector that every row sends to 0, ``None`` if the columns are independent.

    Args:
        matrix: rows of ``columns`` entries, possibly none.
        columns: number of columns.
    """
    reduced, rank = _flint(matrix).rref() if matrix else (None, 0)
    if rank == columns:
        return None
    pivots = [next(j for j in range(columns) if reduced[i, j] != 0) for i in range(rank)]  # type: ignore[index]
    free = next(j for j in range(columns) if j not in pivots)
    vector = [Fraction(int(j == free)) for j in range(columns)]
    for row, pivot in enumerate(pivots):
        vector[pivot] = -_fraction(reduced[row, free])  # type: ignore[index]
    return vector


def row_space_parts(rows: Sequence[Sequence[Fraction]], vectors: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """Return the orthogonal projections of vectors onto the span of independent rows.

    Args:
        rows: linearly independent, possibly none.
        vectors: of as many entries as a row.
    """
    if not rows:
        return [[Fraction(0)] * len(vector) for vector in vectors]
    basis = _flint(rows)
    weights = (basis * basis.transpose()).solve(basis * _flint(vectors).transpose())
    parts = weights.transpose() * basis
    return [[_fraction(parts[i, j]) for j in range(parts.ncols())] for i in range(len(vectors))]


def _flint(matrix: Sequence[Sequence[Fraction]]) -> flint.fmpq_mat:
    entries = [flint.fmpq(value.numerator, value.denominator) for row in matrix for value in row]
    return flint.fmpq_mat(len(matrix), len(matrix[0]), entries)


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
