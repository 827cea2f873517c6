"""Hypothesis strategies for two sets of boxes or points at a known distance."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from constructions.errors import UsageError
from constructions.sets.box_union import BoxUnion
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets

_MOST_CELLS = 4


def separated_sets(
    max_pieces: int = 4,
    max_dim: int = 3,
    kind: Literal["boxes", "points"] = "boxes",
    *,
    min_dim: int = 1,
    largest_gap: int = 3,
) -> SearchStrategy[LabelledSets]:
    """Two sets whose distance is the same in all three norms, and attained.

    Pieces lie in different cells of a grid, with a gap of g steps between cells. One piece
    of each set touches the gap between two neighbouring cells, face to face, so the
    distance is exactly g steps, and half of it a radius at which neighbourhoods meet.

    Args:
        max_pieces: most boxes or points of both sets together, at least 2.
        max_dim: most coordinates.
        kind: ``"boxes"``, some of them of width 0, or ``"points"``.
        min_dim: fewest coordinates.
        largest_gap: most steps between cells.

    Raises:
        UsageError: a bound allows no two sets, or an unknown kind.

    Example:
        >>> from hypothesis import find
        >>> find(separated_sets(), lambda sets: sets.dim == 2).separation("l1")
        Fraction(1, 1)
    """
    if kind not in ("boxes", "points"):
        raise UsageError(f"sets are boxes or points, not {kind!r}")
    if max_pieces < 2 or not 1 <= min_dim <= max_dim or largest_gap < 1:
        raise UsageError("two sets need two pieces, a coordinate and a gap of at least one step")
    return _separated_sets(max_pieces, (min_dim, max_dim), kind == "boxes", largest_gap)


@st.composite
def _separated_sets(
    draw: DrawFn, max_pieces: int, dims: tuple[int, int], has_boxes: bool, largest_gap: int
) -> LabelledSets:
    dim = draw(st.integers(*dims))
    gap, scale = draw(st.integers(1, largest_gap)), draw(st.sampled_from((1, 2, 3, 10)))
    room = draw(st.integers(0, 2)) if has_boxes else 0
    axis = draw(st.integers(0, dim - 1))
    cells = st.lists(st.integers(0, _MOST_CELLS - 1), min_size=dim, max_size=dim).map(tuple)
    first = draw(cells)
    second = tuple(cell + (place == axis) for place, cell in enumerate(first))
    sides = {first: 1, second: -1}
    for cell in draw(st.lists(cells, max_size=max_pieces - 2)):
        sides.setdefault(cell, draw(st.sampled_from((1, -1))))
    pieces: dict[int, list[tuple[list[Fraction], list[Fraction]]]] = {1: [], -1: []}
    for cell, label in sides.items():
        widths = [draw(st.integers(0, room)) for _ in range(dim)]
        if cell == first:
            widths[axis] = room
        lower = [Fraction(place * (room + gap), scale) for place in cell]
        upper = [low + Fraction(width, scale) for low, width in zip(lower, widths, strict=True)]
        pieces[label].append((lower, upper))
    if draw(st.booleans()):
        pieces = {1: pieces[-1], -1: pieces[1]}
    if has_boxes:
        return LabelledSets(BoxUnion.of(pieces[1]), BoxUnion.of(pieces[-1]))
    return LabelledSets(*(FiniteSet.of([lower for lower, _ in pieces[label]]) for label in (1, -1)))
