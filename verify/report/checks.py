"""Checked instances, of a sweep, of table1 or of one check: sizes built beside sizes promised and bounds certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verify.report.drawing import BLUE, GREEN, GREY, RED
from verify.report.training.grouping import Table
from verify.sweep.store import Row
from verify.theorems.registry import find_theorem, theorems

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "checks"
KINDS = ("check",)
COLUMN = 3.4  # inches, the width of one of two columns
_UNNAMED = ("theorem", "files")
_LOOKS = (
    ("promised", "d", GREY, "promised at most"),
    ("enough", "|", GREEN, "enough for all"),
    ("too few", "x", RED, "too few for some"),
    ("built", "o", BLUE, "built"),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """The rows of one statement, in the order of the store."""

    theorem: str
    rows: tuple[Row, ...]


def panels_of(rows: Sequence[Row]) -> list[Panel]:
    """Return the rows by statement, in the paper's order."""
    found: dict[str, list[Row]] = {entry.id: [] for entry in theorems()}
    for row in rows:
        found.setdefault(str(row.job.parameters.get("theorem", "no statement")), []).append(row)
    return [Panel(theorem, tuple(members)) for theorem, members in found.items() if members]


def sizes_of(row: Row) -> dict[str, int]:
    """Return the parameters a row speaks of: built, promised, enough for every instance, too few for some."""
    claims = {claim["name"]: claim for claim in row.result.get("claims", []) if claim["status"] == "holds"}
    network, sandwich = row.result.get("network") or {}, claims.get("sandwich", {})
    texts = {
        "built": network.get("nonzero"),
        "promised": claims.get("parameters", {}).get("promised"),
        "enough": sandwich.get("measured"),
        "too few": sandwich.get("promised", claims.get("size_bound", {}).get("measured")),
    }
    return {name: int(text) for name, text in texts.items() if text is not None and str(text).isdigit()}


def tables_of(panels: Sequence[Panel]) -> list[Table]:
    """Return one table a statement: what varies between its rows, the verdict, and the sizes."""
    return [_table(panel) for panel in panels]


def _table(panel: Panel) -> Table:
    named = sorted({name for row in panel.rows for name in row.job.parameters} - set(_UNNAMED))
    sizes = [sizes_of(row) for row in panel.rows]
    shown = [name for name in ("built", "promised", "enough", "too few") if any(name in entry for entry in sizes)]
    rows = tuple(
        (
            *(str(row.job.parameters.get(name, "")) for name in named),
            str(row.result.get("verdict", "error")),
            *(str(entry.get(name, "")) for name in shown),
        )
        for row, entry in zip(panel.rows, sizes, strict=True)
    )
    return Table(_title(panel.theorem), (*named, "verdict", *shown), rows)


def _title(theorem: str) -> str:
    known = {entry.id for entry in theorems()}
    return f"{theorem}: {find_theorem(theorem).title}" if theorem in known else theorem


def draw(panels: Sequence[Panel]) -> Figure | None:
    """Draw the sizes of every row that holds, a line each, over the width of a column; nothing where there are none.

    What is enough and what is too few are about one family, and are joined; marks of different lines are about
    different instances.
    """
    from matplotlib.figure import Figure

    drawn = [(panel.theorem, marks) for panel in panels if (marks := _marks(panel))]
    if not drawn:
        return None
    lines = sum(len(marks) for _, marks in drawn)
    figure = Figure(figsize=(COLUMN, 1.1 + min(0.14 * lines + 0.1 * len(drawn), 7.5)), layout="constrained")
    axes: Axes = figure.subplots()
    ticks, height = [], 0.0
    for _, marks in drawn:
        ticks.append(height + (len(marks) - 1) / 2)
        for sizes in marks:
            _draw_line(axes, sizes, height)
            height += 1
        height += 1
    for _, marker, colour, label in _LOOKS:
        axes.plot([], [], marker, color=colour, markersize=4.5, label=label, linestyle="none")
    axes.set_xscale("log")
    axes.set_yticks(ticks, [_short(theorem) for theorem, _ in drawn], fontsize=6.5)
    axes.set_ylim(height - 1, -1)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("nonzero parameters")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=7)
    return figure


def _marks(panel: Panel) -> list[dict[str, int]]:
    rows = [sizes_of(row) for row in panel.rows if row.result.get("verdict") == "holds"]
    found = [{name: size for name, size in sizes.items() if size > 0} for sizes in rows]
    return [sizes for sizes in found if sizes]


def _draw_line(axes: Axes, sizes: dict[str, int], height: float) -> None:
    if {"enough", "too few"} <= set(sizes):
        axes.hlines(height, sizes["too few"], sizes["enough"], color=GREY, linewidth=0.6)
    for name, marker, colour, _ in _LOOKS:
        if name in sizes:
            axes.plot([sizes[name]], [height], marker, color=colour, markersize=3.5, linestyle="none")


def _short(theorem: str) -> str:
    return theorem.replace("-as-printed", ", printed")


def files_of(row: Row) -> dict[str, Any]:
    """Return the files a row names: what they are to where they were written."""
    named = {"certificate.json": row.result.get("certificate"), **row.result.get("files", {})}
    return {name: path for name, path in named.items() if path and not str(path).startswith("skipped")}
