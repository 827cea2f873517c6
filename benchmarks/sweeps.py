"""What a sweep costs beyond its jobs: beside a plain loop over the same instances, and as their number grows."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, seconds_text, timed, write_json
from verify.sweep.local import run_locally
from verify.sweep.plan import Plan, parse_plan
from verify.sweep.running import jobs_left, run_jobs
from verify.sweep.store import RunStore
from verify.theorems.registry import check

TABLE = """
[[sweep]]
theorem = "robust-memorization-linf"
construction = "box"
data = "random:n=6,d=2,levels=16,seed={s}"
each = { s = "0:COUNT" }
"""


def processor_seconds() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(entry.ru_utime + entry.ru_stime for entry in usage)


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and the processor seconds of some work."""
    before = processor_seconds()
    seconds, _ = timed(work)
    return seconds, processor_seconds() - before


def plain_loop(plan: Plan) -> None:
    """Check one instance after another, in this process; make each envelope and keep none."""
    for planned in plan.jobs:
        check(planned.job.parameters["theorem"], construction="box", data=planned.job.parameters["data"]).to_json()


def sweep(plan: Plan, folder: Path, workers: int) -> None:
    """Run the same instances in worker processes, each row kept in a store."""
    with RunStore.open(folder) as store:
        for _ in run_jobs(jobs_left(plan, store), store, lambda left: run_locally(left, workers, None)):
            pass
        if len(store) != len(plan.jobs):
            raise RuntimeError(f"{len(store)} rows for {len(plan.jobs)} jobs")


def resume(plan: Plan, folder: Path) -> float:
    """Return the seconds to find, in a store that has every row, that nothing is left."""

    def look() -> int:
        with RunStore.open(folder) as store:
            return len(jobs_left(plan, store))

    seconds, left = timed(look)
    if left:
        raise RuntimeError(f"{left} jobs of a finished sweep are left")
    return seconds


def measure(count: int, workers: int) -> dict[str, Any]:
    """Measure a sweep of so many small jobs."""
    plan = parse_plan(TABLE.replace("COUNT", str(count)))
    loop = spent(lambda: plain_loop(plan))
    with tempfile.TemporaryDirectory() as folder:
        whole = spent(lambda: sweep(plan, Path(folder), workers))
        again = resume(plan, Path(folder))
    return {"jobs": count, "loop": loop, "sweep": whole, "resume": again}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[50, 200, 800], help="numbers of jobs")
    parser.add_argument("--workers", type=int, default=1, help="jobs at once (default 1, as the loop)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for sweeps.json")
    options = parser.parse_args(arguments)
    here = machine()
    measure(2, options.workers)  # compiles what no cache holds
    rows = [measure(1, options.workers)]
    start = rows[0]["sweep"][1] - rows[0]["loop"][1]
    for count in options.jobs:
        progress(f"{count} jobs")
        rows.append(measure(count, options.workers))
    for row in rows:
        row["ratio"] = row["sweep"][1] / row["loop"][1]
        row["ratio_without_start"] = (row["sweep"][1] - start) / row["loop"][1]
    table = [
        [
            f"{row['jobs']:,}",
            *(f"{seconds_text(row[kind][1])} ({seconds_text(row[kind][0])})" for kind in ("loop", "sweep")),
            f"{row['ratio']:.2f}",
            f"{row['ratio_without_start']:.2f}",
            seconds_text(row["resume"]),
        ]
        for row in rows
    ]
    columns = ["jobs", "plain loop", "sweep", "sweep / loop", "without the start", "resume"]
    title = f"Sweeps of small jobs: processor (wall) seconds, {options.workers} at once"
    print_table(title, columns, table, [f"start of the worker processes: {seconds_text(start)} processor seconds"])
    write_json(options.folder, "sweeps", {"machine": here, "workers": options.workers, "start": start, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
