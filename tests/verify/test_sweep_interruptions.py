"""Sweeps that are killed, interrupted, doubled, or lose workers: every row once, and the same rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import UsageError
from verify.sweep.plan import parse_plan
from verify.sweep.store import STORE_NAME, Row, RunStore
from verify.sweep.worker_process import resident_bytes

MANY = """
[[sweep]]
theorem = "robust-memorization-linf"
construction = "box"
data = "random:n=6,d=2,levels=16,seed={s}"
each = { s = "0:200" }
"""
SLOW = """
[[sweep]]
theorem = "robust-memorization-linf"
data = "random:n=100000,d=60,levels=3,seed={s}"
each = { s = "0:3" }
"""


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start ``rproof sweep`` on a plan in a folder; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(folder: Path, plan: str, *arguments: str) -> subprocess.Popen[str]:
        (folder / "plan.toml").write_text(plan)
        command = [sys.executable, "-m", "verify", "sweep", "plan.toml", "-o", "runs", "-q", *arguments]
        surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings, text=True, stdout=pipe, stderr=pipe, preexec_fn=heed_interrupts
        )
        started.append(process)
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def heed_interrupts() -> None:
    """Undo that a run of the tests in the background ignores ctrl-C, which its children would inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def rows(folder: Path) -> list[Row]:
    try:
        with RunStore.read(folder / "runs") as store:
            return list(store.rows())
    except UsageError:  # not yet made
        return []


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + 120
    while not ready():
        assert process.poll() is None and time.monotonic() < ends, process.communicate()
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the worker processes of a sweep."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def wait_until_gone(pids: list[int]) -> None:
    ends = time.monotonic() + 60
    while any(resident_bytes(pid) for pid in pids):
        assert time.monotonic() < ends, "workers outlive their sweep"
        time.sleep(0.05)


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the seconds in it."""
    claims = [{name: value for name, value in claim.items() if name != "seconds"} for claim in result["claims"]]
    return {name: value for name, value in result.items() if name not in ("seconds", "timings")} | {"claims": claims}


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes through /proc")


@needs_proc
def test_a_sweep_killed_three_times_has_every_row_once_and_the_same(tmp_path: Path, start: Start) -> None:
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    cut.mkdir()
    whole.mkdir()
    before: list[Row] = []
    for _ in range(3):
        process, least = start(cut, MANY, "-j", "2"), len(before) + 5
        wait_for(lambda least=least: len(rows(cut)) > least, process)  # type: ignore[misc]
        workers = children(process.pid)
        process.kill()
        process.communicate()
        after = rows(cut)
        assert workers and all(row in after for row in before) and len(before) < len(after) < 200
        before = after
        wait_until_gone(workers)
    process = start(cut, MANY, "-j", "2", "--json")
    found = json.loads(process.communicate(timeout=240)[0])
    assert process.returncode == 0 and found["finished_before"] == len(before) and found["left"] == 0
    undisturbed = start(whole, MANY, "-j", "1")
    assert undisturbed.communicate(timeout=240) == ("", "") and undisturbed.returncode == 0
    jobs = {planned.job.key for planned in parse_plan(MANY).jobs}
    assert [row.job.key for row in rows(cut)] == [row.job.key for row in rows(whole)]
    assert len(rows(cut)) == len(jobs) == 200 and {row.job.key for row in rows(cut)} == jobs
    assert [lasting(row.result) for row in rows(cut)] == [lasting(row.result) for row in rows(whole)]
    assert all(row in rows(cut) for row in before)


@needs_proc
def test_an_interrupted_sweep_exits_6_and_leaves_no_worker(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path, MANY, "-j", "2")
    wait_for(lambda: len(rows(tmp_path)) > 0, process)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 6 and "interrupted" in errors and "Traceback" not in errors
    wait_until_gone(workers)
    assert 0 < len(rows(tmp_path)) < 200


@needs_proc
def test_a_worker_killed_in_a_sweep_costs_its_row_only(tmp_path: Path, start: Start) -> None:
    quick = MANY.replace("0:200", "0:12")
    process = start(tmp_path, SLOW.replace("0:3", "0:1") + quick, "-j", "2", "--json")
    wait_for(lambda: len(rows(tmp_path)) == 12, process)
    os.kill(busiest(children(process.pid)), signal.SIGKILL)
    output, errors = process.communicate(timeout=120)
    found = json.loads(output)
    assert process.returncode == 3 and errors == "" and found["left"] == 0
    lost = [claim for claim in found["claims"] if claim["status"] == "unknown"]
    assert len(lost) == 1 and "killed by signal 9" in lost[0]["detail"] and "n=100000" in lost[0]["name"]
    assert found["counts"] == {"robust-memorization-linf": {"unknown": 1, "holds": 12}}


def busiest(pids: list[int]) -> int:
    """Return the process that takes most processor time from now on."""
    before = {pid: processor_time(pid) for pid in pids}
    for _ in range(200):
        time.sleep(0.1)
        spent = {pid: processor_time(pid) - before[pid] for pid in pids}
        if max(spent.values()) >= 10:
            break
    return max(spent, key=lambda pid: spent[pid])


def processor_time(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@needs_proc
def test_a_second_sweep_on_a_folder_is_refused(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path, SLOW, "-j", "1")
    wait_for(lambda: (tmp_path / "runs" / STORE_NAME).is_file() and bool(children(process.pid)), process)
    second = start(tmp_path, SLOW, "-j", "1")
    output, errors = second.communicate(timeout=60)
    assert second.returncode == 2 and output == ""
    assert f"process {process.pid} is writing to runs" in errors and process.poll() is None
