"""Clean and robust errors against the number of samples, with the exact lines beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from verify.experiments.generalization import EXPLICIT, TRAIN
from verify.experiments.hard_instance import HARD_KEYS
from verify.report.drawing import BLUE, GREEN, GREY, RED, empty_figure
from verify.report.training.grouping import Table, grouped, mean, seeds_text, shown
from verify.sweep.store import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "generalization"
KINDS = (TRAIN, EXPLICIT)
_VARYING = ("samples", "seed")
_CURVES = {
    "robust test error": ("test", "lower", RED),
    "robust training error": ("train", "lower", BLUE),
    "clean test error": ("test", "clean_error", GREEN),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """Errors of one kind of training on one hard set.

    Attributes:
        training: ``plain`` or ``adversarial``.
        points: m.
        caption: the setting.
        errors: name of a curve to the errors of each number of samples, one per seed; where some points were
            not decided the robust errors are lower bounds.
        undecided: points left open in all runs together.
        overfitting: the robust test error of the explicit network that overfits, by number of samples.
        is_random: the labels are; of others a learner may know more than it has seen.
    """

    training: str
    points: int
    caption: str
    errors: dict[str, dict[int, list[Fraction]]]
    undecided: int
    overfitting: dict[int, Fraction]
    is_random: bool = True


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return what the rows show, one panel per hard set, recipe and kind of training."""
    built: dict[tuple[str, ...], dict[int, Fraction]] = {}
    for row in (row for row in rows if row.job.kind == EXPLICIT):
        error = Fraction(row.result["test"]["lower"])
        built.setdefault(_hard_set(row), {})[int(row.job.parameters["samples"])] = error
    panels = []
    for group in grouped((row for row in rows if row.job.kind == TRAIN), _VARYING):
        errors: dict[str, dict[int, list[Fraction]]] = {name: {} for name in _CURVES}
        for row in sorted(group.rows, key=lambda row: (row.job.parameters["samples"], row.job.parameters["seed"])):
            for name, (part, entry, _) in _CURVES.items():
                value = Fraction(row.result[part][entry])
                errors[name].setdefault(int(row.job.parameters["samples"]), []).append(value)
        said, points = group.shared, int(group.rows[0].result["test"]["points"])
        undecided = sum(int(row.result[part]["undecided"]) for row in group.rows for part in ("test", "train"))
        caption = (
            f"d = {said['dim']}, m = {points} points, {said['labels']} labels, "
            f"{said['norm']} radius {said['ratio']} eps; width {said['width']}, depth {said['depth']}, "
            f"{said['epochs']} epochs, {seeds_text(group.rows)}"
        )
        explicit = built.get(_hard_set(group.rows[0]), {})
        wanted = {samples: explicit[samples] for samples in errors["clean test error"] if samples in explicit}
        is_random = said["labels"] == "random"
        panels.append(Panel(str(said["training"]), points, caption, errors, undecided, wanted, is_random))
    return sorted(panels, key=lambda panel: (panel.caption, panel.training != "plain"))


def _hard_set(row: Row) -> tuple[str, ...]:
    return tuple(str(row.job.parameters[name]) for name in HARD_KEYS)


def tables_of(panels: Sequence[Panel]) -> list[Table]:
    """Return one table per panel: means over the seeds."""
    heads = ("samples", *_CURVES, "overfitting network", "1 - n/m", "(1 - n/m)/2")
    found = []
    for panel in panels:
        rows = []
        for samples in panel.errors["clean test error"]:
            unseen = 1 - Fraction(samples, panel.points)
            means = [shown(mean(panel.errors[name][samples])) for name in _CURVES]
            built = panel.overfitting.get(samples)
            blind = shown(unseen / 2) if panel.is_random else ""
            rows.append((str(samples), *means, "" if built is None else shown(built), shown(unseen), blind))
        title = f"{panel.training} training, means over seeds ({panel.caption}; {panel.undecided} balls undecided)"
        found.append(Table(title, heads, tuple(rows)))
    return found


def draw(panels: Sequence[Panel]) -> Figure:
    """Draw the errors against the number of samples, two panels in a row."""
    count = -(-len(panels) // 2)
    figure = empty_figure(0.8 + 2.5 * count)
    is_one = len({panel.caption for panel in panels}) == 1
    places = figure.subplots(count, 2, squeeze=False, sharey=True).ravel()
    for place, axes in enumerate(places):
        if place >= len(panels):
            axes.set_visible(False)
            continue
        _draw_panel(axes, panels[place])
        title = f"({'abcdefgh'[place % 8]}) {panels[place].training} training"
        lines = [title] if is_one else [title, *panels[place].caption.split("; ")]
        axes.set_title("\n".join(lines), loc="left", fontsize=None if is_one else 8)
        if place % 2 == 0:
            axes.set_ylabel("error")
    named: dict[str, Any] = {}
    for axes in places[: len(panels)]:
        for handle, text in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(text, handle)
    figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=3, frameon=False)
    if is_one:
        figure.suptitle(panels[0].caption, fontsize=8)
    return figure


def _draw_panel(axes: Axes, panel: Panel) -> None:
    ends = [0, panel.points]
    axes.plot(ends, [1, 0], color="#222222", linewidth=1.0, label="overfitting network: exactly $1-n/m$")
    if panel.is_random:
        text = "no learner's robust test error is below, on average: $(1-n/m)/2$"
        axes.plot(ends, [0.5, 0], color=GREY, linestyle="--", linewidth=1.0, label=text)
    axes.plot(list(panel.overfitting), [float(value) for value in panel.overfitting.values()], "x", color="#222222")
    for name, (_, _, colour) in _CURVES.items():
        curve = panel.errors[name]
        axes.plot(list(curve), [float(mean(values)) for values in curve.values()], color=colour, label=name)
        for samples, values in curve.items():
            axes.plot([samples] * len(values), [float(value) for value in values], ".", color=colour, markersize=3.5)
    axes.set_xlabel("training points $n$")
    axes.set_ylim(-0.03, 1.03)
