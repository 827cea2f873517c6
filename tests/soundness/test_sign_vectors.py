"""Sign vectors of networks that exist never exceed the counts, and built networks exceed every certified size."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from constructions import LabelledPoints
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.memorizers.catalog import bump_bound, literal_bound
from constructions.network.relu_network import ReluNetwork
from verify.capacity.sign_patterns import (
    layer_patterns,
    most_units,
    possible_parameters,
    precision_patterns,
    region_patterns,
)
from verify.capacity.size_bound import certified_size_bound

Support = tuple[tuple[int, int], ...]  # (source, target): the constant, the inputs, the units; the units, the output
SMALL = (-2, -1, 1, 2)


# All networks of a size, in exact integers ---------------------------------------------------


@cache
def _places(units: int, dim: int) -> Support:
    """Return every place for a parameter: sources come before their targets."""
    return tuple((source, target) for target in range(units + 1) for source in range(1 + dim + target))


def _supports(units: int, dim: int, size: int) -> Iterator[Support]:
    return itertools.combinations(_places(units, dim), size)


def _depth(support: Support, units: int, dim: int) -> int:
    """Return the affine maps on the longest path to the output."""
    level = [1] * (units + 1)
    for source, target in support:
        if source > dim:
            level[target] = max(level[target], 1 + level[source - dim - 1])
    return level[units]


def _sign_vectors(support: Support, units: int, weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the points with a positive output, as one bit mask per row of weights."""
    count, dim = points.shape
    values = [np.ones((1, count), dtype=np.int64), *(points[None, :, axis] for axis in range(dim))]
    outputs = np.zeros((len(weights), count), dtype=np.int64)
    for target in range(units + 1):
        outputs = np.zeros((len(weights), count), dtype=np.int64)
        for column, (source, at) in enumerate(support):
            if at == target:
                outputs += weights[:, column, None] * values[source]
        values.append(np.maximum(outputs, 0))
    return np.asarray((outputs > 0) @ (np.int64(1) << np.arange(count, dtype=np.int64)))


def _all_weights(alphabet: Sequence[int], size: int) -> np.ndarray:
    return np.array(list(itertools.product(alphabet, repeat=size)), dtype=np.int64)


def _realized(units: Sequence[int], dim: int, size: int, alphabet: Sequence[int], points: np.ndarray) -> set[int]:
    """Return the sign vectors of all networks with exactly so many parameters from an alphabet."""
    weights = _all_weights(alphabet, size)
    seen: set[int] = set()
    for hidden in units:
        for support in _supports(hidden, dim, size):
            seen.update(np.unique(_sign_vectors(support, hidden, weights, points)).tolist())
    return seen


def _points(count: int, dim: int, seed: str) -> np.ndarray:
    stream = random.Random(seed)
    return np.array([[stream.randint(-9, 9) for _ in range(dim)] for _ in range(count)], dtype=np.int64)


# Random networks -----------------------------------------------------------------------------

# Parameters, dimension, points, architectures drawn; every one with 2,500 draws of its weights.
DRAWN = [
    (1, 1, 10, 2), (1, 3, 30, 4), (2, 1, 10, 10), (2, 2, 60, 30), (3, 1, 60, 40), (3, 2, 10, 40), (3, 3, 40, 40),
    (4, 1, 60, 50), (4, 3, 10, 50), (5, 1, 60, 60), (5, 2, 10, 60), (6, 1, 10, 60), (6, 2, 60, 60), (6, 3, 10, 60),
]  # fmt: skip
DRAWS = 2500


def test_a_million_networks_are_drawn() -> None:
    assert sum(architectures for *_, architectures in DRAWN) * DRAWS >= 10**6


@pytest.mark.parametrize(("size", "dim", "count", "architectures"), DRAWN)
def test_random_networks_never_exceed_the_counts(size: int, dim: int, count: int, architectures: int) -> None:
    stream, draw = random.Random(f"{size} {dim} {count}"), np.random.default_rng([size, dim, count])
    points = _points(count, dim, f"points {dim} {count}")
    by_depth: dict[int, set[int]] = defaultdict(set)
    for _ in range(architectures):
        units = stream.randint(0, size - 1)
        support = tuple(sorted(stream.sample(_places(units, dim), min(size, possible_parameters(units, dim)))))
        spread = stream.choice((1, 3, 20))
        weights = draw.integers(-spread, spread + 1, size=(DRAWS, size), dtype=np.int64)
        seen = set(np.unique(_sign_vectors(support, units, weights, points)).tolist())
        free = max(1, size - units)
        polynomials = 2 * Fraction(2719, 1000) * count * (2 ** (units + 1) - 1) * (units + 1)
        assert len(seen) <= 2 ** (units + 1) * max(1, polynomials / free) ** free + 1
        by_depth[_depth(support, units, dim)] |= seen
    reached: set[int] = set()
    for depth in range(1, size + 1):
        reached |= by_depth[depth]
        assert len(reached) <= region_patterns(size, dim, count, depth)
        assert len(reached) <= layer_patterns(size, dim, count, depth)
    assert 2 <= len(reached) <= region_patterns(size, dim, count)


# Every small network -------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_one_parameter_of_two_values_meets_its_count(dim: int) -> None:
    # Constants and coordinates, each of either sign: nothing is counted too much.
    points = _points(10, dim, "generic")
    seen = _realized([0], dim, 1, (-1, 2), points)
    assert 0 in seen  # as the zero network
    assert len(seen) == precision_patterns(1, dim, 1) == 2 * (dim + 1)


@pytest.mark.parametrize("alphabet", list(itertools.combinations(SMALL, 2)), ids=str)
@pytest.mark.parametrize("dim", [1, 2])
def test_two_values_give_no_more_networks_than_counted(alphabet: tuple[int, int], dim: int) -> None:
    points, seen = _points(10, dim, f"two values {dim}"), {0}
    for size in (1, 2, 3):
        seen |= _realized(range(size), dim, size, alphabet, points)
        assert len(seen) <= precision_patterns(size, dim, 1)


@pytest.mark.parametrize(("dim", "largest"), [(1, 4), (2, 3), (3, 3)])
def test_all_networks_of_four_values_never_exceed_the_counts(dim: int, largest: int) -> None:
    points = _points(12, dim, f"four values {dim}")
    by_depth: dict[int, set[int]] = defaultdict(set)
    for size in range(1, largest + 1):
        weights = _all_weights(SMALL, size)
        for units in range(size):
            assert len(_places(units, dim)) == possible_parameters(units, dim)
            for support in _supports(units, dim, size):
                found = np.unique(_sign_vectors(support, units, weights, points)).tolist()
                by_depth[_depth(support, units, dim)].update(found)
        reached = {0}
        for depth in range(1, size + 1):
            reached |= by_depth[depth]
            assert len(reached) <= min(
                region_patterns(size, dim, 12, depth), layer_patterns(size, dim, 12, depth), 2**12
            )
        assert len(reached) <= region_patterns(size, dim, 12)
        assert len(reached) <= precision_patterns(size, dim, 2)
    assert len(reached) >= 30


def test_the_normal_form_reaches_what_more_units_reach() -> None:
    # Four parameters on a line need two hidden units; the weights that replace others are their products.
    points = np.arange(-4, 6, dtype=np.int64)[:, None]
    assert most_units(4, 1) == 2
    more = _realized([3], 1, 4, SMALL, points)
    fewer = {0}
    for size in (1, 2, 3, 4):
        fewer |= _realized(range(min(size, 3)), 1, size, (-8, -4, -3, -2, -1, 1, 2, 3, 4, 8), points)
    assert more <= fewer and len(more) > 20


# Networks that are built, against sizes that are too small -----------------------------------

GRIDS = [
    (steps, axes)
    for steps, axes in itertools.product((1, 2, 3, 4, 7, 16, 63), (1, 2, 3, 4, 6, 9, 14))
    if (steps + 1) ** axes <= 2**30
]


def _certified(balls: GridBalls, depth: int | None = None, bits: int | None = None) -> int:
    return max(
        certified_size_bound(balls.count, dim, 0, depth, bits, mode="enclosure").size
        for dim in (balls.axes, balls.axes + 1)
    )


@pytest.mark.parametrize(("steps", "axes"), GRIDS)
def test_every_construction_for_all_labellings_exceeds_the_certified_size(steps: int, axes: int) -> None:
    balls = GridBalls.of(axes + 1, axes, steps, Fraction(1, 4 * steps))
    m, dim = balls.count, axes + 1
    certified = _certified(balls)
    # Bumps around the smaller class, at worst half of the points; literals at worst over the sizes of the classes.
    assert certified < m // 2 * (6 * dim + 2) + 1
    halves = {m // 2, min(m // 2, 2 * dim), max(1, m // 2 - 2 * dim)}
    assert certified < max(k * (3 * min(2 * dim, m - k) + 2) + 1 for k in halves if k)
    root = math.isqrt(m)
    lengths = {BlockTable.smallest(m).length, *range(1, min(m, 40) + 1), root, 4 * root + 1, m}
    for length in sorted(lengths):
        table = BlockTable.with_length(m, length)
        assert certified < count_bit_extraction(balls, table)
    # Fixed depth and fixed values of the weights: at most the best table within them.
    for length in (1, 2, 3, 8, BlockTable.smallest(m).length):
        count = count_bit_extraction(balls, BlockTable.with_length(m, length))
        assert _certified(balls, depth=length + 6) < count
        values = 2 ** (length + 3) + 4 * (m // length + 1) + 4 * steps + 4 * axes + 20
        assert _certified(balls, bits=(values - 1).bit_length()) < count


def _parameters(network: ReluNetwork) -> set[Fraction]:
    return {
        Fraction(value)
        for affine in network.maps
        for row, bias in zip(affine.weight, affine.bias, strict=True)
        for value in (*row, bias)
        if value
    }


@pytest.mark.parametrize(("steps", "axes", "length"), [(1, 4, 3), (2, 2, 2), (3, 2, 4), (1, 5, 8), (2, 3, 1)])
def test_the_assumed_depth_size_and_values_are_those_of_the_network(steps: int, axes: int, length: int) -> None:
    balls = GridBalls.of(axes + 1, axes, steps, Fraction(1, 8 * steps))
    table, stream = BlockTable.with_length(balls.count, length), random.Random(f"{steps} {axes} {length}")
    values: set[Fraction] = set()
    sizes = []
    alternating = [(-1) ** place for place in range(balls.count)]
    for labels in [alternating, *([stream.choice((-1, 1)) for _ in alternating] for _ in range(40))]:
        network = classify_grid_by_bit_extraction(labels, balls, table)
        assert network.size.depth <= length + 6
        sizes.append(network.size.nonzero)
        values |= _parameters(network)
    assert max(sizes) <= count_bit_extraction(balls, table)
    assert max(sizes) == count_bit_extraction(balls, table) or length == 1  # two biases are 0 there
    assert len(values) <= 2 ** (length + 3) + 4 * table.blocks + 4 * steps + 4 * axes + 20


@pytest.mark.parametrize(("steps", "axes"), [(1, 3), (3, 2), (2, 3), (15, 1)])
def test_the_worst_labelling_of_the_memorizers_is_a_balanced_one(steps: int, axes: int) -> None:
    grid = list(itertools.product(range(steps + 1), repeat=axes))
    dim, m = axes + 1, len(grid)
    certified = certified_size_bound(m, dim).size
    bumps, literals = [], []
    for positive in range(1, m):
        labels = [1 if place < positive else -1 for place in range(m)]
        points = [
            [*(Fraction(i, steps) for i in index), Fraction(1, 2) + Fraction(label, 8 * steps)]
            for index, label in zip(grid, labels, strict=True)
        ]
        data = LabelledPoints.of(points, labels)
        bumps.append(bump_bound(data))
        literals.append(literal_bound(data))
    assert max(bumps) == m // 2 * (6 * dim + 2) + 1 > certified
    assert max(literals) == max(k * (3 * min(2 * dim, m - k) + 2) + 1 for k in range(1, m // 2 + 1)) > certified
