"""Hypothesis strategies for grids with labels, hard sets, and questions about sizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from constructions.classifiers.grid_index import GridBalls
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import hamming_ball

LabelledBalls = tuple[GridBalls, tuple[int, ...]]


def grid_balls(
    max_points: int = 36, max_axes: int = 3, max_free: int = 2, levels: int = 16
) -> SearchStrategy[GridBalls]:
    """Balls around the points of small grids, with coordinates the grid does not use.

    Args:
        max_points: most points of a grid, at least 2.
        max_axes: most axes.
        max_free: most coordinates beyond the axes.
        levels: the radius is ``k / levels`` of the largest, k below ``levels``.

    Raises:
        UsageError: a bound allows no grid.

    Example:
        >>> from hypothesis import find
        >>> find(grid_balls(), lambda balls: balls.steps == 2 and balls.radius > 0)
        GridBalls(dim=1, axes=1, steps=2, radius=Fraction(1, 64))
    """
    at_least("max_points", max_points, 2)
    at_least("max_axes", max_axes, 1)
    at_least("max_free", max_free, 0)
    at_least("levels", levels, 1)
    return _balls(min(max_axes, max_points.bit_length() - 1), max_points, max_free, levels)


def grid_labellings(
    balls: SearchStrategy[GridBalls] | None = None, both_classes: bool = False
) -> SearchStrategy[LabelledBalls]:
    """Pairs of grid balls and a label -1 or +1 per grid point, in the order of the index.

    Args:
        balls: ``grid_balls()`` by default.
        both_classes: both labels occur; otherwise all may be the same.
    """
    return _labelled(grid_balls() if balls is None else balls, both_classes)


def linearly_separable_grids(
    max_points: int = 27, max_axes: int = 3, levels: int = 8, both_classes: bool = True
) -> SearchStrategy[LinearlySeparableGrid]:
    """Hard linearly separable sets, with every number drawn: eps is rarely 1/(2q).

    Args:
        max_points: most points, at least 2.
        max_axes: most coordinates of the grid; the dimension is one more.
        levels: eps takes ``levels`` values for each number of steps; the radius is
            ``k / (levels + 1)`` of eps, the offset ``k / levels`` of the radius, k at least 1.
        both_classes: both labels occur; otherwise one may be missing.

    Raises:
        UsageError: a bound allows no set.
    """
    at_least("max_points", max_points, 2)
    at_least("max_axes", max_axes, 1)
    at_least("levels", levels, 1)
    return _separable(min(max_axes, max_points.bit_length() - 1), max_points, levels, both_classes)


def size_questions(max_points: int = 96, max_dim: int = 6) -> SearchStrategy[SizeQuestion]:
    """Questions about sizes that have an answer, with and without depth, precision and chance.

    Args:
        max_points: most points.
        max_dim: largest dimension.

    Raises:
        UsageError: a bound allows no question.
    """
    at_least("max_points", max_points, 1)
    at_least("max_dim", max_dim, 1)
    return _questions(max_points, max_dim)


def labelled_centres(balls: GridBalls, labels: Sequence[int], free: Sequence[Fraction] = ()) -> LabelledPoints:
    """Return the grid points in the order of the index.

    Args:
        balls: the grid.
        labels: one per grid point.
        free: the coordinates beyond the axes, zero by default.
    """
    rest = list(free) or [Fraction(0)] * (balls.dim - balls.axes)
    grid = GridIndices(balls.axes, balls.steps)
    rows = [[*(Fraction(i, balls.steps) for i in grid.digits(index)), *rest] for index in range(grid.size)]
    return LabelledPoints.of(rows, np.asarray(labels, dtype=np.int64))


def at_least(name: str, value: int, least: int) -> int:
    """Return a bound of a strategy.

    Raises:
        UsageError: it is too small.
    """
    if value < least:
        raise UsageError(f"{name} must be at least {least}, got {value}")
    return value


def _most_steps(points: int, axes: int) -> int:
    steps = 1
    while (steps + 2) ** axes <= points:
        steps += 1
    return steps


@st.composite
def _balls(draw: DrawFn, axes: int, points: int, free: int, levels: int) -> GridBalls:
    used = draw(st.integers(1, axes))
    steps = draw(st.integers(1, _most_steps(points, used)))
    share = Fraction(draw(st.integers(0, levels - 1)), levels)
    return GridBalls.of(used + draw(st.integers(0, free)), used, steps, share / (2 * steps))


@st.composite
def _labelled(draw: DrawFn, balls: SearchStrategy[GridBalls], both_classes: bool) -> LabelledBalls:
    drawn = draw(balls)
    return drawn, _signs(draw, drawn.count, both_classes)


def _signs(draw: DrawFn, count: int, both_classes: bool) -> tuple[int, ...]:
    """Draw all labels as the binary digits of one number."""
    least = int(both_classes)
    number = draw(st.integers(least, 2**count - 1 - least))
    return tuple(1 if number >> place & 1 else -1 for place in range(count))


@st.composite
def _separable(draw: DrawFn, axes: int, points: int, levels: int, both_classes: bool) -> LinearlySeparableGrid:
    used = draw(st.integers(1, axes))
    steps = draw(st.integers(1, _most_steps(points, used)))
    eps = 1 / (2 * (steps + Fraction(draw(st.integers(0, levels - 1)), levels)))
    radius = eps * draw(st.integers(1, levels)) / (levels + 1)
    offset = radius * draw(st.integers(1, levels)) / levels
    labels = _signs(draw, (steps + 1) ** used, both_classes)
    return LinearlySeparableGrid.of(used + 1, eps, radius, offset, labels)


@st.composite
def _questions(draw: DrawFn, points: int, dim: int) -> SizeQuestion:
    asked = SizeQuestion.of(
        draw(st.integers(1, points)),
        draw(st.integers(1, dim)),
        Fraction(draw(st.integers(0, 9)), 20),
        draw(st.none() | st.integers(1, 5)),
        draw(st.none() | st.integers(1, 16)),
    )
    # One sign vector must serve less than all labellings that may fail.
    most = (2**asked.points // hamming_ball(asked.points, asked.forgiven)).bit_length() - 1
    most -= 2**asked.points == hamming_ball(asked.points, asked.forgiven) << most
    rare = Fraction(1, 2 ** draw(st.integers(0, most)))
    return SizeQuestion.of(asked.points, asked.dim, asked.error, asked.depth, asked.weight_bits, rare)
