"""Hat functions of the Kuhn triangulation of a grid, as an exact ReLU network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from constructions.errors import UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Terms = tuple[tuple[int, int], ...]
Vertex = tuple[int, ...]


def interpolate_on_grid(dim: int, steps: int, value: Callable[[Vertex], Fraction]) -> ReluNetwork:
    """Return the piecewise linear interpolant on ``{0, ..., steps}^dim / steps``.

    The hats of all nodes, each times its value. They add up to 1 everywhere, and the network is
    constant along each axis beyond the cube: it is the interpolant at the nearest point of the cube.

    Theorem: lem:kuhn-hats

    Args:
        dim: d, at least 1.
        steps: N, at least 1.
        value: of the interpolant at node m / N.

    Returns:
        A network from R^d to R with ``3 + ceil(log2 d)`` affine maps.

    Guarantees:
        parameters: ``count_interpolant(dim, steps)``, less the number of nodes with value 0.

    Example:
        >>> network = interpolate_on_grid(2, 2, lambda m: Fraction(m[0] * m[1]))
        >>> [str(network(x)[0]) for x in (["1/2", 1], ["1/4", "1/4"], [2, 1])]
        ['2', '1/2', '4']
    """
    nodes = list(product(range(steps + 1), repeat=dim))
    return ReluNetwork([*hat_layers(nodes, steps), weighted_sum([value(node) for node in nodes])])


def weighted_sum(values: Sequence[Fraction]) -> AffineMap:
    """Return the map that adds up hats times values, without those whose value is 0."""
    kept = [place for place, height in enumerate(values) if height]
    return AffineMap.from_coo([0] * len(kept), kept, [values[place] for place in kept], (1, len(values)), [0])


def hat_layers(nodes: Sequence[Sequence[int]], steps: int) -> list[AffineMap]:
    """Return maps that, with a ReLU after each, send x to the hat of every node.

    The hat of node m is ``relu(1 - max(0, z_1, ..., z_d) - max(0, -z_1, ..., -z_d))`` with
    ``z = steps * x - m``: 1 at its node, 0 at all others, linear on every simplex of the
    Kuhn triangulation. Where no node lies beyond m along an axis, the term that falls off
    in that direction is left out: each hat is constant along every axis outside the smallest box
    around the nodes, and inside nothing changes. Units that several hats read are made once.

    Theorem: lem:kuhn-hats

    Args:
        nodes: integers, one row of d per node.
        steps: positive integer, one over the spacing.

    Returns:
        ``2 + ceil(log2 d)`` maps; the last has one output per node.

    Raises:
        UsageError: there are no two different nodes.

    Example:
        >>> maps = hat_layers([[0], [1], [2]], steps=2)
        >>> hats = ReluNetwork([*maps, AffineMap([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0])])
        >>> [str(value) for value in hats(["3/8"])]
        ['1/4', '3/4', '0']
    """
    table = _checked(nodes)
    # Hidden layer 1: how far every coordinate lies above or below each place of a node.
    rises = [(axis, place) for axis, places in enumerate(_places(table)) for place in places[:-1]]
    falls = [(axis, place) for axis, places in enumerate(_places(table)) for place in places[1:]]
    width = len(rises) + len(falls)
    columns, bias = [axis for axis, _ in (*rises, *falls)], [-m for _, m in rises] + [m for _, m in falls]
    slopes = [steps] * len(rises) + [-steps] * len(falls)
    maps = [AffineMap.from_coo(range(width), columns, slopes, (width, table.shape[1]), bias)]
    above = {key: ((unit, 1),) for unit, key in enumerate(rises)}
    below = {key: ((len(rises) + unit, 1),) for unit, key in enumerate(falls)}
    # Levels: for every node, the largest rise and the largest fall, by pairs.
    roots: list[list[Terms]] = [
        [units.get(key, ()) for key in enumerate(node)] for node in table.tolist() for units in (above, below)
    ]
    for _ in range((table.shape[1] - 1).bit_length()):
        rows: dict[Terms, int] = {}
        roots = [list(_paired(parts, rows)) for parts in roots]
        maps.append(_map(list(rows), width, [0] * len(rows)))
        width = len(rows)
    # Hats: 1 minus both.
    pairs = zip(roots[::2], roots[1::2], strict=True)
    hats = [tuple((unit, -sign) for unit, sign in (*rise[0], *fall[0])) for rise, fall in pairs]
    maps.append(_map(hats, width, [1] * len(hats)))
    return maps


def count_hats(nodes: Sequence[Sequence[int]]) -> int:
    """Return the exact number of nonzero parameters of ``hat_layers``.

    A weight for every unit of the first layer, and a bias where its place is not 0. A
    maximum of two sums of units a and b takes a row for a and one for b - a, one only where the other has no
    term; equal sums are made once. The last layer has a bias for each node.
    """
    table = _checked(nodes)
    ends = [(places[:-1], places[1:]) for places in _places(table)]
    total = len(table) + sum(1 + bool(place) for pair in ends for side in pair for place in side)
    for extreme in (table.max(axis=0), table.min(axis=0)):
        # A part of a sum is its kind per node, 0 where it has no term, and its number of terms.
        is_there = table != extreme
        kinds = [
            np.where(there, 1 + column - table.min(), 0) for there, column in zip(is_there.T, table.T, strict=True)
        ]
        parts = list(zip(kinds, is_there.T.astype(np.int64), strict=True))
        while len(parts) > 1:
            if len(parts) % 2:
                parts.append((np.zeros_like(parts[0][0]), np.zeros_like(parts[0][1])))
            merged = [_merged(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
            total += sum(rows for rows, _ in merged)
            parts = [part for _, part in merged]
        total += int(parts[0][1].sum())
    return total


def count_interpolant(dim: int, steps: int) -> int:
    """Return the number of nonzero parameters of ``interpolate_on_grid`` for values that are not 0.

    With N steps, ``4*d*N - d`` for the first layer and 2 for every node; for each direction n different
    maxima on a block of axes, with S terms in all, begin as N and N on one axis, and on two blocks
    together are ``(n + 1)(n' + 1) - 1`` with ``n + n' + 2 n n'`` terms, for ``S + S' + n' S + n S'`` parameters.
    At most ``(N+1)^d*(10*d+2) + 4*d*N``.
    """
    blocks, rows = [(steps, steps)] * dim, 0
    while len(blocks) > 1:
        if len(blocks) % 2:
            blocks.append((0, 0))
        pairs = list(zip(blocks[::2], blocks[1::2], strict=True))
        rows += sum(s + t + m * s + n * t for (n, s), (m, t) in pairs)
        blocks = [((n + 1) * (m + 1) - 1, n + m + 2 * n * m) for (n, _), (m, _) in pairs]
    return 4 * dim * steps - dim + 2 * rows + 2 * blocks[0][1] + 2 * (steps + 1) ** dim


def _checked(nodes: Sequence[Sequence[int]]) -> np.ndarray:
    table = np.asarray(nodes, dtype=np.int64)
    if table.ndim != 2 or 0 in table.shape or bool((table == table[0]).all()):
        raise UsageError(f"hats need two different nodes, with coordinates, got shape {table.shape}")
    return table


def _places(table: np.ndarray) -> list[list[int]]:
    """Return the rising places of the nodes on every axis."""
    return [np.unique(column).tolist() for column in table.T]


def _merged(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> tuple[int, tuple[np.ndarray, np.ndarray]]:
    """Return the parameters of the rows of one maximum per node, equal ones made once, and the maxima."""
    (left, left_terms), (right, right_terms) = first, second
    both, alone = (left > 0) & (right > 0), (left == 0) & (right > 0)
    _, places, kinds = np.unique(np.stack([left, right]), axis=1, return_index=True, return_inverse=True)
    rows = int((left_terms[places] + right_terms[places])[both[places]].sum())
    for kind, terms, members in ((left, left_terms, left > 0), (right, right_terms, alone)):
        _, seen = np.unique(kind[members], return_index=True)
        rows += int(terms[members][seen].sum())
    sizes = (left > 0).astype(np.int64) + (right > 0)
    return rows, (np.where(sizes > 0, 1 + kinds.reshape(-1), 0), sizes)


def _paired(parts: Sequence[Terms], rows: dict[Terms, int]) -> Iterator[Terms]:
    """Yield the maxima of pairs, ``a + relu(b - a)``, and add the units they need.

    A part is a sum of units of the layer before and is never negative; an empty one is 0,
    and one without a partner is carried on.
    """
    for first in range(0, len(parts), 2):
        left, right = parts[first], parts[first + 1] if first + 1 < len(parts) else ()
        units = [left or right] if left or right else []
        if left and right:
            units.append(right + tuple((unit, -sign) for unit, sign in left))
        yield tuple((rows.setdefault(unit, len(rows)), 1) for unit in units)


def _map(rows: Sequence[Terms], width: int, bias: Sequence[int]) -> AffineMap:
    entries = [(place, unit, sign) for place, terms in enumerate(rows) for unit, sign in terms]
    places, units, signs = zip(*entries, strict=True)
    return AffineMap.from_coo(places, units, list(signs), (len(rows), width), list(bias))
