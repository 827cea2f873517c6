"""The whole report as one HTML page, which needs nothing beside it, and as LaTeX."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.errors import UsageError
from verify.certificate.issue import write_whole
from verify.report.checks import files_of
from verify.report.latex import latex_cell
from verify.report.runs import Section
from verify.report.statements import note_text, statement_of
from verify.report.templating import render_html, render_latex
from verify.sweep.store import Row
from verify.sweep.summary import job_text
from verify.verdict import Verdict
from verify.versions import versions

TITLES = {
    "checks": "Checked instances",
    "expressivity": "Sizes that training reaches on all hard points",
    "generalization": "Errors on points that were not seen",
    "optimum-gap": "Trained networks beside the optimum",
    "sign-vectors": "Sign vectors found, and how many there can be",
}
_MOST_DETAILED = 400
# Where the statement behind a comparison over all rows is to be found.
_BEHIND = {
    "at_least_optimum": "training-gap",
    "explicit_networks": "hard-linearly-separable-sets",
    "overfitting": "robust-overfitting",
    "sign_vectors": "hard-linearly-separable-sets",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What goes onto the pages.

    Attributes:
        folder: that is reported on.
        rows: its rows.
        sections: figures and tables, as they were written.
        verdicts: of the comparisons over all rows.
    """

    folder: Path
    rows: tuple[Row, ...]
    sections: tuple[Section, ...]
    verdicts: tuple[Verdict, ...]


def write_pages(report: Report, out: Path) -> list[Path]:
    """Write report.html and report.tex; the same report gives the same bytes.

    Args:
        report: what they show.
        out: folder of the figures; links to certificates lead from here to the folder of the rows.

    Raises:
        UsageError: jinja2 is not installed.
    """
    document = report_document(report, out)
    bodies = {"report.html": render_html("report.html", document), "report.tex": render_latex("report.tex", document)}
    for name, body in bodies.items():
        write_whole(out / name, body.encode())
    return [out / name for name in bodies]


def report_document(report: Report, out: Path) -> dict[str, Any]:
    """Return everything the pages show, without times; claims of at most 400 rows, those that do not hold first."""
    rows = [row for row in report.rows if row.job.kind == "check"]
    detailed = sorted(rows, key=lambda row: row.result.get("verdict") == "holds")[:_MOST_DETAILED]
    checks = [_check(row, report.folder, out) for row in detailed]
    used = [entry["theorem"] for entry in checks] + [_BEHIND.get(verdict.name, "") for verdict in report.verdicts]
    return {
        "title": f"Report on {len(report.rows):,} result{'s' if len(report.rows) != 1 else ''}",
        "sections": [_section(section) for section in report.sections],
        "verdicts": [{**verdict.to_json(), "statement": _BEHIND.get(verdict.name, "")} for verdict in report.verdicts],
        "checks": checks,
        "left_out": len(rows) - len(checks),
        "statements": [found for name in dict.fromkeys(used) if (found := _statement(name)) is not None],
        "versions": versions(),
    }


def _statement(name: str) -> dict[str, Any] | None:
    try:
        found = statement_of(name)
    except UsageError:
        return None
    return {**found, "note_text": note_text(found["note"])}


def _section(section: Section) -> dict[str, Any]:
    pictures = [path for path in section.files if path.suffix == ".png"]
    return {
        "name": section.name,
        "title": TITLES.get(section.name, section.name),
        "tables": [
            {
                "title": table.title,
                "heads": table.heads,
                "rows": [[{"text": cell, "key": sort_key(cell)} for cell in row] for row in table.rows],
                "latex": [[latex_cell(cell) for cell in row] for row in table.rows],
                "columns": "".join("r" if _is_numeric([row[at] for row in table.rows]) else "l"
                                   for at in range(len(table.heads))),
            }
            for table in section.tables
        ],
        "pictures": [base64.b64encode(path.read_bytes()).decode("ascii") for path in pictures],
        "drawings": [path.name for path in section.files if path.suffix == ".pdf"],
        "files": [path.name for path in section.files],
    }  # fmt: skip


def sort_key(cell: str) -> str:
    """Return what a column is sorted by: the number as a decimal where the text is one, else the text.

    Example:
        >>> sort_key("3/4"), sort_key("1,024"), sort_key("holds")
        ('0.75', '1024', 'holds')
    """
    try:
        value = Fraction(cell.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        return cell
    if value.denominator == 1:
        return str(value.numerator)
    try:
        return repr(value.numerator / value.denominator)
    except OverflowError:
        return cell


def _is_numeric(cells: Sequence[str]) -> bool:
    keys = [sort_key(cell) for cell in cells if cell]
    return bool(keys) and all(key[:1].isdigit() or key[:1] == "-" for key in keys)


def _check(row: Row, folder: Path, out: Path) -> dict[str, Any]:
    result = row.result
    found = {name: folder / path for name, path in files_of(row).items() if (folder / path).is_file()}
    return {
        "name": job_text(row.job),
        "key": row.job.key,
        "theorem": str(row.job.parameters.get("theorem")),
        "verdict": str(result.get("verdict", "error")),
        "error": result.get("error", ""),
        "claims": [
            {name: claim.get(name) for name in ("name", "status", "evidence", "measured", "promised", "direction")}
            | {"detail": claim.get("detail", ""), "witness": claim.get("witness")}
            for claim in result.get("claims", [])
        ],
        "files": {name: Path(os.path.relpath(path, out)).as_posix() for name, path in found.items()},
    }
