"""Sets of points: exact distances with attaining points, brackets, files and generators."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from constructions import (
    AssumptionViolated,
    BoxUnion,
    CoveredCloud,
    FiniteSet,
    InexactInput,
    LabelledPoints,
    LabelledSets,
    MalformedInput,
    Polytope,
    SetUnion,
    UsageError,
    load_sets,
)
from constructions.exact.linear_program import minimum
from constructions.exact.simplex import LinearProgram, UnboundedProgram
from constructions.exact.square_roots import square_root_bounds
from constructions.sets.box_arrays import nearest_distances
from constructions.sets.distance_bounds import distance_bounds
from constructions.sets.distances import closest

TRIANGLE = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
SQUARE = BoxUnion.of([([2, 2], [3, 3])])


@pytest.mark.parametrize(("norm", "distance"), [("linf", "3/2"), ("l1", 3), ("l2", "9/2")])
def test_a_triangle_and_a_square(norm: str, distance: str | int) -> None:
    found = closest(TRIANGLE, SQUARE, norm)
    assert found.distance == Fraction(distance)
    gaps = [abs(x - y) for x, y in zip(found.first, found.second, strict=True)]
    assert {"linf": max(gaps), "l1": sum(gaps), "l2": sum(gap**2 for gap in gaps)}[norm] == found.distance


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_halfspaces_and_vertices_of_one_polytope_agree(norm: str) -> None:
    halfspaces = Polytope.of_halfspaces([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
    assert (halfspaces.lower, halfspaces.upper) == (TRIANGLE.lower, TRIANGLE.upper)
    for other in (SQUARE, FiniteSet.of([["1/3", "1/3"]]), Polytope.of_vertices([[2, -1], ["5/2", 4]])):
        assert closest(halfspaces, other, norm).distance == closest(TRIANGLE, other, norm).distance


def test_touching_sets_are_at_distance_zero() -> None:
    corner = FiniteSet.of([["1/2", "1/2"]])
    assert [TRIANGLE.distance(corner, "linf"), TRIANGLE.distance(corner, "l1")] == [0, 0]
    assert TRIANGLE.distance_squared(corner) == 0
    assert BoxUnion.of([([0], [1])]).distance(BoxUnion.of([([1], [2])]), "linf") == 0


def test_a_union_takes_the_nearest_part() -> None:
    union = SetUnion([TRIANGLE, FiniteSet.of([[9, 9]]), BoxUnion.of([([5, 0], [6, 0])])])
    assert union.distance(FiniteSet.of([[8, 8]]), "l1") == 2
    assert union.distance_squared(FiniteSet.of([[4, 1]])) == 2
    assert LabelledSets(union, SQUARE).separation("linf") == Fraction(3, 2)


def test_an_l2_distance_is_given_as_its_square_or_as_a_bracket() -> None:
    sets = LabelledSets(FiniteSet.of([[0, 0]]), FiniteSet.of([[1, 1]]))
    with pytest.raises(UsageError, match="separation_squared"):
        sets.separation("l2")
    with pytest.raises(UsageError, match="distance_squared"):
        sets.positive.distance(sets.negative, "l2")
    bracket = sets.separation_bounds("l2")
    assert bracket.lower**2 < 2 < bracket.upper**2 and bracket.upper - bracket.lower == Fraction(1, 2**64)
    eps = sets.eps("l2")
    assert (2 * eps) ** 2 <= 2 < (2 * (eps + Fraction(1, 2**20))) ** 2


def test_square_roots_are_exact_or_enclosed() -> None:
    assert square_root_bounds(Fraction(0)) == (0, 0)
    low, high = square_root_bounds(Fraction(1, 3), bits=4)
    assert low**2 < Fraction(1, 3) < high**2 and high - low == Fraction(1, 16)
    with pytest.raises(ValueError, match="no square root"):
        square_root_bounds(Fraction(-1))


@pytest.mark.parametrize(
    ("internal", "lower", "upper"), [(True, Fraction(3, 2), Fraction(2)), (False, Fraction(3, 2), Fraction(5, 2))]
)
def test_a_cloud_has_brackets_internal_ones_tighter(internal: bool, lower: Fraction, upper: Fraction) -> None:
    """The trap of internal and external covers: only an external cloud may lie outside its set."""
    cloud = CoveredCloud(FiniteSet.of([[0, 0]]), "1/2", "linf", internal)
    bracket = distance_bounds(cloud, FiniteSet.of([[2, 1]]), "linf")
    assert (bracket.lower, bracket.upper) == (lower, upper)
    sets = LabelledSets(cloud, FiniteSet.of([[2, 1]]))
    assert sets.eps("linf") == lower / 2
    with pytest.raises(UsageError, match="bracket"):
        sets.separation("linf")


def test_the_cover_radius_of_another_norm_is_rounded_up() -> None:
    cloud = CoveredCloud(FiniteSet.of([[0, 0, 0]]), 1, "linf")
    assert cloud.radius_in("l1") == 3 and cloud.radius_in("l2") ** 2 > 3
    assert CoveredCloud(cloud.cloud, 1, "l2").radius_in("linf") == 1
    assert CoveredCloud(cloud.cloud, 1, "l2").radius_in("l1") ** 2 > 3
    assert CoveredCloud(cloud.cloud, 1, "l1").radius_in("l2") == 1


def test_a_bracket_of_a_distance_never_falls_below_zero() -> None:
    clouds = [CoveredCloud(FiniteSet.of([[place]]), 1, internal=False) for place in (0, 1)]
    assert str(distance_bounds(*clouds, "linf")) == "[0, 3]"


def test_nearest_distances_answer_for_each_box() -> None:
    cells = BoxUnion.of_corners(np.array([[0, 0], [4, 4]]), np.array([[1, 1], [5, 4]]))
    for norm, expected in (("linf", [1, 1]), ("l1", [2, 2]), ("l2", [2, 2])):
        assert nearest_distances(cells.arrays, BoxUnion.of([([2, 2], [3, 3])]).arrays, norm).tolist() == expected


def test_huge_coordinates_stay_exact() -> None:
    far = 10**30
    sets = LabelledSets(BoxUnion.of([([-far], [1 - far])]), FiniteSet.of([[far]]))
    assert sets.separation("linf") == 2 * far - 1 and sets.separation_squared() == (2 * far - 1) ** 2


def test_labels_near_a_point_count_the_closed_neighbourhoods() -> None:
    sets = LabelledSets.of_points(LabelledPoints.of([[0], [1]], labels=[1, -1]))
    assert sets.labels_near(["1/2"], "linf", "1/2") == (1, -1)
    assert sets.labels_near(["1/2"], "l2", "1/2") == (1, -1)
    assert sets.labels_near(["1/2"], "l1", "49/100") == ()
    assert sets.labels_near([0], "linf", 0) == (1,)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BoxUnion.of([([1], [0])]), AssumptionViolated, "runs from 1 to 0"),
        (lambda: BoxUnion.of([([0.5], [1])]), InexactInput, "float"),
        (lambda: BoxUnion.of([]), ValueError, "point"),
        (lambda: BoxUnion.of_corners(np.array([[1]]), np.array([[0]])), AssumptionViolated, "box 0 is empty"),
        (lambda: FiniteSet.of([]), ValueError, "point"),
        (lambda: SetUnion([]), ValueError, "parts"),
        (lambda: SetUnion([TRIANGLE, FiniteSet.of([[0]])]), ValueError, "one dimension"),
        (lambda: Polytope.of_vertices([]), ValueError, "vertex"),
        (lambda: Polytope.of_halfspaces([[1]], [0]), AssumptionViolated, "without a bound"),
        (lambda: Polytope.of_halfspaces([[1], [-1]], [0, -1]), AssumptionViolated, "no point in common"),
        (lambda: Polytope.of_halfspaces([[1]], [0, 1]), ValueError, "right-hand sides"),
        (lambda: CoveredCloud(FiniteSet.of([[0]]), -1), AssumptionViolated, "below 0"),
        (lambda: LabelledSets(TRIANGLE, FiniteSet.of([[0]])), UsageError, "dimension"),
        (lambda: TRIANGLE.distance(FiniteSet.of([[0]]), "linf"), UsageError, "dimension"),
        (lambda: LabelledSets.of_points(LabelledPoints.of([[0]], labels=[1])), AssumptionViolated, "both labels"),
    ],
)
def test_bad_sets_are_refused_with_their_values(make: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]


def test_every_kind_of_set_is_read_back_as_written(tmp_path: Path) -> None:
    halfspaces = Polytope.of_halfspaces([[1, "1/3"], [-1, 0], [0, 1], [0, -1]], [1, 1, 1, "1/2"])
    cloud = CoveredCloud(FiniteSet.of([["1/3", 0]]), "1/7", "l2", internal=False)
    for positive in (TRIANGLE, halfspaces, SQUARE, cloud, SetUnion([SQUARE, TRIANGLE])):
        sets = LabelledSets(positive, FiniteSet.of([["22/7", -(10**20)]]))
        assert LabelledSets.load(sets.save(tmp_path / "sets.json")) == sets


@pytest.mark.parametrize(
    "positive",
    [
        None,
        {"kind": "sphere"},
        {"kind": ["points"], "points": [[0]]},
        {"kind": "points"},
        {"kind": "points", "points": [[0.5]]},
        {"kind": "points", "points": ["12"]},
        {"kind": "points", "points": [[True]]},
        {"kind": "points", "points": [[0]], "more": 1},
        {"kind": "points", "points": [["1/0"]]},
        {"kind": "points", "points": []},
        {"kind": "boxes", "boxes": [[[1], [0]]]},
        {"kind": "boxes", "boxes": [[[1]]]},
        {"kind": "polytope", "rows": [[1]], "right": [0]},
        {"kind": "union", "parts": []},
        {"kind": "union", "parts": [{"kind": "cloud", "points": [[0]]}]},
        {"kind": "cloud", "points": [[0]], "cover_radius": "1", "norm": "l3", "internal": True},
        {"kind": "cloud", "points": [[0]], "cover_radius": "1", "norm": "l1", "internal": 1},
        {"kind": "cloud", "points": [[0]], "cover_radius": "-1", "norm": "l1", "internal": True},
        {"kind": "cloud", "points": [[0]], "cover_radius": True, "norm": "l1", "internal": True},
        {"kind": "boxes", "boxes": [[[0], [1], [2]]]},
        {"kind": ["boxes"], "boxes": [[[0], [1]]]},
        {"kind": "points", "points": [[0, 0]]},
    ],
)
def test_a_damaged_file_is_rejected(positive: object, tmp_path: Path) -> None:
    path = tmp_path / "sets.json"
    negative = {"kind": "points", "points": [[1]]}
    path.write_text(json.dumps({"schema": "robustproofs/sets/1", "positive": positive, "negative": negative}))
    with pytest.raises(MalformedInput):
        LabelledSets.load(path)


def test_a_deeply_nested_file_is_rejected(tmp_path: Path) -> None:
    nested = '{"kind":"union","parts":[' * 400 + "{}" + "]}" * 400
    path = tmp_path / "sets.json"
    path.write_text('{"schema":"robustproofs/sets/1","positive":' + nested + ',"negative":{}}')
    with pytest.raises(MalformedInput):
        LabelledSets.load(path)


def test_sets_by_name() -> None:
    sets = load_sets("boxes:n=6,d=2,levels=4,seed=3")
    assert sets == load_sets("boxes:n=6,d=2,levels=4,seed=3") != load_sets("boxes:n=6,d=2,levels=4,seed=4")
    assert sets.separation("linf") >= Fraction(1, 7)
    points = load_sets("points:n=8,d=2,levels=5,seed=1")
    assert points == load_sets("random:n=8,d=2,levels=5,seed=1")


@pytest.mark.parametrize(
    "spec",
    [
        "boxes:n=4,d=1,levels=4",
        "boxes:m=3",
        "boxes:n=1",
        "boxes:n=4,n=4",
        "boxes:d=",
        "points:n=1",
        "nowhere",
        "no.json",
    ],
)
def test_bad_names_of_sets_are_usage_errors(spec: str) -> None:
    with pytest.raises(UsageError):
        load_sets(spec)


def test_only_an_unbounded_program_is_called_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours, another arithmetic error, must not be told to the user as a property of the polytope."""

    def broken(program: object) -> None:
        raise ArithmeticError("active constraints are dependent")

    monkeypatch.setattr("constructions.sets.polytope.minimum", broken)
    with pytest.raises(ArithmeticError, match="dependent"):
        Polytope.of_halfspaces([[1], [-1]], [1, 0])
    with pytest.raises(UnboundedProgram):
        minimum(LinearProgram([Fraction(-1)], [[Fraction(1)]], [Fraction(0)], [Fraction(0)], [None]))
