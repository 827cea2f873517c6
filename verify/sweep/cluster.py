"""Run jobs on a dask cluster: its scheduler hands out chunks, its workers lend them to processes."""

from __future__ import annotations

import atexit
import contextlib
import errno
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

from constructions.errors import UsageError
from verify.failures import UNKNOWN, failed_envelope
from verify.sweep.chunks import Chunks
from verify.sweep.job import Job
from verify.sweep.limits import Limits
from verify.sweep.plan import PlannedJob
from verify.sweep.store import Row
from verify.sweep.worker_pool import WorkerPool

_PATIENCE = "15s"
_POOLS: dict[Where, WorkerPool] = {}
_LOCK = threading.Lock()

# What travels is text, numbers, lists and tables: a job as kind, parameters, seconds, memory.
Message = list[Any]
Where = tuple[str | None, str]


def run_on_cluster(chunks: Chunks, address: str, folder: Path | None) -> Generator[Row, None, None]:
    """Yield the row of every job as its chunk ends, in any order.

    The workers need this package. A worker that is lost costs nothing: its chunks are run
    again elsewhere, and a job that loses several workers gets the row ``unknown``. With a
    folder to keep files in, every worker must see it under the same name.

    Args:
        chunks: the jobs.
        address: of the scheduler, such as ``tcp://host:8786``.
        folder: keep networks and certificates under this folder.

    Raises:
        UsageError: dask.distributed is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("a sweep on a cluster needs dask.distributed; install robustproofs[dist]") from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        yield from _run(client, chunks, (None if folder is None else str(folder), str(Path.cwd())))


def _run(client: Any, chunks: Chunks, where: Where) -> Generator[Row, None, None]:
    from distributed import CancelledError, KilledWorker, as_completed

    running: dict[Any, list[PlannedJob]] = {}
    queue = as_completed(loop=client.loop)
    try:
        while len(chunks) or running:
            _fill(client, chunks, running, queue, where)
            future = next(queue)
            chunk = running.pop(future)
            try:
                rows, left = _received(chunk, future.result())
            except KilledWorker as error:
                rows, left = _lost(chunk, str(error).splitlines()[0])
            except (CancelledError, OSError) as error:
                raise OSError(errno.ECONNRESET, f"the cluster is gone ({error}); what is recorded stays") from error
            chunks.learn(rows)
            chunks.put_back(left)
            yield from rows
    finally:
        with contextlib.suppress(Exception):  # a cluster that is gone has nothing left to close
            client.cancel(list(running), force=True)
            client.run(close_pools, on_error="ignore")


def _fill(client: Any, chunks: Chunks, running: dict[Any, list[PlannedJob]], queue: Any, where: Where) -> None:
    """Keep two chunks for every thread of the cluster on their way."""
    threads = sum(client.nthreads().values())
    while len(running) < max(1, 2 * threads) and (chunk := chunks.take()):
        message = [[p.job.kind, p.job.parameters, p.limits.seconds, p.limits.memory] for p in chunk]
        future = client.submit(run_chunk, message, *where, pure=False)
        running[future] = chunk
        queue.add(future)


def run_chunk(message: list[Message], folder: str | None, place: str) -> list[list[Any]]:
    """Run jobs in a process of a dask worker; return key, result and seconds of each that was done.

    Args:
        message: the jobs.
        folder: where files are kept, if they are.
        place: the working directory that file names are relative to.
    """
    chunk = [PlannedJob(Job(kind, parameters), Limits(*limits)) for kind, parameters, *limits in message]
    with _LOCK:
        if not _POOLS:
            atexit.register(close_pools)
        kept_in = None if folder is None else Path(folder)
        pool = _POOLS.setdefault((folder, place), WorkerPool(1, kept_in, Path(place)))
    rows, _ = pool.run(chunk)
    return [[row.job.key, row.result, row.seconds] for row in rows]


def close_pools() -> None:
    """End the processes that a dask worker keeps for the next chunk."""
    with _LOCK:
        pools = list(_POOLS.values())
        _POOLS.clear()
    for pool in pools:
        pool.close()


def _received(chunk: list[PlannedJob], answers: list[list[Any]]) -> tuple[list[Row], list[PlannedJob]]:
    found = {key: (result, seconds) for key, result, seconds in answers}
    rows = [Row(planned.job, *found[planned.job.key]) for planned in chunk if planned.job.key in found]
    return rows, [planned for planned in chunk if planned.job.key not in found]


def _lost(chunk: list[PlannedJob], reason: str) -> tuple[list[Row], list[PlannedJob]]:
    """Say what becomes of a chunk that has lost several workers: its first job is given up, the others wait."""
    job = chunk[0].job
    envelope = failed_envelope(
        "check", job.parameters.get("theorem"), UNKNOWN, f"the cluster lost its workers: {reason}"
    )
    return [Row(job, envelope, 0.0)], chunk[1:]
