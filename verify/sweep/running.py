"""Run the jobs of a plan that are not done yet, each row recorded as it comes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path

from verify.sweep.chunks import Chunks
from verify.sweep.plan import Plan, PlannedJob
from verify.sweep.store import ROWS, Row, RunStore

Rows = Generator[Row, None, None]
Executor = Callable[[Chunks], Rows]
DECIDED = (0, 1, 4)


def jobs_left(plan: Plan, store: RunStore, retry: bool = False, kept_in: Path | None = None) -> list[PlannedJob]:
    """Return the jobs of a plan that have no row.

    Args:
        plan: the jobs.
        store: the rows.
        retry: also those whose row decides nothing: unknown, refused, or failed.
        kept_in: also those whose network and certificate are not in this folder.
    """
    return [planned for planned in plan.jobs if _is_left(planned, store, retry, kept_in)]


def _is_left(planned: PlannedJob, store: RunStore, retry: bool, kept_in: Path | None) -> bool:
    result = store.finished(planned.job.key)
    if result is None:
        return True
    if retry and result.get("exit") not in DECIDED:
        return True
    ran = "error" not in result
    return kept_in is not None and ran and not (kept_in / ROWS / planned.job.key / "result.json").is_file()


def run_jobs(jobs: list[PlannedJob], store: RunStore, execute: Executor) -> Rows:
    """Run jobs, record each row as it comes, and yield it.

    Args:
        jobs: what is to be run; earlier rows of theirs are replaced.
        store: takes the rows.
        execute: runs chunks of jobs, here or on a cluster.
    """
    with contextlib.closing(execute(Chunks(jobs))) as rows:
        for row in rows:
            store.record(row.job, row.result, row.seconds, replace=True)
            yield row
