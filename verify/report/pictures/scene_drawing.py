"""Draw a scene: the values as colours, the zero line, points, balls and witnesses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.report.drawing import BLUE, RED
from verify.report.pictures.linear_pieces import Window
from verify.report.pictures.scene import Region, Scene
from verify.report.pictures.zero_line import ZeroLine, values_on_grid, zero_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage

FINE = 240
ValuesOnGrid = Callable[[Window, int], np.ndarray]
INK = "#1A1A1A"
WITNESS: dict[str, Any] = {"marker": "X", "color": "#FFE14D", "markeredgecolor": "black", "markersize": 6.5}
# One class is solid and round, the other dashed and square, so that colour is never needed.
LOOKS: dict[int, dict[str, Any]] = {
    1: {"colour": "#003B63", "face": BLUE, "line": "-", "marker": "o", "size": 20.0},
    -1: {"colour": "#8A3200", "face": RED, "line": (0, (3.2, 1.4)), "marker": "s", "size": 18.0},
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene that was drawn.

    Attributes:
        scene: what was drawn.
        image: the map of values, ``None`` where there is no network.
        zeros: the exact zeros, ``None`` where they were traced on the grid of the map.
    """

    scene: Scene
    image: AxesImage | None
    zeros: ZeroLine | None


def diverging_colours() -> Colormap:
    """Return the colours of values: orange below zero, white at zero, blue above, the blue darker also in grey."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = ["#F2AE6B", "#F9D6B2", "#FFFFFF", "#9CC9E6", "#3A8CC4"]
    return LinearSegmentedColormap.from_list("values", colours, N=33)


def draw_scene(
    axes: Axes,
    scene: Scene,
    resolution: int = FINE,
    limit: float | None = None,
    values_of: ValuesOnGrid | None = None,
) -> Drawn:
    """Draw a scene on axes of equal scale.

    Args:
        axes: empty.
        scene: what to show.
        resolution: cells of the map of values along each side.
        limit: value at which the colours end, both ways; found from the values by default.
        values_of: a function to show in place of the network, its zero line traced.
    """
    image = zeros = None
    if values_of is not None or scene.network is not None:
        if values_of is not None:
            values = values_of(scene.window, resolution)
        elif scene.network is not None:
            values = values_on_grid(scene.network, scene.window, resolution)
            zeros = zero_line(scene.network, scene.window)
        image = draw_values(axes, scene, values, limit)
        draw_zero_line(axes, scene, zeros, values)
    for region in scene.regions:
        _draw_region(axes, region)
    draw_marks(axes, scene)
    for s, t in scene.witnesses:
        axes.plot(float(s), float(t), **WITNESS, linestyle="none", markeredgewidth=0.7, zorder=6)
    frame(axes, scene)
    return Drawn(scene, image, zeros)


def frame(axes: Axes, scene: Scene) -> None:
    """Set limits, equal lengths and names of the axes."""
    (left, bottom), (right, top) = scene.window
    axes.set_xlim(float(left), float(right))
    axes.set_ylim(float(bottom), float(top))
    wide, high = scene.plane.lengths
    axes.set_aspect(high / wide)
    axes.grid(False)
    axes.set_xlabel(scene.plane.names[0])
    axes.set_ylabel(scene.plane.names[1])


def draw_values(axes: Axes, scene: Scene, values: np.ndarray, limit: float | None) -> AxesImage:
    """Draw values on a grid over the window, white at zero and as dark below it as above."""
    (left, bottom), (right, top) = scene.window
    end = colour_limit(values) if limit is None else limit
    return axes.imshow(
        values,
        extent=(float(left), float(right), float(bottom), float(top)),
        origin="lower",
        cmap=diverging_colours(),
        vmin=-end,
        vmax=end,
        interpolation="nearest",
        aspect="auto",
        zorder=0,
    )


def colour_limit(values: np.ndarray) -> float:
    """Return a round number that nearly all values of one sign stay within, of the sign that stays nearer to zero."""
    sides = [sign * values[sign * values > 0] for sign in (1, -1)]
    sizes = [float(np.quantile(side, 0.98)) for side in sides if side.size]
    if not sizes:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(min(sizes)))
    return float(next(step * unit for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * unit >= min(sizes) * 0.999))


def draw_zero_line(axes: Axes, scene: Scene, exact: ZeroLine | None, values: np.ndarray) -> None:
    """Draw where the network is zero: the exact segments, or a line traced between cells."""
    from matplotlib.collections import LineCollection

    (left, bottom), (right, top) = scene.window
    sides = ((left, right, values.shape[1]), (bottom, top, values.shape[0]))
    places = [
        [float(low) + (float(high) - float(low)) * (k + 0.5) / count for k in range(count)]
        for low, high, count in sides
    ]
    if exact is None:
        if values.min() < 0 < values.max():
            axes.contour(*places, values, levels=[0.0], colors=INK, linewidths=1.1, zorder=3)
        return
    lines = [[tuple(map(float, place)) for place in line] for line in exact.lines()]
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=1.1, capstyle="round", zorder=3))
    if exact.plateaus:
        axes.contourf(*places, values == 0, levels=[0.5, 1.5], colors="none", hatches=[".."], zorder=1)


def _draw_region(axes: Axes, region: Region) -> None:
    from matplotlib.patches import Polygon

    look = LOOKS[region.label]
    violated = region.status == "violated"
    width = 2.0 if violated else 1.1
    line = ":" if region.status == "unknown" else look["line"]
    axes.add_patch(
        Polygon(
            region.outline,
            closed=True,
            fill=False,
            edgecolor="black" if violated else look["colour"],
            linewidth=width,
            linestyle=line,
            zorder=4,
        )
    )
    if region.kernel:
        axes.add_patch(
            Polygon(
                region.kernel, closed=True, facecolor=look["face"], edgecolor=look["colour"], linewidth=1.2, zorder=4
            )
        )


def draw_marks(axes: Axes, scene: Scene) -> None:
    """Draw the points, circles for +1 and squares for -1."""
    for label, look in LOOKS.items():
        chosen = [mark.place for mark in scene.marks if mark.label == label]
        axes.scatter(
            [float(s) for s, _ in chosen],
            [float(t) for _, t in chosen],
            s=look["size"],
            marker=look["marker"],
            facecolor=look["face"] if label == 1 else "white",
            edgecolor=look["colour"],
            linewidth=1.2,
            zorder=5,
        )
