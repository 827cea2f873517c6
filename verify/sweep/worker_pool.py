"""Worker processes that are lent to whoever has a chunk of jobs to run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from verify.sweep.chunks import MOST_SECONDS
from verify.sweep.plan import PlannedJob
from verify.sweep.store import Row
from verify.sweep.worker_process import Stopped, WorkerProcess


class WorkerPool:
    """Worker processes, as many as chunks are run at once; they stay for the next chunk.

    Args:
        threads: threads of each.
        folder: where networks and certificates are kept, if they are.
        place: the working directory that file names are relative to.
    """

    def __init__(self, threads: int, folder: Path | None, place: Path) -> None:
        self._threads, self._folder, self._place = threads, folder, place
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []

    def run(self, chunk: Sequence[PlannedJob]) -> tuple[list[Row], list[PlannedJob]]:
        """Run the jobs of a chunk in one process, one after another.

        Returns:
            The rows, and the jobs that were left: those after more than two seconds, and
            all that were not finished when the pool was closed.
        """
        rows: list[Row] = []
        worker, ends = self._borrow(), time.monotonic() + MOST_SECONDS
        try:
            for planned in chunk:
                if rows and time.monotonic() > ends:
                    break
                rows.append(worker.run(planned))
        except Stopped:
            pass
        finally:
            self._return(worker)
        return rows, list(chunk[len(rows) :])

    def close(self) -> None:
        """End all processes; running jobs are left."""
        self._stop.set()
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def _borrow(self) -> WorkerProcess:
        with self._lock:
            if self._idle and not self._stop.is_set():
                return self._idle.pop()
        return WorkerProcess(self._threads, self._folder, self._place, self._stop)

    def _return(self, worker: WorkerProcess) -> None:
        with self._lock:
            if not self._stop.is_set():
                self._idle.append(worker)
                return
        worker.kill()


def threads_for(workers: int) -> int:
    """Return how many threads each of several workers on this machine may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // workers)
