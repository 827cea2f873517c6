"""Exported instances with proved answers: every installed verifier, onnxruntime and the public parser.

A tool is wrong where its answer contradicts the proved one; ours is asked again here, without
the witnesses that the constructions know. onnxruntime, in the floats of
the file, is asked for the sign of the output at a point whose exact sign is known.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import machine, median, print_table, progress, timed, write_json
from benchmarks.peer_process import OURS, PEERS, Limits, Peer, run_peer
from benchmarks.peer_tables import boundary_row

_STATUS = {"holds": "robust", "violated": "violated"}


def main(arguments: list[str] | None = None) -> int:
    """Export, ask everyone, print the table; return 1 when one of our own answers is wrong."""
    from verify.instances.families import FAMILIES
    from verify.instances.folder import export_instances

    options = _options(arguments)
    document: dict[str, Any] = {"machine": machine(), "margins": {}}
    for bits in options.bits:
        margin = Fraction(1, 2**bits)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "bench"
            seconds, proved = timed(
                lambda folder=folder, margin=margin: export_instances(
                    folder, options.instances, options.seed, margin, list(FAMILIES)
                )
            )
            entries = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))["instances"]
            found = {
                "export_seconds": seconds,
                "undecided_on_export": options.instances - len(proved),
                "rows": _rows(folder, entries, options),
                "onnxruntime": _wrong_signs(folder, entries),
                "parser": _parsed(folder, entries),
            }
        document["margins"][f"2^-{bits}"] = found
        _print(f"2^-{bits}", found, len(entries))
        write_json(options.folder, "export_benchmark", document)
    ours_rows = [found["rows"][0] for found in document["margins"].values()]
    return int(any(row["false_robust"] + row["false_violated"] for row in ours_rows))


def _rows(folder: Path, entries: Sequence[dict[str, Any]], options: argparse.Namespace) -> list[dict[str, Any]]:
    jobs_file = folder / "jobs.json"
    jobs_file.write_text(json.dumps([_job(folder, entry) for entry in entries]), encoding="utf-8")
    truths = [_STATUS[entry["answer"]] for entry in entries]
    stated = [_is_float64(entry) for entry in entries]
    limits = Limits(ball=options.ball_seconds, memory=int(options.peer_memory * 2**30))
    rows = []
    for peer in _peers(options):
        progress(f"{peer.name}")
        run = run_peer(peer, sys.executable if peer is OURS else options.peer_python, jobs_file, limits)
        answers = ["missing" if run.missing else (job.verdicts or ["error"])[0] for job in run.jobs]
        taken = median([job.seconds[0] for job in run.jobs if job.seconds])
        rows.append({**boundary_row(run.peer.name, run.missing, answers, truths, stated), "median_seconds": taken})
    return rows


def _peers(options: argparse.Namespace) -> list[Peer]:
    chosen = [peer for peer in PEERS if not options.peers or any(text in peer.name for text in options.peers)]
    return [OURS, *chosen]


def _job(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    centre = [Fraction(text) for text in entry["centre"]]
    scale = math.lcm(*(value.denominator for value in centre))
    return {
        "onnx": str(folder / entry["onnx"]),
        "scale": scale,
        "radius": entry["radius"],
        "points": [[int(value * scale) for value in centre]],
        "labels": [entry["label"]],
        "sample": [0],
        "batch": False,
    }


def _is_float64(entry: dict[str, Any]) -> bool:
    sides = [Fraction(x) + sign * Fraction(entry["radius"]) for x in entry["centre"] for sign in (-1, 1)]
    return all(Fraction(float(side)) == side for side in sides)


def _wrong_signs(folder: Path, entries: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Count where the file's own floats give the output of the witness, or of the centre, another sign."""
    import onnxruntime

    from constructions import ReluNetwork

    counts = {"asked": 0, "wrong": 0}
    for entry in entries:
        session = onnxruntime.InferenceSession(str(folder / entry["onnx"]))
        kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
        point = [Fraction(text) for text in entry["witness"] or entry["centre"]]
        floats = np.array([[float(value) for value in point]], dtype=kind)
        exact = ReluNetwork.from_onnx(folder / entry["onnx"])([Fraction(float(value)) for value in floats[0]])[0]
        found = float(session.run(None, {session.get_inputs()[0].name: floats})[0][0, 0])
        counts["asked"] += 1
        counts["wrong"] += int((found > 0) - (found < 0) != (exact > 0) - (exact < 0))
    return counts


def _parsed(folder: Path, entries: Sequence[dict[str, Any]]) -> str:
    """Read every VNN-LIB 2.0 file with the public parser and compare the boxes, rounded as it rounds."""
    try:
        import vnnlib
        import vnnlib.compat
    except ImportError:
        return "not installed"
    for entry in entries:
        query = vnnlib.parse_query_file(str(folder / "vnnlib2" / f"{entry['name']}.vnnlib"))
        (case,) = vnnlib.compat.transform(query)
        centre, radius = [Fraction(text) for text in entry["centre"]], Fraction(entry["radius"])
        if [tuple(side) for side in case.input_box] != [(float(x - radius), float(x + radius)) for x in centre]:
            return f"{entry['name']}: another box"
    return f"{len(entries)} files read as written"


def _print(margin: str, found: dict[str, Any], count: int) -> None:
    ours = found["rows"][0]["median_seconds"]
    rows = [
        [row["tool"], f"not run: {row['missing'][:50]}", "-", "-", "-", "-"]
        if row["missing"]
        else [
            row["tool"],
            row["false_robust"],
            row["false_violated"],
            row["wrong_stated"],
            row["undecided"],
            f"{row['median_seconds'] / ours:.3g}" if ours else "-",
        ]
        for row in found["rows"]
    ]
    columns = ["tool", "false robust", "false violated", "wrong on balls in float64", "undecided", "median time / ours"]
    signs = found["onnxruntime"]
    notes = [
        f"export with proofs and re-checks: {found['export_seconds']:.3g} s",
        f"onnxruntime in the file's floats: sign wrong at {signs['wrong']} of {signs['asked']} points",
        f"public VNN-LIB parser: {found['parser']}",
    ]
    print_table(f"{count} exported questions at margin {margin}", columns, rows, notes)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=60, help="questions for each margin (default 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bits", type=int, nargs="+", default=[10, 24, 40], help="margins 2^-BITS")
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="only peers whose name contains this")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers, numpy and onnx")
    parser.add_argument("--ball-seconds", type=float, default=20.0, help="a peer's limit for a ball (default 20)")
    parser.add_argument("--peer-memory", type=float, default=4.0, help="a peer's address space in GiB (default 4)")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for export_benchmark.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
