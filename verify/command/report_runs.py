"""``rproof report``: curves, tables and pages of a folder of results."""

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
  rproof check 2.2 -o run/ && rproof report run/
  rproof table1 -o out/ && rproof report out/
"""


@click.command("report", epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--dots", type=click.IntRange(20, 1200), default=220, show_default=True, help="Dots per inch of the PNG files."
)
@common_options
def command(common: Common, folder: Path, dots: int) -> int:
    """Report on the results in FOLDER, of train, sweep, table1 or check -o: figures, tables, one page.

    Every figure is written as PDF and PNG, with its numbers as CSV and text, into FOLDER/report or -o DIR;
    report.html holds all of it and every claim, with the words of its statement, in one file without
    references to the network; report.tex the figures and tables for an appendix. What must be true of every
    trained network is compared again: a robust error below the optimum is exit code 1. The verdicts of checks
    are shown and change no exit code. Rows of an unfinished run are reported as far as they go.
    """
    from verify.experiments.judgement import judge_rows
    from verify.report.pages import Report, write_pages
    from verify.report.runs import write_report
    from verify.report.sources import rows_of_folder

    rows = rows_of_folder(folder)
    out = folder / "report" if common.output is None else common.output
    sections = write_report(rows, out, dots)
    verdicts = judge_rows(rows)
    pages = write_pages(Report(folder, tuple(rows), tuple(sections), tuple(verdicts)), out)
    envelope = _envelope(common, folder, rows, sections, verdicts)
    envelope["files"] |= {path.name: str(path) for path in pages}

    def lines() -> None:
        for section in sections:
            for table in section.tables:
                click.echo(table.as_text())
        for verdict in verdicts:
            click.echo(f"{verdict.name}: {verdict.status}: {verdict.detail}")
        for section in sections:
            for path in section.files:
                click.echo(path)
        for path in pages:
            click.echo(path)

    common.show(envelope, lines)
    return int(envelope["exit"])


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
