"""``rproof sweep``: the instances of a plan, each checked once, whatever interrupts them."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from constructions.errors import TimeLimit, UsageError
from verify.command.options import JOBS, Common, common_options
from verify.command.sweep_progress import SweepProgress
from verify.versions import versions

if TYPE_CHECKING:
    from verify.sweep.plan import Plan
    from verify.sweep.running import Executor
    from verify.sweep.summary import Summary

_MOST_SHOWN = 20

EPILOG = """\b
A plan is a TOML file of tables. In each, theorem and the options of rproof check are axes:
  [limits]
  seconds = 60                      # of one job; what runs longer is unknown
  memory = "4GiB"
  [[sweep]]
  theorem = ["robust-memorization-linf", "robust-memorization-l1"]
  data = "random:n={n},d=8,levels=16,seed={s}"
  ratio = [0.1, "3/7", "9/10"]      # exact, decimals too
  [sweep.each]
  n = [16, 64]
  s = "0:20"                        # 0 to 19
Axes are crossed; zip = ["radius", "eps"] puts some side by side.

\b
Examples:
  rproof sweep plan.toml --dry-run
  rproof sweep plan.toml -o runs/ -j 4
  rproof sweep plan.toml -o runs/ --keep --dask tcp://host:8786
  rproof sweep plan.toml -o runs/ --retry --json
"""


@click.command("sweep", epilog=EPILOG)
@click.argument("plan_path", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("-j", "--jobs", type=JOBS, help="Jobs at once on this machine; by default one a processor.")
@click.option("--dask", "scheduler", metavar="ADDRESS", help="Run on the cluster of this scheduler, tcp://host:8786.")
@click.option("--keep", is_flag=True, help="Keep network and certificate of each row, under rows/ in the folder.")
@click.option("--retry", is_flag=True, help="Run again the jobs whose row decides nothing: unknown or failed.")
@click.option("--dry-run", is_flag=True, help="List the jobs and run none.")
@common_options
def command(
    common: Common,
    plan_path: Path,
    jobs: int | None,
    scheduler: str | None,
    keep: bool,
    retry: bool,
    dry_run: bool,
) -> int:
    """Check every instance of PLAN; rows are kept in runs/ or -o DIR and never done twice.

    Interrupted, killed or cut off, the same command goes on with what is left. A job that
    runs past its limits, or whose process dies, is unknown with the reason. The exit code
    is that of all rows together: 70, 6, 5, 2, 4, 1, 3, 0, whichever comes first.
    """
    from verify.sweep.plan import read_plan
    from verify.sweep.running import jobs_left, run_jobs
    from verify.sweep.store import RunStore
    from verify.sweep.summary import summarise

    if jobs is not None and scheduler is not None:
        raise UsageError("-j is for this machine and --dask for a cluster; give one of them")
    plan = read_plan(plan_path, common.seed)
    folder = Path("runs") if common.output is None else common.output
    if dry_run:
        return _list_jobs(plan, plan_path, folder, common)
    with RunStore.open(folder) as store:
        store.plan = plan.text
        left = jobs_left(plan, store, retry, folder if keep else None)
        execute = _executor(jobs, scheduler, folder.resolve() if keep else None)
        late = False
        with SweepProgress(len(left), common.quiet) as progress:
            try:
                with contextlib.closing(run_jobs(left, store, execute)) as rows:
                    for _ in rows:
                        progress.advance()
            except TimeLimit:
                late = True
        summary = summarise(plan, store)
    envelope = _envelope(summary, plan_path, folder, common, len(plan.jobs) - len(left))
    common.show(envelope, lambda: _print(summary, plan, folder, common.verbose))
    if late or (common.quiet and summary.exit and not common.as_json):
        click.echo(f"rproof: {summary.verdict}; {_left(summary)}", err=True)
    return summary.exit


def _executor(jobs: int | None, scheduler: str | None, folder: Path | None) -> Executor:
    from constructions.exact.workers import worker_count
    from verify.sweep.cluster import run_on_cluster
    from verify.sweep.local import run_locally

    if scheduler is not None:
        return lambda chunks: run_on_cluster(chunks, scheduler, folder)
    return lambda chunks: run_locally(chunks, jobs or worker_count(), folder)


def _list_jobs(plan: Plan, plan_path: Path, folder: Path, common: Common) -> int:
    from verify.sweep.store import STORE_NAME, RunStore
    from verify.sweep.summary import job_text

    done = set()
    if (folder / STORE_NAME).is_file():
        with RunStore.read(folder) as store:
            done = {row.job.key for row in store.rows("check")}
    rows: list[dict[str, Any]] = [
        {"key": planned.job.key, "parameters": planned.job.parameters, "finished": planned.job.key in done}
        for planned in plan.jobs
    ]
    finished = sum(bool(row["finished"]) for row in rows)
    envelope = _blank(plan_path, folder, common) | {"jobs": rows, "repeated": plan.repeated, "finished": finished}

    def lines() -> None:
        for planned, row in zip(plan.jobs, rows, strict=True):
            click.echo(f"{planned.job.key[:12]}  {job_text(planned.job)}{'  (finished)' if row['finished'] else ''}")
        repeated = f", {plan.repeated:,} repeated ones left out" if plan.repeated else ""
        click.echo(f"{len(rows):,} jobs, {finished:,} finished in {folder}{repeated}")

    common.show(envelope, lines)
    return 0


def _blank(plan_path: Path, folder: Path, common: Common) -> dict[str, Any]:
    return {
        "schema": "robustproofs/result/1",
        "verb": "sweep",
        "verdict": "holds",
        "exit": 0,
        "theorem": None,
        "instance": {"plan": str(plan_path), "folder": str(folder)},
        "claims": [],
        "network": None,
        "certificate": None,
        "seconds": round(time.monotonic() - common.started, 6),
        "versions": versions(),
    }


def _envelope(summary: Summary, plan_path: Path, folder: Path, common: Common, before: int) -> dict[str, Any]:
    return _blank(plan_path, folder, common) | {
        "verdict": summary.verdict,
        "exit": summary.exit,
        "claims": summary.claims,
        "counts": {theorem: dict(counts) for theorem, counts in summary.counts.items()},
        "finished_before": before,
        "left": summary.left,
    }


def _print(summary: Summary, plan: Plan, folder: Path, verbose: bool) -> None:
    from verify.sweep.summary import VERDICTS

    shown = [name for name in VERDICTS if any(counts[name] for counts in summary.counts.values())]
    width = max([len(theorem) for theorem in summary.counts] + [len("statement")])
    click.echo(f" {'statement':<{width}}" + "".join(f"  {name:>12}" for name in shown))
    for theorem, counts in summary.counts.items():
        click.echo(f" {theorem:<{width}}" + "".join(f"  {counts[name]:>12,}" for name in shown))
    open_rows = [claim for claim in summary.claims if claim["status"] != "holds"]
    for claim in open_rows if verbose else open_rows[:_MOST_SHOWN]:
        click.echo(f"{claim['status']}: {claim['name']} [{claim['key'][:12]}]: {claim['detail']}")
    if len(open_rows) > _MOST_SHOWN and not verbose:
        click.echo(f"and {len(open_rows) - _MOST_SHOWN:,} more; -v shows all")
    click.echo(f"{_left(summary)} of {len(plan.jobs):,} in {folder}")
    click.echo(f"verdict: {summary.verdict}")


def _left(summary: Summary) -> str:
    rows, left = f"{len(summary.claims):,} rows", summary.left
    return f"{rows}; {left:,} job{'s are' if left > 1 else ' is'} left for the same command" if left else rows
