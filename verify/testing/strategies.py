"""Hypothesis strategies for separated data, balls, networks, memorization instances and hard sets.

Everything is drawn as integers on a grid, a whole instance in one go, and what an
instance must satisfy is built into it: nothing is drawn and then thrown away. A request
that nothing can meet is refused when the strategy is made.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import UsageError
from constructions.exact.norms import NORMS, check_norm
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.testing.grid_strategies import (
    at_least,
    grid_balls,
    grid_labellings,
    linearly_separable_grids,
    size_questions,
)
from verify.testing.manifold_strategies import cover_instances, manifold_samples, manifolds
from verify.testing.set_strategies import separated_sets

__all__ = [
    "ROOT_BITS",
    "Instance",
    "cover_instances",
    "grid_balls",
    "grid_labellings",
    "half_separation",
    "linearly_separable_grids",
    "manifold_samples",
    "manifolds",
    "memorization_instances",
    "norm_balls",
    "relu_networks",
    "separated_points",
    "separated_sets",
    "size_questions",
]

Instance = tuple[LabelledPoints, Fraction]

ROOT_BITS = 20


def separated_points(
    max_points: int = 6,
    max_dim: int = 3,
    levels: int = 9,
    norm: str = "linf",
    both_classes: bool = True,
    *,
    min_points: int = 1,
    min_dim: int = 1,
    separation: Any = None,
) -> SearchStrategy[LabelledPoints]:
    """Points of a grid in the unit cube, labelled -1 and +1, opposite labels kept apart.

    Args:
        max_points: most points of one instance.
        max_dim: most coordinates.
        levels: values a coordinate can take, ``k / (levels - 1)``; at least 2.
        norm: in which ``separation`` is measured.
        both_classes: both labels occur; otherwise one label may be missing.
        min_points: fewest points (2 at least are drawn where both labels occur).
        min_dim: fewest coordinates.
        separation: smallest distance between points of different labels; by default they
            only differ.

    Raises:
        UsageError: no such points exist, or an unknown norm.
        InexactInput: the separation is a float.

    Example:
        >>> from hypothesis import find
        >>> find(separated_points(separation="1/2"), lambda data: data.dim == 2).points
        ((Fraction(0, 1), Fraction(0, 1)), (Fraction(1, 2), Fraction(0, 1)))
    """
    grid = _Grid(at_least("levels", levels, 2) - 1, check_norm(norm), separation)
    at_least("min_points", min_points, 1)
    at_least("min_dim", min_dim, 1)
    at_least("max_dim", max_dim, min_dim)
    at_least("max_points", max_points, max(min_points, 2) if both_classes else min_points)
    lowest = max(min_dim, grid.least_dim) if both_classes else min_dim
    if lowest > max_dim:
        raise UsageError(f"no two points of the unit cube in dimension {max_dim} are {separation} apart in {norm}")
    return _labelled_points(grid, (min_points, max_points), (lowest, max_dim), both_classes)


def norm_balls(norm: str | None = "linf", max_radius: Any = 1, levels: int = 9) -> SearchStrategy[NormBall]:
    """Closed balls with radii ``max_radius * k / (levels - 1)``, zero included.

    Args:
        norm: of every ball; ``None`` draws one of the three.
        max_radius: largest radius.
        levels: how many radii there are.

    Raises:
        UsageError: the norm is unknown, the largest radius negative, or there is no radius.
        InexactInput: the largest radius is a float.
    """
    norms = NORMS if norm is None else (check_norm(norm),)
    largest = exact_fraction(max_radius, "max_radius")
    if largest < 0:
        raise UsageError(f"max_radius must be at least 0, got {largest}")
    steps = at_least("levels", levels, 2) - 1
    return st.builds(lambda name, k: NormBall(name, largest * k / steps), st.sampled_from(norms), st.integers(0, steps))


def relu_networks(
    max_inputs: int = 3,
    max_units: int = 6,
    max_depth: int = 3,
    weights: Literal["dyadic", "rational"] = "dyadic",
    *,
    inputs: int | None = None,
    outputs: int = 1,
    largest: int = 16,
) -> SearchStrategy[ReluNetwork]:
    """Small ReLU networks with exact weights, many of them zero.

    Args:
        max_inputs: most input coordinates.
        max_units: most hidden units of all layers together.
        max_depth: most affine maps.
        weights: ``"dyadic"`` for ``k / 2**j`` with j at most 3, which every float type
            holds; ``"rational"`` for ``k / q`` with q at most 12.
        inputs: the number of inputs, where it must be a given one.
        outputs: number of outputs.
        largest: most that ``k`` can be in size.

    Raises:
        UsageError: a bound allows no network, or an unknown kind of weights.
    """
    denominators = {"dyadic": (1, 2, 4, 8), "rational": tuple(range(1, 13))}.get(weights)
    if denominators is None:
        raise UsageError(f"weights are dyadic or rational, not {weights!r}")
    widest = at_least("max_inputs" if inputs is None else "inputs", max_inputs if inputs is None else inputs, 1)
    at_least("max_units", max_units, 0)
    at_least("outputs", outputs, 1)
    at_least("largest", largest, 0)
    hidden = min(at_least("max_depth", max_depth, 1) - 1, max_units)
    return _networks((1 if inputs is None else inputs, widest), hidden, max_units, outputs, denominators, largest)


def memorization_instances(
    norm: str = "linf",
    max_points: int = 6,
    max_dim: int = 3,
    levels: int = 9,
    both_classes: bool = True,
    *,
    min_points: int = 1,
    min_dim: int = 1,
    ratios: int = 16,
) -> SearchStrategy[Instance]:
    """Training sets with a radius below half their separation: what Theorem 2.2 assumes.

    Args:
        norm: of the perturbations.
        max_points: most points.
        max_dim: most coordinates.
        levels: values a coordinate can take.
        both_classes: both labels occur; otherwise one label may be missing, and the
            radius is then any number below 1.
        min_points: fewest points.
        min_dim: fewest coordinates.
        ratios: the radius is ``k / ratios`` of half the separation, k below ``ratios``
            (in l2 of a rational just below it).

    Returns:
        A strategy for pairs (data, radius) with ``0 <= radius < separation / 2``.

    Raises:
        UsageError: no such instance exists, or an unknown norm.
    """
    points = separated_points(max_points, max_dim, levels, norm, both_classes, min_points=min_points, min_dim=min_dim)
    at_least("ratios", ratios, 1)
    return _with_radius(points, norm, ratios)


def half_separation(data: LabelledPoints, norm: str) -> Fraction | None:
    """Return half the smallest distance between opposite labels; ``None`` with one class.

    In l2, where it is irrational in general, a rational just below it.
    """
    if norm != "l2":
        separation = data.separation(norm)
        return None if separation is None else separation / 2
    square = data.separation_squared()
    if square is None:
        return None
    unit = data.scale << ROOT_BITS
    return Fraction(math.isqrt(int(square * unit * unit)), 2 * unit)


class _Grid:
    """The integers ``0..top`` on every axis, and how far apart opposite labels must be."""

    def __init__(self, top: int, norm: str, separation: Any) -> None:
        least = Fraction(1, top) if separation is None else exact_fraction(separation, "separation")
        if least <= 0:
            raise UsageError(f"separation must be positive, got {least}")
        self.top, self.norm = top, norm
        self.power = 2 if norm == "l2" else 1
        # Distances between grid points are integers (in l2 their squares are).
        self.least = math.ceil((least * top) ** self.power)
        full = top**self.power
        self.least_dim = 1 if self.least <= full else -(-self.least // full)
        if norm == "linf" and self.least > full:
            raise UsageError(f"no two points of the unit cube are {separation} apart in linf")

    def too_close(self, point: list[int], other: list[int]) -> bool:
        """Return whether points of different labels could not be these two."""
        steps = [abs(x - y) for x, y in zip(point, other, strict=True)]
        length = max(steps) if self.norm == "linf" else sum(step**self.power for step in steps)
        return length < self.least

    def steps_needed(self, dim: int, axis: int, found: int) -> int:
        """Return the fewest steps along an axis, given what the axes before it add up to."""
        if self.norm == "linf":
            return self.least if axis == 0 else 0
        missing = max(0, self.least - found - (dim - 1 - axis) * self.top**self.power)
        return missing if self.power == 1 else math.isqrt(max(0, missing - 1)) + (missing > 0)


@st.composite
def _labelled_points(
    draw: DrawFn, grid: _Grid, count: tuple[int, int], dims: tuple[int, int], both_classes: bool
) -> LabelledPoints:
    dim = draw(st.integers(*dims))
    # Every row has the most coordinates and is cut: fewer dimensions leave the other draws alone.
    coordinates = [st.integers(0, grid.top)] * dims[1]
    rows, labels = _opposite_pair(draw, grid, dim, dims[1]) if both_classes else ([], [])
    fewest, most = max(0, count[0] - len(rows)), count[1] - len(rows)
    for plus, *row in draw(st.lists(st.tuples(st.booleans(), *coordinates), min_size=fewest, max_size=most)):
        _add(grid, rows, labels, list(row[:dim]), 1 if plus else -1)
    return LabelledPoints.of(np.array(rows, dtype=np.int64), labels, scale=grid.top)


def _opposite_pair(draw: DrawFn, grid: _Grid, dim: int, most: int) -> tuple[list[list[int]], list[int]]:
    """Draw two points far enough apart: one axis in l-infinity, all together in l1 and l2."""
    label, first = draw(st.sampled_from((-1, 1))), draw(st.integers(0, dim - 1))
    low, high = [0] * dim, [0] * dim
    found = 0
    for place in range(most):
        least = grid.steps_needed(dim, place, found) if place < dim else 0
        steps = draw(st.integers(least, grid.top))
        start, turned = draw(st.integers(0, grid.top - steps)), draw(st.booleans())
        if place < dim:
            axis = (first + place) % dim
            low[axis], high[axis] = (start + steps, start) if turned else (start, start + steps)
            found += steps**grid.power
    return [low, high], [label, -label]


def _add(grid: _Grid, rows: list[list[int]], labels: list[int], row: list[int], label: int) -> None:
    """Add a point: near one class it joins it, near both it moves onto its first neighbour."""
    near = [index for index, other in enumerate(rows) if grid.too_close(row, other)]
    if near:
        label = labels[near[0]]
        if any(labels[index] != label for index in near):
            row = rows[near[0]]
    rows.append(row)
    labels.append(label)


@st.composite
def _with_radius(draw: DrawFn, points: SearchStrategy[LabelledPoints], norm: str, ratios: int) -> Instance:
    data = draw(points)
    share = Fraction(draw(st.integers(0, ratios - 1)), ratios)
    half = half_separation(data, norm)
    return data, share * (1 if half is None else half)


@st.composite
def _networks(
    draw: DrawFn,
    inputs: tuple[int, int],
    hidden: int,
    max_units: int,
    outputs: int,
    denominators: tuple[int, ...],
    largest: int,
) -> ReluNetwork:
    entry = st.just(0) | st.integers(-largest, largest)
    widths, left = [draw(st.integers(*inputs))], max_units
    layers = draw(st.integers(0, hidden))
    for layer in range(layers):
        widths.append(draw(st.integers(1, left - (layers - 1 - layer))))
        left -= widths[-1]
    widths.append(outputs)
    maps = []
    for rows, columns in zip(widths[1:], widths[:-1], strict=True):
        size = rows * (columns + 1)
        entries = draw(st.lists(entry, min_size=size, max_size=size))
        table = np.array(entries, dtype=np.int64).reshape(rows, columns + 1)
        maps.append(_affine_map(table, draw(st.sampled_from(denominators))))
    return ReluNetwork(maps)


def _affine_map(table: np.ndarray, denominator: int) -> AffineMap:
    rows, columns = np.nonzero(table[:, :-1])
    values, shape = table[rows, columns], (table.shape[0], table.shape[1] - 1)
    return AffineMap.from_coo(rows, columns, values, shape, table[:, -1], denominator)
