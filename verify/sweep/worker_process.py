"""A worker process seen from outside: it may be stopped, and may die, without harm to others."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from constructions.errors import UsageError
from verify.failures import UNKNOWN, failed_envelope
from verify.sweep.compile_clock import JobClock
from verify.sweep.limits import Limits, size_text
from verify.sweep.plan import PlannedJob
from verify.sweep.store import Row

_CODE = "import sys; sys.path[:] = sys.argv[2:]; from verify.sweep.worker import serve; serve(int(sys.argv[1]))"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_LOOK, _START, _GRACE = 0.05, 300.0, 2.0


class Stopped(Exception):
    """The sweep ends before this job does; there is no row."""


class WorkerProcess:
    """One process that runs jobs, started when the first job comes and again after a death.

    Args:
        threads: how many threads a job may use.
        folder: keep networks and certificates under this folder.
        place: the working directory that file names are relative to.
        stop: set when no more results are wanted.
    """

    def __init__(self, threads: int, folder: Path | None, place: Path, stop: threading.Event) -> None:
        self._threads, self._folder, self._place, self._stop = threads, folder, place, stop
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer, self._is_ready = b"", False
        self._files = contextlib.ExitStack()

    def run(self, planned: PlannedJob) -> Row:
        """Run a job and return its row: ``unknown`` if it goes past a limit, or if its process dies.

        Raises:
            Stopped: the sweep ends.
            UsageError: no worker process can be started.
        """
        job, limits = planned.job, planned.limits
        process = self._started()
        if not self._begins(process, planned):
            self.kill()
            process = self._started()  # the first died before the job began
            if not self._begins(process, planned):
                return self._never_begun(process, planned)
        began = time.monotonic()
        answer = self._answer(process, limits, None, "finished")
        if answer is not None and "finished" in answer:
            return Row(job, answer["result"], answer["seconds"])
        seconds = round(time.monotonic() - began, 6)
        reason = answer["reason"] if answer else f"{_death(process)}; {self._last_words()}"
        self.kill()
        return Row(job, failed_envelope("check", job.parameters.get("theorem"), UNKNOWN, reason), seconds)

    def _never_begun(self, process: subprocess.Popen[bytes], planned: PlannedJob) -> Row:
        """Return the row of a job whose process was killed before it began.

        Raises:
            UsageError: the process ended by itself, or does not answer: another would fare no better.
        """
        words = self._last_words()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        if process.returncode is None or process.returncode >= 0:
            self.kill()
            raise UsageError(f"a worker process cannot be started: {words}")
        reason = f"{_death(process)}, before the job began; {words}"
        self.kill()
        theorem = planned.job.parameters.get("theorem")
        return Row(planned.job, failed_envelope("check", theorem, UNKNOWN, reason), 0.0)

    def kill(self) -> None:
        """End the process, if there is one."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._files.close()
        self._process, self._buffer = None, b""

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.kill()
        with contextlib.ExitStack() as files:
            self._errors = files.enter_context(tempfile.TemporaryFile())
            self._files = files.pop_all()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(self._threads), *(path or os.getcwd() for path in sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._place if self._place.is_dir() else None,
            env=os.environ | dict.fromkeys(_THREADS, str(self._threads)),
        )
        self._is_ready = False
        return self._process

    def _begins(self, process: subprocess.Popen[bytes], planned: PlannedJob) -> bool:
        """Hand a job to the process; return whether it begins it."""
        if not self._is_ready:
            if self._answer(process, None, _START, "ready") is None:
                return False
            self._is_ready = True
        job = planned.job
        request = {"key": job.key, "parameters": job.parameters, "limits": asdict(planned.limits)}
        self._send({**request, "folder": None if self._folder is None else str(self._folder)})
        return self._answer(process, None, _START, "started") is not None

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is dead; the answer that does not come says so
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(
        self, process: subprocess.Popen[bytes], limits: Limits | None, patience: float | None, kind: str
    ) -> dict[str, Any] | None:
        """Return the answer of a kind, a reason to stop waiting, or ``None`` if the process is dead."""
        clock = JobClock()
        for message in self._messages(process):
            if kind in message:
                return message
            clock.hear(message)
            if patience is not None and clock.seconds > patience:
                return None
            reason = None if limits is None else _overrun(process.pid, limits, clock.seconds)
            if reason is not None:
                return {"reason": reason}
        return None

    def _messages(self, process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
        """Yield what the process says, nothing said when it has been silent for a moment; end with it."""
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        while True:
            while b"\n" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\n")
                yield json.loads(line)
            if self._stop.is_set():
                self.kill()
                raise Stopped
            if not select.select([descriptor], [], [], _LOOK)[0]:
                yield {}
                continue
            body = os.read(descriptor, 1 << 20)
            if not body:
                return
            self._buffer += body

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it says nothing"


def _overrun(pid: int, limits: Limits, waited: float) -> str | None:
    """Return which limit a running job is past, ``None`` if none."""
    if limits.seconds is not None and waited > limits.seconds * 1.05 + _GRACE:
        return f"not finished within {limits.seconds:g} seconds"
    if limits.memory is not None:
        used = resident_bytes(pid)
        if used > limits.memory:
            return f"used {size_text(used)} of memory; the limit is {size_text(limits.memory)}"
    return None


def resident_bytes(pid: int) -> int:
    """Return the resident bytes of a process, 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _death(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if code >= 0:
        return f"the process of this job ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else "unnamed"
    return f"the process of this job was killed by signal {-code} ({name}): by hand, or for want of memory"
