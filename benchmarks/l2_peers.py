"""Other verifiers beside ours on l2 balls, in one run, on the same ONNX files.

    python benchmarks/l2_peers.py -o out --peer-python PEERS/bin/python

Every answer is known: on paper for small networks at a critical radius, by the theorem for
memorizers at the radius they are built for. Tools that cannot state an l2 ball are listed
with the reason. A tool that overruns a ball is killed, and left alone after three.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import machine, median, print_table, progress, seconds_text, write_json
from benchmarks.l2_cases import boundary_cases, boundary_job, memorizer_jobs
from benchmarks.peer_process import OURS, Limits, Peer, PeerRun, run_peer
from benchmarks.peer_tables import DECIDED, wrong

TOOLS = (
    OURS,
    Peer("SCIP, quadratic row", "scip_milp.py"),
    Peer("z3, nonlinear reals", "z3_reals.py"),
    Peer("IBP (auto_LiRPA)", "lirpa_bounds.py", "IBP"),
    Peer("CROWN (auto_LiRPA)", "lirpa_bounds.py", "CROWN"),
    Peer("alpha-CROWN (auto_LiRPA)", "lirpa_bounds.py", "alpha-CROWN"),
)
CANNOT = {
    "HiGHS": "no quadratic constraints: its programs are linear, or convex quadratic in the objective without integers",
    "Marabou": "queries are linear equations, bounds and piecewise linear constraints",
    "nnenum": "input sets are boxes and linear constraints (star sets)",
}


@dataclass(frozen=True)
class Group:
    """Jobs that make one row of the table, with the true answer of every ball asked."""

    name: str
    jobs: list[dict[str, Any]]
    truths: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Run every tool on every group; return 1 when an answer of ours is wrong."""
    options = _options(arguments)
    tools = [tool for tool in TOOLS if not options.peers or tool == OURS or any(t in tool.name for t in options.peers)]
    limits = Limits(120.0, options.ball_seconds, 120.0, 0, failures=3)
    rows: list[dict[str, Any]] = []
    document = {"machine": machine(), "ball_seconds": options.ball_seconds, "cannot": CANNOT, "rows": rows}
    with tempfile.TemporaryDirectory() as folder:
        for number, group in enumerate(_groups(Path(folder), options.sample)):
            jobs_file = Path(folder) / f"jobs{number}.json"
            jobs_file.write_text(json.dumps(group.jobs), encoding="utf-8")
            for tool in tools:
                progress(f"{group.name}: {tool.name}")
                python = sys.executable if tool == OURS else options.peer_python
                rows.append(_row(group, run_peer(tool, python, jobs_file, limits), options.ball_seconds))
            write_json(options.folder, "l2_peers", document)
    _print(document)
    return int(any(row["tool"] == OURS.name and row["false_robust"] + row["false_violated"] for row in rows))


def _groups(folder: Path, sample: int) -> list[Group]:
    cases = list(boundary_cases())
    truths = ["robust" if case.robust else "violated" for case in cases]
    jobs = [boundary_job(case, folder / f"{place}.onnx") for place, case in enumerate(cases)]
    memorizers = [Group(name, [job], ["robust"] * len(job["sample"])) for name, job in memorizer_jobs(folder, sample)]
    return [Group(f"{len(cases)} boundary cases", jobs, truths), *memorizers]


def _row(group: Group, run: PeerRun, budget: float) -> dict[str, Any]:
    """Count the answers; a ball not reached counts as undecided, and as the whole budget."""
    verdicts: list[str] = []
    seconds: list[float] = []
    for job, answers in zip(group.jobs, run.jobs, strict=True):
        missing = len(job["sample"]) - len(answers.verdicts)
        verdicts += [*answers.verdicts, *(["not reached"] * missing)]
        seconds += [*answers.seconds, *([budget] * missing)]
    false_robust, false_violated = wrong(verdicts, group.truths)
    return {
        "group": group.name,
        "tool": run.peer.name,
        "version": run.version,
        "missing": run.missing,
        "balls": len(group.truths),
        "decided": sum(verdict in DECIDED for verdict in verdicts),
        "false_robust": false_robust,
        "false_violated": false_violated,
        "median_seconds": None if run.missing else median(seconds),
        "verdicts": verdicts,
        "reasons": [reason for answers in run.jobs for reason in answers.reasons][:3],
    }


def _print(document: dict[str, Any]) -> None:
    rows = document["rows"]
    ours = {row["group"]: row["median_seconds"] for row in rows if row["tool"] == OURS.name}
    cells = [
        [row["group"], row["tool"], "not run: " + row["missing"][:40], *["-"] * 5]
        if row["missing"]
        else [
            row["group"],
            row["tool"],
            f"{row['decided']} of {row['balls']}",
            row["false_robust"],
            row["false_violated"],
            row["balls"] - row["decided"],
            seconds_text(row["median_seconds"]),
            _times(row["median_seconds"], ours[row["group"]]),
        ]
        for row in rows
    ]
    columns = ["balls", "tool", "decided", "false robust", "false violated", "undecided", "median s", "times ours"]
    print_table("l2 balls, same files, same run", columns, cells, [f"{k}: {v}" for k, v in CANNOT.items()])


def _times(seconds: float, ours: float | None) -> str:
    return "-" if not ours else f"{seconds / ours:,.1f}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="only peers whose name contains this")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers, numpy and onnx")
    parser.add_argument("--sample", type=int, default=6, help="balls of a memorizer (default 6)")
    parser.add_argument("--ball-seconds", type=float, default=5.0, help="limit for a ball (default 5)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for l2_peers.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
