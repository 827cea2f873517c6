"""Sign vectors found against the number that counting allows, and labellings that training fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.experiments.sign_vectors import DRAWN, TRAIN
from verify.report.drawing import BLUE, GREY, RED, empty_figure
from verify.report.training.grouping import Table, grouped, seeds_text
from verify.sweep.store import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "sign-vectors"
KINDS = (DRAWN, TRAIN)


@dataclass(frozen=True, slots=True)
class Panel:
    """The midpoints of one hard set.

    Attributes:
        caption: the setting.
        points: m.
        drawn: size, sign vectors found (the most of any smaller size too), and the bound, by size.
        trained: nonzero parameters, labellings fitted, labellings tried, by width.
    """

    caption: str
    points: int
    drawn: tuple[tuple[int, int, int], ...]
    trained: tuple[tuple[int, int, int], ...]


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return what the rows show, one panel per set of midpoints."""
    trained = [row for row in rows if row.job.kind == TRAIN]
    panels = []
    for group in grouped((row for row in rows if row.job.kind == DRAWN), ("size", "seed", "draws")):
        place = group.shared
        here = [row for row in trained if all(row.job.parameters[name] == value for name, value in place.items())]
        points = int(group.rows[0].result["points"])
        draws = sorted({int(row.job.parameters["draws"]) for row in group.rows})
        counted = f"{_listed(draws)} networks drawn, {seeds_text(group.rows)}"
        caption = f"m = {points} midpoints in dimension {place['dim']}; {counted}"
        panels.append(Panel(caption, points, _most_found(group.rows), _fitted(here)))
    return panels


def _listed(counts: Sequence[int]) -> str:
    return " or ".join(f"{count:,}" for count in counts)


def _most_found(rows: Sequence[Row]) -> tuple[tuple[int, int, int], ...]:
    """Return per size the most sign vectors found with at most so many parameters."""
    found, most = [], 0
    by_size = sorted(rows, key=lambda row: int(row.job.parameters["size"]))
    for row in by_size:
        most = max(most, int(row.result["realised"]))
        found.append((int(row.job.parameters["size"]), most, int(row.result["bound"])))
    return tuple({entry[0]: entry for entry in found}.values())


def _fitted(rows: Sequence[Row]) -> tuple[tuple[int, int, int], ...]:
    entries = [tuple(int(row.result[name]) for name in ("nonzero", "fitted", "labellings")) for row in rows]
    return tuple(sorted((entry[0], entry[1], entry[2]) for entry in entries))


def tables_of(panels: Sequence[Panel]) -> list[Table]:
    """Return two tables per panel: networks drawn, and networks trained."""
    found = []
    for panel in panels:
        drawn = [(str(size), str(most), str(bound), str(2**panel.points)) for size, most, bound in panel.drawn]
        heads = ("size", "sign vectors found", "counting allows", "all")
        found.append(
            Table(f"Sign vectors of networks of at most so many parameters ({panel.caption})", heads, tuple(drawn))
        )
        if panel.trained:
            rows = [(str(size), f"{fitted} of {tried}") for size, fitted, tried in panel.trained]
            title = "Random labellings that a trained network fits exactly"
            found.append(Table(title, ("nonzero parameters", "fitted"), tuple(rows)))
    return found


def draw(panels: Sequence[Panel]) -> Figure:
    """Draw one row per panel: sign vectors on the left, labellings fitted on the right."""
    figure = empty_figure(0.5 + 2.6 * len(panels))
    rows = figure.subplots(len(panels), 2, squeeze=False)
    for panel, (left, right) in zip(panels, rows, strict=True):
        _draw_drawn(left, panel)
        _draw_trained(right, panel)
        left.set_title(f"(a) {panel.caption}", loc="left", fontsize=8)
    return figure


def _draw_drawn(axes: Axes, panel: Panel) -> None:
    sizes = [size for size, _, _ in panel.drawn]
    axes.axhline(
        panel.points, color=GREY, linestyle=":", label=f"all $2^{{{panel.points}}}$ labellings of the midpoints"
    )
    axes.plot(sizes, [math.log2(bound) for _, _, bound in panel.drawn], color=BLUE, label="counting allows, $T(W,d,m)$")
    axes.plot(sizes, [math.log2(most) for _, most, _ in panel.drawn], "o", color=RED, label="found by drawing networks")
    axes.set_ylim(0, 2 * panel.points)
    axes.set_xlabel("parameters $W$, at most")
    axes.set_ylabel("$\\log_2$ of the sign vectors")
    axes.legend(loc="upper right")


def _draw_trained(axes: Axes, panel: Panel) -> None:
    if not panel.trained:
        axes.set_visible(False)
        return
    sizes = [size for size, _, _ in panel.trained]
    axes.plot(sizes, [fitted / tried for _, fitted, tried in panel.trained], "o-", color=RED)
    axes.set_xscale("log", base=2)
    axes.set_ylim(-0.03, 1.03)
    tried = _listed(sorted({count for _, _, count in panel.trained}))
    axes.set_title(f"(b) {tried} random labellings, one network each", loc="left", fontsize=8)
    axes.set_xlabel("nonzero parameters of the trained network")
    axes.set_ylabel("share fitted exactly")
