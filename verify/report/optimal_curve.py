"""The curve of optimal robust errors as a table and as a figure."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

from constructions.errors import UsageError
from verify.certificate.issue import write_whole
from verify.optimal_risk.error_curve import OptimalErrorCurve
from verify.report.drawing import BLUE, GREY, empty_figure, house_style, write_drawing

NAME = "curve"


def curve_rows(curve: OptimalErrorCurve) -> list[tuple[Fraction, float, Fraction]]:
    """Return one row a jump: the exact radius (in l2 squared), the radius as a float, and the exact value."""
    return [
        (radius, float(radius) ** 0.5 if curve.norm == "l2" else float(radius), value)
        for radius, value in zip(curve.radii, curve.values, strict=True)
    ]


def write_curve_table(curve: OptimalErrorCurve, folder: Path) -> Path:
    """Write curve.csv: exact radii and values as text, and both as decimals."""
    body = io.StringIO()
    table = csv.writer(body, lineterminator="\n")
    exact = "radius_squared" if curve.norm == "l2" else "radius"
    table.writerow((exact, "radius_decimal", "optimal_robust_error", "optimal_robust_error_decimal"))
    for radius, decimal, value in curve_rows(curve):
        table.writerow((radius, f"{decimal:.12g}", value, f"{float(value):.12g}"))
    path = folder / f"{NAME}.csv"
    write_whole(path, body.getvalue().encode())
    return path


def draw_curve(curve: OptimalErrorCurve, title: str, folder: Path) -> list[Path]:
    """Write curve.pdf and curve.png; nothing without matplotlib.

    Args:
        curve: what to draw, as steps from each jump to the next.
        title: of the figure.
        folder: where to write.

    Returns:
        The paths written.
    """
    rows = curve_rows(curve)
    reach = 1.05 * rows[-1][1] or 1.0
    try:
        with house_style():
            figure = empty_figure(2.6)
            axes = figure.subplots()
            radii = [decimal for _, decimal, _ in rows] + [reach]
            values = [float(value) for _, _, value in rows]
            axes.step(radii, [*values, values[-1]], where="post", color=BLUE)
            axes.axhline(values[-1], color=GREY, linestyle=":", linewidth=0.9)
            axes.set_xlim(0, reach)
            axes.set_ylim(bottom=0)
            axes.set_xlabel(rf"radius $\delta$ ({curve.norm})")
            axes.set_ylabel("optimal robust error")
            axes.set_title(title)
            return write_drawing(figure, folder, NAME)
    except UsageError:
        return []
