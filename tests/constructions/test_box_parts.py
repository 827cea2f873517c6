"""Boxes cut into boxes: nothing lost, nothing counted twice."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from constructions.sets.box import Box
from constructions.sets.box_parts import disjoint_boxes, halves, overlap, remainder, share_of


@st.composite
def _boxes(draw: st.DrawFn, dim: int) -> Box:
    ends = [sorted((draw(st.integers(0, 5)), draw(st.integers(0, 5)))) for _ in range(dim)]
    return Box([low for low, _ in ends], [high for _, high in ends])


def _covers_once(boxes: list[Box], point: tuple[Fraction, ...]) -> int:
    return sum(box.contains(point) for box in boxes)


@settings(max_examples=100)
@given(st.data(), st.integers(1, 3))
def test_a_box_is_the_part_and_the_remainder(data: st.DataObject, dim: int) -> None:
    whole, other = data.draw(_boxes(dim)), data.draw(_boxes(dim))
    part = overlap(whole, other)
    if part is None:
        return
    pieces = remainder(whole, part)
    assert sum((share_of(piece, whole) for piece in pieces), share_of(part, whole)) == 1
    for first, second in combinations([*pieces, part], 2):
        common = overlap(first, second)
        assert common is None or share_of(common, whole) == 0


@settings(max_examples=100)
@given(st.data(), st.integers(1, 2))
def test_disjoint_boxes_have_the_union_and_its_volume(data: st.DataObject, dim: int) -> None:
    boxes = [data.draw(_boxes(dim)) for _ in range(data.draw(st.integers(1, 4)))]
    pieces = disjoint_boxes(boxes)
    cells = [tuple(Fraction(2 * k + 1, 2) for k in place) for place in _places(dim)]
    for cell in cells:
        assert _covers_once(pieces, cell) == min(1, _covers_once(boxes, cell))
    assert sum(piece.volume for piece in pieces) == sum(min(1, _covers_once(boxes, cell)) for cell in cells)


def _places(dim: int) -> list[tuple[int, ...]]:
    return [(k,) for k in range(5)] if dim == 1 else [(i, j) for i in range(5) for j in range(5)]


def test_halves_split_the_widest_axis_and_a_point_is_whole() -> None:
    left, right = halves(Box([0, 0], [1, 3]))
    assert (left.upper, right.lower) == ((1, Fraction(3, 2)), (0, Fraction(3, 2)))
    point = Box([1, 2], [1, 2])
    assert halves(point) == [point]
