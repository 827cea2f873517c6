"""``rproof optimal``: the smallest robust error that any classifier has on the points."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import UsageError
from verify.command.optimum_files import curve_files, radius_files
from verify.command.options import EXACT, NORM, Common, common_options, load_named_data
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command

if TYPE_CHECKING:
    from constructions.data.labelled_points import LabelledPoints
    from verify.optimal_risk.error_curve import OptimalErrorCurve
    from verify.theorem import Report

_MOST_ROWS = 24

EPILOG = """\b
Examples:
  rproof optimal --data digits:3-8                                  the curve over all radii
  rproof optimal --data digits:3-8 --norm l2 --curve -o curve/
  rproof optimal --data digits:even-odd --radius 1/4 -o best/       with certificate and network
  rproof optimal --data points.csv --norm l1 --radius 0.5 --open-balls --json
  rproof recheck best/certificate.json
"""


@click.command("optimal", epilog=EPILOG)
@click.option("--data", "spec", required=True, metavar="SPEC", help="Labelled points; see rproof data --help.")
@click.option("--norm", type=NORM, default="linf", show_default=True, help="Norm of the perturbation.")
@click.option("--radius", type=EXACT, help="Perturbation radius, exact; without it the curve over all radii.")
@click.option("--curve", "with_curve", is_flag=True, help="The curve over all radii, also beside a radius.")
@click.option("--open-balls", is_flag=True, help="Balls without their boundary; at a radius only.")
@click.option(
    "--construction", metavar="NAME", help="Memorizer of the network that -o writes; the smallest by default."
)
@click.option("--trim", type=int, default=0, metavar="K", help="Drop the K points with the closest opposite point.")
@click.option("--points", metavar="A:B", help="Only the points from A up to B, counted from 0.")
@common_options
def command(
    common: Common,
    spec: str,
    norm: str,
    radius: Fraction | None,
    with_curve: bool,
    open_balls: bool,
    construction: str | None,
    trim: int,
    points: str | None,
) -> int:
    """The smallest robust error of any classifier on the points, exactly, and which points to give up.

    With --radius the value is proved from both sides: the points given up leave no opposite
    balls that meet, and as many pairs of balls that do meet have no point in common. With -o
    the folder gets result.json, certificate.json, a network that attains the value, and for a
    curve curve.csv and a figure.
    """
    if radius is None and (open_balls or construction is not None):
        raise UsageError("--open-balls and --construction need a --radius")
    data, name, _ = load_named_data(spec, trim, norm, points)
    with ProgressBar(common.quiet) as bar:
        report = _at_radius(data, name, norm, radius, not open_balls)
        curve = _curve(report, data, norm, bar) if with_curve or radius is None else None
        if common.output is not None:
            common.output.mkdir(parents=True, exist_ok=True)
            if report.optimal is not None:
                radius_files(report, common.output, construction, common.seconds_left, common.seed, bar.callback)
            if curve is not None:
                curve_files(report, curve, name, common.output)
            report.save(common.output)
            keep_command(common.output)
    envelope = report.to_json()
    if curve is not None:
        envelope["curve"] = [
            {"radius_squared" if norm == "l2" else "radius": str(place), "value": str(value)}
            for place, value in zip(curve.radii, curve.values, strict=True)
        ]
    common.show(envelope, lambda: _print(report, curve, common.verbose))
    return report.exit_code


def _at_radius(data: LabelledPoints, name: str, norm: str, radius: Fraction | None, closed: bool) -> Report:
    """Return the report, with the value at the radius if there is one."""
    from verify.claims.optimal_error_claims import cover_leaves_no_conflict, matching_costs_the_value
    from verify.optimal_risk.optimal_error import optimal_robust_error
    from verify.theorem import Report

    instance: dict[str, Any] = {"data": name, "points": len(data), "dim": data.dim, "norm": norm}
    report = Report("optimal-robust-error", instance, verb="optimal")
    if radius is None:
        return report
    found = optimal_robust_error(data, norm, radius, closed)
    instance |= {"radius": str(radius), "balls": "closed" if closed else "open", "optimal": str(found.value)}
    instance |= {"given_up": len(found.cover), "conflicts": found.conflicts}
    report.optimal, report.seconds["optimize"] = found, found.seconds
    report.verdicts += [cover_leaves_no_conflict(found), matching_costs_the_value(found)]
    return report


def _curve(report: Report, data: LabelledPoints, norm: str, bar: ProgressBar) -> OptimalErrorCurve:
    """Return the curve, and add its claims to the report."""
    from verify.claims.optimal_curve_claims import (
        agrees_at_single_radii,
        ends_at_the_smaller_class,
        starts_at_the_bayes_error,
    )
    from verify.optimal_risk.error_curve import optimal_error_curve
    from verify.optimal_risk.optimal_error import as_distribution

    law = as_distribution(data)
    curve = optimal_error_curve(law, norm, bar.callback)
    report.seconds["curve"] = curve.seconds
    report.instance["jumps"] = len(curve.radii) - 1
    first = curve.first_loss
    report.instance["first_loss_squared" if norm == "l2" else "first_loss"] = None if first is None else str(first)
    report.verdicts += [
        starts_at_the_bayes_error(curve, law),
        ends_at_the_smaller_class(curve, law),
        agrees_at_single_radii(curve, law),
    ]
    return curve


def _print(report: Report, curve: OptimalErrorCurve | None, verbose: bool) -> None:
    from verify.command.tables import print_report

    if curve is not None:
        _print_curve(curve, verbose)
    print_report(report, verbose)


def _print_curve(curve: OptimalErrorCurve, verbose: bool) -> None:
    """Print the first and the last jumps and some between, all with ``verbose``; and where the losses begin."""
    from rich.console import Console
    from rich.table import Table

    from verify.report.optimal_curve import curve_rows

    rows = curve_rows(curve)
    last = len(rows) - 1
    every = verbose or len(rows) <= _MOST_ROWS
    chosen = range(len(rows)) if every else sorted({last * i // (_MOST_ROWS - 1) for i in range(_MOST_ROWS)})
    console = Console(width=100)
    table = Table(
        "from radius squared" if curve.norm == "l2" else "from radius",
        "about",
        "optimal robust error",
        "about",
        box=None,
    )
    for place in chosen:
        radius, decimal, value = rows[place]
        table.add_row(str(radius), f"{decimal:.6g}", str(value), f"{float(value):.4f}")
    console.print(table, highlight=False)
    first = curve.first_loss
    if first is None:
        where = "no radius loses a point: one class only"
    elif curve.norm == "l2":
        where = f"losses begin at radius sqrt({first}), about {float(first) ** 0.5:.6g}"
    else:
        where = f"losses begin at radius {first}, about {float(first):.6g}"
    shown = "" if every else f", {len(chosen)} of {len(rows)} rows shown"
    console.print(f"{where}; {curve.distances} distances{shown}", highlight=False, soft_wrap=True)
