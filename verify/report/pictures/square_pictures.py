"""The sawtooth against the square: piecewise linear, above it, and within an exact distance."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.sawtooth import memorize_with_sawtooth
from verify.report.drawing import BLUE, GREY, ORANGE, RED, WIDTH, empty_figure
from verify.report.pictures.graphs import piecewise_square, plot_graph
from verify.robustness import robust_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS = {1: (RED, "-"), 2: (BLUE, "--"), 3: (ORANGE, "-.")}
_STEPS, _RADIUS = 512, Fraction(2, 5)


def draw_sawtooth_squares(_: int) -> Figure:
    """Draw the interpolants of a square, their errors, and the memorizer of three points made of them."""
    figure = empty_figure(2.75)
    squares, errors, graph = figure.subplots(1, 3)
    line = np.linspace(0, 1, _STEPS + 1)
    squares.fill_between(line, line**2, line**2 + 1 / 16, color=GREY, alpha=0.3, linewidth=0)
    squares.plot(line, line**2, color="black", linewidth=1.0, label="$t^2$")
    for level, (colour, style) in _LEVELS.items():
        nodes, values = piecewise_square(level)
        if level < 3:
            squares.plot(nodes, values, style, color=colour, linewidth=1.2)
        errors.plot(line, 4**level * (np.interp(line, nodes, values) - line**2), style, color=colour,
                    label=f"$q={level}$")  # fmt: skip
    errors.axhline(0.25, color="black", linewidth=0.8, linestyle=":")
    squares.set_title("(a) $t^2$, $f_1$, $f_2$; the band ends at $t^2+1/16$", loc="left", fontsize=8)
    errors.set_title("(b) $4^q\\,(f_q(t)-t^2)$ is at most $1/4$", loc="left", fontsize=8)
    graph.set_title(f"(c) a memorizer made of them, radius {_RADIUS}", loc="left", fontsize=8)
    for axes in (squares, errors):
        axes.set_xlabel("$t$")
        axes.margins(x=0)
    errors.set_ylim(0, 0.29)
    data = LabelledPoints.of([["0"], ["1"], ["2"]], labels=[-1, +1, -1])
    plot_graph(graph, robust_error(memorize_with_sawtooth(data, _RADIUS), data, "l2", _RADIUS))
    entries = {text: line for each in (squares, errors, graph)
               for line, text in zip(*each.get_legend_handles_labels(), strict=True)}  # fmt: skip
    figure.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=7, frameon=False)
    figure.set_size_inches(WIDTH, 2.75)
    return figure
