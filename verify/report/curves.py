"""The numbers of the figures: certified bounds and sizes of explicit networks, all exact.

Every family is the linearly separable grid of Theorem 4.3: K = floor(1/(2 eps)) + 1 centres
per axis in d - 1 coordinates, radius eps / 2, any labelling of the m = K^(d-1) points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from constructions.classifiers.bit_extraction import (
    BlockTable,
    classify_grid_by_bit_extraction,
    count_bit_extraction,
)
from constructions.classifiers.grid_index import GridBalls
from constructions.hard_distributions.labellings import uniform_labels
from verify.capacity.printed import printed_size
from verify.capacity.size_bound import certified_size_bound
from verify.report.alphabet import bump_alphabet, extraction_alphabet, parameter_values
from verify.report.series import Curve, Numbers, Panel, spaced

RATIO = Fraction(1, 2)
LARGEST_BUILT = 2**14
PRODUCT = "size times depth"
_EXTRACTION = "bit extraction: the labels of a block are the digits of one weight"
_BUMPS = "three layers, one box bump per point of the smaller class"


def hard_grid(dim: int, eps: Fraction) -> GridBalls:
    """Return the balls of radius eps/2 around the points of the hard family."""
    return GridBalls.of(dim, dim - 1, int(1 / (2 * eps)), RATIO * eps)


def bumps_size(balls: GridBalls) -> int:
    """Return the parameters that one bump per point of the smaller class takes, for every labelling."""
    return balls.count // 2 * (6 * balls.axes + 2) + 1


def cells_size(dim: int, eps: Fraction) -> int:
    """Return the parameters of the three-layer classifier of any two sets 2 eps apart in the cube.

    One bump per cell of a grid with ``floor(1 / (2 (1 - c) eps)) + 1`` cells per axis, c = 1/2.
    """
    per_axis = int(1 / (2 * (1 - RATIO) * eps)) + 1
    return int(per_axis**dim) * (6 * dim + 2) + 1


def sandwich_numbers(
    dims: Iterable[int] = range(4, 41), radii: Iterable[Fraction] = (Fraction(1, 4), Fraction(1, 8))
) -> Numbers:
    """Return sizes against the dimension, one panel per eps.

    Args:
        dims: values of d, from 2 on.
        radii: values of eps, at most 1/2.
    """
    chosen = tuple(dims)
    panels = tuple(_sandwich(chosen, eps) for eps in radii)
    return Numbers("sandwich", "Size of a robust network on the hard family", "d", panels)


def _sandwich(dims: tuple[int, ...], eps: Fraction) -> Panel:
    grids = [hard_grid(dim, eps) for dim in dims]

    def lower(name: str, meaning: str, **asked: Any) -> Curve:
        sizes = [certified_size_bound(grid.count, grid.dim, **asked).size for grid in grids]
        return Curve(name, meaning, "lower", dims, tuple(sizes))

    tables = [BlockTable.smallest(grid.count) for grid in grids]
    counts = [count_bit_extraction(grid, table) for grid, table in zip(grids, tables, strict=True)]
    lengths = {"points": tuple(grid.count for grid in grids), "block length": tuple(table.length for table in tables)}
    real, every = ("error-0", "error-1/10"), ("error-0", "error-1/10", "32-bit")
    curves = (
        Curve("extraction", _EXTRACTION, "explicit", dims, tuple(counts), real, lengths),
        lower("error-0", "every network of this size fails on some labelling"),
        lower("error-1/10", "every network of this size errs on more than 1/10 for some labelling", error="1/10"),
        lower("32-bit", "the same, for weights of at most 2^32 values and error 0", weight_bits=32),
        Curve("bumps", _BUMPS, "explicit", dims, tuple(bumps_size(grid) for grid in grids), every),
        Curve(
            "cells",
            "three layers, one box bump per cell: any two sets 2 eps apart in the cube (Theorem 3.3)",
            "explicit",
            dims,
            tuple(cells_size(dim, eps) for dim in dims),
            every,
        ),
        Curve(
            "printed",
            "the order K^((d-1)/6), K = floor(1/(2 eps)), of Theorem 4.3 with constant 1; rounded down",
            "printed",
            dims,
            tuple(printed_size(dim, eps) for dim in dims),
        ),
    )
    centres = grids[0].steps + 1
    return Panel(f"eps={eps}", {"eps": str(eps), "points": f"{centres}^(d-1)", "radius": str(RATIO * eps)}, curves)


def depth_size_numbers(axes: Iterable[int] = (14, 30)) -> Numbers:
    """Return sizes against the depth on the grid {0, 1}^axes, one panel per number of axes."""
    panels = tuple(_depth_size(count) for count in axes)
    return Numbers("depth-size", "Depth against size on the hard family", "depth", panels)


def _depth_size(axes: int) -> Panel:
    balls = hard_grid(axes + 1, Fraction(1, 2))
    lengths, counts = _extraction_family(balls)
    depths = tuple(length + 6 for length in lengths)
    asked = (3, 4, 5, 6, *depths)
    bounds = [certified_size_bound(balls.count, balls.dim, depth=depth).size for depth in asked]
    curves = (
        Curve(
            "extraction",
            _EXTRACTION,
            "explicit",
            depths,
            counts,
            ("lower",),
            {"block length": lengths, PRODUCT: _products(counts, depths)},
        ),
        Curve(
            "bumps",
            _BUMPS,
            "explicit",
            (3,),
            (bumps_size(balls),),
            ("lower",),
            {PRODUCT: (3 * bumps_size(balls),)},
        ),
        Curve(
            "lower",
            "every network of at most this depth and size fails on some labelling",
            "lower",
            asked,
            tuple(bounds),
            columns={PRODUCT: _products(bounds, asked)},
        ),
    )
    return Panel(f"m=2^{axes}", _binary_instance(balls), curves)


def precision_size_numbers(axes: Iterable[int] = (14, 30)) -> Numbers:
    """Return sizes against the bits of the weights on the grid {0, 1}^axes, one panel per number of axes.

    A construction has b bits when its parameters, over all labellings, take at most 2^b
    different nonzero values. Up to 2^14 points every network is built for one labelling,
    and its parameters and their different values are counted there too.
    """
    panels = tuple(_precision_size(count) for count in axes)
    return Numbers("precision-size", "Weight precision against size on the hard family", "bits", panels)


def _precision_size(axes: int) -> Panel:
    balls = hard_grid(axes + 1, Fraction(1, 2))
    lengths, counts = _extraction_family(balls)
    alphabets = [extraction_alphabet(balls, BlockTable.with_length(balls.count, length)) for length in lengths]
    bits = tuple(bits_for(alphabet) for alphabet in alphabets)
    bump_bits = bits_for(bump_alphabet(balls))
    asked = tuple(sorted({*spaced(1, max(bits)), *bits, bump_bits}))
    any_weights = certified_size_bound(balls.count, balls.dim).size
    few_values = [certified_size_bound(balls.count, balls.dim, weight_bits=each).size for each in asked]
    columns = {"block length": lengths}
    if balls.count <= LARGEST_BUILT:
        columns |= _built(balls, lengths)
    curves = (
        Curve("extraction", _EXTRACTION, "explicit", bits, counts, ("lower",), columns),
        Curve("bumps", _BUMPS, "explicit", (bump_bits,), (bumps_size(balls),), ("lower",)),
        Curve(
            "lower",
            "every network of this size whose weights take at most 2^bits values fails on some labelling",
            "lower",
            asked,
            tuple(max(few, any_weights) for few in few_values),
        ),
    )
    return Panel(f"m=2^{axes}", {**_binary_instance(balls), "any weights": str(any_weights)}, curves)


def bits_for(values: int) -> int:
    """Return the smallest b with at least ``values`` words of b bits, at least 1."""
    return max(1, (values - 1).bit_length())


def _extraction_family(balls: GridBalls) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return block lengths up to that of the smallest network, and the sizes."""
    lengths = spaced(1, BlockTable.smallest(balls.count).length)
    tables = [BlockTable.with_length(balls.count, length) for length in lengths]
    return lengths, tuple(count_bit_extraction(balls, table) for table in tables)


def _built(balls: GridBalls, lengths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Build the networks for one labelling; return their parameters and how many values these take."""
    labels = uniform_labels(balls.count, 0)
    parameters, values = [], []
    for length in lengths:
        network = classify_grid_by_bit_extraction(labels, balls, BlockTable.with_length(balls.count, length))
        parameters.append(network.size.nonzero)
        values.append(len(parameter_values(network)))
    return {"built parameters": tuple(parameters), "built values": tuple(values)}


def _products(sizes: Sequence[int], depths: Sequence[int]) -> tuple[int, ...]:
    return tuple(size * depth for size, depth in zip(sizes, depths, strict=True))


def _binary_instance(balls: GridBalls) -> dict[str, str]:
    return {"eps": "1/2", "points": f"2^{balls.axes}", "radius": str(balls.radius), "d": str(balls.dim)}
