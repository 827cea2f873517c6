"""The unit box of parameters, its equal pieces, and maps that place parameters among constants."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from constructions.data.manifold import Cell
from constructions.data.norm_ball import Point
from constructions.network.affine_map import AffineMap


def unit_cell(chart: int, axes: int) -> Cell:
    """Return ``[0, 1]^axes``."""
    return Cell(chart, (Fraction(0),) * axes, (Fraction(1),) * axes)


def equal_pieces(pieces: int) -> tuple[Fraction, ...]:
    """Return ``0, 1/pieces, ..., 1``."""
    return tuple(Fraction(place, pieces) for place in range(pieces + 1))


def is_in_unit_box(point: Point) -> bool:
    """Tell whether all coordinates lie in [0, 1]."""
    return all(0 <= x <= 1 for x in point)


def selection(sources: Sequence[int | Fraction], axes: int) -> AffineMap:
    """Return the map whose coordinates are parameters, given by number, or constants, as fractions."""
    chosen = [(row, source) for row, source in enumerate(sources) if isinstance(source, int)]
    bias = [Fraction(0) if isinstance(source, int) else source for source in sources]
    rows, columns = [row for row, _ in chosen], [source for _, source in chosen]
    return AffineMap.from_coo(rows, columns, [1] * len(rows), (len(sources), axes), bias)
