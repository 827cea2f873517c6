"""A landscape as plain tables that fit 100 columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from verify.report.landscape.decisions import Decision
from verify.report.landscape.latex import bound_names
from verify.report.landscape.orders import stated_orders
from verify.report.landscape.sizes import Landscape, Row

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100
_TITLES = {"nonzero": "nonzero parameters", "dense": "all parameters, zero or not (dense)"}
_NOT_COUNTED = "-"
_MOST_DIGITS = 24


def print_landscape(landscape: Landscape, decisions: Sequence[Decision], verbose: bool) -> None:
    """Print sizes, lower bounds, depths, and orders stated elsewhere."""
    from rich.console import Console

    wide = max(WIDTH, shutil.get_terminal_size((WIDTH, 20)).columns)
    console = Console(width=None if sys.stdout.isatty() else wide)
    decided = {entry.ratio: entry for entry in decisions}

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    say(_heading(landscape))
    for counts, title in _TITLES.items():
        say("")
        say(f"{title}; * is the smallest network of a row, > a size that is too small for some data")
        _print_columns(console, _columns(landscape, counts, decided if counts == "nonzero" else {}))
    say("")
    for line in (*_depths(landscape), *_conditions(landscape), *_absent(landscape)):
        say(line)
    _print_orders(console, landscape)
    if verbose:
        for name, meaning in _meanings(landscape).items():
            say(f"{name}: {meaning}")
    for found in (entry for entry in decisions if entry.detail):
        say(f"{found.name} at {found.ratio}: {found.detail}")
    for inversion in landscape.inversions:
        say(f"contradiction: {inversion}")


def _heading(landscape: Landscape) -> str:
    setting = landscape.setting
    size = f"{setting.points:,} points in dimension {setting.dim:,}, {setting.norm}"
    if setting.data is None:
        return (
            f"{size}: each network's size suffices for every data set of this size, "
            "each lower bound is too small for some"
        )
    return (
        f"{setting.name}: {size}, eps {setting.eps}; sizes of networks for these points; "
        "lower bounds are about other points too: some set of so many needs more"
    )


def _columns(landscape: Landscape, counts: str, decided: dict[Fraction, Decision]) -> dict[str, list[str]]:
    """Return the cells of each column under its heading, the ratios first."""
    columns = {"ratio": [str(row.ratio) for row in landscape.rows]}
    for name in landscape.names:
        cells = [_size(row, name, counts) for row in landscape.rows]
        if any(cells):
            columns[f"network\n{name}"] = cells
    for name in bound_names(landscape, counts):
        found = (row.bound(name) for row in landscape.rows)
        columns[f"too small\n{name}"] = ["" if bound is None else f">{shown(bound.size)}" for bound in found]
    if decided:
        columns["smallest\nbuilt"] = [_status(decided.get(row.ratio)) for row in landscape.rows]
    return columns


def _size(row: Row, name: str, counts: str) -> str:
    entry = row.entry(name)
    if entry is None:
        return _NOT_COUNTED
    size = getattr(entry, counts)
    if size is None:
        return ""
    return f"{'*' if entry is row.smallest(counts) else ''}{shown(size, up=True)}"


def shown(size: int, up: bool = False) -> str:
    """Return a size for a reader: all digits where they are few, else five, rounded up or down."""
    text = str(size)
    if len(text) <= _MOST_DIGITS:
        return f"{size:,}"
    unit = 10 ** (len(text) - 5)
    lead = -(-size // unit) if up else size // unit
    exponent = len(text) - 1
    if lead == 10**5:
        lead, exponent = 10**4, exponent + 1
    return f"{str(lead)[0]}.{str(lead)[1:]}e{exponent}"


def _status(decision: Decision | None) -> str:
    if decision is None:
        return _NOT_COUNTED
    return decision.status if decision.fits else f"{decision.status}, miscounted"


def _print_columns(console: Console, columns: dict[str, list[str]]) -> None:
    """Print as few tables as fit the width, each with the ratios in front."""
    from rich.table import Table

    ratios = columns.pop("ratio")
    room = WIDTH - max(map(len, ("ratio", *ratios))) - 2
    for part in _packed(columns, room):
        table = Table(box=None, header_style="bold")
        table.add_column("\nratio")
        for heading in part:
            table.add_column(heading, justify="right", no_wrap=True)
        for cells in zip(ratios, *part.values(), strict=True):
            table.add_row(*cells)
        console.print(table, highlight=False)


def _packed(columns: dict[str, list[str]], room: int) -> list[dict[str, list[str]]]:
    parts: list[dict[str, list[str]]] = [{}]
    left = room
    for heading, cells in columns.items():
        wide = max(len(text) for text in (*heading.split("\n"), *cells)) + 2
        if wide > left and parts[-1]:
            parts.append({})
            left = room
        parts[-1][heading] = cells
        left -= wide
    return parts


def _depths(landscape: Landscape) -> list[str]:
    found = []
    for name in landscape.names:
        depths = {entry.depth for row in landscape.rows if (entry := row.entry(name)) is not None and entry.depth}
        if depths:
            low, high = min(depths), max(depths)
            found.append(f"{name} {low}" if low == high else f"{name} {low} to {high}")
    return [f"affine maps (depth): {', '.join(found)}"] if found else []


def _conditions(landscape: Landscape) -> list[str]:
    """Say which counts do not suffice for all points, and for which they do."""
    if landscape.setting.data is not None:
        return []
    found = {
        entry.name: entry.at_worst.condition
        for row in landscape.rows
        for entry in row.entries
        if entry.at_worst is not None and entry.at_worst.condition
    }
    return [f"{name}: only for {condition}, so not compared" for name, condition in found.items()]


def _absent(landscape: Landscape) -> list[str]:
    """Say which constructions are not in the table, and why."""
    names = [
        name
        for name in landscape.names
        if all((entry := row.entry(name)) is not None and entry.nonzero is None for row in landscape.rows)
    ]
    if not names:
        return []
    if landscape.setting.data is None:
        return [f"no count that suffices for every data set here: {', '.join(names)}"]
    return [f"not for these points at these ratios, or too long to find out: {', '.join(names)}"]


def _print_orders(console: Console, landscape: Landscape) -> None:
    """Print the orders of other papers, as text: no constant, so no size."""
    from rich.table import Table

    setting = landscape.setting
    table = Table(box=None, header_style="bold", width=WIDTH)
    table.add_column("stated without explicit constants, so no sizes", ratio=3)
    table.add_column("parameters", ratio=4)
    table.add_column("rho", ratio=3)
    table.add_column("here", ratio=2)
    for entry in stated_orders(setting.norm):
        ratios = entry.ratios(setting.points, setting.dim, setting.ratios)
        here = "constant not known" if ratios is None else _span(ratios, len(setting.ratios))
        kind = "at most" if entry.kind == "upper" else "at least"
        table.add_row(entry.source, f"{kind} of order {entry.order} ({entry.counts})", entry.range, here)
    if table.rows:
        console.print()
        console.print(table, highlight=False)


def _span(ratios: Sequence[Fraction], of: int) -> str:
    if len(ratios) in (0, of):
        return "every row" if ratios else "no row"
    return f"row {ratios[0]}" if len(ratios) == 1 else f"rows {ratios[0]} to {ratios[-1]}"


def _meanings(landscape: Landscape) -> dict[str, Any]:
    """Return what the lower bounds say at the last ratio each holds at."""
    bounds: Iterable[Any] = (bound for row in landscape.rows for bound in row.bounds)
    return {bound.name: f"{bound.meaning} ({bound.source})" for bound in bounds}
