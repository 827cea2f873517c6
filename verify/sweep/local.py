"""Run jobs on this machine: joblib hands out chunks, a process each runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from constructions.errors import UsageError
from verify.sweep.chunks import Chunks
from verify.sweep.store import Row
from verify.sweep.worker_pool import WorkerPool, threads_for


def run_locally(chunks: Chunks, workers: int, folder: Path | None) -> Iterator[Row]:
    """Yield the row of every job as its chunk ends, in any order.

    The threads of joblib only wait: each lends its chunk to a process of its own, so that
    a process that dies, or is stopped at a limit, costs one row and nothing else.

    Args:
        chunks: the jobs.
        workers: how many run at once.
        folder: keep networks and certificates under this folder.

    Raises:
        UsageError: joblib is not installed, or no worker process can be started.
    """
    try:
        from joblib import Parallel, delayed
    except ImportError:
        raise UsageError("a sweep needs joblib; install robustproofs[dist]") from None
    pool = WorkerPool(threads_for(workers), folder, Path.cwd())
    parallel = Parallel(
        n_jobs=workers, backend="threading", return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
    )
    try:
        while len(chunks):
            for rows, left in parallel(delayed(pool.run)(chunk) for chunk in chunks):
                chunks.learn(rows)
                chunks.put_back(left)
                yield from rows
    finally:
        pool.close()
