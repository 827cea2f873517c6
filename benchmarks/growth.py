"""Time and memory of the literal memorizer as the data grow, from points to a re-checked certificate.

Data are random grid points with 256 levels. Each size runs in a process of its own. Beside
the separation and the decision stand the plainest compiled loops that visit every opposite
pair and leave it at the first coordinate that settles it: one thread, no network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.common import machine, print_table, progress, seconds_text, size_text, write_json
from benchmarks.memory import PeakOf

STAGES = ("load", "separation", "build", "decide", "certify", "recheck")
MOST_BYTES = 12 * 2**30


def run_size(points: int, dim: int, ratio: Fraction) -> dict[str, Any]:
    """Measure one size in a process of its own.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    command = [sys.executable, "-m", "benchmarks.growth_point", str(points), str(dim), str(ratio)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, PeakOf(process) as watch:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    found: dict[str, Any] = json.loads(output)
    found["peak_bytes"] = max(watch.peak, *found["peak_bytes_after"].values())
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure every size, smallest first; return 1 when a promise is not kept."""
    options = _options(arguments)
    sizes = sorted(
        ((n, d) for n in options.points for d in options.dims), key=lambda size: (size[0] ** 2 * size[1], size)
    )
    started = time.monotonic()
    found: list[dict[str, Any]] = []
    left_out: list[list[int]] = []
    document: dict[str, Any] = {"machine": machine(), "ratio": str(options.ratio), "sizes": found, "left_out": left_out}
    for points, dim in sizes:
        if options.budget_seconds is not None and time.monotonic() - started > options.budget_seconds:
            left_out.append([points, dim])
            continue
        progress(f"growth: {points} points in dimension {dim}")
        found.append(run_size(points, dim, options.ratio))
        write_json(options.folder, "growth", document)
    write_json(options.folder, "growth", document)
    _print(document)
    kept = all(size["upper"] == "0" and size["peak_bytes"] <= MOST_BYTES for size in found)
    return 0 if kept else 1


def _print(document: dict[str, Any]) -> None:
    rows = []
    for size in sorted(document["sizes"], key=lambda size: (size["dim"], size["points"])):
        seconds = size["seconds"]
        rows.append(
            [f"{size['points']:,} x {size['dim']}", f"{size['nonzero']:,}", size["upper"]]
            + [seconds_text(seconds[stage]) for stage in STAGES]
            + [_beside(seconds, stage) for stage in ("separation", "decide")]
            + [size_text(size["peak_bytes"])]
        )
    columns = ["points x dim", "parameters", "error", *STAGES, "plain separation", "plain decide", "peak memory"]
    notes = [
        f"random:n,d,levels=256,seed=0; l-infinity radius {document['ratio']} of half the separation; seconds",
        f"ours: {document['machine']['cores']} cores; plain loops: one; in brackets ours over plain",
        "peak memory: of all processes of a size together, its plain loops included",
    ]
    notes += [f"left out, budget spent: {n} x {d}" for n, d in document["left_out"]]
    print_table("Growth of the literal memorizer", columns, rows, notes)


def _beside(seconds: dict[str, float], stage: str) -> str:
    plain = seconds[f"plain {stage}"]
    ratio = seconds[stage] / plain
    return f"{seconds_text(plain)} ({ratio:,.0f})" if ratio >= 10 else f"{seconds_text(plain)} ({ratio:.1f})"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[100, 1000, 10_000, 60_000], metavar="N")
    parser.add_argument("--dims", type=int, nargs="+", default=[8, 64, 784], metavar="D")
    parser.add_argument("--ratio", type=Fraction, default=Fraction(3, 7), help="radius over half the separation")
    parser.add_argument("--budget-seconds", type=float, help="start no size after this many seconds")
    parser.add_argument("-o", dest="folder", type=Path, help="folder for growth.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
