"""Complete verifiers beside ours: the same files, balls and budget, in one run.

    python benchmarks/complete.py -o out/complete --peer-python PATH --budget 10

The property is ``label * f(x') > 0`` for every x' of the closed ball, or that the label's
output exceeds every other one. Every tool decides one ball at a time in a process of its own,
which is killed when it overruns the budget. Each of our robust verdicts gets its certificate
written and re-checked. Finished rows are kept: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.common import machine, progress
from benchmarks.complete_cases import FAMILIES, Case, cases
from benchmarks.complete_rows import Row, row_of
from benchmarks.complete_tables import Known, OnPaper, our_failures, tables
from benchmarks.peer_process import COMPLETE_PEERS, OURS, Limits, Peer, run_peer


class Store:
    """The rows of a folder: ``complete.json`` and ``complete.md``, rewritten after every row."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "complete.json"
        self.table = folder / "complete.md"
        self.document: dict[str, Any] = {"rows": []}
        if self._path.is_file():
            self.document = json.loads(self._path.read_text(encoding="utf-8"))
        self.rows = [Row(**entry) for entry in self.document["rows"]]

    def has(self, case: Case, tool: Peer, limits: Limits) -> bool:
        """True when there is a finished row of a case and tool under these limits; ours without an error."""
        wanted = (case.family, case.name, tool.name, case.digest, asdict(limits))
        found = [row for row in self.rows if (row.family, row.case, row.tool, row.digest, row.limits) == wanted]
        return any(not row.missing and not (row.is_ours and row.errors) for row in found)

    def shown(self, known: Known, budget: float) -> list[Row]:
        """Return the rows of these cases with this budget, case by case."""
        order = {case: (place, on_paper.digest) for place, (case, on_paper) in enumerate(known.items())}
        rows = [row for row in self.rows if row.limits["ball"] == budget]
        rows = [row for row in rows if order.get((row.family, row.case), (0, ""))[1] == row.digest]
        return sorted(rows, key=lambda row: order[row.family, row.case][0])

    def add(self, row: Row) -> None:
        """Keep a finished row in the place of any older one."""
        self.rows = [old for old in self.rows if (old.family, old.case, old.tool) != (row.family, row.case, row.tool)]
        self.rows.append(row)

    def write(self, known: Known, options: argparse.Namespace) -> None:
        """Write the cases seen so far; the JSON file is whole at any time."""
        said = {
            name: value if isinstance(value, int | float | list) else str(value)
            for name, value in vars(options).items()
        }
        answers = [{"family": family, "case": case, **asdict(known[family, case])} for family, case in known]
        rows = [asdict(row) for row in self.rows]
        self.document = {"machine": machine(), "options": said, "cases": answers, "rows": rows}
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self.document, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, self._path)
        self.table.write_text(tables(self.shown(known, options.budget), known), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, write the tables; return 1 when one of our answers is wrong or uncertified."""
    options = _options(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    ends = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    store = Store(options.folder)
    known: Known = {}
    tools = [OURS, *(peer for peer in COMPLETE_PEERS if options.peers is None or _named(peer, options.peers))]
    networks = options.networks or options.folder / "networks"
    for case in cases(options.families, options.points, options.boundary_points, networks):
        if options.cases and not any(text in case.name for text in options.cases):
            continue
        known[case.family, case.name] = OnPaper(case.truths, case.stated, case.digest)
        for tool in tools:
            if _measure(case, tool, store, options, ends):
                store.write(known, options)
    store.write(known, options)
    print(store.table.read_text(encoding="utf-8"))
    failures = our_failures(store.shown(known, options.budget), known)
    if failures:
        progress(f"wrong or not certified, ours: {', '.join(failures)}")
    return 1 if failures else 0


def _named(peer: Peer, texts: Sequence[str]) -> bool:
    return any(text.lower() in peer.name.lower() for text in texts)


def _measure(case: Case, tool: Peer, store: Store, options: argparse.Namespace, ends: float) -> bool:
    """Run one tool on one case, unless its row is there already or the time is over; true when it ran."""
    ours = tool == OURS
    limits = _limits(options, ours)
    is_there = store.has(case, tool, limits) and not _named(tool, options.redo)
    if is_there or time.monotonic() > ends:
        return False
    progress(f"{case.family}: {case.name}: {tool.name}")
    with tempfile.TemporaryDirectory() as folder:
        jobs_file = Path(folder) / "jobs.json"
        jobs = [{**job, "batch": ours and len(job["sample"]) > 1} for job in case.jobs]
        jobs_file.write_text(json.dumps(jobs), encoding="utf-8")
        run = run_peer(tool, sys.executable if ours else options.peer_python, jobs_file, limits)
    store.add(row_of(case, run, limits))
    return True


def _limits(options: argparse.Namespace, ours: bool) -> Limits:
    return Limits(
        ball=options.budget,
        batch=options.together,
        memory=int(options.memory * 2**30),
        failures=0 if ours else options.give_up,
        threads=options.threads,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), help="default: all")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds a ball and tool (default 10)")
    parser.add_argument("--points", type=int, default=20, help="balls a case outside the boundary family (default 20)")
    parser.add_argument("--boundary-points", type=int, default=0, help="balls a group of that family (default 0: all)")
    parser.add_argument("--cases", nargs="+", metavar="TEXT", help="only cases whose name contains one of these")
    parser.add_argument("--peers", nargs="*", metavar="NAME", help="only peers whose name contains one of these")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers, numpy and onnx")
    parser.add_argument("--minutes", type=float, default=0.0, help="start no row after this long (default: no limit)")
    parser.add_argument("--redo", nargs="+", default=[], metavar="NAME", help="measure the rows of these tools again")
    parser.add_argument("--give-up", type=int, default=0, help="leave a case after so many failures (default: never)")
    parser.add_argument("--together", type=float, default=300.0, help="our limit for all balls of a case in one call")
    parser.add_argument("--threads", type=int, default=1, help="threads of every tool (default 1; 0: their own choice)")
    parser.add_argument("--memory", type=float, default=12.0, help="a tool's address space in GiB (default 12)")
    parser.add_argument("--networks", type=Path, help="folder of the network files (default: networks under -o)")
    parser.add_argument("-o", dest="folder", type=Path, required=True, help="folder for complete.json and complete.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
