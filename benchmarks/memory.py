"""Peak resident memory of a process and all its descendants together, by sampling."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
_SECONDS = 0.05


def tree_bytes(pid: int) -> int:
    """Return the resident bytes of a process and its descendants; shared pages count in each.

    0 where the system has no ``/proc`` or the process is gone.
    """
    total, waiting = 0, [pid]
    while waiting:
        folder = _PROC / str(waiting.pop())
        try:
            total += int((folder / "statm").read_text().split()[1]) * _PAGE
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return total


class PeakOf:
    """Watches a child process from a thread; ``with PeakOf(process) as watch: ...; watch.peak``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.peak = 0
        self._pid = process.pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS):
            self.peak = max(self.peak, tree_bytes(self._pid))

    def __enter__(self) -> PeakOf:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
