"""Classifiers on manifolds against brute force: bumps of a cover, hats, cones."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from constructions.classifiers.distance_interpolation import (
    classify_by_projected_interpolation,
    count_projected_interpolation,
    plan_route,
)
from constructions.classifiers.lipschitz_envelope import approximate_by_cones, count_cones
from constructions.classifiers.manifold_cover import bump_widths, classify_manifold_cover, count_manifold_cover
from constructions.classifiers.off_plane import add_penalty_off_centre
from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Cell, Cover, Patch
from constructions.errors import AssumptionViolated, UsageError
from constructions.manifolds.covers import cover_manifold, cover_with_pieces
from constructions.manifolds.planes import AxisPlane
from constructions.manifolds.separated_classes import separated_classes
from constructions.manifolds.sources import load_manifold
from constructions.network.affine_map import AffineMap
from constructions.network.kuhn_hats import count_hats, count_interpolant, hat_layers
from constructions.network.relu_network import ReluNetwork
from verify.robustness import robust_error

HALF = Fraction(1, 2)
NONE = Cell(0, (), ())


def segment_classes(eta: Fraction, shift: Fraction) -> LabelledCover:
    """The points 0 and 1/2; the centre of the first lies ``shift`` towards the second."""
    zero, half = (Fraction(0),), (HALF,)
    first = Patch(NONE, (-eta,), (eta,), (shift,), None if shift else zero)
    return LabelledCover((first, Patch(NONE, half, half, half, half)), (1, -1))


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["count", "margin", "robust_error"])
@pytest.mark.parametrize("spec", ["axis-plane:k=1,d=2", "cube-boundary:k=1,d=2", "torus:k=1", "sphere:k=1"])
@pytest.mark.parametrize("ratio", ["0", "3/4"])
def test_counts_are_exact_and_margins_at_least_one(spec: str, ratio: str) -> None:
    eps = Fraction(1, 12)
    radius = eps * Fraction(ratio)
    cover = cover_manifold(load_manifold(spec), (eps - radius) * Fraction(3, 4))
    classes = separated_classes(cover, eps, seed=1)
    network = classify_manifold_cover(classes, eps, radius)
    assert network.size.nonzero == count_manifold_cover(classes, radius) and network.size.depth == 3
    result = robust_error(network, classes.points, "linf", radius + classes.radius)
    assert result.upper == 0 and result.smallest_margin is not None and result.smallest_margin >= 1
    # Within the radius of the corners of every box, in plain fractions.
    for patch, label in zip(classes.patches[::9], classes.labels[::9], strict=True):
        for signs in product((-1, 0, 1), repeat=network.dim):
            corner = [
                (high if s > 0 else low) + s * radius
                for low, high, s in zip(patch.lower, patch.upper, signs, strict=True)
            ]
            assert label * network(corner)[0] >= 1


def test_counts_know_faces_through_the_origin() -> None:
    data = segment_classes(Fraction(0), Fraction(0))
    for radius in (Fraction(0), Fraction(1, 8)):
        network = classify_manifold_cover(data, Fraction(1, 4), radius)
        assert network.size.nonzero == count_manifold_cover(data, radius) == 9 - 2 * (radius == 0)
    moved = replace(data, labels=(-1, 1))
    touching = replace(
        moved, patches=(moved.patches[1], replace(moved.patches[0], centre=(Fraction(1, 8),), anchor=None))
    )
    network = classify_manifold_cover(touching, 1, Fraction(1, 4))
    assert network.size.nonzero == count_manifold_cover(touching, Fraction(1, 4))


def test_one_class_gets_a_constant() -> None:
    cover = LabelledCover(segment_classes(Fraction(0), Fraction(0)).patches, (1, 1))
    network = classify_manifold_cover(cover, 1, 0)
    assert network.size.nonzero == count_manifold_cover(cover, 0) == 1 and network([5]) == (1,)


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["cover_radius", "offset", "robust_error"])
def test_trap_28_internal_and_external_covers_have_different_ramps() -> None:
    eps, radius = Fraction(1, 4), Fraction(1, 8)
    eta = Fraction(3, 16)
    room = eps - radius
    assert room < eta < 2 * room
    # Internal: centres in their class. The ramp is 2 (1 - c) eps - eta, and positive.
    internal = segment_classes(eta, Fraction(0))
    assert bump_widths(internal, eps, radius, whole_boxes=False) == (radius + eta, 2 * room - eta)
    # External, centres within eta of their class: 2 (1 - c) eps - 2 eta is negative, and refused.
    external = segment_classes(Fraction(0), eta)
    assert (external.radius, external.offset) == (eta, eta)
    with pytest.raises(AssumptionViolated, match="leave a ramp of -1/8"):
        classify_manifold_cover(external, eps, radius, whole_boxes=False)
    # At eta = (1 - c) eps the ramp of an external cover is 0, and refused as well.
    with pytest.raises(AssumptionViolated, match="leave a ramp of 0"):
        classify_manifold_cover(segment_classes(Fraction(0), room), eps, radius, whole_boxes=False)
    with pytest.raises(AssumptionViolated, match="below 1/8"):
        classify_manifold_cover(segment_classes(room, Fraction(0)), eps, radius)


def test_the_radius_must_be_below_eps() -> None:
    for radius in ("1/4", "-1/8", "1"):
        with pytest.raises(AssumptionViolated, match="radius"):
            classify_manifold_cover(segment_classes(Fraction(0), Fraction(0)), "1/4", radius)
    with pytest.raises(AssumptionViolated, match="labels"):
        LabelledCover(segment_classes(Fraction(0), Fraction(0)).patches, (1,))


# Hats ----------------------------------------------------------------------------------


def hat(node: tuple[int, ...], u: tuple[Fraction, ...], pieces: int) -> Fraction:
    s = [pieces * x - v for x, v in zip(u, node, strict=True)]
    return max(Fraction(0), 1 + min(Fraction(0), *s) - max(Fraction(0), *s))


@pytest.mark.theorem("partition-of-unity", claims=["sum", "nonnegative"])
@pytest.mark.parametrize(("axes", "pieces"), [(1, 3), (2, 2), (3, 2), (4, 1), (5, 1)])
def test_hats_are_what_the_formula_says(axes: int, pieces: int) -> None:
    nodes = list(product(range(pieces + 1), repeat=axes))
    count = len(nodes)
    identity = AffineMap.from_coo(range(count), range(count), [1] * count, (count, count), [0] * count)
    network = ReluNetwork([*hat_layers(nodes, pieces), identity])
    assert network.size.nonzero == count_hats(nodes) + count
    assert network.size.depth == 3 + (axes - 1).bit_length()
    random = np.random.RandomState(0)
    for _ in range(30):
        u = tuple(Fraction(int(n), 24) for n in random.randint(0, 25, axes))
        values = network(u)
        assert values == tuple(hat(node, u, pieces) for node in nodes) and sum(values) == 1


@pytest.mark.theorem("partition-of-unity", claims=["sum"])
@pytest.mark.parametrize("seed", range(3))
def test_hats_of_any_nodes_are_those_at_the_nearest_point_of_their_box(seed: int) -> None:
    random = np.random.RandomState(seed)
    for _ in range(25):
        axes = int(random.randint(1, 5))
        nodes = sorted({tuple(int(n) for n in random.randint(-2, 3, axes)) for _ in range(random.randint(2, 9))})
        if len(nodes) < 2:
            continue
        count = len(nodes)
        identity = AffineMap.from_coo(range(count), range(count), [1] * count, (count, count), [0] * count)
        network = ReluNetwork([*hat_layers(nodes, 3), identity])
        assert network.size.nonzero == count_hats(nodes) + count
        ends = [(Fraction(min(side), 3), Fraction(max(side), 3)) for side in zip(*nodes, strict=True)]
        for _ in range(8):
            x = [Fraction(int(n), 36) for n in random.randint(-40, 41, axes)]
            nearest = tuple(min(max(value, low), high) for value, (low, high) in zip(x, ends, strict=True))
            assert network(x) == tuple(hat(node, nearest, 3) for node in nodes)


def separate_hats(axes: int, steps: int) -> int:
    """The parameters of an interpolant in which no two hats share a unit after the first layer.

    A maximum of c terms takes three weights for a pair of terms, w for one left over; a rise is
    read along k axes by C(axes, k) steps^k nodes.
    """

    def tree(leaves: int) -> int:
        sizes, total = [1] * leaves, 0
        for _ in range((axes - 1).bit_length()):
            pairs = list(zip(sizes[::2], [*sizes[1::2], 0], strict=False))
            total += sum(2 * a + b if b else a for a, b in pairs)
            sizes = [2 if b else 1 for _, b in pairs]
        return total + sum(sizes)

    trees = sum(math.comb(axes, k) * steps**k * tree(k) for k in range(axes + 1))
    return 4 * axes * steps - axes + 2 * trees + 2 * (steps + 1) ** axes


@pytest.mark.parametrize("axes", range(1, 12))
def test_shared_units_never_cost_parameters(axes: int) -> None:
    for steps in (1, 2, 9):
        assert count_interpolant(axes, steps) <= separate_hats(axes, steps)
        assert (count_interpolant(axes, steps) < separate_hats(axes, steps)) == (axes > 1)
    nodes = list(product(range(2), repeat=min(axes, 8)))
    assert count_interpolant(min(axes, 8), 1) == count_hats(nodes) + len(nodes)


def test_hats_need_two_nodes() -> None:
    for nodes in ([], [[]], [[1, 2]], [[1, 2], [1, 2]]):
        with pytest.raises(UsageError, match="two different nodes"):
            hat_layers(nodes, 2)


# The paper's route ---------------------------------------------------------------------


@pytest.mark.theorem("robust-classifier-on-manifold-as-printed", claims=["robust_error", "parameters", "strict_error"])
@pytest.mark.parametrize("k", [1, 2])
def test_interpolation_is_right_around_both_classes(k: int) -> None:
    eps, radius = Fraction(1, 4), Fraction(1, 8)
    manifold = AxisPlane(k, 3)
    classes = separated_classes(cover_with_pieces(manifold, 8), eps / 2, seed=3)
    route = plan_route(classes, eps / 2, radius / 2, range(k))
    network = classify_by_projected_interpolation(route, manifold.dim)
    assert network.size.nonzero == count_projected_interpolation(route)
    assert Fraction(1, route.pieces) < (eps - radius) / 2
    for patch, label in zip(classes.patches, classes.labels, strict=True):
        for signs in product((-1, 0, 1), repeat=3):
            corner = [
                (high if s > 0 else low) + s * radius / 2
                for low, high, s in zip(patch.lower, patch.upper, signs, strict=True)
            ]
            assert label * network(corner)[0] > 0
    # At a node the network has the value of the distance classifier.
    place = len(route.values) // 2
    node = [Fraction(int(n), route.pieces) for n in route.nodes[place]]
    assert network([*node, *[HALF] * (3 - k)])[0] == route.values[place]


def test_a_route_needs_two_classes_and_few_nodes() -> None:
    cover = LabelledCover(segment_classes(Fraction(0), Fraction(0)).patches, (1, 1))
    with pytest.raises(AssumptionViolated, match="two classes"):
        plan_route(cover, "1/4", "1/8", [0])
    with pytest.raises(AssumptionViolated, match="radius"):
        plan_route(segment_classes(Fraction(0), Fraction(0)), "1/4", "1/4", [0])


# Cones ---------------------------------------------------------------------------------


@pytest.mark.theorem("manifold-approximation", claims=["accuracy", "parameters"])
@pytest.mark.parametrize("spec", ["axis-plane:k=1,d=1", "axis-plane:k=2,d=2", "torus:k=1", "sphere:k=2"])
def test_cones_are_as_close_as_the_cover_is_fine(spec: str) -> None:
    manifold = load_manifold(spec)
    cover = cover_with_pieces(manifold, 4)
    slope = Fraction(3)

    def g(x: tuple[Fraction, ...]) -> Fraction:
        return slope * max(abs(value - Fraction(i + 1, 5)) for i, value in enumerate(x))

    network = approximate_by_cones(cover, [g(patch.centre) for patch in cover.patches], slope)
    bound = slope * (manifold.dim + 1) * cover.radius / 2
    assert network.size.nonzero <= count_cones(len(cover.patches), manifold.dim)
    for patch in cover.patches:
        assert network(patch.centre)[0] == g(patch.centre) + bound
        for signs in product((-1, 0, 1), repeat=manifold.dim):
            x = tuple(a + s * patch.radius for a, s in zip(patch.centre, signs, strict=True))
            assert abs(network(x)[0] - g(x)) <= bound


def test_cones_need_a_value_per_centre() -> None:
    cover = cover_with_pieces(AxisPlane(1, 1), 2)
    for values, slope in (([0], 1), ([0, 0], 0)):
        with pytest.raises(AssumptionViolated, match="values"):
            approximate_by_cones(cover, values, slope)
    single = Cover(cover.patches[:1])
    assert approximate_by_cones(single, ["1/3"], 1).size.nonzero <= count_cones(1, 1)


def test_a_penalty_needs_a_hidden_layer() -> None:
    with pytest.raises(UsageError, match="two maps"):
        add_penalty_off_centre(ReluNetwork([AffineMap([[1]], [0])]), 0, Fraction(1))
