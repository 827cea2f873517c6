"""Progress on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

_SECONDS_BETWEEN_LINES = 10.0


class ProgressBar:
    """A progress bar on standard error; off a terminal a line now and then; silent when quiet.

    Use as a context manager; ``report`` is the callback methods take.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._told = time.monotonic()
        self._bar: object | None = None
        self._stage = ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def callback(self) -> Callable[[str, int, int], None] | None:
        """The function to hand to methods, ``None`` when silent."""
        return None if self._quiet else self.report

    def report(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished in this stage."""
        if not sys.stderr.isatty():
            self._tell(stage, done, total)
            return
        from rich.console import Console
        from rich.progress import Progress

        if stage != self._stage:
            self._close()
            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(stage, total=total)
            self._stage = stage
        if isinstance(self._bar, Progress):
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def _tell(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = now
            print(f"rproof: {stage}, {done:,} of {total:,}", file=sys.stderr, flush=True)

    def _close(self) -> None:
        stop = getattr(self._bar, "stop", None)
        if stop is not None:
            stop()
        self._bar, self._stage = None, ""
