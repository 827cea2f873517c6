"""Sweeps on a dask cluster: two workers here, one of them killed in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import UsageError
from verify.certificate.issue import recheck
from verify.sweep.chunks import Chunks
from verify.sweep.cluster import _lost, _received, run_on_cluster
from verify.sweep.plan import parse_plan
from verify.sweep.store import RunStore

PLAN = """
[[sweep]]
theorem = "robust-memorization-linf"
construction = "box"
data = "random:n=6,d=2,levels=16,seed={s}"
each = { s = "0:60" }
"""
SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from distributed import LocalCluster
from verify.sweep.cluster import run_on_cluster
from verify.sweep.plan import parse_plan
from verify.sweep.running import jobs_left, run_jobs
from verify.sweep.store import RunStore

if __name__ == "__main__":
    plan = parse_plan(Path("plan.toml").read_text())
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        with RunStore.open("runs") as store:
            left = jobs_left(plan, store)
            killed = 0
            for count, row in enumerate(run_jobs(left, store, lambda chunks: run_on_cluster(
                chunks, cluster.scheduler_address, Path("runs").resolve()))):
                if count == 5:
                    (worker, *_) = cluster.workers.values()
                    killed = worker.pid
                    os.kill(killed, signal.SIGKILL)
            print(json.dumps({"killed": killed, "rows": len(store)}))
"""


def test_a_cluster_that_loses_a_worker_still_has_every_row_once(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN)
    (tmp_path / "script.py").write_text(SCRIPT)
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["rows"] == 60 and found["killed"] > 0
    with RunStore.read(tmp_path / "runs") as store:
        rows = list(store.rows())
    assert {row.job.key for row in rows} == {planned.job.key for planned in parse_plan(PLAN).jobs}
    assert {row.result["verdict"] for row in rows} == {"holds"}, [row.result.get("error") for row in rows]
    assert all("proved" in recheck(tmp_path / "runs" / row.result["certificate"]) for row in rows[::20])


def test_no_scheduler_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.sweep.cluster._PATIENCE", "1s")
    chunks = Chunks(parse_plan(PLAN).jobs)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(UsageError, match="no dask scheduler answers"):
            list(run_on_cluster(chunks, address, None))
    assert len(chunks) == 60


def test_what_a_worker_does_not_return_is_left() -> None:
    chunk = list(parse_plan(PLAN).jobs[:3])
    result: dict[str, Any] = {"verdict": "holds"}
    rows, left = _received(chunk, [[chunk[1].job.key, result, 0.5]])
    assert [row.job for row in rows] == [chunk[1].job] and left == [chunk[0], chunk[2]]


def test_a_chunk_that_loses_every_worker_gives_up_one_job_with_the_reason() -> None:
    chunk = list(parse_plan(PLAN).jobs[:3])
    (row,), left = _lost(chunk, "four workers died")
    assert row.job == chunk[0].job and left == chunk[1:]
    assert (row.result["verdict"], row.result["exit"]) == ("unknown", 3)
    assert row.result["error"] == "the cluster lost its workers: four workers died"
