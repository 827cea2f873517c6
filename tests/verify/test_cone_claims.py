"""The largest of cones against a tent: exact on boxes, against brute force and the complete method."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest

from constructions import AffineMap, ReluNetwork
from constructions.classifiers.lipschitz_envelope import approximate_by_cones
from constructions.data.manifold import Cell, Cover, Patch
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.planes import AxisPlane
from verify.claims.cone_claims import Cones, cones_of, largest_error
from verify.theorems.registry import check

HALF = Fraction(1, 2)


def patch(lower: list[Fraction], upper: list[Fraction]) -> Patch:
    centre = tuple((a + b) / 2 for a, b in zip(lower, upper, strict=True))
    return Patch(Cell(0, (), ()), tuple(lower), tuple(upper), centre, None)


def drawn(stream: random.Random, dim: int) -> tuple[ReluNetwork, tuple[Patch, ...]]:
    patches = []
    for _ in range(stream.randint(1, 5)):
        lower = [Fraction(stream.randint(-4, 8), 8) for _ in range(dim)]
        patches.append(patch(lower, [x + Fraction(stream.randint(0, 6), 8) for x in lower]))
    values = [Fraction(stream.randint(-8, 8), 8) for _ in patches]
    return approximate_by_cones(Cover(tuple(patches)), values, Fraction(stream.randint(1, 6), 2)), tuple(patches)


@pytest.mark.theorem("manifold-approximation", claims=["accuracy"])
@pytest.mark.parametrize("dim", [1, 2])
def test_the_bound_is_the_largest_error_of_one_cone_and_never_below_the_error(dim: int) -> None:
    stream, tight = random.Random(dim), 0
    for _ in range(60):
        network, patches = drawn(stream, dim)
        cones = cones_of(network)
        assert cones is not None and len(cones.heights) == len(patches)
        bound = largest_error(cones, patches, HALF)
        found = Fraction(0)
        for each in patches:
            # All kinks lie on this grid.
            axes = [
                [low + (high - low) * Fraction(i, 8) for i in range(9)] + [HALF] * (low <= HALF <= high)
                for low, high in zip(each.lower, each.upper, strict=True)
            ]
            for x in product(*axes):
                found = max(found, abs(network(x)[0] - abs(x[0] - HALF)))
        assert found <= bound
        tight += found == bound
    assert tight >= 15


def test_cones_are_read_from_the_weights_alone() -> None:
    cover = cover_with_pieces(AxisPlane(2, 2), 3)
    network = approximate_by_cones(cover, range(9), 2)
    found = cones_of(network)
    assert isinstance(found, Cones) and found.slope == 2
    centres = {tuple(Fraction(int(x), found.scale) for x in row) for row in found.centres}
    assert centres == {each.centre for each in cover.patches}
    lift = found.heights[0]
    assert [height - lift for height in found.heights] == list(range(9))


def test_a_network_with_one_weight_changed_is_no_largest_cone() -> None:
    network = approximate_by_cones(cover_with_pieces(AxisPlane(1, 1), 3), [0, 1, 2], 1)
    for place, affine in enumerate(network.maps):
        for row in range(len(affine.bias)):
            for column in range(len(affine.weight[row])):
                weight = [list(each) for each in affine.weight]
                weight[row][column] += Fraction(1, 3)
                maps = list(network.maps)
                maps[place] = AffineMap(weight, affine.bias)
                assert cones_of(ReluNetwork(maps)) is None, (place, row, column)
    assert cones_of(ReluNetwork([AffineMap([[1]], [0])])) is None
    assert cones_of(ReluNetwork([AffineMap([[1], [-1]], [0, 1]), AffineMap([[-1, -1]], [0])])) is None
    assert cones_of(ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 1]], [0])])) is None


@pytest.mark.theorem("manifold-approximation", claims=["accuracy", "cover_radius", "sandwich"])
@pytest.mark.parametrize("accuracy", ["1/16", "1/64"])
def test_fine_accuracies_are_decided(accuracy: str) -> None:
    report = check("manifold-approximation", manifold="torus:k=1", accuracy=accuracy)
    assert report.exit_code == 0 and report.claim("accuracy").method == "cones"
    assert Fraction(str(report.claim("accuracy").measured)) <= Fraction(accuracy)
