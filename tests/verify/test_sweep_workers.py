"""Worker processes: what they return, limits, deaths, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import UsageError
from verify.sweep import worker_process
from verify.sweep.check_job import run_check
from verify.sweep.chunks import Chunks
from verify.sweep.compile_clock import CompileTimer, JobClock
from verify.sweep.job import Job
from verify.sweep.limits import Limits
from verify.sweep.plan import PlannedJob, parse_plan
from verify.sweep.store import Row
from verify.sweep.worker import settled
from verify.sweep.worker_pool import WorkerPool, threads_for
from verify.sweep.worker_process import Stopped, WorkerProcess, resident_bytes
from verify.theorems.registry import check

QUICK = "[[sweep]]\ntheorem = 'separation'\ndata = 'random:n=6,d=2,levels=8,seed={s}'\neach = { s = '0:4' }"
LONG = Job("check", {"theorem": "robust-memorization-linf", "seed": 0, "data": "random:n=20000,d=40,levels=3,seed=0"})


def planned(job: Job, limits: Limits = Limits()) -> PlannedJob:  # noqa: B008
    return PlannedJob(job, limits)


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    found = WorkerProcess(1, None, Path.cwd(), threading.Event())
    yield found
    found.kill()


def pid(worker: WorkerProcess) -> int:
    assert worker._process is not None
    return worker._process.pid


def without_times(envelope: dict[str, Any]) -> dict[str, Any]:
    claims = [{**claim, "seconds": 0} for claim in envelope["claims"]]
    return {**envelope, "seconds": 0, "timings": {}, "claims": claims}


def after(seconds: float, act: Callable[[], object]) -> None:
    threading.Timer(seconds, act).start()


def test_a_worker_returns_what_check_finds_and_serves_again(worker: WorkerProcess) -> None:
    for entry in parse_plan(QUICK).jobs:
        row = worker.run(entry)
        known = check("separation", data=entry.job.parameters["data"]).to_json()
        assert without_times(row.result) == without_times(known) and row.job == entry.job and row.seconds >= 0
    first = pid(worker)
    os.kill(first, signal.SIGKILL)  # between jobs: it costs nothing
    assert worker.run(parse_plan(QUICK).jobs[0]).result["verdict"] == "holds" and pid(worker) != first


def test_a_worker_killed_in_a_job_makes_that_row_unknown(worker: WorkerProcess) -> None:
    worker.run(parse_plan(QUICK).jobs[0])
    after(0.5, lambda: os.kill(pid(worker), signal.SIGKILL))
    row = worker.run(planned(LONG))
    assert (row.result["verdict"], row.result["exit"], row.result["claims"]) == ("unknown", 3, [])
    assert "killed by signal 9 (SIGKILL)" in row.result["error"] and row.job == LONG
    assert worker.run(parse_plan(QUICK).jobs[1]).result["verdict"] == "holds"


def test_a_worker_that_fails_in_a_job_says_its_last_words(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = "import verify.sweep.worker as w; w.run_check = lambda *_: w.sys.exit('no more numbers'); "
    monkeypatch.setattr(worker_process, "_CODE", worker_process._CODE.replace("from verify", faulty + "from verify", 1))
    row = worker.run(parse_plan(QUICK).jobs[0])
    assert row.result["verdict"] == "unknown"
    assert row.result["error"] == "the process of this job ended with exit code 1; no more numbers"


def test_a_job_past_its_seconds_is_unknown(worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_GRACE", 0.0)
    row = worker.run(planned(LONG, Limits(seconds=0.3)))
    assert row.result["verdict"] == "unknown" and worker._process is None
    assert row.result["error"] == "not finished within 0.3 seconds" and row.seconds < 30


def test_a_job_past_its_memory_is_unknown(worker: WorkerProcess) -> None:
    worker.run(parse_plan(QUICK).jobs[0])
    used = resident_bytes(pid(worker))
    assert used > 20 * 2**20
    job = Job("check", {"theorem": "separation", "seed": 0, "data": "random:n=40000,d=200,levels=3,seed=0"})
    row = worker.run(planned(job, Limits(memory=used + 2**24)))
    assert row.result["verdict"] == "unknown" and "MiB of memory; the limit is" in row.result["error"]


def test_what_is_known_not_to_fit_is_refused_with_the_estimate() -> None:
    parameters = {**LONG.parameters, "data": "random:n=20,d=2,levels=16,seed=0"}
    result = run_check("key", parameters, Limits(memory=2**20), None)
    assert (result["verdict"], result["exit"]) == ("unknown", 3) and "needs about" in result["error"]


def test_a_stopped_worker_gives_no_row(worker: WorkerProcess) -> None:
    worker.run(parse_plan(QUICK).jobs[0])
    number = pid(worker)
    after(0.3, worker._stop.set)
    with pytest.raises(Stopped):
        worker.run(planned(LONG))
    assert resident_bytes(number) == 0


def test_a_worker_that_cannot_start_says_why(worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_CODE", "import sys; sys.exit('no room for me')")
    with pytest.raises(UsageError, match="cannot be started: no room for me"):
        worker.run(parse_plan(QUICK).jobs[0])


def test_a_worker_that_is_always_killed_as_it_starts_makes_the_row_unknown(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(worker_process, "_CODE", "import os; os.kill(os.getpid(), 9)")
        row = worker.run(parse_plan(QUICK).jobs[0])
    assert (row.result["verdict"], row.result["exit"], row.result["claims"]) == ("unknown", 3, [])
    assert "killed by signal 9 (SIGKILL)" in row.result["error"] and "before the job began" in row.result["error"]
    assert worker.run(parse_plan(QUICK).jobs[1]).result["verdict"] == "holds"


def test_a_worker_killed_once_as_it_starts_costs_nothing(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    once = tmp_path / "killed"
    first = (
        f"import os, pathlib; p = pathlib.Path({str(once)!r})\nif not p.exists(): p.touch(); os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setattr(worker_process, "_CODE", first + worker_process._CODE)
    assert worker.run(parse_plan(QUICK).jobs[0]).result["verdict"] == "holds" and once.exists()


def test_a_worker_goes_with_whoever_sends_its_jobs(worker: WorkerProcess) -> None:
    worker.run(parse_plan(QUICK).jobs[0])
    process = worker._process
    assert process is not None and process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 0


# What goes wrong in a job is in its row ------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "code", "named"),
    [
        ({"theorem": "2.2", "data": "random:n=x"}, 2, "x"),
        ({"theorem": "2.2", "data": "iris:1-2", "radius": "1/9", "ratio": "1/2"}, 2, "ratio"),
        ({"theorem": "2.2", "data": "iris:1-2", "construction": "l1"}, 2, "l1"),
        ({"theorem": "2.2", "data": "iris:1-2", "trim": 500}, 2, "500"),
    ],
)
def test_an_instance_that_does_not_fit_is_an_error_of_its_row(parameters: dict, code: int, named: str) -> None:
    result = run_check("key", parameters, Limits(), None)
    assert (result["verdict"], result["exit"]) == ("error", code) and named in result["error"]


def test_a_failing_hypothesis_is_inapplicable_and_a_failing_claim_violated() -> None:
    beyond = run_check("k", {"theorem": "2.2", "data": "iris:1-2", "radius": "9", "trim": 8}, Limits(), None)
    assert (beyond["verdict"], beyond["exit"]) == ("inapplicable", 4)
    failing = run_check("k", {"theorem": "distance-classifier-as-printed", "instance": "erratum"}, Limits(), None)
    assert (failing["verdict"], failing["exit"]) == ("violated", 1)


def test_trimmed_points_are_named_as_check_names_them() -> None:
    result = run_check("k", {"theorem": "separation", "data": "iris:1-2", "trim": 2}, Limits(), None)
    assert result["instance"]["data"] == "iris:1-2 --trim 2" and len(result["instance"]["trimmed"]) == 2


def test_a_file_that_changed_after_the_plan_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("x,label\n0,1\n1,-1\n")
    (entry,) = parse_plan("[[sweep]]\ntheorem = '1.1'\ndata = 'points.csv'").jobs
    assert run_check("k", entry.job.parameters, Limits(), None)["verdict"] == "holds"
    Path("points.csv").write_text("x,label\n0,1\n3,-1\n")
    result = run_check("k", entry.job.parameters, Limits(), None)
    assert result["exit"] == 2 and "points.csv is not what it was" in result["error"]


def test_kept_files_lie_under_the_key_and_name_each_other(tmp_path: Path) -> None:
    here = Path.cwd()
    (tmp_path / "rows" / "key").mkdir(parents=True)
    (tmp_path / "rows" / "key" / "old.json").touch()
    parameters = {"theorem": "robust-memorization-l1", "data": "random:n=6,d=2,levels=8,seed=1"}
    result = run_check("key", parameters, Limits(), tmp_path)
    assert result["verdict"] == "holds" and result["certificate"] == "rows/key/certificate.json"
    names = {path.name for path in (tmp_path / "rows" / "key").iterdir()}
    assert {"result.json", "network.json", "certificate.json"} <= names and "old.json" not in names
    assert Path.cwd() == here
    missing = run_check("key", parameters, Limits(), tmp_path / "elsewhere")
    assert missing["exit"] == 2 and "does not see" in missing["error"]


# Chunks and pools ----------------------------------------------------------------------


def rows_of(seconds: float, count: int) -> list[Row]:
    return [Row(Job("check", {"i": place}), {}, seconds) for place in range(count)]


def many(count: int) -> list[PlannedJob]:
    return [planned(Job("check", {"i": place})) for place in range(count)]


def test_chunks_grow_to_half_a_second_and_shrink_again() -> None:
    chunks = Chunks(many(1000))
    assert len(chunks.take()) == 1
    chunks.learn(rows_of(0.01, 1))
    assert len(chunks.take()) == 50
    for _ in range(20):
        chunks.learn(rows_of(0.0001, 1))
    assert len(chunks.take()) == 256
    for _ in range(20):
        chunks.learn(rows_of(3.0, 1))
    assert len(chunks.take()) == 1
    chunks.learn([])
    assert len(chunks) == 1000 - 1 - 50 - 256 - 1


def test_jobs_put_back_come_next_in_their_order() -> None:
    jobs = many(5)
    chunks = Chunks(jobs)
    first = [chunks.take()[0], chunks.take()[0]]
    chunks.put_back(first)
    assert [chunk[0] for chunk in chunks] == jobs and len(chunks) == 0


def test_every_job_is_taken_once_by_many_threads() -> None:
    chunks, taken = Chunks(many(2000)), []
    threads = [threading.Thread(target=lambda: taken.extend(c[0] for c in chunks)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 2000 and {entry.job.key for entry in taken} == {entry.job.key for entry in many(2000)}


def test_a_closed_pool_returns_the_jobs_it_did_not_finish() -> None:
    pool = WorkerPool(1, None, Path.cwd())
    quick = parse_plan(QUICK).jobs
    after(4.0, pool.close)
    rows, left = pool.run([quick[0], planned(LONG), quick[1]])
    assert len(rows) <= 1 and [*(row.job for row in rows), *(entry.job for entry in left)] == [
        quick[0].job,
        LONG,
        quick[1].job,
    ]
    assert pool.run([quick[2]]) == ([], [quick[2]])


def test_threads_are_shared_among_workers() -> None:
    assert threads_for(10**6) == 1 and threads_for(1) >= threads_for(2) >= 1


def test_the_clock_of_a_job_stands_still_while_its_process_compiles() -> None:
    clock = JobClock()
    clock.hear({"compiling": True})
    time.sleep(0.2)
    assert clock.seconds < 0.1
    clock.hear({"compiling": True})
    clock.hear({"compiling": False})
    clock.hear({})
    before = clock.seconds
    time.sleep(0.1)
    assert before < 0.1 and clock.seconds >= 0.1


def test_numba_is_heard_when_it_compiles() -> None:
    import numba

    heard: list[dict[str, Any]] = []
    timer = CompileTimer(heard.append)
    added = numba.njit(lambda x: x + 1)
    assert added(1) == 2
    assert timer.count == 1 and heard == [{"compiling": True}, {"compiling": False}]
    assert added(2) == 3 and timer.count == 1


@pytest.mark.parametrize(
    ("first", "compiled", "runs"), [("unknown", 1, 2), ("unknown", 0, 1), ("holds", 1, 1), ("violated", 1, 1)]
)
def test_a_job_whose_time_went_into_compiling_is_run_again(first: str, compiled: int, runs: int) -> None:
    done: list[str] = []

    def run() -> dict[str, Any]:
        done.append(first if not done else "holds")
        return {"verdict": done[-1]}

    result, seconds = settled(run, lambda: compiled * len(done))
    assert len(done) == runs and result["verdict"] == done[-1] and seconds >= 0
