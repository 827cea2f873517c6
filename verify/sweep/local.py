"""Run jobs on this machine: joblib hands out chunks, a process each runs them."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from pathlib import Path

from constructions.errors import UsageError
from verify.sweep.chunks import Chunks
from verify.sweep.store import Row
from verify.sweep.worker_pool import WorkerPool, threads_for


def run_locally(chunks: Chunks, workers: int, folder: Path | None) -> Generator[Row, None, None]:
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
    while len(chunks):
        tasks = parallel(delayed(pool.run)(chunk) for chunk in chunks)
        try:
            for rows, left in tasks:
                chunks.learn(rows)
                chunks.put_back(left)
                yield from rows
        except BaseException:
            pool.close()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib regrets the chunks that are given up
                tasks.close()
            raise
    pool.close()
