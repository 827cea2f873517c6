"""The end of a command that ran past its ``--timeout`` and does not listen: compiling, or in a compiled loop."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

_LOCK = threading.Lock()
_at_the_end: Callable[[str], int] | None = None
_timer: threading.Timer | None = None


def own_process(at_the_end: Callable[[str], int] | None) -> None:
    """Allow the watchdog to end this process: it calls ``at_the_end`` with a message, for the exit code.

    Only the command line itself says so; a program that calls it is never ended.
    """
    global _at_the_end
    _at_the_end = at_the_end


def watch(limit: float, message: str) -> None:
    """End the process after ``limit`` seconds, unless called off; does nothing in a process not ours."""
    global _timer
    if _at_the_end is None:
        return
    call_off()
    _timer = threading.Timer(limit, _end, (_at_the_end, message))
    _timer.daemon = True
    _timer.start()


def call_off() -> None:
    """Stop watching: the result is about to be printed. If the end has begun, wait for it."""
    global _timer
    with _LOCK:
        if _timer is not None:
            _timer.cancel()
        _timer = None


def _end(at_the_end: Callable[[str], int], message: str) -> None:
    with _LOCK:
        if _timer is not threading.current_thread():
            return
        code = at_the_end(message)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
