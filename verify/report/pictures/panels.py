"""Figures of several scenes side by side, with one scale of colours and one legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.report.drawing import COLUMN, WIDTH, empty_figure
from verify.report.pictures.legends import add_colour_bar, add_legend
from verify.report.pictures.scene import Scene
from verify.report.pictures.scene_drawing import Drawn, ValuesOnGrid, draw_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LETTERS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several pictures side by side.

    Attributes:
        title: what stands above it.
        scene: what it shows.
        values: a function in place of the network's, from window and cells along a side.
        overlay: draws more on the axes, ``None`` for nothing.
    """

    title: str
    scene: Scene
    values: ValuesOnGrid | None = None
    overlay: Callable[[Axes], None] | None = None


def draw_panels(
    panels: Sequence[Panel],
    resolution: int,
    columns: int | None = None,
    limit: float | None = None,
    colour_label: str = "$f(x)$",
) -> Figure:
    """Draw panels in rows; one alone takes the width of a column, several that of the page.

    Args:
        panels: what to draw, at least one.
        resolution: cells of the maps of values along each side.
        columns: panels in a row, all of them by default.
        limit: where the colours end; common to all panels, found by the first by default.
        colour_label: what the colours mean.
    """
    across = len(panels) if columns is None else columns
    down = -(-len(panels) // across)
    width = COLUMN if len(panels) == 1 else WIDTH
    shapes = [panel.scene.shape for panel in panels]
    tall = [max(shapes[row * across : (row + 1) * across]) for row in range(down)]
    each = (width - (0.9 if width == COLUMN else 0.8)) / across - 0.3
    height = sum(each * shape + 0.55 for shape in tall)
    figure = empty_figure(height, width)
    rows = figure.subplots(down, across, squeeze=False, height_ratios=tall)
    drawn: list[Drawn] = []
    for place, panel in enumerate(panels):
        axes = rows[place // across][place % across]
        drawn.append(draw_scene(axes, panel.scene, resolution, limit, panel.values))
        if panel.overlay is not None:
            panel.overlay(axes)
        limit = limit if drawn[-1].image is None else drawn[-1].image.get_clim()[1]
        axes.set_title(panel.title if len(panels) == 1 else f"({_LETTERS[place]}) {panel.title}", loc="left")
        if place % across:
            axes.set_ylabel("")
        if place < len(panels) - across:
            axes.set_xlabel("")
    for place in range(len(panels), down * across):
        rows[place // across][place % across].set_axis_off()
    images = [each.image for each in drawn if each.image is not None]
    if images:
        add_colour_bar(figure, images[0], rows, colour_label)
    lines = add_legend(figure, drawn, 2 if len(panels) == 1 else 4)
    figure.set_size_inches(width, height + 0.25 + 0.17 * lines)
    return figure
