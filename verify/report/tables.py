"""The numbers of a figure as JSON, all of them, and as a LaTeX table, some of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from verify.certificate.issue import write_whole
from verify.report.series import Curve, Numbers, Panel

SCHEMA = "robustproofs/figure/1"
_MOST_ROWS = 13
_MOST_DIGITS = 7
_HEADS = {
    "d": "$d$",
    "depth": "depth",
    "bits": "bits",
    "k": "$k$",
    "points": "$m$",
    "patches": "patches",
    "cover": "cover",
    "block length": "block",
    "size times depth": r"$W \times L$",
    "built parameters": "built $W$",
    "built values": "values",
    "extraction": "bit extraction",
    "error-0": "lower, $0$",
    "error-1/10": r"lower, $\frac{1}{10}$",
    "32-bit": "lower, 32-bit",
    "lower": "lower bound",
    "bumps": "bumps",
    "cells": "cells",
    "printed": "printed",
}


def figure_document(numbers: Numbers) -> dict[str, Any]:
    """Return everything a figure shows; sizes are decimal text, since many exceed 2^53."""
    return {
        "schema": SCHEMA,
        "name": numbers.name,
        "title": numbers.title,
        "quantity": numbers.quantity,
        "least_ratio": str(numbers.least_ratio),
        "panels": [
            {"name": panel.name, "instance": panel.instance, "curves": [_entry(curve) for curve in panel.curves]}
            for panel in numbers.panels
        ],
    }


def _entry(curve: Curve) -> dict[str, Any]:
    return {
        "name": curve.name,
        "meaning": curve.meaning,
        "kind": curve.kind,
        "covered_by": list(curve.covered_by),
        "x": list(curve.xs),
        "sizes": [str(size) for size in curve.sizes],
        "columns": {name: [str(value) for value in values] for name, values in curve.columns.items()},
    }


def write_json(numbers: Numbers, folder: Path) -> Path:
    """Write the document of a figure; return its path."""
    path = folder / f"{numbers.name}.json"
    write_whole(path, (json.dumps(figure_document(numbers), indent=1) + "\n").encode())
    return path


def write_table(numbers: Numbers, folder: Path) -> Path:
    """Write a booktabs table with the panels below each other; return its path."""
    path = folder / f"{numbers.name}.tex"
    write_whole(path, latex_table(numbers).encode())
    return path


def latex_table(numbers: Numbers) -> str:
    """Return the table: lower bounds rounded down, sizes of networks rounded up, where digits are left out."""
    heads = _columns(numbers.panels[0], numbers.quantity)
    wide = max(len(_columns(panel, numbers.quantity)) for panel in numbers.panels)
    lines = [f"% {numbers.title}. Needs booktabs.", rf"\begin{{tabular}}{{{'r' * wide}}}", r"\toprule"]
    for place, panel in enumerate(numbers.panels):
        columns = _columns(panel, numbers.quantity)
        if place:
            lines.append(r"\midrule")
        lines.append(rf"\multicolumn{{{wide}}}{{l}}{{{_title(panel)}}} \\")
        if not place or list(columns) != list(heads):
            lines.append(" & ".join(_HEADS[name] for name in columns) + r" \\")
        lines.append(r"\midrule")
        lines += [" & ".join(row) + r" \\" for row in _thinned(list(zip(*columns.values(), strict=True)))]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _title(panel: Panel) -> str:
    if "points" not in panel.instance:
        return rf"$\epsilon = {panel.instance['eps']}$, {panel.name}"
    base, _, exponent = panel.instance["points"].partition("^")
    return rf"$\epsilon = {panel.instance['eps']}$, $m = {base}^{{{exponent.strip('()')}}}$"


def _columns(panel: Panel, quantity: str) -> dict[str, list[str]]:
    """Return the cells of each column, one row per bit-extraction network, or per network of the first curve."""
    main = next((curve for curve in panel.curves if curve.name == "extraction"), panel.curves[0])
    columns = {quantity: [shown(x, up=True) for x in main.xs]}
    for name, values in main.columns.items():
        columns[name] = [shown(value, up=True) for value in values]
    for curve in panel.curves:
        sizes = curve.size_at()
        if set(main.xs) <= set(sizes):
            columns[curve.name] = [shown(sizes[x], up=curve.kind == "explicit") for x in main.xs]
    # Several networks may have one number of bits; each keeps its own size.
    columns[main.name] = [shown(size, up=True) for size in main.sizes]
    return columns


def _thinned(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the first row, the last, and some between."""
    if len(rows) <= _MOST_ROWS:
        return rows
    return [rows[place * (len(rows) - 1) // (_MOST_ROWS - 1)] for place in range(_MOST_ROWS)]


def shown(value: int, up: bool) -> str:
    """Return an integer for LaTeX: all digits where they are few, else four, rounded up or down."""
    text = str(value)
    if len(text) <= _MOST_DIGITS:
        return f"{value:,}".replace(",", r"\,")
    unit = 10 ** (len(text) - 4)
    lead = -(-value // unit) if up else value // unit
    exponent = len(text) - 1
    if lead == 10**4:
        lead, exponent = 10**3, exponent + 1
    digits = str(lead)
    return rf"${digits[0]}.{digits[1:]}\times 10^{{{exponent}}}$"
