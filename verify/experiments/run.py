"""Run the jobs of a plan, keep every finished row, and go on where an earlier run stopped."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from constructions.errors import BudgetExceeded
from verify.experiments.plan import RUNNERS, Plan
from verify.experiments.trained import Files
from verify.sweep.job import Job
from verify.sweep.store import RunStore
from verify.training.checkpoint import safetensors_library

Progress = Callable[[str, int, int], None]
Finished = Generator[tuple[Job, dict[str, Any], float], None, None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: rows that were there before, and rows it added."""

    found: int
    added: int


def run_plan(plan: Plan, folder: Path, workers: int = 1, progress: Progress | None = None) -> Outcome:
    """Run every job of a plan that has no row yet, one thread each.

    A row is on the disk before the next job is begun, so that an interrupted or killed run loses at most the
    jobs under way, and of these at most what they trained since their last checkpoint.

    Args:
        plan: what to run.
        folder: of the store, of ``checkpoints/`` and of ``networks/``.
        workers: processes; with 1 the jobs run in this one.
        progress: called with (stage, jobs done, jobs).

    Raises:
        UsageError: another process writes to the folder, or safetensors is not installed.
        BudgetExceeded: a worker was killed, by the system or for want of memory.
    """
    safetensors_library()
    with RunStore.open(folder) as store:
        store.plan = plan.text
        todo = [job for job in plan.jobs if store.finished(job.key) is None]
        found = len(plan.jobs) - len(todo)
        results = _here(todo, folder) if workers == 1 else _in_processes(todo, folder, workers)
        with contextlib.closing(results):
            for done, (job, result, seconds) in enumerate(results, start=found + 1):
                store.record(job, result, seconds)
                _without_checkpoint(job, folder)
                if progress is not None:
                    progress("jobs", done, len(plan.jobs))
    return Outcome(found, len(todo))


def run_job(kind: str, parameters: dict[str, Any], folder: Path, key: str) -> tuple[dict[str, Any], float]:
    """Run one job in one thread; return its result and the seconds it took."""
    from constructions.exact.workers import set_worker_count

    started = time.monotonic()
    set_worker_count(1)
    try:
        return RUNNERS[kind](parameters, Files.of(folder, key)), time.monotonic() - started
    finally:
        set_worker_count(None)


def _here(jobs: Sequence[Job], folder: Path) -> Finished:
    for job in jobs:
        result, seconds = run_job(job.kind, job.parameters, folder, job.key)
        yield job, result, seconds


def _in_processes(jobs: Sequence[Job], folder: Path, workers: int) -> Finished:
    """Yield results as they come; whatever ends this early also ends the workers."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        waiting = {pool.submit(run_job, job.kind, job.parameters, folder, job.key): job for job in jobs}
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job = waiting.pop(future)
                yield job, *_result(future, job)
        pool.shutdown()
    finally:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        pool.shutdown(cancel_futures=True)


def _result(future: Future[tuple[dict[str, Any], float]], job: Job) -> tuple[dict[str, Any], float]:
    try:
        return future.result()
    except BrokenProcessPool:
        raise BudgetExceeded(
            f"a worker was killed during jobs like {job.kind!r}, perhaps for want of memory; finished rows are kept, "
            "run the command again, with fewer workers"
        ) from None


def _start_worker() -> None:
    """Leave ctrl-C to the process that started this one, and end when that one is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _without_checkpoint(job: Job, folder: Path) -> None:
    checkpoint = Files.of(folder, job.key).checkpoint
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
