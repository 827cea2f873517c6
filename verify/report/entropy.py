"""Metric entropy against size: packings below, covers above, on manifolds of growing dimension."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from constructions.data.manifold import Manifold
from constructions.manifolds.covers import count_patches, pieces_within
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.packings import packing_size
from constructions.manifolds.planes import AxisPlane
from verify.capacity.size_bound import certified_size_bound
from verify.report.drawing import BLUE, GREEN, ORANGE, PURPLE, Ending, empty_figure, label_ends
from verify.report.series import Curve, Numbers, Panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPS, RATIO, SHARE = Fraction(1, 16), Fraction(1, 2), Fraction(15, 16)
_FAMILIES: tuple[tuple[str, Callable[[int], Manifold]], ...] = (
    ("flat tori, $d = 2k$", FlatTorus.of),
    ("axis planes, $d = 2k$", lambda k: AxisPlane(k, 2 * k)),
    ("boundaries of cubes, $d = k + 1$", lambda k: CubeBoundary(k, k + 1)),
)
_LOOKS = (
    ("cover", GREEN, "-", "any two sets: a bump per patch"),
    ("bumps", ORANGE, "-", "the packing: a bump per point"),
    ("32-bit", PURPLE, "--", "lower bound, 32-bit weights"),
    ("error-0", BLUE, "-", "lower bound, any weights"),
)


def entropy_numbers(dimensions: Iterable[int] = range(1, 10)) -> Numbers:
    """Return sizes against the dimension k of a manifold, at eps = 1/16 and radius 1/32.

    Args:
        dimensions: values of k, from 1 on.
    """
    chosen = tuple(dimensions)
    panels = tuple(_panel(name, [make(k) for k in chosen], chosen) for name, make in _FAMILIES)
    return Numbers("entropy", "Packings, covers, and the size of a robust network on a manifold", "k", panels)


def _panel(name: str, family: list[Manifold], chosen: tuple[int, ...]) -> Panel:
    points = [packing_size(manifold, 2 * EPS) for manifold in family]
    pieces = pieces_within(family[0], SHARE * (1 - RATIO) * EPS)
    patches = [count_patches(manifold, pieces) for manifold in family]
    pairs = list(zip(points, family, strict=True))
    both = ("error-0", "32-bit")
    curves = (
        Curve(
            "cover",
            "three layers, one box bump per patch of a cover within (1 - c) eps: any two sets 2 eps apart",
            "explicit",
            chosen,
            tuple(n * (6 * m.dim + 2) + 1 for n, m in zip(patches, family, strict=True)),
            both,
            {"points": tuple(points), "patches": tuple(patches)},
        ),
        Curve(
            "bumps",
            "three layers, one box bump per point of the smaller class of a packing",
            "explicit",
            chosen,
            tuple(n // 2 * (6 * m.dim + 2) + 1 for n, m in pairs),
            both,
        ),
        Curve(
            "error-0",
            "every network of this size fails on some labelling of a packing",
            "lower",
            chosen,
            tuple(certified_size_bound(n, m.dim).size for n, m in pairs),
        ),
        Curve(
            "32-bit",
            "the same, for weights of at most 2^32 values",
            "lower",
            chosen,
            tuple(certified_size_bound(n, m.dim, weight_bits=32).size for n, m in pairs),
        ),
    )
    return Panel(name, {"eps": str(EPS), "radius": str(RATIO * EPS), "manifolds": name, "pieces": str(pieces)}, curves)


def draw_entropy(numbers: Numbers) -> Figure:
    """Draw log2 of the size against the dimension, one panel per family of manifolds."""
    figure = empty_figure(2.7)
    panels = figure.subplots(1, len(numbers.panels), sharey=True, squeeze=False)[0]
    for place, (axes, panel) in enumerate(zip(panels, numbers.panels, strict=True)):
        for name, colour, line, _ in _LOOKS:
            axes.plot(*_heights(panel.curve(name)), line, color=colour, marker="o", markersize=2.4)
        axes.set_title(f"({'abc'[place]}) {panel.name}", fontsize=8)
        axes.set_xlabel("dimension $k$")
        axes.set_xticks(panel.curves[0].xs)
    panels[0].set_ylabel(r"$\log_2$ of the number of parameters $W$")
    panels[0].set_ylim(bottom=0)
    last = numbers.panels[-1]
    ends = [(look, _heights(last.curve(look[0]))) for look in _LOOKS]
    endings = [Ending(heights[-1], text, colour) for (_, colour, _, text), (_, heights) in ends if heights]
    label_ends(panels[-1], last.curves[0].xs[-1], endings, panels[0].get_ylim()[1] / 16)
    return figure


def _heights(curve: Curve) -> tuple[list[int], list[float]]:
    """Return the points of a curve that have a logarithm."""
    pairs = [(x, math.log2(size)) for x, size in zip(curve.xs, curve.sizes, strict=True) if size]
    return [x for x, _ in pairs], [height for _, height in pairs]
