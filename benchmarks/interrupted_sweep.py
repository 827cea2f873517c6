"""A sweep of a thousand jobs, killed again and again: every row once, and the rows of an undisturbed one."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import progress
from benchmarks.sweeps import TABLE
from constructions.errors import UsageError
from verify.sweep.plan import parse_plan
from verify.sweep.store import Row, RunStore


def rows_in(folder: Path) -> list[Row]:
    """Return the rows a sweep has recorded so far."""
    try:
        with RunStore.read(folder / "runs") as store:
            return list(store.rows())
    except UsageError:
        return []


def start(folder: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start the sweep of a folder."""
    command = [sys.executable, "-m", "verify", "sweep", "plan.toml", "-o", "runs", "-q", "-j", str(workers)]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    return subprocess.Popen(command, cwd=folder, env=surroundings)


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the seconds in it."""
    claims = [{name: value for name, value in claim.items() if name != "seconds"} for claim in result["claims"]]
    return {name: value for name, value in result.items() if name not in ("seconds", "timings")} | {"claims": claims}


def kill_at(folder: Path, workers: int, rows: int) -> list[Row]:
    """Run a sweep until it has so many rows, kill it, and return the rows it leaves."""
    process = start(folder, workers)
    while process.poll() is None and len(rows_in(folder)) < rows:
        time.sleep(0.1)
    process.kill()
    process.wait()
    return rows_in(folder)


def main(arguments: list[str] | None = None) -> int:
    """Kill, resume, compare; return 1 when a row is lost, repeated or changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000, help="number of jobs (default 1000)")
    parser.add_argument("--kills", type=int, default=3, help="how often to kill (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="jobs at once (default 2)")
    options = parser.parse_args(arguments)
    text = TABLE.replace("COUNT", str(options.jobs))
    with tempfile.TemporaryDirectory() as name:
        cut, whole = Path(name, "cut"), Path(name, "whole")
        for folder in (cut, whole):
            folder.mkdir()
            (folder / "plan.toml").write_text(text, encoding="utf-8")
        before: list[Row] = []
        for turn in range(1, options.kills + 1):
            after = kill_at(cut, options.workers, turn * options.jobs // (options.kills + 1))
            progress(f"killed with {len(after):,} of {options.jobs:,} rows")
            if any(row not in after for row in before):
                progress("a recorded row was lost or changed")
                return 1
            before = after
        codes = [start(folder, options.workers).wait() for folder in (cut, whole)]
        found, known = rows_in(cut), rows_in(whole)
    kept = {row.job.key: row for row in found}
    same = [lasting(row.result) for row in found] == [lasting(row.result) for row in known]
    once = set(kept) == {planned.job.key for planned in parse_plan(text).jobs} and len(found) == options.jobs
    untouched = all(kept.get(row.job.key) == row for row in before)
    print(
        f"{len(found):,} rows; each once: {once}; as undisturbed: {same}; none done again: {untouched}; exits {codes}"
    )
    return 0 if once and same and untouched and codes == [0, 0] else 1


if __name__ == "__main__":
    sys.exit(main())
