"""The cells of a grid that a set of any kind, or its neighbourhood, meets."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from constructions.classifiers.cell_grids import Cell, CellGrid
from constructions.classifiers.separated_sets import SeparatedSets


def cells_near(sets: SeparatedSets, grid: CellGrid, label: int, radius: Fraction) -> Iterable[Cell]:
    """Yield the closed cells within a radius of one set, contact included; some more than once.

    Boxes and points are compared in closed form, other polytopes by an exact program for
    each cell whose bounding boxes are close enough.
    """
    if sets.is_boxes(label):
        for box in sets.boxes(label):
            yield from grid.met(*box, radius, sets.norm)
        return
    for part in sets.neighbourhood(label, radius).parts:
        for cell in grid.met(part.piece.lower, part.piece.upper, radius, sets.norm):
            lower = [grid.first + grid.side * place for place in cell]
            if part.meets(lower, [value + grid.side for value in lower]):
                yield cell


def cells_covering(sets: SeparatedSets, grid: CellGrid, label: int) -> Iterable[Cell]:
    """Yield cells that cover one set; for points and boxes no more than needed."""
    if not sets.is_boxes(label):
        yield from cells_near(sets, grid, label, Fraction(0))
        return
    for box in sets.boxes(label):
        yield from grid.cover(*box)
