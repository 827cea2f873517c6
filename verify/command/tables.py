"""Reports as plain tables on standard output."""

from __future__ import annotations

import shutil
import sys

from verify.theorem import Report
from verify.wording import counted

_ALWAYS_EXPLAINED = ("certificate", "optimal_certificate", "size_certificate", "sandwich")
_MARKS = {"holds": "green", "violated": "red", "unknown": "yellow", "inapplicable": "magenta"}


def print_report(report: Report, verbose: bool) -> None:
    """Print instance, claims, sizes and files of a report."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=max(100, shutil.get_terminal_size((120, 20)).columns) if not sys.stdout.isatty() else None)
    title = report.theorem if report.theorem is not None else "robust error"
    shown = ", ".join(f"{key} {_plain(value)}" for key, value in report.instance.items() if value is not None)
    console.print(f"[bold]{title}[/bold]: {shown}", highlight=False)
    table = Table("claim", "status", "measured", "", "promised", "method", box=None, header_style="bold")
    for verdict in report.verdicts:
        table.add_row(
            verdict.name,
            f"[{_MARKS[verdict.status]}]{verdict.status}[/]",
            _short(verdict.measured),
            verdict.direction or "",
            _short(verdict.promised),
            verdict.method,
        )
    console.print(table, highlight=False)
    for verdict in report.verdicts:
        if verdict.detail and (verbose or verdict.status != "holds" or verdict.name in _ALWAYS_EXPLAINED):
            console.print(f"{verdict.name}: {verdict.detail}", highlight=False, markup=False, soft_wrap=True)
        if verdict.witness is not None:
            console.print(
                f"{verdict.name} witness: {_witness(verdict.witness)}", highlight=False, markup=False, soft_wrap=True
            )
    _print_sizes(console, report)
    for name, where in report.files.items():
        console.print(f"{name}: {where}", highlight=False, markup=False, soft_wrap=True)
    if report.network is not None and report.files and report.certificate is None:
        console.print("certificate: none, no checker knows what is claimed of the network", highlight=False)
    if report.certificate is not None:
        console.print(f"certificate: {report.certificate}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"verdict: [{_MARKS[report.verdict]}]{report.verdict}[/]", highlight=False)


def _print_sizes(console, report: Report) -> None:  # type: ignore[no-untyped-def]
    for entry in report.sizes:
        built = "built" if entry["built"] else "counted"
        console.print(
            f"construction {entry['name']}: {counted(entry['parameters'], 'parameter')}, {built}", highlight=False
        )
    for name, reason in report.left_out.items():
        console.print(f"construction {name}: left out: {reason}", highlight=False, markup=False, soft_wrap=True)
    if report.network is not None:
        size = report.network.size
        console.print(
            f"network: {size.nonzero:,} nonzero, {size.dense:,} dense, {counted(size.units, 'unit')}, "
            f"depth {size.depth}, width {size.width:,}, {counted(size.weight_bits, 'bit')}",
            highlight=False,
        )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "/".join(f"{key}:{count}" for key, count in value.items())
    return str(value)


def _short(value: str | None) -> str:
    if value is None:
        return ""
    return value if len(value) <= 40 else value[:18] + "..." + value[-18:]


def _witness(witness: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in witness.items())
