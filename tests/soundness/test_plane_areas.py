"""Exact areas in the plane: against centres decided one by one, against slabs, and against the search by halves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.data.norm_ball import NormBall
from constructions.sets.box import Box
from constructions.sets.box_mixture import BoxMixture
from verify.generalization import volume_search
from verify.generalization.plane_areas import (
    Polygon,
    area,
    common_part,
    convex_hull,
    corner_at,
    grown_by,
    point_at,
    union_area,
    union_length,
    window,
)
from verify.generalization.plane_cells import wrong_pieces
from verify.generalization.plane_share import wrong_share_in_plane
from verify.methods.ball_program import margin_network
from verify.testing.strategies import relu_networks

UNIT = Box([0, 0], [1, 1])


def _crossings(polygons: Sequence[Polygon]) -> set[Fraction]:
    """Return every x at which a corner lies or two edges cross."""
    edges = [ends for polygon in polygons for ends in pairwise(map(point_at, (*polygon, polygon[0])))]
    found = {x for (x, _), _ in edges}
    for (a, b), (c, d) in ((one, two) for one in edges for two in edges):
        ax, ay, bx, by = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
        cross = ax * by - ay * bx
        if cross:
            found.add(a[0] + ax * ((c[0] - a[0]) * by - (c[1] - a[1]) * bx) / cross)
    return found


def _slab_area(polygons: Sequence[Polygon]) -> Fraction:
    """Return the area of a union by vertical slabs between crossings, in which lengths are linear."""
    total = Fraction(0)
    for left, right in pairwise(sorted(_crossings(polygons))):
        middle, spans = (left + right) / 2, []
        for polygon in polygons:
            heights = []
            for (x, y), (v, w) in pairwise(map(point_at, (*polygon, polygon[0]))):
                if min(x, v) < middle < max(x, v):
                    heights.append(y + (w - y) * (middle - x) / (v - x))
            if heights:
                spans.append((min(heights), max(heights)))
        total += (right - left) * union_length(spans)
    return total


@st.composite
def _polygons(draw: st.DrawFn) -> list[Polygon]:
    place = st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.integers(1, 3))
    shapes = [convex_hull(draw(st.lists(place, min_size=3, max_size=6))) for _ in range(draw(st.integers(1, 6)))]
    return [shape for shape in shapes if area(shape)]


@settings(max_examples=80)
@given(_polygons())
def test_the_area_of_a_union_is_that_of_its_slabs(polygons: list[Polygon]) -> None:
    assert union_area(polygons) == (_slab_area(polygons) if polygons else 0)


@settings(max_examples=30)
@given(_polygons(), st.tuples(st.integers(-6, 2), st.integers(-6, 2), st.integers(0, 6), st.integers(0, 6)))
def test_a_part_in_a_box_has_the_points_of_both(polygons: list[Polygon], place: tuple[int, int, int, int]) -> None:
    low = place[:2]
    box = Box(low, [a + b for a, b in zip(low, place[2:], strict=True)])
    for polygon in polygons:
        part = common_part(polygon, window(box))
        assert all(box.contains(point_at(corner)) for corner in part)
        for i, j in product(range(-6, 7), repeat=2):
            point = Fraction(i), Fraction(j)
            assert _is_in(part, point) == (_is_in(polygon, point) and box.contains(point))
        if area(window(box)):
            assert area(part) == area(polygon) + box.volume - _slab_area([polygon, window(box)])


def _is_in(polygon: Polygon, point: Sequence[Fraction]) -> bool:
    """Return whether a point lies in a closed convex polygon: adding it changes nothing."""
    return bool(polygon) and set(convex_hull([*polygon, corner_at(point)])) == set(convex_hull(polygon))


@settings(max_examples=40)
@given(
    relu_networks(inputs=2, max_units=5), st.sampled_from(("linf", "l1")), st.integers(0, 4), st.sampled_from((1, -1))
)
def test_a_centre_lies_in_a_grown_piece_exactly_if_it_is_wrong(
    network: ReluNetwork, norm: str, steps: int, label: int
) -> None:
    ball, box = NormBall(norm, Fraction(steps, 8)), Box([-1, -1], [1, 1])
    pieces = wrong_pieces(margin_network(network, label), grown_by(ball, window(box)))
    assert pieces is not None
    grown = [grown_by(ball, piece) for piece in pieces]
    centres = [(Fraction(i, 4) - 1, Fraction(j, 4) - 1) for i in range(9) for j in range(9)]
    decided = verify.robust_error(network, LabelledPoints.of(centres, [label] * 81), norm, ball.radius)
    assert decided.is_exact
    for centre, status in zip(centres, decided.status, strict=True):
        assert any(_is_in(polygon, centre) for polygon in grown) == (status == "violated")


@settings(max_examples=40)
@given(
    relu_networks(inputs=2, max_units=4), st.sampled_from(("linf", "l1")), st.integers(0, 3), st.sampled_from((1, -1))
)
def test_the_exact_share_lies_in_the_bracket_of_the_search(
    network: ReluNetwork, norm: str, steps: int, label: int
) -> None:
    mixture = BoxMixture([Box([-1, 0], [1, 1])], [label], [1])
    exact = verify.robust_test_error(network, mixture, norm, Fraction(steps, 8), most_regions=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_search, "wrong_share_in_plane", lambda *_: None)
        open_ = verify.robust_test_error(network, mixture, norm, Fraction(steps, 8), most_regions=16)
    assert exact.is_exact and open_.lower <= exact.lower <= open_.upper


@settings(max_examples=40)
@given(relu_networks(inputs=2, max_units=4), st.sampled_from(("linf", "l1")), st.integers(1, 4))
def test_turning_the_plane_and_stretching_it_changes_nothing(network: ReluNetwork, norm: str, steps: int) -> None:
    """The network with its inputs exchanged, negated and halved, on the box turned and doubled likewise."""
    first, *rest = network.maps
    turned = [[-row[1] / 2, row[0] / 2] for row in first.weight]
    other = ReluNetwork([AffineMap(turned, first.bias), *rest])
    box, image = Box([-1, 0], [1, "1/2"]), Box([-1, -2], [0, 2])  # u = -2y, v = 2x
    ball = NormBall(norm, Fraction(steps, 8))
    here = wrong_share_in_plane(network, box, ball)
    there = wrong_share_in_plane(other, image, NormBall(norm, 2 * ball.radius))
    assert here is not None and there is not None and here[0] == there[0]


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize(
    ("norm", "radius", "share"),
    [("linf", "0", "0"), ("linf", "1/4", "1/2"), ("linf", "1/2", "1"), ("l1", "1/4", "1/2"), ("l2", "0", "0")],
)
def test_a_line_on_which_the_output_is_zero_counts_with_what_is_near_it(norm: str, radius: str, share: str) -> None:
    """|x - 1/2| is zero on a segment only; its neighbourhood is a strip, but has no area at radius 0."""
    hat = ReluNetwork([AffineMap([[1, 0], [-1, 0]], ["-1/2", "1/2"]), AffineMap([[1, 1]], [0])])
    result = verify.robust_test_error(hat, BoxMixture([UNIT], [1], [1]), norm, radius)
    assert result.is_exact and result.lower == Fraction(share)


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
def test_areas_of_a_corner_and_of_a_diamond() -> None:
    """Wrong where x + y <= 1/2 with x, y >= 0 cut by a kink; grown in l1 and l-infinity, by hand."""
    diamond = ReluNetwork(
        [AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], ["-1/2", "1/2", "-1/2", "1/2"]), AffineMap([[1] * 4], ["-1/4"])]
    )
    square = BoxMixture([UNIT], [1], [1])
    areas = {
        (norm, radius): verify.robust_test_error(diamond, square, norm, radius).lower
        for norm, radius in (("linf", "0"), ("l2", "0"), ("l1", "1/8"), ("linf", "1/8"))
    }
    quarter, eighth = Fraction(1, 4), Fraction(1, 8)
    assert areas["linf", "0"] == areas["l2", "0"] == 2 * quarter**2
    assert areas["l1", "1/8"] == 2 * (quarter + eighth) ** 2
    # Diamond and square: 2 s^2 + 4 (2 s) r + 4 r^2, s the half diagonal.
    assert areas["linf", "1/8"] == 2 * quarter**2 + 8 * quarter * eighth + 4 * eighth**2


@pytest.mark.theorem("robust-test-error", claims=["robust_test_error"])
@pytest.mark.parametrize("norm", ["linf", "l1"])
def test_flat_boxes_are_measured_in_their_own_dimension(norm: str) -> None:
    fold = ReluNetwork([AffineMap([[1, 1], [1, -1]], [0, 0]), AffineMap([[1, 1]], ["-1/2"])])
    upright, level, point = Box([1, 0], [1, 2]), Box([0, 0], [2, 0]), Box([0, 0], [0, 0])
    for radius in (Fraction(0), Fraction(1, 8)):
        # relu(x + y) + relu(x - y) <= 1/2 is max(x, |y| + ...) in three parts: 2 x <= 1/2 where |y| <= x, else
        # x + |y| <= 1/2. The farthest wrong point to the right is x = 1/4 for every |y| up to 1/4.
        shares = [
            verify.robust_test_error(fold, BoxMixture([box], [1], [1]), norm, radius, most_regions=1)
            for box in (level, upright, point)
        ]
        assert all(share.is_exact for share in shares)
        assert [share.lower for share in shares] == [(Fraction(1, 4) + radius) / 2, 0, 1]
    steep = Box([Fraction(1, 4), 0], [Fraction(1, 4), 2])
    share = verify.robust_test_error(fold, BoxMixture([steep], [1], [1]), norm, "1/8", most_regions=1)
    # On x = 1/4: wrong to y = 1/4 without a ball; with it 1/8 more in l1 along x + y <= 1/2, 1/4 more in l-infinity.
    assert share.is_exact and share.lower == (Fraction(3, 8) if norm == "l1" else Fraction(1, 2)) / 2


@settings(max_examples=40)
@given(
    relu_networks(inputs=2, outputs=3, max_units=4),
    st.sampled_from(("linf", "l1")),
    st.integers(0, 3),
    st.integers(0, 2),
)
def test_several_outputs_take_the_largest_as_the_label(network: ReluNetwork, norm: str, steps: int, label: int) -> None:
    radius, box = Fraction(steps, 8), Box([-1, -1], [1, 1])
    result = verify.robust_test_error(network, BoxMixture([box], [label], [1]), norm, radius, most_regions=1)
    n = 6
    centres = [[Fraction(2 * i + 1 - n, n), Fraction(2 * j + 1 - n, n)] for i in range(n) for j in range(n)]
    decided = verify.robust_error(network, LabelledPoints.of(centres, [label] * n * n), norm, radius)
    assert result.is_exact and decided.is_exact
    if result.upper == 0:
        assert decided.count("violated") == 0 or any(
            min(margin_network(network, label)(point)) == 0 for point in map(decided.witness, range(n * n)) if point
        )
    if result.lower == 1:
        assert decided.count("robust") == 0
    if result.witness is not None:
        centre, point = result.witness
        assert box.contains(centre) and NormBall(norm, radius).contains(centre, point)
        assert min(margin_network(network, label)(point)) <= 0


def test_too_many_pieces_or_no_time_is_no_answer() -> None:
    square = window(UNIT)
    stripes = ReluNetwork(
        [AffineMap([[1, 0]] * 9, [Fraction(-k, 10) for k in range(1, 10)]), AffineMap([[1] * 9], [-1])]
    )
    assert wrong_pieces(stripes, square, most_cells=9) is None
    assert wrong_pieces(stripes, square, most_cells=10) is not None
    assert wrong_pieces(stripes, square, deadline=0.0) is None
    assert wrong_share_in_plane(stripes, UNIT, NormBall("l2", "1/8")) is None
    triangle = convex_hull([(0, 0, 1), (1, 0, 1), (0, 1, 1)])
    assert union_area([square, triangle]) == 1 and union_area([triangle, triangle]) == Fraction(1, 2)
    assert union_area([square, triangle], deadline=0.0) is None
