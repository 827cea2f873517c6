"""Jobs handed out in chunks that take about as long as handing them out is worth."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from verify.sweep.plan import PlannedJob
from verify.sweep.store import Row

LEAST_SECONDS, MOST_SECONDS = 0.5, 2.0
_MOST_JOBS = 256


class Chunks:
    """The jobs that are left, in chunks of at least half a second where that can be foreseen.

    Iterating takes chunks out; ``put_back`` returns jobs that a worker did not come to.
    Any thread may take.

    Example:
        >>> chunks = Chunks([])
        >>> list(chunks), len(chunks)
        ([], 0)
    """

    def __init__(self, jobs: Iterable[PlannedJob]) -> None:
        self._jobs = deque(jobs)
        self._lock = threading.Lock()
        self._seconds_per_job: float | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[list[PlannedJob]]:
        while chunk := self.take():
            yield chunk

    def take(self) -> list[PlannedJob]:
        """Return the next chunk, empty when no job is left."""
        with self._lock:
            return [self._jobs.popleft() for _ in range(min(self._size(), len(self._jobs)))]

    def put_back(self, jobs: Sequence[PlannedJob]) -> None:
        """Return jobs that were taken and not done; they come next."""
        with self._lock:
            self._jobs.extendleft(reversed(jobs))

    def learn(self, rows: Sequence[Row]) -> None:
        """Take the seconds of finished jobs as a forecast for the next ones."""
        if rows:
            mean = sum(row.seconds for row in rows) / len(rows)
            with self._lock:
                before = mean if self._seconds_per_job is None else self._seconds_per_job
                self._seconds_per_job = (before + mean) / 2

    def _size(self) -> int:
        if self._seconds_per_job is None:
            return 1
        return max(1, min(_MOST_JOBS, -int(-LEAST_SECONDS // max(self._seconds_per_job, 1e-6))))
