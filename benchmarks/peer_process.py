"""Run one peer adapter as a process that can be killed, and collect its answers."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ADAPTERS = Path(__file__).with_name("peers")
_GRACE_SECONDS = 5.0
_THREAD_NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Peer:
    """A tool beside ours: its name in the tables, its adapter, and the method it is asked for."""

    name: str
    adapter: str
    variant: str = ""


PEERS = (
    Peer("IBP (auto_LiRPA)", "lirpa_bounds.py", "IBP"),
    Peer("CROWN (auto_LiRPA)", "lirpa_bounds.py", "CROWN"),
    Peer("alpha-CROWN (auto_LiRPA)", "lirpa_bounds.py", "alpha-CROWN"),
    Peer("HiGHS big-M", "highs_milp.py"),
    Peer("SCIP big-M", "scip_milp.py"),
    Peer("z3", "z3_reals.py"),
    Peer("Marabou", "marabou_query.py"),
)
COMPLETE_PEERS = (
    Peer("SCIP big-M", "scip_milp.py"),
    Peer("Marabou", "marabou_query.py"),
    Peer("HiGHS big-M", "highs_milp.py"),
    Peer("alpha-beta-CROWN", "abcrown_search.py", "bab"),
    Peer("nnenum", "nnenum_stars.py"),
    Peer("z3", "z3_reals.py"),
)
OURS = Peer("robustproofs", "ours.py")


@dataclass(frozen=True)
class Limits:
    """When a peer is stopped.

    Attributes:
        read: seconds to start and to read a file.
        ball: seconds for a ball.
        batch: seconds for all balls.
        memory: bytes of address space, 0 for no limit.
        proof: seconds to write and re-check a certificate.
        failures: balls of one file without an answer in time, after which its other balls are left
            out; 0 for no limit.
        threads: of the tool; 0 leaves it its own choice.
    """

    read: float = 300.0
    ball: float = 60.0
    batch: float = 300.0
    memory: int = 0
    proof: float = 300.0
    failures: int = 2
    threads: int = 0


@dataclass
class JobAnswers:
    """What a peer answered on one file.

    Attributes:
        read_seconds: to read the file and prepare the tool; ``None`` when it did not manage.
        verdicts: one per sampled ball, in order; shorter when the peer was given up.
        seconds: time inside the tool, one per verdict.
        points: the counterexample given, one per verdict, as exact texts.
        proofs: what is known of the certificate, one per verdict.
        batch_verdicts: of all balls in one call, where the tool can do that.
        batch_seconds: of that call.
        batch_proof: what is known of the certificate of all balls.
        reasons: messages of errors.
    """

    read_seconds: float | None = None
    verdicts: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    points: list[list[str] | None] = field(default_factory=list)
    proofs: list[dict[str, Any] | None] = field(default_factory=list)
    batch_verdicts: list[str] | None = None
    batch_seconds: float | None = None
    batch_proof: dict[str, Any] | None = None
    reasons: list[str] = field(default_factory=list)

    def add(self, verdict: str, seconds: float, reason: str = "", point: list[str] | None = None) -> None:
        """Record one ball."""
        self.verdicts.append(verdict)
        self.seconds.append(seconds)
        self.points.append(point)
        self.proofs.append(None)
        if reason:
            self.reasons.append(reason)

    def is_given_up(self, limits: Limits) -> bool:
        """True after too many balls on which the peer had to be stopped or died."""
        failures = sum(verdict in ("timeout", "error") for verdict in self.verdicts)
        return 0 < limits.failures <= failures


@dataclass
class PeerRun:
    """All answers of one peer; ``missing`` says why there are none."""

    peer: Peer
    version: str = ""
    missing: str = ""
    jobs: list[JobAnswers] = field(default_factory=list)


def run_peer(peer: Peer, python: str, jobs_file: Path, limits: Limits) -> PeerRun:
    """Run a peer over a jobs file, starting it again behind every ball that stops it.

    The peer works in the folder of the jobs file, where it may leave files of its own.
    """
    jobs_file = jobs_file.absolute()
    jobs = json.loads(jobs_file.read_text(encoding="utf-8"))
    run = PeerRun(peer, jobs=[JobAnswers() for _ in jobs])
    python = os.path.abspath(python) if os.sep in python else python
    number, place = 0, 0
    while number < len(jobs) and not run.missing:
        command = [python, *_command(peer, jobs_file, limits, number, place)]
        process = _Process(command, jobs_file.parent, limits.threads)
        try:
            number, place = _session(run, jobs, number, place, process, limits)
        finally:
            process.stop()
    return run


def _command(peer: Peer, jobs_file: Path, limits: Limits, number: int, place: int) -> list[str]:
    options = {
        "seconds": limits.ball,
        "batch-seconds": limits.batch,
        "memory": limits.memory,
        "threads": limits.threads,
        "variant": peer.variant,
        "job": number,
        "place": place,
    }
    return [str(ADAPTERS / peer.adapter), str(jobs_file), *(f"--{name}={value}" for name, value in options.items())]


def _session(
    run: PeerRun, jobs: list[dict[str, Any]], number: int, place: int, process: _Process, limits: Limits
) -> tuple[int, int]:
    """Follow one process from a ball on until it ends or has to be stopped; return where to go on."""
    first = process.line(limits.read)
    if first is None or first["event"] == "missing":
        run.missing = "did not start" if first is None else first["reason"]
        return len(jobs), 0
    run.version = first["version"]
    while number < len(jobs):
        answers, sampled = run.jobs[number], len(jobs[number]["sample"])
        if not _job(answers, process, sampled, place, limits):
            answered = len(answers.verdicts)
            is_over = answers.is_given_up(limits) or answers.read_seconds is None or answered >= sampled
            return (number + 1, 0) if is_over else (number, answered)
        number, place = number + 1, 0
    return number, 0


def _job(answers: JobAnswers, process: _Process, sampled: int, place: int, limits: Limits) -> bool:
    """Take the answers of one file; false when the process has to be started again."""
    line = process.line(limits.read)
    if line is None or line["event"] == "unread":
        answers.reasons.append(f"not read within {limits.read:g} s" if line is None else line["reason"])
        return line is not None
    answers.read_seconds = line["seconds"]
    for _ in range(place, sampled):
        line = process.line(limits.ball + _GRACE_SECONDS)
        if line is None:
            died = process.has_ended
            answers.add("error" if died else "timeout", limits.ball, "the process died" if died else "")
            return False
        answers.add(line["verdict"], line["seconds"], line["reason"], line["point"])
        if line["proof"]:
            proof = _proof(answers, process, limits)
            answers.proofs[-1] = proof
            if proof is None:
                return False
        if answers.is_given_up(limits):
            return False
    return _batch(answers, process, limits)


def _batch(answers: JobAnswers, process: _Process, limits: Limits) -> bool:
    line = process.line(limits.batch)
    if line is None:
        answers.reasons.append(f"all balls at once: not within {limits.batch:g} s, or died")
    elif line["event"] == "batch":
        answers.batch_seconds = line["seconds"]
        answers.batch_verdicts = None if line["verdicts"] == "error" else line["verdicts"]
        answers.reasons += [line["reason"]] if line["reason"] else []
        if line["proof"]:
            answers.batch_proof = _proof(answers, process, limits)
    return line is not None


def _proof(answers: JobAnswers, process: _Process, limits: Limits) -> dict[str, Any] | None:
    """Wait for what a tool reports of its certificate; ``None`` when that does not come in time."""
    line = process.line(limits.proof)
    if line is None:
        answers.reasons.append(f"certificate: not re-checked within {limits.proof:g} s, or died")
        return None
    answers.reasons += [line["reason"]] if line["reason"] else []
    return line["found"] | ({"failed": line["reason"]} if line["reason"] else {})


class _Process:
    """An adapter in a process group of its own, read line by line with a time limit."""

    def __init__(self, command: list[str], folder: Path, threads: int) -> None:
        chosen = dict.fromkeys(_THREAD_NAMES, str(threads)) if threads else {}
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            cwd=folder,
            env={**os.environ, **chosen},
        )
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            # Tools print banners of their own; only our lines are JSON objects.
            if text.startswith('{"event": '):
                self._lines.put(json.loads(text))
        self._lines.put(None)

    def line(self, seconds: float) -> dict[str, Any] | None:
        """Return the next answer, ``None`` when none comes in time or the process ended."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    @property
    def has_ended(self) -> bool:
        """True when the process has ended by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Kill the process and what it started, if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
