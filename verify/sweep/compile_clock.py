"""Time spent compiling, which is paid once on a machine and counts against no job."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Say = Callable[[dict[str, Any]], None]


class CompileTimer:
    """Tells, in a worker process, when numba begins and ends to compile what no cache holds.

    Args:
        say: is told ``{"compiling": True}`` and then ``{"compiling": False}``.
    """

    def __init__(self, say: Say) -> None:
        from numba.core import event

        timer = self

        class Listener(event.Listener):
            def on_start(self, event: Any) -> None:
                timer._enter()

            def on_end(self, event: Any) -> None:
                timer._leave()

        self.count = 0
        self._say, self._depth = say, 0
        event.register("numba:compile", Listener())

    def _enter(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self.count += 1
            self._say({"compiling": True})

    def _leave(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._say({"compiling": False})


class JobClock:
    """The seconds of a job as its limit counts them: without those spent compiling."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._paused: float | None = None

    def hear(self, message: dict[str, Any]) -> None:
        """Take notice of what the process says of compiling."""
        now = time.monotonic()
        if message.get("compiling") is True and self._paused is None:
            self._paused = now
        elif message.get("compiling") is False and self._paused is not None:
            self._began += now - self._paused
            self._paused = None

    @property
    def seconds(self) -> float:
        """Seconds since the start, pauses left out."""
        return (time.monotonic() if self._paused is None else self._paused) - self._began
