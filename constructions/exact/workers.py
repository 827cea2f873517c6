"""How many threads compiled loops may use."""

from __future__ import annotations

import os

_chosen: list[int] = []


def worker_count() -> int:
    """Return the number of threads: the chosen one, else the usable processors."""
    if _chosen:
        return _chosen[-1]
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def set_worker_count(count: int | None) -> None:
    """Fix the number of threads for this process; ``None`` returns to the default."""
    _chosen.clear()
    if count is not None:
        if count < 1:
            raise ValueError(f"the number of workers must be at least 1, got {count}")
        _chosen.append(count)
