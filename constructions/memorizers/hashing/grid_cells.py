"""Grids on integer projections whose walls meet no ball and whose cells hold points of one label."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.integer_arrays import INT64_EXACT, integer_array, largest_magnitude
from constructions.exact.norms import dual_norm, length
from constructions.exact.square_roots import square_root_bounds
from constructions.memorizers.hashing.grid_shift import largest_gaps
from constructions.memorizers.instance import MemorizationInstance

_MOST_ROWS = 64
_QUARTERS = 24
_WORK = 10**8
_MOST_ORDERED = 4


@dataclass(frozen=True, slots=True)
class CellGrid:
    """A grid of cubes on some integer projections of the points.

    Coordinate j of x is ``unit * <directions[j], x> - origins[j]``, in steps. Over the ball of a
    point it stays in ``[m * side + 1, (m + 1) * side]``, m the number of a cell.

    Attributes:
        directions: integers, one row per coordinate.
        unit: a power of two times the scale of the data.
        origins: integers, one per coordinate.
        side: steps from one wall to the next.
        numbers: the cell of each point, shape (n, k), from 0 in every coordinate.
    """

    directions: tuple[tuple[int, ...], ...]
    unit: int
    origins: tuple[int, ...]
    side: int
    numbers: np.ndarray

    @property
    def cells(self) -> tuple[int, ...]:
        """Number of cells that each coordinate has."""
        return tuple(int(count) + 1 for count in self.numbers.max(axis=0))


@dataclass(frozen=True, slots=True)
class _Projections:
    """Integer images of the points along some directions, and half the lengths of the balls' images."""

    directions: list[tuple[int, ...]]
    places: np.ndarray
    reaches: list[Fraction]

    def columns(self, kept: list[int]) -> _Projections:
        return _Projections(
            [self.directions[column] for column in kept], self.places[:, kept], [self.reaches[i] for i in kept]
        )


def cell_grids(instance: MemorizationInstance, seed: int = 0) -> Iterator[CellGrid]:
    """Yield grids that serve, for each set of directions those of the largest cells first.

    The directions are the axes, then also seeded ones with entries -1, 0 and 1. For a radius of
    at most ``eps / (2 g n)``, with g = 1, sqrt d, d in l-infinity, l2 and l1, there is a grid on
    the axes.

    Args:
        instance: data, norm and radius, both labels present.
        seed: of the directions.

    Cost:
        O(k n log n) per side of cells, for k directions, at most 25 sides for each set.
    """
    for directions in _pools(instance.data, seed):
        images = _images(instance, directions)
        for side in _sides(instance, images.places.size):
            grid = _grid(instance, images, side)
            if grid is not None:
                yield grid


def guaranteed_side(instance: MemorizationInstance) -> int:
    """Return a side, in units of the points' grid, at which cells of the axes part all opposite points.

    Two points in a cell are less than the side apart along each axis.
    """
    apart = 2 * instance.eps * instance.data.scale
    if instance.norm == "l2":
        return max(1, math.isqrt(math.floor(apart * apart / instance.data.dim)))
    return max(1, math.floor(apart / (instance.data.dim if instance.norm == "l1" else 1)))


def _pools(data: LabelledPoints, seed: int) -> Iterator[list[tuple[int, ...]]]:
    axes = [tuple(int(i == axis) for i in range(data.dim)) for axis in range(data.dim)]
    yield axes
    stream = np.random.RandomState(seed % 2**32)
    drawn = stream.randint(-1, 2, size=(min(_MOST_ROWS, 4 * data.dim), data.dim))
    rows = [tuple(int(value) for value in row) for row in drawn if np.count_nonzero(row) > 1]
    if rows:
        yield axes + list(dict.fromkeys(rows))


def _images(instance: MemorizationInstance, directions: list[tuple[int, ...]]) -> _Projections:
    data = instance.data
    bound = largest_magnitude(data.numerators) * max(sum(map(abs, row)) for row in directions)
    kind = np.int64 if bound < INT64_EXACT // 4 else object
    places = data.numerators.astype(kind) @ np.array(directions, dtype=kind).T
    reaches = []
    for row in directions:
        size = length([Fraction(value) for value in row], dual_norm(instance.norm))
        if instance.norm == "l2":
            _, size = square_root_bounds(size, 20)
        reaches.append(instance.radius * data.scale * size)
    return _Projections(directions, places, reaches)


def _sides(instance: MemorizationInstance, entries: int) -> list[int]:
    """Return sides to try, the largest first, down to the guaranteed one; fewer of them for many points."""
    least = guaranteed_side(instance)
    count = max(1, min(_QUARTERS, _WORK // entries))
    above = {math.floor(least * 2 ** (quarter / 4)) for quarter in range(count + 1)}
    return sorted({least, *above}, reverse=True)


def _grid(instance: MemorizationInstance, images: _Projections, side: int) -> CellGrid | None:
    """Return the grid with cells of this side, ``None`` where balls meet walls or cells two labels."""
    starts, gaps = largest_gaps(images.places, side)
    kept = [i for i, gap in enumerate(gaps) if gap > 2 * images.reaches[i]]
    if not kept:
        return None
    rows = np.array([starts[i] for i in kept], dtype=images.places.dtype)
    numbers = (images.places[:, kept] - rows - 1) // side
    plus, minus = instance.data.indices(1), instance.data.indices(-1)
    if not _may_part(numbers, plus, minus):
        return None
    chosen = _parting_columns(numbers, plus, minus)
    if chosen is None:
        return None
    columns = [kept[i] for i in chosen]
    return _placed(instance, images.columns(columns), side, [(int(starts[i]), int(gaps[i])) for i in columns])


def _may_part(numbers: np.ndarray, plus: np.ndarray, minus: np.ndarray) -> bool:
    """Return False only if two opposite points share a cell; equal sums modulo 2^64 propose a pair."""
    if numbers.dtype == object:
        return True
    weights = np.random.RandomState(1).randint(0, INT64_EXACT - 1, size=numbers.shape[1], dtype=np.int64)
    sums = numbers @ weights
    _, above, below = np.intersect1d(sums[plus], sums[minus], return_indices=True)
    return above.size == 0 or bool((numbers[plus[above[0]]] != numbers[minus[below[0]]]).any())


def _parting_columns(numbers: np.ndarray, plus: np.ndarray, minus: np.ndarray) -> list[int] | None:
    """Return few columns that tell all opposite cells apart: each the one that parts most pairs left."""
    groups = np.zeros(len(numbers), dtype=np.int64)
    ranked = [np.unique(column, return_inverse=True)[1] for column in numbers.T]
    chosen: list[int] = []
    left = plus.size * minus.size
    while left:
        refined = [np.unique(groups * len(numbers) + column, return_inverse=True)[1] for column in ranked]
        together = [_pairs_together(groups, plus, minus) for groups in refined]
        best = int(np.argmin(together))
        if together[best] >= left:
            return None
        left, groups = together[best], refined[best]
        chosen.append(best)
    return chosen


def _pairs_together(groups: np.ndarray, plus: np.ndarray, minus: np.ndarray) -> int:
    """Return how many opposite pairs share a group."""
    size = int(groups.max()) + 1
    return int(np.bincount(groups[plus], minlength=size) @ np.bincount(groups[minus], minlength=size))


def _placed(instance: MemorizationInstance, images: _Projections, side: int, gaps: list[tuple[int, int]]) -> CellGrid:
    """Return the grid with a ramp of one step in every gap, for the coarsest power of two of steps."""
    # A judge may round the length of a ball's image up to a common denominator of points and radius.
    spare = Fraction(1, math.lcm(instance.data.scale, instance.radius.denominator))
    spare = spare if instance.norm == "l2" else Fraction(0)
    unit = 1
    while True:
        free = [
            (math.ceil(unit * (start + reach) + spare), math.floor(unit * (start + gap - reach) - spare))
            for (start, gap), reach in zip(gaps, images.reaches, strict=True)
        ]
        if all(begin + 1 <= end for begin, end in free):
            break
        unit *= 2
    steps = unit * side
    kind = images.places.dtype if steps * 4 + unit * 4 * largest_magnitude(images.places) < INT64_EXACT else object
    ramps = np.array([(begin + end - 1) // 2 for begin, end in free], dtype=kind)
    places = images.places.astype(kind) * unit - ramps
    numbers = (places - 1) // steps
    rests, lowest = places - numbers * steps, numbers.min(axis=0)
    for least, most, reach in zip(rests.min(axis=0), rests.max(axis=0), images.reaches, strict=True):
        assert int(least) - unit * reach - spare >= 1 and int(most) + unit * reach + spare <= steps
    origins = [int(ramp) + int(low) * steps for ramp, low in zip(ramps, lowest, strict=True)]
    return _ordered(
        CellGrid(
            tuple(images.directions), unit * instance.data.scale, tuple(origins), steps, integer_array(numbers - lowest)
        ),
        instance.data.label_array,
    )


def _ordered(grid: CellGrid, labels: np.ndarray) -> CellGrid:
    """Return the grid with its coordinates in the order of fewest changes of label."""
    axes = range(len(grid.directions))
    orders = [list(order) for order in itertools.permutations(axes)] if len(axes) <= _MOST_ORDERED else [list(axes)]
    best = min(orders, key=lambda order: _changes(grid.numbers[:, order], labels))
    return CellGrid(
        tuple(grid.directions[axis] for axis in best),
        grid.unit,
        tuple(grid.origins[axis] for axis in best),
        grid.side,
        grid.numbers[:, best],
    )


def _changes(numbers: np.ndarray, labels: np.ndarray) -> int:
    """Return how often the label changes when cells are sorted, the last coordinate first."""
    sorted_labels = labels[np.lexsort(numbers.T)]
    return int(np.count_nonzero(sorted_labels[1:] != sorted_labels[:-1]))
