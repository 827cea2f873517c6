"""Every broken twin of a cover, a chart, a partition or a packing is refuted; the genuine one is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from z3 import If, Real, RealVal, Solver, sat

from constructions import AffineMap, AssumptionViolated, ReluNetwork
from constructions.data.manifold import Cover
from constructions.data.partition import Partition, Slab
from constructions.errors import BudgetExceeded, UsageError
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.planes import AxisPlane
from verify.claims.cover_claims import cover_is_complete
from verify.claims.partition_claims import is_nonnegative, partition_values, sums_to_one, vanishes_outside_charts
from verify.claims.simplex_claims import right_on_simplices
from verify.simplicial import values_on_grid
from verify.testing.broken_manifolds import MANIFOLD_TWINS, ManifoldTwin

UNIT = tuple(Fraction(n, 4) for n in range(5))


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["cover", "cover_radius", "offset", "robust_error"])
@pytest.mark.theorem("atlas", claims=["inverse"])
@pytest.mark.theorem("partition-of-unity", claims=["sum", "support"])
@pytest.mark.theorem("hard-manifold-sets", claims=["packing", "on_manifold"])
@pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in MANIFOLD_TWINS])
def test_a_broken_twin_is_refuted_and_the_genuine_one_is_not(twin: ManifoldTwin) -> None:
    wrong, right = twin.broken(), twin.genuine()
    assert wrong.status == "violated" and wrong.witness is not None and right.status == "holds"


def test_a_cover_without_any_patch_of_a_chart_is_refuted() -> None:
    plane = AxisPlane(1, 1)
    cover = cover_with_pieces(plane, 4)
    assert cover_is_complete(plane, Cover(cover.patches[:1])).status == "violated"
    assert cover_is_complete(plane, Cover((*cover.patches, cover.patches[0]))).status == "holds"


# Affine on simplices -------------------------------------------------------------------


def bent_inside(network: ReluNetwork, axes: tuple[tuple[Fraction, ...], ...]) -> bool:
    """Tell by brute force whether the network misses its interpolation on some simplex."""
    for corner in product(*(range(len(ends) - 1) for ends in axes)):
        for order in permutations(range(len(axes))):
            places, chain = list(corner), [tuple(corner)]
            for axis in order:
                places[axis] += 1
                chain.append(tuple(places))
            vertices = [[ends[i] for ends, i in zip(axes, place, strict=True)] for place in chain]
            values = [network(vertex)[0] for vertex in vertices]
            for weights in product(range(4), repeat=len(vertices)):
                if total := sum(weights):
                    point = [
                        sum((Fraction(w) * v[j] for w, v in zip(weights, vertices, strict=True)), Fraction(0)) / total
                        for j in range(len(axes))
                    ]
                    mixed = sum((w * value for w, value in zip(weights, values, strict=True)), Fraction(0)) / total
                    if network(point)[0] != mixed:
                        return True
    return False


def test_what_is_called_affine_is_affine() -> None:
    random, unbent = np.random.RandomState(5), 0
    for _ in range(40):
        first = AffineMap(
            random.randint(-1, 2, (3, 2)).tolist(), [Fraction(int(n), 2) for n in random.randint(-2, 3, 3)]
        )
        network = ReluNetwork([first, AffineMap(random.randint(-2, 3, (1, 3)).tolist(), [1])])
        found = values_on_grid(network, (UNIT[::2], UNIT[::2]))
        assert found.value(4, 0) == network(found.vertex(4))[0]
        if found.bent is None:
            unbent += 1
            assert not bent_inside(network, (UNIT[::2], UNIT[::2]))
    assert unbent >= 5


def test_slabs_of_a_grid_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random, bent = np.random.RandomState(6), 0
    rows = np.concatenate([np.zeros((1, 3), int), np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    axes = (UNIT, UNIT[::2], (Fraction(0), Fraction(1, 3), Fraction(2)))
    for _ in range(30):
        first = AffineMap(
            rows[random.randint(0, 7, 4)].tolist(), [Fraction(int(n), 2) for n in random.randint(-2, 3, 4)]
        )
        network = ReluNetwork([first, AffineMap(random.randint(-2, 3, (2, 4)).tolist(), [1, 0])])
        whole = values_on_grid(network, axes)
        with monkeypatch.context() as patch:
            patch.setattr("verify.simplicial._BLOCK_ENTRIES", 1)
            slabs = values_on_grid(network, axes)
        assert slabs.scale == whole.scale and (slabs.numerators == whole.numerators).all()
        assert (slabs.bent is None) == (whole.bent is None)
        bent += whole.bent is not None
        for index in range(0, 45, 7):
            assert tuple(whole.value(index, k) for k in (0, 1)) == network(whole.vertex(index))
    assert 5 <= bent <= 25
    with pytest.raises(UsageError, match="two breakpoints"):
        values_on_grid(network, (UNIT, UNIT[:1], UNIT))


def test_a_bend_inside_a_simplex_is_seen() -> None:
    network = ReluNetwork([AffineMap([[1]], ["-1/8"]), AffineMap([[1]], [0])])
    found = values_on_grid(network, (UNIT,))
    assert found.bent == ((Fraction(0),), (Fraction(1, 4),)) and bent_inside(network, (UNIT,))
    assert values_on_grid(network, ((Fraction(0), Fraction(1, 8), Fraction(1)),)).bent is None


def test_a_partition_that_is_right_at_vertices_only_is_not_called_right() -> None:
    # 1 - relu(1 - 8u) + relu(u) - relu(u) is 1 at 1/4 and 1/2, and bends at 1/8.
    tooth = ReluNetwork([AffineMap([[8], [8], [8]], [0, -1, -2]), AffineMap([[1, -2, 1]], [1])])
    partition = Partition(tooth, (UNIT,), (Slab(0, 0, Fraction(0), Fraction(1, 4)),), 1, "u", False)
    values = partition_values(partition)
    assert tooth(["1/8"]) == (2,) and [tooth([u])[0] for u in UNIT] == [1] * 5
    assert sums_to_one(values).status == is_nonnegative(values).status == "unknown"
    assert vanishes_outside_charts(partition, values).status == "violated"
    with pytest.raises(ValueError, match="breakpoints"):
        vanishes_outside_charts(replace(partition, slabs=(Slab(0, 0, Fraction(0), Fraction(1, 3)),)), values)
    negative = replace(partition, network=ReluNetwork([AffineMap([[-1]], [0])]))
    assert is_nonnegative(partition_values(negative)).status == "violated"


def test_z3_finds_no_point_where_the_hats_miss_one() -> None:
    from constructions.manifolds.partitions import partition_of_unity

    network = partition_of_unity(AxisPlane(2, 2), 1).network
    inputs = [Real("u"), Real("v")]
    values: list[object] = list(inputs)
    for place, affine in enumerate(network.maps):
        if place:
            values = [If(value > 0, value, RealVal(0)) for value in values]
        values = [
            sum((RealVal(str(w)) * value for w, value in zip(row, values, strict=True) if w), RealVal(str(bias)))
            for row, bias in zip(affine.weight, affine.bias, strict=True)
        ]
    solver = Solver()
    for u in inputs:
        solver.add(u >= 0, u <= 1)
    solver.push()
    solver.add(sum(values) != 1)
    assert solver.check() != sat
    solver.pop()
    solver.add(values[0] * 2 == 1)
    assert solver.check() == sat


def test_a_grid_that_is_too_large_is_refused() -> None:
    wide = ReluNetwork([AffineMap.from_coo([], [], [], (2**14, 2), [0] * 2**14), AffineMap([[0] * 2**14], [0])])
    ends = tuple(Fraction(n, 512) for n in range(513))
    with pytest.raises(BudgetExceeded, match="vertices"):
        values_on_grid(wide, (ends, ends))


def test_a_wrong_network_is_never_called_right_on_simplices() -> None:
    from constructions.classifiers.distance_interpolation import classify_by_projected_interpolation, plan_route
    from constructions.manifolds.separated_classes import separated_classes

    eps, radius = Fraction(1, 8), Fraction(1, 16)
    classes = separated_classes(cover_with_pieces(AxisPlane(1, 2), 16), eps)
    route = plan_route(classes, eps, radius, [0])
    right = classify_by_projected_interpolation(route, 2)
    assert right_on_simplices(right, classes, radius, [0], route.breakpoints).status == "holds"
    negated = classify_by_projected_interpolation(replace(route, values=tuple(-v for v in route.values)), 2)
    assert right_on_simplices(negated, classes, radius, [0], route.breakpoints).status == "unknown"
    for place in range(len(route.values)):
        flipped = replace(route, values=tuple(-v if i == place else v for i, v in enumerate(route.values)))
        network = classify_by_projected_interpolation(flipped, 2)
        if right_on_simplices(network, classes, radius, [0], route.breakpoints).status == "holds":
            for patch, label in zip(classes.patches, classes.labels, strict=True):
                for step in range(9):
                    low, high = patch.lower[0] - radius, patch.upper[0] + radius
                    assert label * network([low + (high - low) * Fraction(step, 8), 0])[0] > 0
    with pytest.raises(ValueError, match="leaves the grid"):
        right_on_simplices(right, classes, Fraction(1), [0], route.breakpoints)
    with pytest.raises(AssumptionViolated, match="keeps coordinates"):
        classify_by_projected_interpolation(replace(route, columns=(2,)), 2)
