"""Test manifolds against brute force: points, charts, boxes, covers, packings, volumes."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pytest

import constructions
from constructions.data.manifold import Cell, Manifold
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact import closest_in_one as closest_in_one_module
from constructions.exact.ball_arithmetic import ball_volume, sphere_area, spiral_length, spiral_point
from constructions.exact.closest_in_one import closest_in_one, pairs_within
from constructions.manifolds.covers import (
    cells_of,
    count_patches,
    cover_manifold,
    cover_with_pieces,
    covered_cloud,
    pieces_within,
)
from constructions.manifolds.packings import pack, packing_size
from constructions.manifolds.separated_classes import separated_classes, spread_patches
from constructions.manifolds.sources import MANIFOLDS, load_manifold
from constructions.manifolds.sphere import tangents
from constructions.sets.distance_bounds import distance_bounds
from constructions.sets.finite_set import FiniteSet
from verify.claims.cover_claims import centres_near, classes_apart, cover_is_complete
from verify.claims.point_distances import smallest_distance
from verify.testing.manifold_strategies import cover_separation

SPECS = (
    "axis-plane:k=1,d=2",
    "axis-plane:k=2,d=3",
    "diagonal-plane:k=2,d=4",
    "cube-boundary:k=1,d=2",
    "cube-boundary:k=2,d=4",
    "torus:k=1",
    "torus:k=2,radius=3/8",
    "sphere:k=1,radius=1/4",
    "sphere:k=2",
)
every = pytest.mark.parametrize("spec", SPECS)


def parameters_in(cell: Cell, steps: int = 3) -> list[tuple[Fraction, ...]]:
    axes = [
        [low + (high - low) * Fraction(i, steps) for i in range(steps + 1)]
        for low, high in zip(cell.lower, cell.upper, strict=True)
    ]
    return list(product(*axes))


def power_series(t: Fraction, start: int, terms: int = 60) -> tuple[Fraction, Fraction]:
    """Bounds of cos t (start 0) or sin t (start 1) by Taylor's formula; the rest is below t^n / n!."""
    total = sum(((-1) ** n * t ** (2 * n + start) / math.factorial(2 * n + start) for n in range(terms)), Fraction(0))
    rest = t ** (2 * terms + start) / math.factorial(2 * terms + start)
    return total - rest, total + rest


@every
def test_every_image_lies_on_the_manifold_and_in_its_box(spec: str) -> None:
    manifold = load_manifold(spec)
    for cell in cells_of(manifold, 3)[:: max(1, len(cells_of(manifold, 3)) // 12)]:
        lower, upper = manifold.enclose(cell)
        images = []
        for u in parameters_in(cell):
            point = manifold.point(cell.chart, u)
            assert point is not None and manifold.contains(point)
            assert all(low <= x <= high for low, x, high in zip(lower, point, upper, strict=True))
            assert all(0 <= x <= 1 for x in point)
            images.append(point)
        # The boxes of flat and of one-dimensional manifolds are the smallest possible.
        if manifold.chart_map(0) is not None or manifold.dimension == 1:
            for axis in range(manifold.dim):
                values = [point[axis] for point in images]
                assert min(values) == lower[axis] or cell.lower[0] < 0 < cell.upper[0]


@every
def test_charts_and_points_undo_each_other(spec: str) -> None:
    manifold = load_manifold(spec)
    for domain in manifold.domains[:6]:
        for u in parameters_in(Cell(domain.chart, domain.lower, domain.upper), 3):
            point = manifold.point(domain.chart, u)
            assert point is not None and manifold.parameters(domain.chart, point) == u
            chart = manifold.chart_map(domain.chart)
            assert chart is None or chart(u) == point


@every
def test_points_beside_the_manifold_are_not_on_it(spec: str) -> None:
    manifold = load_manifold(spec)
    point = manifold.point(0, manifold.domains[0].middle)
    assert point is not None
    for axis in range(manifold.dim):
        moved = tuple(x + Fraction(2 * (i == axis)) for i, x in enumerate(point))
        assert not manifold.contains(moved) and manifold.parameters(0, moved) is None


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["cover", "cover_radius", "offset"])
@every
@pytest.mark.parametrize("radius", ["1/4"])
def test_a_cover_is_complete_and_as_fine_as_asked(spec: str, radius: str) -> None:
    manifold = load_manifold(spec)
    cover = cover_manifold(manifold, radius)
    assert cover.radius <= Fraction(radius) and cover.offset <= Fraction(radius) / 256
    assert len(cover.patches) == count_patches(manifold, pieces_within(manifold, radius))
    assert cover_is_complete(manifold, cover).status == "holds"
    assert centres_near(manifold, cover.patches, cover.offset).status == "holds"
    # Rational points of all charts, whatever the cells: each is within the radius of a centre.
    for domain in manifold.domains[:2]:
        for u in parameters_in(domain, 3):
            point = manifold.point(domain.chart, u)
            assert point is not None
            assert any(
                all(abs(x - y) <= cover.radius for x, y in zip(point, patch.centre, strict=True))
                for patch in cover.patches
            )


@pytest.mark.parametrize("k", [1, 2, 3])
def test_covers_of_planes_have_the_known_size(k: int) -> None:
    for radius in (Fraction(1, 2), Fraction(1, 5), Fraction(2, 11)):
        per_axis = math.ceil(1 / (2 * radius))
        assert count_patches(load_manifold(f"axis-plane:k={k},d=3"), per_axis) == per_axis**k
        assert pieces_within(load_manifold(f"axis-plane:k={k},d=3"), radius) == per_axis
        boundary = load_manifold(f"cube-boundary:k={k},d=4")
        assert count_patches(boundary, pieces_within(boundary, radius)) == 2 * (k + 1) * per_axis**k


def test_redundant_cells_of_a_sphere_are_left_out_and_not_missed() -> None:
    sphere = load_manifold("sphere:k=2")
    kept = cells_of(sphere, 16)
    assert len(kept) < 2 * 16**2 and all(not sphere.is_redundant(cell) for cell in kept)
    assert count_patches(sphere, 16) == len(kept)


@every
@pytest.mark.parametrize("distance", ["1/2", "1/4", "2/9"])
@pytest.mark.theorem("hard-manifold-sets", claims=["on_manifold", "packing"])
def test_packings_keep_their_distance_on_the_manifold(spec: str, distance: str) -> None:
    manifold, apart = load_manifold(spec), Fraction(distance)
    points = pack(manifold, apart)
    assert len(points) == packing_size(manifold, apart) and all(manifold.contains(point) for point in points)
    assert smallest_distance(points)[0] >= apart
    if len(points) > 100:  # fractions take too long for so many pairs
        return
    distances = [
        max(abs(x - y) for x, y in zip(first, second, strict=True)) for first, second in combinations(points, 2)
    ]
    assert min(distances) >= apart and smallest_distance(points)[0] == min(distances)


def test_packings_of_planes_and_faces_have_the_known_sizes() -> None:
    for k, eps in product((1, 2), (Fraction(1, 8), Fraction(3, 16), Fraction(1, 5))):
        values = math.floor(1 / (2 * eps)) + 1
        assert packing_size(load_manifold(f"axis-plane:k={k},d=3"), 2 * eps) == values**k
        boundary = load_manifold(f"cube-boundary:k={k},d=3")
        assert packing_size(boundary, 2 * eps) == values ** (k + 1) - max(0, values - 2) ** (k + 1)
    assert packing_size(load_manifold("axis-plane:k=2,d=2"), 2) == 1


def test_too_many_points_or_patches_are_refused() -> None:
    with pytest.raises(BudgetExceeded, match="more than 262144 points"):
        pack(load_manifold("torus:k=6"), "1/8")
    with pytest.raises(BudgetExceeded, match="more than 1048576 patches"):
        cover_with_pieces(load_manifold("torus:k=6"), 20)
    assert packing_size(load_manifold("torus:k=6"), "1/8") == 22**6
    for wrong in (0, "-1/2"):
        with pytest.raises(AssumptionViolated):
            pack(load_manifold("torus:k=1"), wrong)
        with pytest.raises(AssumptionViolated):
            cover_manifold(load_manifold("torus:k=1"), wrong)


def test_volumes_and_reaches() -> None:
    assert load_manifold("axis-plane:k=2,d=4").volume() == (1, 1)
    assert load_manifold("diagonal-plane:k=2,d=8").volume() == (4, 4)
    low, high = load_manifold("diagonal-plane:k=1,d=2").volume()
    assert low * low < 2 < high * high
    assert load_manifold("cube-boundary:k=2,d=3").volume() == (6, 6)
    # 333/106 < pi < 355/113.
    for spec, power, scale in (("torus:k=2", 2, 1), ("sphere:k=2", 1, 1), ("sphere:k=1,radius=1/4", 1, Fraction(1, 2))):
        low, high = load_manifold(spec).volume()
        assert Fraction(333, 106) ** power * scale < low < high < Fraction(355, 113) ** power * scale
    reaches = [load_manifold(spec).reach for spec in ("axis-plane", "cube-boundary", "torus", "sphere", "swiss-roll")]
    assert reaches == ["infinite", 0, Fraction(1, 2), Fraction(1, 2), "unknown"]
    assert ball_volume(1)[0] <= 2 <= ball_volume(1)[1] < 2 + Fraction(1, 2**80)
    # The area of a sphere is its dimension plus one times the volume of the ball.
    for k in range(1, 9):
        assert sphere_area(k)[0] <= (k + 1) * ball_volume(k + 1)[1]
        assert (k + 1) * ball_volume(k + 1)[0] <= sphere_area(k)[1]


# The swiss roll ------------------------------------------------------------------------


def test_the_spiral_agrees_with_taylors_formula() -> None:
    for t in (Fraction(3, 2), Fraction(7, 2), Fraction(21, 2)):
        for start, (low, high) in enumerate(spiral_point(t, t)):
            below, above = power_series(t, start)
            assert low <= t * above and t * below <= high and high - low < Fraction(1, 2**80)
    (low, high), _ = spiral_point(Fraction(3), Fraction(7, 2))
    for i in range(11):
        t = Fraction(3) + Fraction(i, 20)
        below, above = power_series(t, 0)
        assert low <= t * below and t * above <= high


def test_the_length_of_the_spiral_lies_between_its_chords_and_its_speed() -> None:
    low, high = spiral_length(Fraction(3, 2), Fraction(21, 2))
    steps = [Fraction(3, 2) + Fraction(9 * i, 40) for i in range(41)]
    chords = Fraction(0)
    for a, b in pairwise(steps):
        ends = [spiral_point(t, t) for t in (a, b)]
        # The longer side of a chord is a lower bound of its length.
        chords += max(abs(ends[1][axis][0] - ends[0][axis][0]) for axis in (0, 1))
    assert chords < low < high < 9 * Fraction(11)


def test_the_roll_is_covered_and_has_no_rational_point() -> None:
    roll = load_manifold("swiss-roll")
    cover = cover_manifold(roll, "1/8")
    assert cover_is_complete(roll, cover).status == "holds" and cover.offset == cover.radius
    assert all(patch.anchor is None for patch in cover.patches) and not roll.contains(cover.patches[0].centre)
    kept = spread_patches(cover.patches, "1/4")
    assert len(kept) >= 5
    for first, second in combinations(kept, 2):
        gaps = [max(first.lower[j] - second.upper[j], second.lower[j] - first.upper[j]) for j in range(3)]
        assert max(gaps) >= Fraction(1, 4)
    with pytest.raises(AssumptionViolated, match="no rational point"):
        packing_size(roll, "1/4")


# Classes and names ---------------------------------------------------------------------


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["separation"])
@pytest.mark.parametrize("spec", ["axis-plane:k=1,d=2", "cube-boundary:k=1,d=2", "torus:k=1", "sphere:k=1"])
@pytest.mark.parametrize("seed", [0, 1])
def test_seeded_classes_keep_twice_eps(spec: str, seed: int) -> None:
    manifold, eps = load_manifold(spec), Fraction(1, 16)
    classes = separated_classes(cover_manifold(manifold, eps / 3), eps, seed)
    assert {*classes.labels} == {-1, 1}
    verdict = classes_apart(classes, 2 * eps)
    assert verdict.status == "holds" and Fraction(str(verdict.measured)) == cover_separation(classes) >= 2 * eps
    assert classes_apart(classes, 1 + cover_separation(classes)).status == "violated"


def test_a_manifold_too_small_for_two_classes_is_refused() -> None:
    cover = cover_manifold(load_manifold("torus:k=1,radius=1/32"), "1/64")
    with pytest.raises(AssumptionViolated, match="both classes cannot be filled"):
        separated_classes(cover, "1/16")


def test_names_are_read_back_and_nonsense_is_refused() -> None:
    assert all(load_manifold(load_manifold(name).spec) == load_manifold(name) for name in MANIFOLDS)
    for wrong in ("ball", "torus:q=2", "torus:k", "torus:k=1/2", "torus:k=0", "axis-plane:k=65,d=70", "torus:k=1,k=2"):
        with pytest.raises(UsageError):
            load_manifold(wrong)
    with pytest.raises(UsageError, match="nothing"):
        load_manifold("swiss-roll:k=2")
    for unfit in ("axis-plane:k=3,d=2", "diagonal-plane:k=2,d=3", "cube-boundary:k=2,d=2", "torus:radius=3/4"):
        with pytest.raises(AssumptionViolated):
            load_manifold(unfit)


@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 8, 64, 101])
def test_tangents_rise_from_minus_one_to_one(pieces: int) -> None:
    found = tangents(pieces)
    assert len(found) == pieces + 1 and found[0] == -1 and found[-1] == 1 and list(found) == sorted(set(found))
    assert all(a == -b for a, b in zip(found, reversed(found), strict=True))


def test_manifolds_are_named_by_protocol() -> None:
    manifold: Manifold = load_manifold("torus")
    assert manifold.factor.dim == 2 and manifold.dimension == 2


# Dense points --------------------------------------------------------------------------


def dense_points(spec: str, seed: int, count: int) -> list[tuple[Fraction, ...]]:
    """Rational points of a torus or sphere, as scattered as the parameters drawn: such points are dense."""
    manifold, stream, found = load_manifold(spec), random.Random(seed), []
    while len(found) < count:
        chart = stream.randrange(len(manifold.domains))
        u = tuple(Fraction(stream.randint(-997, 997), 997) for _ in range(manifold.dimension))
        point = manifold.point(chart, u)
        assert point is not None and manifold.contains(point)
        found.append(point)
    return found


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["cover", "cover_radius"])
@pytest.mark.parametrize("spec", ["torus:k=1", "torus:k=2", "torus:k=2,radius=1/4", "sphere:k=1", "sphere:k=2"])
def test_every_one_of_many_dense_points_is_near_a_centre_and_in_the_cloud(spec: str) -> None:
    manifold = load_manifold(spec)
    cover = cover_manifold(manifold, "1/5")
    cloud = covered_cloud(cover.patches)
    assert cloud.cover_radius == cover.radius <= Fraction(1, 5) and not cloud.internal
    for point in dense_points(spec, 3, 150):
        gaps = [max(abs(x - y) for x, y in zip(point, patch.centre, strict=True)) for patch in cover.patches]
        assert min(gaps) <= cover.radius
        bracket = distance_bounds(FiniteSet.of([point]), cloud, "linf")
        assert bracket.lower == 0 and bracket.upper >= 0


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["separation"])
@pytest.mark.parametrize("spec", ["axis-plane:k=1,d=2", "torus:k=1", "sphere:k=2", "swiss-roll"])
def test_clouds_of_two_classes_bracket_the_distance_of_their_boxes(spec: str) -> None:
    eps = Fraction(1, 8)
    classes = separated_classes(cover_manifold(load_manifold(spec), "1/16"), eps)
    clouds = [
        covered_cloud([p for p, mark in zip(classes.patches, classes.labels, strict=True) if mark == label])
        for label in (1, -1)
    ]
    bracket = distance_bounds(*clouds, "linf")
    # Boxes hold the classes, and reach no farther from the centres than the cover radius.
    assert bracket.lower <= cover_separation(classes) <= bracket.upper + 2 * classes.radius


def test_public_names_are_the_manifolds() -> None:
    assert constructions.load_manifold("torus:k=3") == constructions.FlatTorus.of(3)
    assert constructions.load_manifold("sphere:k=1") == constructions.Sphere.of(1)
    assert constructions.cover_manifold(constructions.AxisPlane(1, 2), "1/8").radius == Fraction(1, 8)


# Many points ---------------------------------------------------------------------------


@pytest.mark.theorem("hard-manifold-sets", claims=["packing"])
@pytest.mark.parametrize("seed", range(4))
def test_buckets_find_the_closest_boxes_of_all_pairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closest_in_one_module, "_FEW", 0)
    stream = np.random.RandomState(seed)
    for _ in range(40):
        n, d = int(stream.randint(2, 40)), int(stream.randint(1, 6))
        span = int(stream.choice([3, 20, 1000, 2**58]))
        lower = stream.randint(-span, span, (n, d))
        upper = lower + stream.randint(0, 1 + (span // 8) * (seed % 2), (n, d))

        def gap(i: int, j: int, low: np.ndarray = lower, high: np.ndarray = upper) -> int:
            return max(0, *(int(x) for x in np.maximum(low[i] - high[j], low[j] - high[i])))

        gaps = {(i, j): gap(i, j) for i, j in combinations(range(n), 2)}
        distance, (i, j) = closest_in_one(lower, upper)
        assert distance == min(gaps.values()) == gap(i, j) and i != j
        listed = pairs_within(lower, upper, distance + 1, len(gaps))
        assert {(min(p), max(p)) for p in listed.tolist()} == {p for p, g in gaps.items() if g <= distance + 1}
    with pytest.raises(BudgetExceeded, match="more than 0 pairs"):
        pairs_within(lower, upper, distance, 0)


@pytest.mark.theorem("hard-manifold-sets", claims=["packing", "on_manifold"])
def test_products_are_seen_and_one_point_moved_is_found_in_them() -> None:
    points = pack(load_manifold("torus:k=2"), "1/4")
    brute = min(max(abs(x - y) for x, y in zip(a, b, strict=True)) for a, b in combinations(points, 2))
    distance, (i, j) = smallest_distance(points)
    assert distance == brute == max(abs(x - y) for x, y in zip(points[i], points[j], strict=True))
    for moved in (points[1], tuple((x + y) / 2 for x, y in zip(points[0], points[1], strict=True))):
        broken = (moved, *points[1:])
        pairs = [max(abs(x - y) for x, y in zip(a, b, strict=True)) for a, b in combinations(broken, 2)]
        found, (i, j) = smallest_distance(broken)
        assert found == min(pairs) < brute and 0 in (i, j)


@pytest.mark.parametrize("size", [2**17, 2**18, 2**20, 2**70])
def test_long_coordinates_may_be_large(size: int) -> None:
    """Enclosures of large coordinates lie on a coarser grid, so that their differences fit."""
    fine = 3**30
    points = [(Fraction(k * size * fine + k * k, fine), Fraction(-k * k * size, 3)) for k in (-3, -1, 2, 4, 5)]
    points.append((points[-1][0] + Fraction(1, fine), points[-1][1]))
    assert smallest_distance(points) == (Fraction(1, fine), (4, 5))
