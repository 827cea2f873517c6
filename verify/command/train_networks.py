"""``rproof train``: experiments with trained networks, every error decided exactly."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import UsageError
from verify.command.options import JOBS, Common, common_options
from verify.command.progress import ProgressBar
from verify.versions import versions

if TYPE_CHECKING:
    from verify.experiments.plan import Plan
    from verify.experiments.run import Outcome

EPILOG = """\b
Examples:
  rproof train --default -o runs/
  rproof train plan.toml -o runs/ -j 2
  rproof train --default --show > plan.toml
  rproof report runs/ -o figures/
"""


@click.command("train", epilog=EPILOG)
@click.argument("plan", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--default", "use_default", is_flag=True, help="Run the plan that comes with the program.")
@click.option("--show", is_flag=True, help="Print the plan, and run nothing.")
@click.option("-j", "--jobs", type=JOBS, help="Processes, one thread each; by default one a processor.")
@common_options
def command(common: Common, plan: Path | None, use_default: bool, show: bool, jobs: int | None) -> int:
    """Train small networks as PLAN says, and decide exactly how robust they are.

    PLAN is a TOML file of tables [[expressivity]], [[generalization]], [[optimum_gap]] and [[sign_vectors]];
    --default --show prints one to start from. Every training is seeded in the plan and gives the same network
    each time. Results go to -o DIR, where a row is kept as soon as it is finished: after ctrl-C (exit code 6)
    or a kill the same command goes on where it stopped. A robust error below the optimum would be a violation
    (exit code 1).
    """
    if show and use_default and plan is None:
        return _show_default()
    read = _plan(plan, use_default)
    if show:
        click.echo(read.text, nl=not read.text.endswith("\n"))
        return 0
    if common.output is None:
        raise UsageError("give -o DIR, the folder for the results; the same folder goes on where it stopped")
    workers = min(len(read.jobs), jobs if jobs is not None else os.cpu_count() or 1)
    from verify.experiments.run import run_plan

    with ProgressBar(common.quiet) as bar:
        outcome = run_plan(read, common.output, workers, bar.callback)
    envelope = _envelope(common, read, outcome)

    def lines() -> None:
        click.echo(f"{outcome.added} jobs run, {outcome.found} found finished, in {common.output}")
        for claim in envelope["claims"]:
            click.echo(f"{claim['name']}: {claim['status']}: {claim['detail']}")
        click.echo(f"rproof report {common.output} draws the curves")

    common.show(envelope, lines)
    return int(envelope["exit"])


def _show_default() -> int:
    """Print the default plan as it is: its data need not be installed for that."""
    from verify.experiments.plan import default_plan_text

    click.echo(default_plan_text(), nl=False)
    return 0


def _plan(path: Path | None, use_default: bool) -> Plan:
    from verify.experiments.plan import default_plan_text, plan_of, read_plan

    if use_default == (path is not None):
        raise UsageError("give a plan file or --default, one of the two")
    return plan_of(default_plan_text(), "the default plan") if path is None else read_plan(path)


def _envelope(common: Common, plan: Plan, outcome: Outcome) -> dict[str, Any]:
    from verify.experiments.judgement import judge_rows
    from verify.sweep.store import RunStore
    from verify.verdict import EXIT_CODES, overall

    assert common.output is not None
    keys = {job.key for job in plan.jobs}
    with RunStore.read(common.output) as store:
        verdicts = judge_rows([row for row in store.rows() if row.job.key in keys])
    verdict = overall([entry.status for entry in verdicts])
    return {
        "schema": "robustproofs/result/1",
        "verb": "train",
        "verdict": verdict,
        "exit": EXIT_CODES[verdict],
        "theorem": "training-gap",
        "instance": {
            "jobs": len(plan.jobs),
            "added": outcome.added,
            "found": outcome.found,
            "folder": str(common.output),
        },
        "claims": [entry.to_json() for entry in verdicts],
        "network": None,
        "certificate": None,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }
