"""Freudenthal's hat functions as a ReLU network: a partition of unity by minima and maxima."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.errors import UsageError
from constructions.memorizers.bump_layers import repeated
from constructions.network.affine_map import AffineMap

Value = tuple[int, ...]


def hat_layers(nodes: Sequence[Sequence[int]], pieces: int) -> list[AffineMap]:
    """Return maps that, with a ReLU after each, send u to the hat of every node.

    The hat of node v on the grid of spacing ``1/pieces`` is
    ``relu(1 - max(0, s_1, ..., s_p) - max(0, -s_1, ..., -s_p))`` with ``s = pieces u - v``. On
    each simplex of Freudenthal's triangulation it is affine, and 1 at its node, 0 at all others.
    Maxima of nonnegative numbers are taken in pairs, ``max(a, b) = a + relu(b - a)``.

    Args:
        nodes: integers, one row of p per node.
        pieces: positive integer.

    Returns:
        ``2 + ceil(log2 p)`` maps; the last has one output per node.

    Raises:
        UsageError: there is no node.

    Example:
        >>> from constructions.network.relu_network import ReluNetwork
        >>> maps = hat_layers([[0], [1], [2]], pieces=2)
        >>> hats = ReluNetwork([*maps, AffineMap([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0])])
        >>> [str(value) for value in hats(["3/8"])]
        ['1/4', '3/4', '0']
    """
    table = np.asarray(nodes, dtype=np.int64)
    if table.ndim != 2 or 0 in table.shape:
        raise UsageError(f"hats need nodes, and coordinates, got shape {table.shape}")
    count, axes = table.shape
    signs = np.tile(np.repeat(np.array([1, -1]), axes), count)
    columns = np.tile(np.arange(axes), 2 * count)
    bias = np.concatenate([-table, table], axis=1).reshape(-1)
    maps = [AffineMap.from_coo(np.arange(2 * axes * count), columns, signs * pieces, (2 * axes * count, axes), bias)]
    groups: list[list[Value]] = [[(axis,) for axis in range(axes)], [(axes + axis,) for axis in range(axes)]]
    width = 2 * axes
    while len(groups[0]) > 1:
        entries, groups, height = _halved(groups)
        maps.append(repeated(entries, (height, width), [Fraction(0)] * height, count))
        width = height
    last = [(0, column, Fraction(-1)) for group in groups for column in group[0]]
    maps.append(repeated(last, (1, width), [Fraction(1)], count))
    return maps


def count_hats(nodes: Sequence[Sequence[int]]) -> int:
    """Return the exact number of nonzero parameters of ``hat_layers``.

    Per node ``2p`` weights and two biases for every coordinate that is not 0, then for a
    group of c sums of w units ``3w`` for every pair and w for one left over, and the last row.
    """
    table = np.asarray(nodes, dtype=np.int64)
    count, axes = table.shape
    groups: list[list[Value]] = [[(axis,) for axis in range(axes)], [(axes + axis,) for axis in range(axes)]]
    each = 2 * axes
    while len(groups[0]) > 1:
        entries, groups, _ = _halved(groups)
        each += len(entries)
    each += sum(len(group[0]) for group in groups) + 1
    return count * each + 2 * int(np.count_nonzero(table))


def _halved(groups: list[list[Value]]) -> tuple[list[tuple[int, int, Fraction]], list[list[Value]], int]:
    """Return the entries of a map to the units of all pairs, and the maxima as sums of these."""
    entries: list[tuple[int, int, Fraction]] = []
    found: list[list[Value]] = []
    unit = 0
    for group in groups:
        maxima: list[Value] = []
        for place in range(0, len(group), 2):
            first = group[place]
            entries += [(unit, column, Fraction(1)) for column in first]
            if place + 1 < len(group):
                entries += [(unit + 1, column, Fraction(1)) for column in group[place + 1]]
                entries += [(unit + 1, column, Fraction(-1)) for column in first]
                maxima.append((unit, unit + 1))
                unit += 2
            else:
                maxima.append((unit,))
                unit += 1
        found.append(maxima)
    return entries, found, unit
