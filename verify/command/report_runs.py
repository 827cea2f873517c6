"""``rproof report``: curves and tables of a folder of runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.command.options import Common, common_options
from verify.versions import versions

if TYPE_CHECKING:
    from verify.report.runs import Section
    from verify.sweep.store import Row
    from verify.verdict import Verdict

EPILOG = """\b
Examples:
  rproof report runs/
  rproof report runs/ -o figures/ --json
"""


@click.command("report", epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--dots", type=click.IntRange(20, 1200), default=220, show_default=True, help="Dots per inch of the PNG files."
)
@common_options
def command(common: Common, folder: Path, dots: int) -> int:
    """Draw the curves of the runs in FOLDER, and print their tables.

    Every figure is written as PDF and PNG, with its numbers as CSV and text, into FOLDER/report or -o DIR. What
    must be true of every row is compared again: a robust error below the optimum is exit code 1. Rows of an
    unfinished run are reported as far as they go.
    """
    from verify.experiments.judgement import judge_rows
    from verify.report.runs import write_report

    rows = _rows(folder)
    sections = write_report(rows, folder / "report" if common.output is None else common.output, dots)
    verdicts = judge_rows(rows)
    envelope = _envelope(common, folder, rows, sections, verdicts)

    def lines() -> None:
        for section in sections:
            for table in section.tables:
                click.echo(table.as_text())
        for verdict in verdicts:
            click.echo(f"{verdict.name}: {verdict.status}: {verdict.detail}")
        for section in sections:
            for path in section.files:
                click.echo(path)

    common.show(envelope, lines)
    return int(envelope["exit"])


def _rows(folder: Path) -> list[Row]:
    """Return the finished rows of the plan that was run last."""
    from constructions.errors import UsageError
    from verify.experiments.plan import plan_of
    from verify.sweep.store import RunStore

    with RunStore.read(folder) as store:
        rows = list(store.rows())
        try:
            wanted = {job.key for job in plan_of(store.plan or "").jobs}
        except UsageError:
            return rows
    return [row for row in rows if row.job.key in wanted]


def _envelope(
    common: Common, folder: Path, rows: list[Row], sections: list[Section], verdicts: list[Verdict]
) -> dict[str, Any]:
    from verify.verdict import EXIT_CODES, overall

    verdict = overall([entry.status for entry in verdicts])
    return {
        "schema": "robustproofs/result/1",
        "verb": "report",
        "verdict": verdict,
        "exit": EXIT_CODES[verdict],
        "theorem": None,
        "instance": {"folder": str(folder), "rows": len(rows), "sections": [section.name for section in sections]},
        "claims": [entry.to_json() for entry in verdicts],
        "network": None,
        "certificate": None,
        "files": {path.name: str(path) for section in sections for path in section.files},
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }
