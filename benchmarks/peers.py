"""Other verifiers beside ours, in one run, on the same ONNX files and balls.

The property is ``label * f(x') > 0`` for every x' of the closed ball. Ours decides all
balls; a peer decides a sample of them, one at a time, and where it can also all at once.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.boundary_cases import boundary_cases
from benchmarks.common import machine, progress, write_json
from benchmarks.our_side import DigitsCase, boundary_status, digits_cases, job_of, run_ours, sample_of
from benchmarks.peer_process import PEERS, Limits, Peer, PeerRun, run_peer
from benchmarks.peer_tables import boundary_row, digits_row, print_boundary, print_digits, print_verdict

BOUNDARY = "boundary"


def main(arguments: list[str] | None = None) -> int:
    """Run the cases asked for; return 1 when one of our answers is wrong."""
    options = _options(arguments)
    peers = [peer for peer in PEERS if not options.peers or any(text in peer.name for text in options.peers)]
    document: dict[str, Any] = {"machine": machine(), "limits": asdict(_limits(options)), "cases": {}}
    ours_are_right, boundary = True, None
    if BOUNDARY in options.cases:
        boundary = run_boundary(peers, options)
        document[BOUNDARY] = boundary
        ours_are_right = boundary["rows"][0]["false_robust"] + boundary["rows"][0]["false_violated"] == 0
        print_boundary(boundary)
        write_json(options.folder, "peers", document)
    for name in options.cases:
        if name != BOUNDARY:
            found = run_digits(digits_cases()[name], peers, options)
            document["cases"][name] = found
            print_digits(found)
            write_json(options.folder, "peers", document)
    print_verdict(document)
    return 0 if ours_are_right else 1


def run_digits(case: DigitsCase, peers: list[Peer], options: argparse.Namespace) -> dict[str, Any]:
    """Return our times and answers and every peer's on one memorizer of the digits."""
    from constructions import load_data

    data = load_data("digits:even-odd")
    sample = sample_of(len(data), options.sample)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        progress(f"{case.name}: writing the file")
        case.build(data, case.radius).to_onnx(path)
        progress(f"{case.name}: ours")
        ours = run_ours(path, data, case.radius, sample, options.runs)
        runs = _peer_runs(case.name, peers, [job_of(data, case.radius, path, sample)], Path(folder), options)
        size = path.stat().st_size
    return {
        "name": case.name,
        "radius": case.radius,
        "onnx_bytes": size,
        "balls": len(data),
        "sample": sample,
        "ours": asdict(ours),
        "peers": [digits_row(run, ours, sample) for run in runs],
    }


def run_boundary(peers: list[Peer], options: argparse.Namespace) -> dict[str, Any]:
    """Return every tool's wrong answers on the cases whose answer is known."""
    cases = list(boundary_cases())
    truths = ["robust" if case.robust else "violated" for case in cases]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.onnx" for place in range(len(cases))]
        jobs = [case.job(path) for case, path in zip(cases, paths, strict=True)]
        progress("boundary: ours")
        ours = [
            boundary_status(path, case.point, case.label, case.radius) for case, path in zip(cases, paths, strict=True)
        ]
        runs = _peer_runs(BOUNDARY, peers, jobs, Path(folder), options)
    stated = [case.is_float64 for case in cases]
    rows = [boundary_row("robustproofs", "", ours, truths, stated)]
    for run in runs:
        answers = ["missing" if run.missing else (job.verdicts or ["error"])[0] for job in run.jobs]
        rows.append(boundary_row(run.peer.name, run.missing, answers, truths, stated))
    return {"cases": [case.name for case in cases], "truths": truths, "ball_is_float64": stated, "rows": rows}


def _peer_runs(
    name: str, peers: list[Peer], jobs: list[dict[str, Any]], folder: Path, options: argparse.Namespace
) -> list[PeerRun]:
    jobs_file = folder / "jobs.json"
    jobs_file.write_text(json.dumps(jobs), encoding="utf-8")
    runs = []
    for peer in peers:
        progress(f"{name}: {peer.name}")
        runs.append(run_peer(peer, options.peer_python, jobs_file, _limits(options)))
    return runs


def _limits(options: argparse.Namespace) -> Limits:
    memory = int(options.peer_memory * 2**30)
    return Limits(options.read_seconds, options.ball_seconds, options.batch_seconds, memory)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    names = [BOUNDARY, "literals-3/32", "box-3/32", "box-7/64"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", nargs="+", choices=names, default=names, metavar="CASE", help=f"of {', '.join(names)}"
    )
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="only peers whose name contains this")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers, numpy and onnx")
    parser.add_argument("--sample", type=int, default=8, help="balls a peer decides one at a time (default 8)")
    parser.add_argument("--runs", type=int, default=3, help="warm runs of ours, of which the median counts (default 3)")
    parser.add_argument("--read-seconds", type=float, default=300.0, help="a peer's limit to read a file (default 300)")
    parser.add_argument("--ball-seconds", type=float, default=60.0, help="a peer's limit for a ball (default 60)")
    parser.add_argument("--batch-seconds", type=float, default=300.0, help="a peer's limit for all balls (default 300)")
    parser.add_argument("--peer-memory", type=float, default=12.0, help="a peer's address space in GiB (default 12)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for peers.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
