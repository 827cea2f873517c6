"""Pictures of Theorem 3.3: two sets, the grids of the constructions, and their networks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.classifiers.cell_grids import CellGrid
from constructions.classifiers.cells import build_cells, plan_cells
from constructions.classifiers.interpolation import classify_by_interpolation, interpolation_grid
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.shifted_cells import build_votes, cell_labels, shifted_grids
from constructions.data.norm_ball import NormBall
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from constructions.sets.sources import load_sets
from verify.report.drawing import GREY
from verify.report.pictures.panels import Panel, draw_panels
from verify.report.pictures.scene import Scene, scene_of_sets

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANE_SETS = "boxes:n=5,d=2,levels=5,seed=7"
_SHARE = Fraction(3, 7)


def draw_cells(resolution: int) -> Figure:
    """Draw the classifier with a bump for every cell that a set meets, and the paper's interpolation.

    Args:
        resolution: cells of the maps of values along each side.
    """
    apart = _instance()
    plan = plan_cells(apart)
    cells = build_cells(plan)
    grid = interpolation_grid(apart.dim, apart.eps, apart.radius, apart.norm)
    hats = classify_by_interpolation(apart.sets, apart.radius, apart.eps, apart.norm)
    nodes = CellGrid(Fraction(0), Fraction(1, grid.steps), grid.steps, 2)
    panels = [
        Panel(
            f"{len(plan.chosen)} of {plan.grid.count}$^2$ cells: {cells.size.nonzero} parameters",
            _scene(apart, cells),
            overlay=lambda axes: _draw_cells(axes, plan.grid, plan.chosen),
        ),
        Panel(
            f"hats on {grid.steps + 1}$^2$ nodes: {hats.size.nonzero:,} parameters",
            _scene(apart, hats),
            overlay=_grid_lines(nodes),
        ),
    ]
    return draw_panels(panels, resolution, limit=1.0)


def draw_shifted_cells(resolution: int) -> Figure:
    """Draw one of the shifted grids and what it votes, and the sum of all votes over their number."""
    apart = _instance()
    shifted = shifted_grids(apart.dim, apart.eps, apart.radius, apart.norm)
    count, labels = len(shifted.grids), [cell_labels(apart, grid) for grid in shifted.grids]
    votes = build_votes(shifted, labels)
    mean = ReluNetwork([*votes.maps[:-1], composed(AffineMap([[Fraction(1, count)]], [0]), votes.maps[-1])])
    second = shifted.grids[1]
    panels = [
        Panel(
            f"the second of {count} grids, its walls and votes",
            _scene(apart, None),
            values=lambda window, steps: _votes(second, labels[1], window, steps),
            overlay=_grid_lines(second, shifted.zone),
        ),
        Panel(f"all votes over {count}: {votes.size.nonzero:,} parameters", _scene(apart, mean)),
    ]
    return draw_panels(panels, resolution, limit=1.0)


def _instance() -> SeparatedSets:
    sets = load_sets(PLANE_SETS)
    return separated_sets(sets, _SHARE * sets.eps("linf"))


def _scene(apart: SeparatedSets, network: ReluNetwork | None) -> Scene:
    return scene_of_sets(apart.sets, NormBall(apart.norm, apart.radius), network)


def _votes(grid: CellGrid, labels: np.ndarray, window: tuple, steps: int) -> np.ndarray:
    """Return the label of the cell of each place of the window, for drawing only."""
    places = []
    for low, high in zip(*window, strict=True):
        ends = float(low) + (float(high) - float(low)) * (np.arange(steps) + 0.5) / steps
        cells = np.floor((ends - float(grid.first)) / float(grid.side)).astype(np.int64)
        places.append(np.clip(cells, 0, grid.count - 1))
    return labels.astype(float)[places[0][None, :] + grid.count * places[1][:, None]]


def _draw_cells(axes: Axes, grid: CellGrid, chosen: tuple[tuple[int, ...], ...]) -> None:
    from matplotlib.patches import Rectangle

    _grid_lines(grid)(axes)
    side = float(grid.side)
    for across, up in chosen:
        corner = (float(grid.first) + side * across, float(grid.first) + side * up)
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="black", linewidth=1.6, zorder=3))


def _grid_lines(grid: CellGrid, zone: Fraction = Fraction(0)) -> Callable[[Axes], None]:
    """Return what draws the walls of a grid, as strips where an index may be wrong."""

    def draw(axes: Axes) -> None:
        walls = [float(grid.first + grid.side * wall) for wall in range(grid.count + 1)]
        for wall in walls:
            for line, strip in ((axes.axvline, axes.axvspan), (axes.axhline, axes.axhspan)):
                line(wall, color=GREY, linewidth=0.5, zorder=1)
                if zone and wall not in (walls[0], walls[-1]):
                    half = float(zone) / 2
                    strip(wall - half, wall + half, color=GREY, alpha=0.35, linewidth=0, zorder=1)

    return draw
