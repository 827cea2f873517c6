"""Graphs of networks of one input, with the intervals around points; the bends are exact."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from verify.generalization.segments import values_along
from verify.report.drawing import COLUMN, empty_figure
from verify.report.pictures.scene import single_output
from verify.report.pictures.scene_drawing import INK, LOOKS, WITNESS
from verify.robustness import RobustError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_KINKS = 4096
_STEPS = 400


def draw_graph(result: RobustError, title: str) -> Figure:
    """Draw a network of one input over all intervals of a decided robust error.

    Args:
        result: in dimension 1.
        title: what stands above the graph.
    """
    figure = empty_figure(2.9, COLUMN)
    axes = figure.subplots()
    plot_graph(axes, result)
    axes.set_title(title, loc="left")
    handles, texts = axes.get_legend_handles_labels()
    chosen = dict(zip(texts, handles, strict=True))
    figure.legend(
        list(chosen.values()),
        list(chosen),
        title=f"intervals of radius {result.ball.radius}",
        title_fontsize=8,
        loc="outside lower center",
        ncols=4,
        frameon=False,
        columnspacing=1.4,
    )
    return figure


def plot_graph(axes: Axes, result: RobustError) -> None:
    """Plot the function, shade the interval of each point, and mark exact wrong points."""
    data, radius = result.data, result.ball.radius
    network = single_output(result.network)
    places = [point[0] for point in data.points]
    start, end = graph_window(result)
    bends = exact_bends(result)
    if bends is None:
        bends = [(share, network([start + share * (end - start)])) for share in _shares()]
    xs = [float(start + share * (end - start)) for share, _ in bends]
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.plot(xs, [float(values[0]) for _, values in bends], color=INK, linewidth=1.3, label="$f(x)$")
    highest = max(1, *data.classes)
    for index, (place, label) in enumerate(zip(places, data.labels, strict=True)):
        sign = 1 if label == highest else -1
        look, violated = LOOKS[sign], result.status[index] == "violated"
        axes.axvspan(
            float(place - radius), float(place + radius), facecolor=look["face"], alpha=0.22,
            hatch="///" if violated else None, edgecolor=look["colour"], linewidth=0.6,
        )  # fmt: skip
        axes.plot(
            float(place), float(network([place])[0]), linestyle="none", marker=look["marker"], markersize=5,
            color=look["colour"], markerfacecolor=look["face"] if sign == 1 else "white",
            label="label " + ("+1" if sign == 1 else "\N{MINUS SIGN}1"),
        )  # fmt: skip
        witness = result.witness(index)
        if witness is not None:
            axes.plot(
                float(witness[0]), float(network(witness)[0]), linestyle="none", **WITNESS, label="exact wrong point"
            )
    axes.set_xlabel("$x$")
    axes.set_ylabel("$f(x)$")
    axes.margins(x=0)


def graph_window(result: RobustError) -> tuple[Fraction, Fraction]:
    """Return the ends of the graph: all intervals, and some room."""
    places = [point[0] for point in result.data.points]
    room = (max(places) - min(places)) / 12 + result.ball.radius or Fraction(1)
    return min(places) - room, max(places) + room


def exact_bends(result: RobustError) -> list[tuple[Fraction, tuple[Fraction, ...]]] | None:
    """Return where the graph bends, exactly, ``None`` where it does so too often to be followed."""
    start, end = graph_window(result)
    return values_along(single_output(result.network), (start,), (end,), _MOST_KINKS)


def _shares() -> list[Fraction]:
    return [Fraction(step, _STEPS) for step in range(_STEPS + 1)]


def piecewise_square(level: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bends of the interpolant of ``t^2`` at the multiples of ``2^-level`` in [0, 1]."""
    nodes = np.arange(2**level + 1) / 2**level
    return nodes, nodes**2
