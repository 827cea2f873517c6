"""One line per point: what is known, by which method, with how much work."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from fractions import Fraction
from typing import Any

_MARKS = {"robust": "green", "violated": "red", "unknown": "yellow"}


def print_points(rows: list[dict[str, Any]], most: int, verbose: bool, spent: dict[str, float]) -> None:
    """Print the table of points and the time of each method.

    Args:
        rows: index, label, status, method, margin and cases of each point.
        most: with more points only those that are not robust are listed, at most this many.
        verbose: list every point.
        spent: seconds of each method.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(100, shutil.get_terminal_size((120, 20)).columns) if not sys.stdout.isatty() else None)
    everything = verbose or len(rows) <= most
    shown = rows if everything else [row for row in rows if row["status"] != "robust"][:most]
    if shown:
        table = Table("point", "label", "status", "method", "margin at least", "cases", box=None, header_style="bold")
        for row in shown:
            table.add_row(
                str(row["index"]),
                str(row["label"]),
                f"[{_MARKS[row['status']]}]{row['status']}[/]",
                row["method"],
                _decimal(row["margin"]),
                str(row["cases"] or ""),
            )
        console.print(table, highlight=False)
    if not everything:
        counts = Counter(row["status"] for row in rows)
        total = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
        console.print(f"{len(shown)} of {len(rows):,} points shown ({total}); -v lists all", highlight=False)
    if spent:
        times = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in spent.items())
        console.print(f"time by method: {times}", highlight=False)


def _decimal(text: str | None) -> str:
    """Return a fraction rounded to four digits; the exact one is in the result file."""
    if text is None:
        return ""
    try:
        return f"{float(Fraction(text)):.4g}"
    except OverflowError:
        return "huge"
