"""Robust error against the radius: the optimum as an exact step function, trained networks above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from verify.experiments.optimum_gap import OPTIMUM, TRAIN
from verify.report.drawing import BLUE, GREY, ORANGE, RED, empty_figure
from verify.report.training.grouping import Table, grouped, seeds_text, shown
from verify.sweep.store import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "optimum-gap"
KINDS = (TRAIN, OPTIMUM)
_PLACE = ("data", "points", "norm", "files")
_LOOKS = {"adversarial": ("o", RED), "plain": ("s", ORANGE)}


@dataclass(frozen=True, slots=True)
class Judged:
    """One trained network: kind of training, radius, bounds of its robust error, optimum there, parameters."""

    training: str
    radius: Fraction
    lower: Fraction
    upper: Fraction
    optimum: Fraction
    nonzero: int


@dataclass(frozen=True, slots=True)
class Panel:
    """One data set in one norm.

    Attributes:
        title: the data.
        caption: the recipe.
        steps: radius and optimal error from there on; in l2 the radius is rounded.
        networks: the trained ones, by radius.
    """

    title: str
    caption: str
    steps: tuple[tuple[float, Fraction], ...]
    networks: tuple[Judged, ...]


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return what the rows show, one panel per data set, norm and recipe."""
    curves = {_place(row): row.result for row in rows if row.job.kind == OPTIMUM}
    panels = []
    for group in grouped((row for row in rows if row.job.kind == TRAIN), ("radius", "training", "seed")):
        said = group.shared
        place = _place(group.rows[0])
        curve = curves.get(place, {"radii": [], "values": [], "points": said["points"], "dim": ""})
        squared = said["norm"] == "l2"
        radii = [float(Fraction(text)) for text in curve["radii"]]
        steps = [(math.sqrt(radius) if squared else radius) for radius in radii]
        values = [Fraction(text) for text in curve["values"]]
        networks = sorted((_judged(row) for row in group.rows), key=lambda entry: (entry.training, entry.radius))
        caption = f"width {said['width']}, depth {said['depth']}, {said['epochs']} epochs, {seeds_text(group.rows)}"
        title = f"{said['data']}, {curve['points']} points, {said['norm']}"
        panels.append(Panel(title, caption, tuple(zip(steps, values, strict=True)), tuple(networks)))
    return panels


def _place(row: Row) -> tuple[str, ...]:
    return tuple(str(row.job.parameters.get(name)) for name in _PLACE)


def _judged(row: Row) -> Judged:
    lower, upper, optimum = (Fraction(row.result[name]) for name in ("lower", "upper", "optimum"))
    said = row.job.parameters
    return Judged(said["training"], Fraction(said["radius"]), lower, upper, optimum, int(row.result["nonzero"]))


def tables_of(panels: Sequence[Panel]) -> list[Table]:
    """Return one table per panel; no error in it is below its optimum."""
    heads = ("training", "radius", "robust error", "optimum", "excess", "parameters")
    found = []
    for panel in panels:
        rows = []
        for entry in panel.networks:
            between = (
                shown(entry.lower) if entry.lower == entry.upper else f"{shown(entry.lower)} to {shown(entry.upper)}"
            )
            excess = shown(entry.lower - entry.optimum)
            rows.append((entry.training, str(entry.radius), between, shown(entry.optimum), excess, str(entry.nonzero)))
        found.append(Table(f"Robust error beside the optimum: {panel.title} ({panel.caption})", heads, tuple(rows)))
    return found


def draw(panels: Sequence[Panel]) -> Figure:
    """Draw robust error against the radius, two panels in a row."""
    count = -(-len(panels) // 2)
    figure = empty_figure(0.55 + 2.6 * count)
    places = figure.subplots(count, 2, squeeze=False, sharey=True).ravel()
    for place, axes in enumerate(places):
        if place >= len(panels):
            axes.set_visible(False)
            continue
        _draw_panel(axes, panels[place], "abcdefgh"[place % 8])
        if place % 2 == 0:
            axes.set_ylabel("robust error")
    handles, texts = places[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_panel(axes: Axes, panel: Panel, letter: str) -> None:
    last = 1.06 * max([float(entry.radius) for entry in panel.networks], default=1.0)
    steps = [(radius, float(value)) for radius, value in panel.steps if radius <= last]
    if steps:
        xs, ys = [radius for radius, _ in steps] + [last], [value for _, value in steps] + [steps[-1][1]]
        axes.step(xs, ys, where="post", color=BLUE, label="optimum over all classifiers")
        axes.fill_between(xs, ys, step="post", color=BLUE, alpha=0.12, linewidth=0)
        # Where all balls meet, nothing is better than the constant with the larger class's label.
        axes.axhline(float(panel.steps[-1][1]), color=GREY, linestyle=":", linewidth=1.0, label="best constant")
    for training, (marker, colour) in _LOOKS.items():
        networks = [entry for entry in panel.networks if entry.training == training]
        if networks:
            xs = [float(entry.radius) for entry in networks]
            lower, upper = ([float(value) for value in side] for side in _sides(networks))
            axes.vlines(xs, lower, upper, color=colour, linewidth=1.0)
            axes.plot(xs, upper, marker, color=colour, markersize=4.5, label=f"{training} training, each at its radius")
    axes.set_xlim(0, last)
    axes.set_ylim(-0.03, 1.05)
    axes.set_title(f"({letter}) {panel.title}\n{panel.caption}", loc="left", fontsize=8)
    axes.set_xlabel("radius, in units of the coordinates")


def _sides(networks: Sequence[Judged]) -> tuple[list[Fraction], list[Fraction]]:
    return [entry.lower for entry in networks], [entry.upper for entry in networks]
