"""The process that runs jobs: one line of JSON in for each, lines of JSON out."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from constructions.exact.workers import set_worker_count
from verify.sweep.check_job import run_check
from verify.sweep.compile_clock import CompileTimer
from verify.sweep.limits import Limits


def serve(threads: int) -> None:
    """Read jobs from standard input and run them one after another, until it ends.

    What jobs print goes to standard error: standard output is for results. When the
    process that sends the jobs is gone, this one goes too, even in the middle of a job.

    Args:
        threads: how many compiled loops may use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    set_worker_count(threads)
    timer = CompileTimer(lambda message: _say(answers, message))
    _say(answers, {"ready": os.getpid()})
    while True:
        request = json.loads(requests.get())
        _say(answers, {"started": request["key"]})
        result, seconds = settled(partial(_run, request), lambda: timer.count)
        _say(answers, {"finished": request["key"], "result": result, "seconds": seconds})


def _run(request: dict[str, Any]) -> dict[str, Any]:
    folder = None if request["folder"] is None else Path(request["folder"])
    return run_check(request["key"], request["parameters"], Limits(**request["limits"]), folder)


def settled(run: Callable[[], dict[str, Any]], compilations: Callable[[], int]) -> tuple[dict[str, Any], float]:
    """Run a job and return its envelope and its seconds; twice, if compiling took the time it lacked.

    Args:
        run: the job.
        compilations: tells how often something has been compiled so far.
    """
    before, started = compilations(), time.monotonic()
    result = run()
    if result["verdict"] == "unknown" and compilations() > before:
        started = time.monotonic()
        result = run()
    return result, round(time.monotonic() - started, 6)


def _listen(requests: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()
