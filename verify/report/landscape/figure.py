"""The landscape as a figure: size against the ratio, networks solid, lower bounds dashed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from verify.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Ending,
    empty_figure,
    label_ends,
)
from verify.report.landscape.latex import bound_names
from verify.report.landscape.sizes import Landscape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LETTERS = "abcdefgh"
_SOLID = (RED, ORANGE, GREEN, PURPLE, "#222222", "#8C6D31", "#B5838D", "#5F7D95")
_DASHED = {"points": BLUE, "inputs": "#3B7A78", "first-layer": SKY, "first-layer-dense": SKY}
_COUNTS = {"nonzero": "nonzero parameters", "dense": "parameters, zero or not"}
_NORMS = {"linf": r"$\ell_\infty$", "l1": r"$\ell_1$", "l2": r"$\ell_2$"}
_BOUNDS = {
    "points": "labels of $N$ points",
    "pairs": "labels in pairs of balls",
    "inputs": "inputs read",
    "first-layer": "width of layer 1",
    "first-layer-dense": "width of layer 1",
}
_TEXT = 0.062  # height of a text, as a share of the axes

Line = list[tuple[float, float]]


def draw_landscape(landscapes: Sequence[Landscape]) -> Figure:
    """Draw one row per landscape: nonzero parameters on the left, all on the right.

    The horizontal axis is the logarithm of rho / (1 - rho), so that both ends are seen.
    """
    figure = empty_figure(0.35 + 2.55 * len(landscapes))
    rows = figure.subplots(len(landscapes), 2, sharex=True, squeeze=False)
    for place, (landscape, pair) in enumerate(zip(landscapes, rows, strict=True)):
        for column, (axes, counts) in enumerate(zip(pair, _COUNTS, strict=True)):
            _draw_panel(axes, landscape, counts)
            letter = _LETTERS[2 * place + column]
            axes.set_title(f"({letter}) {_NORMS[landscape.setting.norm]}, {_COUNTS[counts]}", loc="left")
        pair[0].set_ylabel("number of parameters")
    for axes in rows[-1]:
        axes.set_xlabel(r"ratio $\rho$ = radius / $\epsilon$")
    figure.suptitle(_title(landscapes[0]), fontsize=9)
    return figure


def _title(landscape: Landscape) -> str:
    setting = landscape.setting
    size = f"$N={setting.points:,}$ points in dimension $d={setting.dim:,}$".replace(",", "{,}")
    if setting.name is None:
        return f"{size}: networks for every data set (solid), sizes too small for some (dashed)"
    name = setting.name.replace("$", r"\$")
    return f"{name}\n{size}: networks for these points (solid), sizes too small for some other ones (dashed)"


def _draw_panel(axes: Axes, landscape: Landscape, counts: str) -> None:
    lines = {name: _sizes(landscape, name, counts) for name in landscape.names}
    bounds = {name: _bounds(landscape, name) for name in bound_names(landscape, counts)}
    endings = []
    for place, (name, line) in enumerate(lines.items()):
        is_bounded = any(entry.condition for row in landscape.rows if (entry := row.entry(name)) is not None)
        text, style = (f"{name}, bounded data", "-.") if is_bounded else (name, "-")
        endings += _plotted(axes, line, text, _SOLID[place % len(_SOLID)], style)
    for name, line in bounds.items():
        endings += _plotted(axes, line, _BOUNDS.get(name, name), _DASHED.get(name, GREY), "--")
    heights = [height for line in (*lines.values(), *bounds.values()) for _, height in line if not math.isnan(height)]
    low, high = math.floor(min(heights, default=0)), math.ceil(max(heights, default=1))
    axes.set_ylim(low, max(high, low + 1))
    _decades(axes, low, max(high, low + 1))
    _odds(axes, landscape.setting.ratios)
    label_ends(axes, axes.get_xlim()[1], endings, _TEXT * (axes.get_ylim()[1] - low))


def _plotted(axes: Axes, line: Line, text: str, colour: str, style: str) -> list[Ending]:
    """Draw a line with gaps where nothing is known; return its label, or put it where the line stops short."""
    drawn = [point for point in line if not math.isnan(point[1])]
    if not drawn:
        return []
    width = 1.1 if style == "--" else 1.4
    mark = "o" if len(line) < 20 else ""
    axes.plot(*zip(*line, strict=True), style, color=colour, linewidth=width, marker=mark, markersize=2.2)
    if drawn[-1] == line[-1]:
        return [Ending(drawn[-1][1], text, colour)]
    axes.annotate(text, drawn[-1], (2, -3), textcoords="offset points", fontsize=8, color=colour, va="top")
    return []


def _sizes(landscape: Landscape, name: str, counts: str) -> Line:
    entries = [(row.ratio, row.entry(name)) for row in landscape.rows]
    return [(odds(ratio), _height(None if entry is None else getattr(entry, counts))) for ratio, entry in entries]


def _bounds(landscape: Landscape, name: str) -> Line:
    found = [(row.ratio, row.bound(name)) for row in landscape.rows]
    return [(odds(ratio), _height(None if bound is None else bound.size)) for ratio, bound in found]


def _height(size: int | None) -> float:
    return math.log10(size) if size else math.nan


def odds(ratio: Fraction) -> float:
    """Return the decimal logarithm of rho / (1 - rho), without rounding rho first."""
    return math.log10(ratio.numerator) - math.log10(ratio.denominator - ratio.numerator)


def _odds(axes: Axes, ratios: Sequence[Fraction]) -> None:
    """Mark 1/10^k, 1/2 and 1 - 1/10^k where they fall, some of them."""
    low, high = odds(min(ratios)), odds(max(ratios))
    margin = 0.02 * (high - low) or 0.5
    axes.set_xlim(low - margin, high + margin)
    powers = {k: (odds(Fraction(1, 10**k)), f"$10^{{-{k}}}$" if k > 1 else "0.1") for k in range(1, 40)}
    nines = {k: (odds(1 - Fraction(1, 10**k)), f"$1-10^{{-{k}}}$" if k > 5 else f"0.{'9' * k}") for k in range(1, 40)}
    step = 1 if high - low < 7 else 2 if high - low < 14 else 5
    marks = [(0.0, r"$\frac{1}{2}$")]
    marks += [mark for side in (powers, nines) for k, mark in side.items() if k % step == 0]
    kept = sorted(mark for mark in marks if low - margin <= mark[0] <= high + margin)
    axes.set_xticks([place for place, _ in kept], [text for _, text in kept])


def _decades(axes: Axes, low: int, high: int) -> None:
    step = max(1, (high - low + 4) // 5)
    marks = range(low, high + 1, step)
    axes.set_yticks(list(marks), [f"$10^{{{mark}}}$" for mark in marks])
