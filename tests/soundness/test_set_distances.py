"""Distances of sets against z3, and every pair of methods against each other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructions import BoxUnion, FiniteSet, Polytope
from constructions.exact.norms import length
from constructions.sets.box import Box
from constructions.sets.brackets import ClosestPoints
from constructions.sets.convex_pieces import closest_points
from constructions.sets.distances import box_gap, closest

COORDINATE = st.integers(-4, 4)
NORMS = st.sampled_from(["linf", "l1", "l2"])


@st.composite
def _boxes(draw: st.DrawFn, dim: int) -> BoxUnion:
    ends = st.lists(st.tuples(COORDINATE, st.integers(0, 3)), min_size=dim, max_size=dim)
    drawn = draw(st.lists(ends, min_size=1, max_size=3))
    boxes = [([Fraction(a, 2) for a, _ in box], [Fraction(a + w, 2) for a, w in box]) for box in drawn]
    return BoxUnion.of(boxes)


@st.composite
def _hulls(draw: st.DrawFn, dim: int) -> Polytope:
    vertex = st.lists(COORDINATE, min_size=dim, max_size=dim)
    vertices = draw(st.lists(vertex, min_size=1, max_size=5))
    return Polytope.of_vertices([[Fraction(x, 3) for x in row] for row in vertices])


def _difference_length(found: ClosestPoints, norm: str) -> Fraction:
    return length([x - y for x, y in zip(found.first, found.second, strict=True)], norm)


@settings(max_examples=100)
@given(st.data(), st.integers(1, 3), NORMS)
def test_arrays_programs_and_a_loop_agree_on_boxes(data: st.DataObject, dim: int, norm: str) -> None:
    first, second = data.draw(_boxes(dim)), data.draw(_boxes(dim))
    found = closest(first, second, norm)
    pairs = [(one, two) for one in first.boxes for two in second.boxes]
    assert found.distance == min(box_gap(a.lower, a.upper, b.lower, b.upper, norm) for a, b in pairs)
    assert found.distance == min(closest_points(a, b, norm).distance for a, b in pairs)
    assert found.distance == _difference_length(found, norm)
    assert any(box.contains(found.first) for box in first.boxes)
    assert any(box.contains(found.second) for box in second.boxes)


@settings(max_examples=60)
@given(st.data(), st.integers(1, 3), NORMS)
def test_hulls_of_the_corners_of_boxes_are_the_boxes(data: st.DataObject, dim: int, norm: str) -> None:
    box, other = data.draw(_boxes(dim)).boxes[0], data.draw(_hulls(dim))
    corners: list[list[Fraction]] = [[]]
    for low, high in zip(box.lower, box.upper, strict=True):
        corners = [[*corner, end] for corner in corners for end in (low, high)]
    unit = [[int(i == j) for j in range(dim)] for i in range(dim)]
    faces = [*unit, *[[-value for value in row] for row in unit]]
    limits = [*box.upper, *(-value for value in box.lower)]
    same = (Polytope.of_vertices(corners), Polytope.of_halfspaces(faces, limits), BoxUnion.of([box]))
    assert len({closest(shape, other, norm).distance for shape in same}) == 1
    assert len({closest(other, shape, norm).distance for shape in same}) == 1


@settings(max_examples=40)
@given(st.data(), st.integers(1, 3), NORMS)
def test_z3_finds_no_closer_pair_of_hulls(data: st.DataObject, dim: int, norm: str) -> None:
    z3 = pytest.importorskip("z3")
    first, second = data.draw(_hulls(dim)), data.draw(_hulls(dim))
    found = closest(first, second, norm)
    assert _difference_length(found, norm) == found.distance
    assert found.distance == closest(second, first, norm).distance
    assert FiniteSet.of([found.first]).distance(first, "linf") == 0
    solver = z3.Solver()
    solver.set("timeout", 5000)
    mine, other = (_hull_point(z3, solver, shape, name) for shape, name in ((first, "p"), (second, "q")))
    gaps = [x - y for x, y in zip(mine, other, strict=True)]
    limit = z3.Q(found.distance.numerator, found.distance.denominator)
    if norm == "l2":
        solver.add(z3.Sum([gap * gap for gap in gaps]) < limit)
    else:
        sizes = [z3.If(gap >= 0, gap, -gap) for gap in gaps]
        solver.add(z3.And([size < limit for size in sizes]) if norm == "linf" else z3.Sum(sizes) < limit)
    assert solver.check() != z3.sat


def _hull_point(z3: Any, solver: Any, shape: Polytope, name: str) -> list[Any]:
    weights = [z3.Real(f"{name}{i}") for i in range(len(shape.vertices))]
    solver.add(z3.Sum(weights) == 1, *[weight >= 0 for weight in weights])
    exact = [[z3.Q(x.numerator, x.denominator) for x in vertex] for vertex in shape.vertices]
    return [z3.Sum([w * vertex[axis] for w, vertex in zip(weights, exact, strict=True)]) for axis in range(shape.dim)]


@settings(max_examples=60)
@given(st.data(), st.integers(2, 3))
def test_the_shortest_difference_satisfies_its_optimality_conditions(data: st.DataObject, dim: int) -> None:
    """Every vertex of either hull lies beyond the plane that the shortest difference spans."""
    first, second = data.draw(_hulls(dim)), data.draw(_hulls(dim))
    found = closest(first, second, "l2")
    normal = [x - y for x, y in zip(found.first, found.second, strict=True)]
    for vertex in first.vertices:
        for opposite in second.vertices:
            reach = sum(n * (x - y) for n, x, y in zip(normal, vertex, opposite, strict=True))
            assert reach >= found.distance


def test_points_of_a_box_are_boxes_of_width_zero() -> None:
    point = Box([1, 2], [1, 2])
    assert point.volume == 0 and point.contains([Fraction(1), Fraction(2)])
