"""Progress of a sweep on standard error: how many rows, how fast, how long to go."""

from __future__ import annotations

import sys
import time
from types import TracebackType

import click

_EVERY = 10.0


class SweepProgress:
    """Counts rows; a bar on a terminal, elsewhere a line now and then, nothing when quiet.

    Use as a context manager, and call ``advance`` for each row.

    Args:
        total: rows to come.
        quiet: say nothing.
    """

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._quiet, self._done = total, quiet, 0
        self._started = self._spoke = time.monotonic()
        self._bar: object | None = None

    def __enter__(self) -> SweepProgress:
        if not self._quiet and self._total and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("sweep"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
            self._bar = bar = Progress(
                *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True, speed_estimate_period=300
            )
            bar.start()
            bar.add_task("sweep", total=self._total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop = getattr(self._bar, "stop", None)
        if stop is not None:
            stop()
        elif not self._quiet and self._done:
            self._say(time.monotonic())

    def advance(self) -> None:
        """Count one more row."""
        from rich.progress import Progress

        self._done += 1
        now = time.monotonic()
        if isinstance(self._bar, Progress):
            self._bar.update(self._bar.task_ids[0], completed=self._done, rate=f"{self._rate(now):.3g} rows/s")
        elif not self._quiet and now - self._spoke >= _EVERY:
            self._say(now)

    def _rate(self, now: float) -> float:
        return self._done / max(now - self._started, 1e-9)

    def _say(self, now: float) -> None:
        self._spoke, rate, left = now, self._rate(now), self._total - self._done
        ends = f", {left / rate:,.0f} s to go" if left else f" in {now - self._started:,.0f} s"
        click.echo(f"sweep: {self._done:,} of {self._total:,} rows, {rate:.3g} rows/s{ends}", err=True)
