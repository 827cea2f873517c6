"""The figures: size against dimension, depth, weight precision, and the dimension of a manifold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import UsageError
from verify.report.curves import PRODUCT, depth_size_numbers, precision_size_numbers, sandwich_numbers
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
    house_style,
    label_ends,
    write_drawing,
)
from verify.report.entropy import draw_entropy, entropy_numbers
from verify.report.series import Numbers, Panel
from verify.report.tables import write_json, write_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = "number of parameters $W$"
_LETTERS = "abcdef"
_DEPTHS = (3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)
_DOTTED: dict[str, Any] = {"color": RED, "marker": "o", "markersize": 2.4, "linewidth": 0.9}
_DIAMOND: dict[str, Any] = {"color": ORANGE, "marker": "D", "markersize": 5, "linestyle": "none"}


@dataclass(frozen=True, slots=True)
class _Look:
    colour: str
    line: str
    text: str


_SANDWICH_LOOKS = {
    "cells": _Look(GREEN, "-", "Theorem 3.3 by cells, 3 layers"),
    "bumps": _Look(ORANGE, "-", "one bump per point, 3 layers"),
    "32-bit": _Look(PURPLE, "--", "lower bound, 32-bit weights"),
    "extraction": _Look(RED, "-", "bit extraction, long weights"),
    "error-0": _Look(BLUE, "-", "lower bound, error 0"),
    "error-1/10": _Look(SKY, "--", "lower bound, error 1/10"),
    "printed": _Look(GREY, ":", "order printed in Theorem 4.3"),
}


def draw_sandwich(numbers: Numbers) -> Figure:
    """Draw log2 of the size against the dimension, one panel per eps."""
    figure = empty_figure(3.0)
    panels = figure.subplots(1, len(numbers.panels), sharey=True, squeeze=False)[0]
    for place, (axes, panel) in enumerate(zip(panels, numbers.panels, strict=True)):
        for name, look in _SANDWICH_LOOKS.items():
            axes.plot(*_heights(panel, name), look.line, color=look.colour)
        low, high = _heights(panel, "error-0"), _heights(panel, "extraction")
        axes.fill_between(low[0], low[1], high[1][-len(low[0]) :], color=BLUE, alpha=0.12, linewidth=0)
        axes.set_title(rf"({_LETTERS[place]}) $\epsilon={panel.instance['eps']}$, ${_power(panel)}$ points")
        axes.set_xlabel("input dimension $d$")
        axes.margins(x=0.02)
    panels[0].set_ylabel(r"$\log_2$ of the number of parameters $W$")
    panels[0].set_ylim(bottom=0)
    last = numbers.panels[-1]
    endings = [Ending(_heights(last, name)[1][-1], look.text, look.colour) for name, look in _SANDWICH_LOOKS.items()]
    label_ends(panels[-1], last.curve("extraction").xs[-1], endings, panels[0].get_ylim()[1] / 19)
    return figure


def draw_depth_size(numbers: Numbers) -> Figure:
    """Draw size, and size times depth, against the depth, one column per number of points."""
    figure = empty_figure(4.1)
    rows = figure.subplots(2, len(numbers.panels), sharex="col", squeeze=False)
    for place, panel in enumerate(numbers.panels):
        above, below = rows[0][place], rows[1][place]
        for axes in (above, below):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.minorticks_off()
        _plot_sizes(above, panel)
        _plot_products(below, panel)
        above.set_title(f"({_LETTERS[place]}) $m={_power(panel)}$ points")
        below.set_xlabel("depth $L$ (affine maps)")
        below.set_xticks([tick for tick in _DEPTHS if tick <= panel.curve("lower").xs[-1]])
        below.xaxis.set_major_formatter(_plain)
    rows[0][0].set_ylabel(_SIZE)
    rows[1][0].set_ylabel(r"$W \times L$")
    _legend_below(figure, rows[0][0], rows[1][0])
    return figure


def draw_precision_size(numbers: Numbers) -> Figure:
    """Draw the size against the bits of the weights, one panel per number of points."""
    figure = empty_figure(2.9)
    panels = figure.subplots(1, len(numbers.panels), squeeze=False)[0]
    for place, (axes, panel) in enumerate(zip(panels, numbers.panels, strict=True)):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.minorticks_off()
        _plot_sizes(axes, panel)
        axes.axhline(int(panel.instance["any weights"]), color=GREY, linestyle=":", label="lower bound, real weights")
        axes.set_title(f"({_LETTERS[place]}) $m={_power(panel)}$ points")
        axes.set_xlabel(r"bits per weight $b$ (at most $2^b$ values)")
        axes.xaxis.set_major_formatter(_plain)
    panels[0].set_ylabel(_SIZE)
    _legend_below(figure, panels[0])
    return figure


def _plot_sizes(axes: Axes, panel: Panel) -> None:
    lower, bumps, extraction = (panel.curve(name) for name in ("lower", "bumps", "extraction"))
    axes.plot(lower.xs, lower.sizes, color=BLUE, label="certified lower bound")
    axes.plot(extraction.xs, extraction.sizes, **_DOTTED, label="bit extraction")
    axes.plot(bumps.xs, bumps.sizes, **_DIAMOND, label="one bump per point, 3 layers")


def _plot_products(axes: Axes, panel: Panel) -> None:
    lower, bumps, extraction = (panel.curve(name) for name in ("lower", "bumps", "extraction"))
    axes.plot(lower.xs, lower.columns[PRODUCT], color=BLUE)
    axes.plot(extraction.xs, extraction.columns[PRODUCT], **_DOTTED)
    axes.plot(bumps.xs, bumps.columns[PRODUCT], **_DIAMOND)
    base, _, exponent = panel.instance["points"].partition("^")
    axes.axhline(8 * int(base) ** int(exponent), color=GREY, linestyle=":", label="$8m$")


def _power(panel: Panel) -> str:
    """Return the number of points for mathtext."""
    base, _, exponent = panel.instance["points"].partition("^")
    return f"{base}^{{{exponent.strip('()')}}}"


def _plain(value: float, _: int) -> str:
    return f"{value:g}"


def _legend_below(figure: Figure, *axes: Axes) -> None:
    entries = {text: line for each in axes for line, text in zip(*each.get_legend_handles_labels(), strict=True)}
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=4, frameon=False)


def _heights(panel: Panel, name: str) -> tuple[list[int], list[float]]:
    """Return the points of a curve that have a logarithm, the sizes as log2.

    The printed order is drawn before rounding, as the straight line that it is.
    """
    curve = panel.curve(name)
    if curve.kind == "printed":
        steps = int(panel.instance["points"].partition("^")[0]) - 1
        return list(curve.xs), [(x - 1) / 6 * math.log2(steps) for x in curve.xs]
    pairs = [(x, math.log2(size)) for x, size in zip(curve.xs, curve.sizes, strict=True) if size]
    return [x for x, _ in pairs], [height for _, height in pairs]


FIGURES: dict[str, tuple[Callable[[], Numbers], Callable[[Numbers], Figure]]] = {
    "sandwich": (sandwich_numbers, draw_sandwich),
    "depth-size": (depth_size_numbers, draw_depth_size),
    "precision-size": (precision_size_numbers, draw_precision_size),
    "entropy": (entropy_numbers, draw_entropy),
}


def write_figure(name: str, folder: str | Path, numbers: Numbers | None = None) -> tuple[Numbers, list[Path]]:
    """Write a figure as PDF and PNG, its numbers as JSON, and a LaTeX table of some of them.

    Args:
        name: ``sandwich``, ``depth-size``, ``precision-size`` or ``entropy``.
        folder: is made if it is not there.
        numbers: what to draw; the full range by default.

    Returns:
        The numbers and the paths written.

    Raises:
        UsageError: there is no figure of that name, or matplotlib is not installed.
    """
    if name not in FIGURES:
        raise UsageError(f"unknown figure {name!r}; choose one of {', '.join(FIGURES)}")
    compute, draw = FIGURES[name]
    target = Path(folder)
    with house_style():
        shown = compute() if numbers is None else numbers
        figure = draw(shown)
        target.mkdir(parents=True, exist_ok=True)
        written = write_drawing(figure, target, name)
    return shown, [*written, write_json(shown, target), write_table(shown, target)]
