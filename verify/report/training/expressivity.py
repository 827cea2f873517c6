"""Size against the number of hard points: what is too small, what is enough, and what training takes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from constructions.classifiers.bit_extraction import BlockTable, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from verify.experiments.expressivity import EXPLICIT, TRAIN, WEIGHT_BITS, too_small
from verify.report.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, empty_figure
from verify.report.training.grouping import Table, grouped, seeds_text, shown
from verify.sweep.store import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "expressivity"
KINDS = (TRAIN, EXPLICIT)
_INSTANCE = ("steps", "labels", "label_seed")
_LOOKS = {
    "random": ("o", RED, 0.94),
    "parity": ("s", PURPLE, 0.98),
    "half-space": ("^", GREEN, 1.02),
    "checkerboard": ("D", ORANGE, 1.06),
}
"""Marker, colour, and a little shift to the side, so that equal sizes are all seen."""
_MOST_POINTS = 4096


@dataclass(frozen=True, slots=True)
class Instance:
    """One hard set: what training reached on it, and the explicit networks.

    Attributes:
        points: m.
        steps: of the grid.
        labels: their kind.
        label_seed: of random labels.
        smallest: fewest parameters of a trained network with robust error 0, ``None`` if none has it.
        tried: most parameters of a trained network.
        best: the smallest robust error proved of a trained network, an upper bound.
        explicit: sizes of explicit networks and certified sizes, by name.
    """

    points: int
    steps: int
    labels: str
    label_seed: int
    smallest: int | None
    tried: int
    best: Fraction
    explicit: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """The hard sets of one dimension and one recipe."""

    dim: int
    ratio: str
    caption: str
    instances: tuple[Instance, ...]


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return what the rows show, one panel per dimension, ratio and recipe."""
    explicit = {_instance_key(row): row.result for row in rows if row.job.kind == EXPLICIT}
    panels = []
    for group in grouped((row for row in rows if row.job.kind == TRAIN), (*_INSTANCE, "width", "seed")):
        ordered = sorted(group.rows, key=_instance_key)
        instances = [
            _instance(list(members), explicit.get(key, {}))
            for key, members in itertools.groupby(ordered, _instance_key)
        ]
        shared = group.shared
        caption = (
            f"d = {shared['dim']}, {shared['norm']} radius {shared['ratio']} eps; trained: depth {shared['depth']}, "
            f"{shared['epochs']} epochs, up to {_widths(group.rows)} widths, {seeds_text(group.rows)}"
        )
        instances.sort(key=lambda entry: (entry.labels, entry.points, entry.label_seed))
        panels.append(Panel(int(shared["dim"]), str(shared["ratio"]), caption, tuple(instances)))
    return panels


def _widths(rows: Sequence[Row]) -> int:
    """Return how many widths were tried."""
    return len({row.job.parameters["width"] for row in rows})


def _instance_key(row: Row) -> tuple[int, str, int, str, int]:
    said = row.job.parameters
    return int(said["dim"]), str(said["ratio"]), int(said["steps"]), str(said["labels"]), int(said["label_seed"])


def _instance(rows: list[Row], explicit: dict[str, int | None]) -> Instance:
    said = rows[0].job.parameters
    robust = [int(row.result["nonzero"]) for row in rows if Fraction(row.result["upper"]) == 0]
    return Instance(
        int(rows[0].result["points"]),
        int(said["steps"]),
        str(said["labels"]),
        int(said["label_seed"]),
        min(robust, default=None),
        max(int(row.result["nonzero"]) for row in rows),
        min(Fraction(row.result["upper"]) for row in rows),
        explicit,
    )


def tables_of(panels: Sequence[Panel]) -> list[Table]:
    """Return one table per panel."""
    heads = ("labels", "points", "trained", "best error", "bit extraction", "literals", "too small", "float32")
    found = []
    for panel in panels:
        rows = []
        for entry in panel.instances:
            trained = f"> {entry.tried}" if entry.smallest is None else str(entry.smallest)
            sizes = (
                entry.explicit.get(name) for name in ("bit_extraction", "literals", "too_small", "too_small_float32")
            )
            cells = ["" if size is None else str(size) for size in sizes]
            rows.append((entry.labels, str(entry.points), trained, shown(entry.best), *cells))
        title = f"Nonzero parameters for robust error 0 ({panel.caption})"
        found.append(Table(title, heads, tuple(rows)))
    return found


def draw(panels: Sequence[Panel]) -> Figure:
    """Draw parameters against points, both in logarithms, one panel per dimension and recipe."""
    figure = empty_figure(0.9 + 3.0 * len(panels))
    for panel, axes in zip(panels, figure.subplots(len(panels), 1, squeeze=False)[:, 0], strict=True):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        _draw_lines(axes, panel)
        _draw_trained(axes, panel)
        axes.set_xlabel("hard points $m$")
        axes.set_ylabel("nonzero parameters $W$")
        axes.set_title(panel.caption, loc="left")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


def _draw_lines(axes: Axes, panel: Panel) -> None:
    """Draw the sizes that need no training, beyond the points trained on."""
    counts, bits, any_real, single = [], [], [], []
    steps = 1
    while (points := (steps + 1) ** (panel.dim - 1)) <= _MOST_POINTS:
        balls = GridBalls.of(panel.dim, panel.dim - 1, steps, Fraction(panel.ratio) / (2 * steps))
        counts.append(points)
        bits.append(count_bit_extraction(balls, BlockTable.smallest(points)))
        any_real.append(too_small(points, panel.dim))
        single.append(too_small(points, panel.dim, WEIGHT_BITS))
        steps += max(1, steps // 4)
    bumps = [count // 2 * (6 * panel.dim + 2) + 1 for count in counts]
    axes.plot(counts, bumps, color=GREY, linestyle="--", label="one bump for each of $m/2$ points")
    axes.plot(counts, bits, color="#222222", label="bit extraction, any labels")
    for sizes, colour, text in ((any_real, BLUE, "any weights"), (single, SKY, "float32")):
        kept = [(count, size) for count, size in zip(counts, sizes, strict=True) if size]
        axes.plot(
            [count for count, _ in kept],
            [size for _, size in kept],
            color=colour,
            label=f"too small for 99.9 % of labellings, {text}",
        )


def _draw_trained(axes: Axes, panel: Panel) -> None:
    for kind, (marker, colour, shift) in _LOOKS.items():
        instances = [entry for entry in panel.instances if entry.labels == kind]
        reached = [entry for entry in instances if entry.smallest is not None]
        missed = [entry for entry in instances if entry.smallest is None]
        if instances:
            xs, sizes = [shift * entry.points for entry in reached], [entry.smallest or 0 for entry in reached]
            axes.plot(xs, sizes, marker, color=colour, markersize=4.5, label=f"smallest trained, {kind} labels")
        for entry in missed:
            axes.plot(
                [shift * entry.points], [entry.tried], marker, color=colour, markersize=4.5, markerfacecolor="white"
            )
            axes.annotate(
                "",
                xy=(shift * entry.points, entry.tried * 1.9),
                xytext=(shift * entry.points, entry.tried * 1.08),
                arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 0.8},
            )
