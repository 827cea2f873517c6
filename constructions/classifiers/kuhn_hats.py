"""Hat functions of the Kuhn triangulation of a grid, as an exact ReLU network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

Terms = tuple[tuple[int, int], ...]
Vertex = tuple[int, ...]


def interpolate_on_grid(dim: int, steps: int, value: Callable[[Vertex], Fraction]) -> ReluNetwork:
    """Return the piecewise linear interpolant on ``{0, ..., steps}^dim / steps``.

    The hat of node m is ``relu(1 - max(0, z_1, ..., z_d) - max(0, -z_1, ..., -z_d))`` with
    ``z = steps * x - m``: 1 at its node, 0 at all others, linear on every simplex of the
    Kuhn triangulation. The hats add up to 1 on the cube. A node on a face of the cube
    has no term that falls towards the outside, so that the network is constant along each axis
    beyond the cube: it is the interpolant at the nearest point of the cube.

    Theorem: lem:kuhn-hats

    Args:
        dim: d, at least 1.
        steps: N, at least 1.
        value: of the interpolant at node m / N.

    Returns:
        A network from R^d to R with ``3 + ceil(log2 d)`` affine maps.

    Guarantees:
        parameters: ``count_hats(dim, steps)``, less the number of nodes with value 0.

    Example:
        >>> network = interpolate_on_grid(2, 2, lambda m: Fraction(m[0] * m[1]))
        >>> [str(network(x)[0]) for x in (["1/2", 1], ["1/4", "1/4"], [2, 1])]
        ['2', '1/2', '4']
    """
    nodes = list(product(range(steps + 1), repeat=dim))
    levels = (dim - 1).bit_length()
    rising = {(axis, place): unit for unit, (axis, place) in enumerate(product(range(dim), range(steps)))}
    falling = {(axis, place + 1): len(rising) + unit for (axis, place), unit in rising.items()}
    # Hidden layer 1: how far every coordinate lies above or below each of its nodes.
    width = 2 * len(rising)
    columns = [axis for axis, _ in rising] * 2
    slopes = [steps] * len(rising) + [-steps] * len(falling)
    bias = [-place for _, place in rising] + [place for _, place in falling]
    maps = [AffineMap.from_coo(range(width), columns, slopes, (width, dim), bias)]
    # Levels: for every node, the largest rise and the largest fall, by pairs.
    roots: list[list[Terms]] = [
        [((table[key], 1),) for key in enumerate(node) if key in table] for node in nodes for table in (rising, falling)
    ]
    for _ in range(levels):
        rows: list[Terms] = []
        roots = [list(_paired(terms, rows)) for terms in roots]
        maps.append(_map(rows, width, [0] * len(rows)))
        width = len(rows)
    # Hats: 1 minus both; and the output.
    hats = [
        tuple((unit, -sign) for root in (roots[2 * place] + roots[2 * place + 1]) for unit, sign in root)
        for place in range(len(nodes))
    ]
    maps.append(_map(hats, width, [1] * len(nodes)))
    values = [(place, value(node)) for place, node in enumerate(nodes)]
    kept = [(place, height) for place, height in values if height]
    heights = [height for _, height in kept]
    maps.append(AffineMap.from_coo([0] * len(kept), [p for p, _ in kept], heights, (1, len(nodes)), [0]))
    return ReluNetwork(maps)


def count_hats(dim: int, steps: int) -> int:
    """Return the number of nonzero parameters for values that are not 0, in closed form.

    ``4*d*N - d`` for the first layer, 2 for every node, and the trees of maxima: of
    the nodes ``C(d, k) N^k`` have a rise along k axes, and as many a fall. At most
    ``(N+1)^d*(10*d+2) + 4*d*N``.
    """
    trees = sum(math.comb(dim, k) * steps**k * _tree_size(k, (dim - 1).bit_length()) for k in range(dim + 1))
    return 4 * dim * steps - dim + 2 * trees + 2 * (steps + 1) ** dim


def _tree_size(leaves: int, levels: int) -> int:
    """Return the parameters of a tree of maxima, with those that read its root."""
    nodes: list[Terms] = [((leaf, 1),) for leaf in range(leaves)]
    total = 0
    for _ in range(levels):
        rows: list[Terms] = []
        nodes = list(_paired(nodes, rows))
        total += sum(map(len, rows))
    return total + sum(map(len, nodes))


def _paired(nodes: Sequence[Terms], rows: list[Terms]) -> Iterator[Terms]:
    """Yield the maxima of pairs, ``a + relu(b - a)``, and append the units they need.

    A node is a sum of units of the layer before and is never negative; an odd one is
    carried on.
    """
    for first in range(0, len(nodes), 2):
        left = nodes[first]
        rows.append(left)
        if first + 1 == len(nodes):
            yield ((len(rows) - 1, 1),)
        else:
            rows.append(nodes[first + 1] + tuple((unit, -sign) for unit, sign in left))
            yield ((len(rows) - 2, 1), (len(rows) - 1, 1))


def _map(rows: Sequence[Terms], width: int, bias: Sequence[int]) -> AffineMap:
    entries = [(place, unit, sign) for place, terms in enumerate(rows) for unit, sign in terms]
    places, units, signs = zip(*entries, strict=True)
    return AffineMap.from_coo(places, units, list(signs), (len(rows), width), list(bias))
