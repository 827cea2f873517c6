"""``rproof table1``: the paper's table of results, every cell measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.command.options import JOBS, Common, common_options
from verify.command.progress import ProgressBar
from verify.command.typed_command import keep_command
from verify.versions import versions

if TYPE_CHECKING:
    from verify.report.table1.entries import Entry
    from verify.report.table1.run import Table

EPILOG = """\b
Examples:
  rproof table1 -o out/
  rproof table1 -o out/ -j 2 --json
  rproof table1 --plan > table1.toml
  rproof recheck out/certificates/*.json
  rproof artifact out/ -o table1.zip

\b
Exit codes: 0 every line comes out as the table says: ours hold, printed ones hold on
their instance, and are violated with a witness on the instance that refutes them.
1 one of ours, or a printed one on its instance, is violated, or one said to fail holds;
3 a line is open or undecided; 4, 5, 70 as elsewhere, whichever comes first.
"""


@click.command("table1", epilog=EPILOG)
@click.option("-j", "--jobs", type=JOBS, help="Lines at once; by default one a processor.")
@click.option("--retry", is_flag=True, help="Measure again the lines that decide nothing.")
@click.option("--plan", "show_plan", is_flag=True, help="Print the plan for rproof sweep, and run nothing.")
@common_options
def command(common: Common, jobs: int | None, retry: bool, show_plan: bool) -> int:
    """Measure every cell of the paper's Table 1, and write it as HTML, LaTeX and JSON.

    For each cell the printed statement on an instance, a failing instance where there is one, and
    the sharper statement beneath: what was built, how many parameters are enough for every instance
    and how many too few for some, the verdict, network and certificates. Files go to out/ or -o
    DIR; interrupted, the same command goes on with the lines that are left.
    """
    from verify.report.table1.plan import TABLE1, plan_text

    if show_plan:
        click.echo(plan_text(), nl=False)
        return 0
    from constructions.exact.workers import worker_count
    from verify.report.table1.run import measure_table
    from verify.sweep.local import run_locally

    folder = Path("out") if common.output is None else common.output
    workers = jobs or worker_count()
    with ProgressBar(common.quiet) as bar:
        table = measure_table(
            TABLE1,
            folder,
            lambda chunks: run_locally(chunks, workers, folder.resolve()),
            retry,
            None if bar.callback is None else _told(bar.callback),
        )
    keep_command(folder)
    envelope = _envelope(table, folder, common)
    common.show(envelope, lambda: _print(table))
    if common.quiet and table.exit_code and not common.as_json:
        astray = "; ".join(f"{entry.stem}: {entry.verdict}" for entry in table.entries if not entry.agrees)
        click.echo(f"rproof: {envelope['verdict']}; {astray}", err=True)
    return table.exit_code


def _told(callback: Any) -> Any:
    return lambda done, total: callback("table 1", done, total)


def _envelope(table: Table, folder: Path, common: Common) -> dict[str, Any]:
    from verify.failures import verdict_of_code

    return {
        "schema": "robustproofs/result/1",
        "verb": "table1",
        "verdict": verdict_of_code(table.exit_code),
        "exit": table.exit_code,
        "theorem": None,
        "instance": {"folder": str(folder), "lines": len(table.entries), "found": table.found},
        "claims": [_claim(entry) for entry in table.entries],
        "network": None,
        "certificate": None,
        "files": {name: str(path) for name, path in table.files.items()},
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }


def _claim(entry: Entry) -> dict[str, Any]:
    from verify.failures import verdict_of_code
    from verify.report.table1.lines import EXPECTED

    return {
        "name": entry.stem,
        "status": verdict_of_code(entry.exit_code),
        "evidence": entry.evidence or "exact",
        "measured": entry.verdict,
        "promised": EXPECTED[entry.line.role],
        "direction": "equal",
        "method": "check",
        "seconds": 0.0,
        "theorem": entry.line.theorem,
        "detail": entry.detail,
    }


def _print(table: Table) -> None:
    heads = ("line", "built", "enough", "too few", "verdict")
    rows = [heads, *(_cells(entry) for entry in table.entries)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    for row in rows:
        sizes = "  ".join(cell.rjust(width) for cell, width in zip(row[1:4], widths[1:4], strict=True))
        click.echo(f"{row[0]:<{widths[0]}}  {sizes}  {row[4]}")
    for entry in table.entries:
        if not entry.agrees:
            click.echo(f"{entry.stem}: {entry.detail}")
    for path in table.files.values():
        click.echo(path)


def _cells(entry: Entry) -> tuple[str, ...]:
    built = None if entry.built is None else entry.built["nonzero"]
    sizes = ("-" if size is None else f"{size:,}" for size in (built, entry.enough, entry.too_few))
    return (entry.stem, *sizes, entry.verdict)
