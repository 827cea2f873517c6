"""What covers and their classifiers promise, on drawn manifolds, points and instances."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.classifiers.manifold_cover import classify_manifold_cover, count_manifold_cover
from constructions.data.manifold import Manifold
from constructions.data.norm_ball import Point
from constructions.errors import UsageError
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.partitions import partition_of_unity
from constructions.manifolds.planes import AxisPlane
from verify.claims.cover_claims import centres_near, cover_is_complete
from verify.claims.packing_claims import points_apart
from verify.claims.point_distances import smallest_distance
from verify.testing.manifold_strategies import CoverInstance, cover_separation
from verify.testing.strategies import cover_instances, manifold_samples, manifolds, relu_networks


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["cover", "offset"])
@given(sample=manifold_samples(), pieces=st.integers(2, 4))
@settings(max_examples=40)
def test_every_point_lies_in_a_patch(sample: tuple[Manifold, tuple[Point, ...]], pieces: int) -> None:
    manifold, points = sample
    cover = cover_with_pieces(manifold, pieces, Fraction(1, 4))
    assert cover_is_complete(manifold, cover).status == "holds"
    assert centres_near(manifold, cover.patches, cover.offset).status == "holds"
    for point in points:
        assert manifold.contains(point)
        assert any(
            all(low <= x <= high for low, x, high in zip(patch.lower, point, patch.upper, strict=True))
            for patch in cover.patches
        )


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["separation", "robust_error", "margin", "count"])
@given(instance=cover_instances(), shares=st.lists(st.integers(0, 4), min_size=6, max_size=6))
@settings(max_examples=60)
def test_the_classifier_of_a_cover_has_margin_one_around_both_classes(
    instance: CoverInstance, shares: list[int]
) -> None:
    _, cover, eps, radius = instance
    assert 2 * eps == cover_separation(cover) and 0 <= radius < eps
    for whole in (True, False):
        network = classify_manifold_cover(cover, eps, radius, whole_boxes=whole)
        assert network.size.nonzero == count_manifold_cover(cover, radius)
        for patch, label in zip(cover.patches, cover.labels, strict=True):
            if patch.anchor is None:
                continue
            # Exact points of the class, and everything within the radius of them.
            moved = [x + radius * Fraction(share - 2, 2) for x, share in zip(patch.anchor, shares, strict=False)]
            assert label * network(moved)[0] >= 1
    result = verify.robust_error(
        classify_manifold_cover(cover, eps, radius), cover.points, radius=radius + cover.radius
    )
    assert result.upper == 0 and result.smallest_margin is not None and result.smallest_margin >= 1


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error", "one_way"])
@given(data=st.data())
@settings(max_examples=40)
def test_an_attacker_on_a_plane_is_weaker(data: st.DataObject) -> None:
    plane = AxisPlane(1, 2)
    network = data.draw(relu_networks(inputs=2, max_units=4, max_depth=2, largest=6))
    places = data.draw(st.lists(st.integers(0, 8), min_size=1, max_size=3))
    labels = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(places), max_size=len(places)))
    points = LabelledPoints.of([[Fraction(n, 8), Fraction(1, 2)] for n in places], labels)
    radius = Fraction(data.draw(st.integers(0, 4)), 16)
    found = verify.robust_error_on_manifold(network, points, plane, radius)
    ambient = verify.robust_error(network, points, radius=radius)
    boxed = verify.robust_error(network, points, radius=radius, domain=([0, "1/2"], [1, "1/2"]))
    assert found.status == boxed.status and found.lower <= ambient.upper
    for index, (here, there) in enumerate(zip(found.status, ambient.status, strict=True)):
        assert not (here == "violated" and there == "robust")
        wrong = found.witnesses[index]
        if here == "violated":
            assert wrong is not None and plane.contains(wrong)
            assert abs(wrong[0] - points.point(index)[0]) <= radius
            assert points.labels[index] * network(wrong)[0] <= 0
    # Points of the segment on a grid, one by one.
    for index, place in enumerate(places):
        values = [
            points.labels[index] * network([Fraction(place, 8) + radius * Fraction(step, 8), Fraction(1, 2)])[0]
            for step in range(-8, 9)
            if 0 <= Fraction(place, 8) + radius * Fraction(step, 8) <= 1
        ]
        assert min(values) > 0 or found.status[index] == "violated"


@pytest.mark.theorem("partition-of-unity", claims=["sum", "nonnegative", "support"])
@given(readings=st.lists(st.integers(0, 24), min_size=2, max_size=2), pieces=st.integers(1, 3))
def test_partitions_sum_to_one_between_the_vertices(readings: list[int], pieces: int) -> None:
    partition = partition_of_unity(AxisPlane(2, 2), pieces)
    u = [Fraction(n, 24) for n in readings]
    values = partition.network(u)
    assert sum(values) == 1 and min(values) >= 0
    for slab in partition.slabs:
        if slab.lower <= u[slab.axis] <= slab.upper:
            assert values[slab.function] == 0


@pytest.mark.theorem("hard-manifold-sets", claims=["packing"])
@given(sample=manifold_samples(manifolds(1), max_points=6))
def test_the_closest_pair_is_found_among_short_and_long_coordinates(
    sample: tuple[Manifold, tuple[Point, ...]],
) -> None:
    _, points = sample
    if len(points) < 2:
        return
    pairs = [(i, j) for i in range(len(points)) for j in range(i)]
    distances = [max(abs(x - y) for x, y in zip(points[i], points[j], strict=True)) for i, j in pairs]
    assert smallest_distance(points)[0] == min(distances)
    third = tuple(tuple(x / 3**40 for x in point) for point in points)
    assert smallest_distance(third)[0] == min(distances) / 3**40
    assert points_apart(points, min(distances)).status == "holds"
    assert points_apart(points, min(distances) + Fraction(1, 2**90)).status == "violated"


def test_requests_that_nothing_meets_are_refused() -> None:
    with pytest.raises(UsageError):
        manifolds(0)
    with pytest.raises(UsageError):
        manifold_samples(max_points=0)


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error"])
@given(shift=st.integers(-8, 8), radius=st.integers(0, 6))
@settings(max_examples=30)
def test_faces_of_a_square_are_decided_as_by_hand(shift: int, radius: int) -> None:
    from constructions.manifolds.cube_boundary import CubeBoundary

    # x_1 + x_2 at least 2 - (shift + 8) / 16 is where the corner (1, 1) goes wrong, r away along an edge.
    level, reach = Fraction(shift + 8, 16), Fraction(radius, 8)
    network = ReluNetwork([AffineMap([[1, 1]], [level - 2])])
    corner = LabelledPoints.of([[1, 1]], [1])
    found = verify.robust_error_on_manifold(network, corner, CubeBoundary(1, 2), reach)
    # On the faces only one coordinate can fall below 1, in space both.
    assert (found.status == ("violated",)) == (2 - reach + level - 2 <= 0)
    ambient = verify.robust_error(network, corner, radius=reach)
    assert (ambient.status == ("violated",)) == (level - 2 * reach <= 0)
