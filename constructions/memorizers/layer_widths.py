"""How wide the layers of every memorizer are, in closed form; from these follow the dense size and the depth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from constructions.memorizers.paper import tree_sizes

Widths = tuple[int, ...]


def dense_size(widths: Sequence[int]) -> int:
    """Return the weights and biases of fully connected layers, zero or not.

    Args:
        widths: inputs, hidden layers, outputs.

    Returns:
        The sum of ``(inputs + 1) * outputs`` over the layers.

    Example:
        >>> dense_size((2, 8, 2, 1))
        45
    """
    return sum((before + 1) * after for before, after in pairwise(widths))


def depth_of(widths: Sequence[int]) -> int:
    """Return the number of affine maps."""
    return len(widths) - 1


def constant_widths(dim: int) -> Widths:
    """Return the widths of the network for one class only."""
    return (dim, 1)


def bump_widths(dim: int, tests: int, bumps: int) -> Widths:
    """Return the widths of one test per unit, then the bumps: literals, cuts, faces of boxes, kinks."""
    return (dim, tests, bumps, 1)


def shared_square_widths(dim: int, levels: int, bumps: int) -> Widths:
    """Return the widths of a shared sum of squares: two units a coordinate, then three and a sum, then the total."""
    return (dim, 2 * dim, *(3 * dim + 1,) * (levels - 1), dim + 1, bumps, 1)


def sawtooth_widths(dim: int, levels: int, bumps: int) -> Widths:
    """Return the widths of a sum of squares per bump, by teeth."""
    return (dim, 2 * dim * bumps, 2 * dim * bumps, *((2 * dim + 1) * bumps,) * levels, bumps, 1)


def line_widths(dim: int, changes: int) -> Widths:
    """Return the widths of one place along a line, then two units per change of label."""
    return (dim, 1, 2 * changes, 1)


def papers_widths(dim: int, points: int) -> Widths:
    """Return the widths of the paper's route in linf: faces, a tree of maxima, trapezoids."""
    return (dim, 2 * dim * points, *(units * points for units, _ in tree_sizes(dim)), 2 * points, 1)


def papers_widths_in_l2(dim: int, levels: int, points: int) -> Widths:
    """Return the widths of the paper's route in l2: faces, squares, trapezoids."""
    return (dim, 2 * dim * points, *((2 * dim + 1) * points,) * levels, 2 * points, 1)
